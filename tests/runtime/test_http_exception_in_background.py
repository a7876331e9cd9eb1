"""ASL306 at run time: the client does not get what background work raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asynclint.rules.http_exception_in_background import RULE

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from asynclint.rulekit.rule import Rule


@pytest.mark.parametrize(("side", "status"), [("bad", 200), ("good", 404)])
def test_the_example(
    side: str,
    status: int,
    load: Callable[[Rule, str], dict[str, Any]],
    request_to: Callable[..., httpx.Response],
) -> None:
    module = load(RULE, side)
    assert request_to(module["app"], "POST", "/items/9").status_code == status
    assert request_to(module["app"], "POST", "/items/1").status_code == 200
    assert module["reserved"] == [1]

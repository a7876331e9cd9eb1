"""ASL308 at run time: what is meant for after the response is done before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asynclint.rules.inline_background_work import RULE

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from asynclint.rulekit.rule import Rule


@pytest.mark.parametrize(("side", "sent_before_the_response"), [("bad", 1), ("good", 0)])
def test_the_example(
    side: str,
    sent_before_the_response: int,
    load: Callable[[Rule, str], dict[str, Any]],
    request_to: Callable[..., httpx.Response],
) -> None:
    module = load(RULE, side)
    response = request_to(module["app"], "POST", "/register", params={"email": "x"})
    assert response.json() == sent_before_the_response
    assert module["sent"] == ["x"]

"""ASL104 at run time: the body of a coroutine that nobody awaits never runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asynclint.rules.unawaited_coroutine import RULE

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from asynclint.rulekit.rule import Rule

    Load = Callable[[Rule, str], dict[str, Any]]
    Request = Callable[..., httpx.Response]

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")


@pytest.mark.parametrize(("side", "sent"), [("bad", ""), ("fixed", "mail to someone\n"), ("good", "mail to someone\n")])
def test_the_body_runs_only_when_awaited(
    side: str, sent: str, load: Load, request_to: Request, capsys: pytest.CaptureFixture[str]
) -> None:
    app = load(RULE, side)["app"]
    assert request_to(app, "POST", "/invite?to=someone").status_code == 200
    assert capsys.readouterr().out == sent


@pytest.mark.parametrize(("side", "status"), [("bad", 500), ("fixed", 200), ("good", 200)])
def test_a_coroutine_is_no_response(side: str, status: int, load: Load, request_to: Request) -> None:
    assert request_to(load(RULE, side)["app"], "GET", "/name").status_code == status

"""ASL302 at run time: what is called on the spot is not there to be called in the background."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from fastapi import BackgroundTasks, FastAPI

from asynclint.rules.background_call_not_passed import RULE

if TYPE_CHECKING:
    from tests.runtime.conftest import Load, Request

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")


@pytest.mark.parametrize(("side", "told"), [("bad", []), ("fixed", ["alice: hello"]), ("good", ["alice: hello"])])
def test_nobody_is_notified(
    side: str, told: list[str], load: Load, request_to: Request, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    app = load(RULE, side)["app"]
    assert request_to(app, "POST", "/message/alice").status_code == 200
    assert [message for message in caplog.messages if message.startswith("alice")] == told


def test_a_sync_function_runs_before_the_response(request_to: Request) -> None:
    app = FastAPI()
    order: list[str] = []

    @app.post("/")
    async def route(tasks: BackgroundTasks) -> None:
        tasks.add_task(order.append("background"))  # type: ignore[func-returns-value, arg-type]
        order.append("response")

    request_to(app, "POST", "/")
    assert order == ["background", "response"]

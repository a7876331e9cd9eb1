"""ASL301 at run time: the client has its 200, the work is undone, and what comes after it is skipped."""

from __future__ import annotations

import smtplib
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import BackgroundTasks, FastAPI

from asynclint.rules.unhandled_background_exception import RULE

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from asynclint.rulekit.rule import Rule

    Load = Callable[[Rule, str], dict[str, Any]]
    Request = Callable[..., httpx.Response]


@pytest.mark.parametrize(("side", "logged"), [("bad", 0), ("fixed", 1), ("good", 1)])
def test_nobody_is_told(
    side: str,
    logged: int,
    load: Load,
    request_to: Request,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(smtplib, "SMTP", refuse)
    assert request_to(load(RULE, side)["app"], "POST", "/register?email=a").status_code == 200
    assert sum("send_mail failed" in record.message for record in caplog.records) == logged


def test_later_functions_are_skipped(request_to: Request) -> None:
    done: list[str] = []
    app = FastAPI()

    def fails() -> None:
        done.append("first")
        raise OSError

    @app.post("/")
    async def route(tasks: BackgroundTasks) -> None:
        tasks.add_task(fails)
        tasks.add_task(done.append, "second")

    assert request_to(app, "POST", "/").status_code == 200
    assert done == ["first"]

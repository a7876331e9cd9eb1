"""ASL303 at run time: background tasks that nothing runs."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import BackgroundTasks, FastAPI, Response, WebSocket
from starlette.background import BackgroundTask

from asynclint.rules.detached_background_tasks import RULE

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from asynclint.rulekit.rule import Rule


@pytest.mark.parametrize(("side", "sent"), [("bad", False), ("good", True)])
def test_the_example(
    side: str,
    sent: bool,
    load: Callable[[Rule, str], dict[str, Any]],
    request_to: Callable[..., httpx.Response],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        response = request_to(load(RULE, side)["app"], "POST", "/orders/7")
    assert (response.status_code, response.json()) == (200, "paid")
    assert ("receipt for 7" in caplog.text) is sent


def test_the_injected_response(request_to: Callable[..., httpx.Response]) -> None:
    app = FastAPI()
    done: list[str] = []

    @app.get("/")
    async def read(response: Response) -> None:
        response.background = BackgroundTask(done.append, "x")

    assert request_to(app, "GET", "/").status_code == 200
    assert not done


def test_a_websocket() -> None:
    app = FastAPI()
    done: list[str] = []

    @app.websocket("/")
    async def connection(websocket: WebSocket, tasks: BackgroundTasks) -> None:
        await websocket.accept()
        tasks.add_task(done.append, "x")
        await websocket.close()

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    sent: list[str] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    scope = {"type": "websocket", "path": "/", "headers": [], "query_string": b"", "subprotocols": []}
    asyncio.run(app(scope, receive, send))
    assert sent == ["websocket.accept", "websocket.close"]
    assert not done

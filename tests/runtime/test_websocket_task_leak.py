"""Tasks of a WebSocket route run on after the client has gone, unless a `finally` ends them."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest
import websocket
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import WebSocketRoute

from asynclint.rules.websocket_task_leak import RULE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.runtime.conftest import Load, Served, Source

    Route = Callable[[WebSocket], Awaitable[None]] | type[WebSocketEndpoint]


async def sample() -> None:
    while True:
        await asyncio.sleep(0.01)
        await asyncio.sleep(0.01)


async def receive(websocket: WebSocket) -> None:
    while True:
        await websocket.receive_text()


async def cancelled_after_the_loop(websocket: WebSocket) -> None:
    await websocket.accept()
    sampler = asyncio.create_task(sample(), name="sampler")
    while True:
        if not await websocket.receive_text():
            break
    sampler.cancel()


async def gathered(websocket: WebSocket) -> None:
    await websocket.accept()
    sampler = asyncio.create_task(sample(), name="sampler")
    await asyncio.gather(sampler, asyncio.create_task(receive(websocket)))


async def first_completed(websocket: WebSocket) -> None:
    await websocket.accept()
    tasks = [asyncio.create_task(sample(), name="sampler"), asyncio.create_task(receive(websocket))]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.exception()


async def cancelled_in_finally(websocket: WebSocket) -> None:
    await websocket.accept()
    sampler = asyncio.create_task(sample(), name="sampler")
    try:
        while True:
            await websocket.receive_text()
    finally:
        sampler.cancel()
        await asyncio.gather(sampler, return_exceptions=True)


async def in_a_group(websocket: WebSocket) -> None:
    await websocket.accept()
    with contextlib.suppress(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            group.create_task(sample(), name="sampler")
            await receive(websocket)


async def cancelled_behind_the_iterator(websocket: WebSocket) -> None:
    await websocket.accept()
    sampler = asyncio.create_task(sample(), name="sampler")
    async for _ in websocket.iter_text():
        await asyncio.sleep(0)
    sampler.cancel()
    await asyncio.gather(sampler, return_exceptions=True)


class Endpoint(WebSocketEndpoint):
    encoding = "text"

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        self.sampler = asyncio.create_task(sample(), name="sampler")


class EndingEndpoint(Endpoint):
    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        await super().on_disconnect(websocket, close_code)
        self.sampler.cancel()
        await asyncio.gather(self.sampler, return_exceptions=True)


async def samplers_left(route: Route) -> int:
    """How many tasks still run in the application when the client has gone."""
    app = FastAPI()
    app.router.routes.append(WebSocketRoute("/readings", route))
    messages: asyncio.Queue[dict[str, object]] = asyncio.Queue()
    messages.put_nowait({"type": "websocket.connect"})
    messages.put_nowait({"type": "websocket.receive", "text": "hello"})
    messages.put_nowait({"type": "websocket.disconnect", "code": 1001})

    async def send(_message: object) -> None:
        await asyncio.sleep(0)

    scope = {"type": "websocket", "path": "/readings", "headers": [], "query_string": b"", "subprotocols": []}
    with contextlib.suppress(WebSocketDisconnect):
        await app(scope, messages.get, send)
    await asyncio.sleep(0.02)
    return sum(task.get_name() == "sampler" for task in asyncio.all_tasks())


@pytest.mark.parametrize("route", [cancelled_after_the_loop, gathered, first_completed, Endpoint])
def test_the_task_runs_on(route: Route) -> None:
    assert asyncio.run(samplers_left(route)) == 1


@pytest.mark.parametrize("route", [cancelled_in_finally, in_a_group, cancelled_behind_the_iterator, EndingEndpoint])
def test_the_task_ends(route: Route) -> None:
    assert asyncio.run(samplers_left(route)) == 0


@pytest.mark.parametrize(("side", "left"), [("bad", 1), ("good", 0)])
def test_the_example(side: str, left: int, load: Load) -> None:
    module = load(RULE, side, replaced={"create_task(sample())": 'create_task(sample(), name="sampler")'})
    assert asyncio.run(samplers_left(module["watch"])) == left


@contextlib.contextmanager
def two_clients(address: str) -> Iterator[None]:
    """One that comes and goes, and one that is still there when the server is told to stop."""
    for keep in (False, True):
        client = websocket.create_connection(f"ws://{address}/readings", timeout=20)
        client.send("hello")
        client.recv()
        if not keep:
            client.close()
    yield
    client.close()


COUNTED = {
    "    while True:\n        readings.append(len(readings))\n        await asyncio.sleep(0.01)\n": """\
    try:
        while True:
            readings.append(len(readings))
            await asyncio.sleep(0.01)
    finally:
        print("ended")
"""
}


@pytest.mark.parametrize(("side", "ended"), [("bad", 0), ("good", 2)])
def test_under_a_server_that_gets_sigterm(side: str, ended: int, source: Source, served: Served) -> None:
    """Neither the client's going nor the server's end comes to the line behind the loop."""
    module = source(RULE, side)
    for old, new in COUNTED.items():
        assert old in module
        module = module.replace(old, new)
    assert served(module, visit=two_clients).split() == ["ended"] * ended

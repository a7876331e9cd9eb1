"""What an async route without `await` may need the event loop for; the rule is off, so fixtures do not see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.config.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SOURCE = """\
import asyncio
import json
import uuid
from contextvars import ContextVar

from fastapi import Depends, FastAPI, Response, WebSocket

app = FastAPI()
user: ContextVar[str] = ContextVar("user")
ready = asyncio.Event()
tasks: set[asyncio.Task[None]] = set()


async def work() -> None:
    await asyncio.sleep(1)


def start() -> None:
    task = asyncio.create_task(work())
    tasks.add(task)
    task.add_done_callback(tasks.discard)


async def new_id() -> str:  # expect: ASL213
    return str(uuid.uuid4())


async def set_user(name: str) -> None:
    user.set(f"{name}")
    ContextVar("other").set(name)


@app.get("/dumped")
async def dumped(key: str = Depends(new_id), name: None = Depends(set_user)) -> str:  # expect: ASL213
    return json.dumps({"key": key})


@app.get("/awaits")
async def awaits() -> None:
    await work()


@app.get("/nothing")
async def calls_nothing() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/starts")
async def starts_through_a_helper() -> str:
    start()
    return str(len(tasks))


@app.get("/called")
async def called() -> str:
    return json.dumps({})


@app.get("/calls")
async def calls() -> str:
    return await called()


@app.websocket("/socket")
async def socket(websocket: WebSocket) -> None:
    print(json.dumps({"url": websocket.url.path}))


@app.get("/made")
async def only_makes_a_response() -> Response:
    return Response("ok")


@app.get("/set")
async def sets_an_event() -> str:
    ready.set()
    return json.dumps({})


@app.get("/unknown")
async def unknown(body: "Body") -> str:
    return body.dump()
"""


def test_only_what_would_work_as_def(
    disagreements: Callable[[Mapping[str, str], Settings], list[str]],
) -> None:
    failures = disagreements({"app.py": SOURCE}, Settings(jobs=1, select=("ASL213",)))
    assert not failures, "\n".join(failures)

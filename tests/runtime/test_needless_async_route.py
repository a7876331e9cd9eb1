"""What blocks in an async route stops the loop; in a `def` route a thread waits."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI

from asynclint.rules.needless_async_route import RULE

if TYPE_CHECKING:
    from tests.runtime.conftest import Load


def others_run(*, is_async: bool) -> bool:
    """Whether another task of the loop gets its turn while the route blocks."""
    app = FastAPI()
    released = threading.Event()
    if is_async:

        @app.get("/")
        async def on_loop() -> bool:
            return released.wait(0.2)
    else:

        @app.get("/")
        def in_thread() -> bool:
            return released.wait(5)

    async def release() -> None:
        await asyncio.sleep(0.05)
        released.set()

    async def main() -> bool:
        releasing = asyncio.create_task(release())
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            response = await client.get("/")
        await releasing
        return bool(response.json())

    return asyncio.run(main())


def test_the_loop_stops_for_async_only() -> None:
    assert not others_run(is_async=True)
    assert others_run(is_async=False)


@pytest.mark.parametrize(("side", "on_loop"), [("bad", True), ("fixed", False), ("good", False)])
def test_where_it_runs(side: str, on_loop: bool, load: Load) -> None:
    threads: list[threading.Thread] = []
    namespace = load(RULE, side, replaced={"    return": "    note()\n    return"})
    namespace["note"] = lambda: threads.append(threading.current_thread())

    async def main() -> None:
        transport = httpx.ASGITransport(app=namespace["app"])
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            await client.get("/settings")

    asyncio.run(main())
    assert (threads[0] is threading.main_thread()) is on_loop

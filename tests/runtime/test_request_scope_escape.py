"""ASL304 at run time: what is closed under the hands of work that outlives the request."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import BackgroundTasks, Depends, FastAPI

from asynclint.rulekit.rule import Rule
from asynclint.rules.request_scope_escape import RULE


@pytest.mark.parametrize(("side", "stored"), [("bad", []), ("good", [7])])
def test_the_example(side: str, stored: list[int], load: Callable[[Rule, str], dict[str, Any]]) -> None:
    module = load(RULE, side)

    async def send() -> None:
        transport = httpx.ASGITransport(app=module["app"])
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            assert (await client.post("/orders/7")).status_code == 200
        await asyncio.gather(*module["running"])

    asyncio.run(send())
    assert module["stored"] == stored


@pytest.mark.parametrize(("scope", "seen"), [("request", ["open"]), ("function", ["closed"])])
def test_background_tasks(scope: Any, seen: list[str], request_to: Callable[..., httpx.Response]) -> None:
    app = FastAPI()
    found: list[str] = []

    def get_state() -> Iterator[list[str]]:
        state = ["open"]
        yield state
        state[:] = ["closed"]

    @app.get("/")
    async def read(tasks: BackgroundTasks, state: Annotated[Any, Depends(get_state, scope=scope)]) -> None:
        tasks.add_task(lambda: found.extend(state))

    assert request_to(app, "GET", "/").status_code == 200
    assert found == seen

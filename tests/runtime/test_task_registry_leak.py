"""Without `discard` the set grows with every request."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from asynclint.rules.task_registry_leak import RULE

if TYPE_CHECKING:
    from tests.runtime.conftest import Load, Served, Source

REQUESTS = 5


async def kept_after_requests(namespace: dict[str, Any]) -> int:
    transport = httpx.ASGITransport(app=namespace["app"])
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for user in range(REQUESTS):
            await client.post(f"/users/{user}")
    await asyncio.sleep(0.01)
    return len(namespace["tasks"])


@pytest.mark.parametrize(("side", "kept"), [("bad", REQUESTS), ("fixed", 0), ("good", 0)])
def test_tasks_kept(side: str, kept: int, load: Load) -> None:
    assert asyncio.run(kept_after_requests(load(RULE, side))) == kept


COUNTED = """

@app.post("/kept")
async def kept() -> None:
    await asyncio.sleep(0.1)
    print(len(tasks))
"""


@pytest.mark.parametrize(("side", "kept"), [("bad", REQUESTS), ("fixed", 0), ("good", 0)])
def test_under_a_server(side: str, kept: int, source: Source, served: Served) -> None:
    requests = [f"/users/{user}" for user in range(REQUESTS)]
    assert served(source(RULE, side) + COUNTED, *requests, "/kept").split() == [str(kept)]

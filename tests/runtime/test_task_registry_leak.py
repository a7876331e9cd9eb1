"""Without `discard` the set grows with every request."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from asynclint.rules.task_registry_leak import RULE

if TYPE_CHECKING:
    from tests.runtime.conftest import Load

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

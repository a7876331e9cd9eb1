"""Without `discard` the set grows with every request."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from asynclint.rulekit.expectations import as_shown
from asynclint.rules.task_registry_leak import RULE

REQUESTS = 5


async def kept_after_requests(namespace: dict[str, Any]) -> int:
    transport = httpx.ASGITransport(app=namespace["app"])
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for user in range(REQUESTS):
            await client.post(f"/users/{user}")
    await asyncio.sleep(0.01)
    return len(namespace["tasks"])


@pytest.mark.parametrize(("side", "kept"), [("bad", REQUESTS), ("good", 0)])
def test_tasks_kept(side: str, kept: int) -> None:
    example = RULE.examples[0]
    namespace: dict[str, Any] = {"__name__": "shop"}
    exec(compile(as_shown(example.bad) if side == "bad" else example.good, "<example>", "exec"), namespace)
    assert asyncio.run(kept_after_requests(namespace)) == kept

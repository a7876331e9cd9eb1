"""What a cancelled task still has to save is lost where the lifespan's exit does not await it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from asynclint.rules.cancel_not_awaited import RULE

if TYPE_CHECKING:
    from tests.runtime.conftest import Served, Source

STATE = """

async def save(batch: list[str]) -> None:
    await asyncio.sleep(0.01)
    print("saved")

events.put_nowait("an event")
"""
"""Where the example keeps what it saves in memory, the process that is killed says so."""


@pytest.mark.parametrize(("side", "saved"), [("bad", False), ("good", True)])
def test_sigterm(side: str, saved: bool, source: Source, served: Served) -> None:
    assert ("saved" in served(source(RULE, side) + STATE)) is saved


def test_cancel_only_asks() -> None:
    async def main() -> tuple[bool, bool]:
        cleaned: list[bool] = []

        async def work() -> None:
            try:
                await asyncio.sleep(10)
            finally:
                await asyncio.sleep(0)
                cleaned.append(True)

        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        before = bool(cleaned)
        await asyncio.gather(task, return_exceptions=True)
        return before, bool(cleaned)

    assert asyncio.run(main()) == (False, True)

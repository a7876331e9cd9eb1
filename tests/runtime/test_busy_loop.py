"""A loop that only looks never lets the task run that would change what it sees."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from asynclint.rulekit.expectations import as_shown
from asynclint.rules.busy_loop import RULE

FEED = """

async def main():
    worker = asyncio.create_task(work())
    await asyncio.sleep(0)
    jobs.put_nowait("a job")
    while not done:
        await asyncio.sleep(0.01)
    worker.cancel()
    print(done)

asyncio.run(main())
"""


@pytest.mark.parametrize(("side", "hangs"), [("bad", True), ("good", False)])
def test_a_worker_and_its_queue(side: str, hangs: bool) -> None:
    example = RULE.examples[0]
    module = (as_shown(example.bad) if side == "bad" else example.good) + FEED
    command = [sys.executable, "-c", module]
    if hangs:
        with pytest.raises(subprocess.TimeoutExpired):
            subprocess.run(command, timeout=1, check=True, capture_output=True)
    else:
        done = subprocess.run(command, timeout=10, check=True, capture_output=True, text=True)
        assert done.stdout == "['a job']\n"


def test_sleep_0_turns_thousands_of_times() -> None:
    async def main() -> int:
        turns = 0
        loop = asyncio.get_running_loop()
        end = loop.time() + 0.05
        while loop.time() < end:
            await asyncio.sleep(0)
            turns += 1
        return turns

    assert asyncio.run(main()) > 100

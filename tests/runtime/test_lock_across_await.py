"""Two tasks and one lock: of asyncio they take turns, of threading the loop stops for good."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from asynclint.rulekit.expectations import as_shown
from asynclint.rules.lock_across_await import RULE

TWICE = """

async def main():
    await asyncio.gather(transfer(10), transfer(20))
    print(balances)

asyncio.run(main())
"""


@pytest.mark.parametrize(("side", "hangs"), [("bad", True), ("good", False)])
def test_two_transfers(side: str, hangs: bool) -> None:
    example = RULE.examples[0]
    module = (as_shown(example.bad) if side == "bad" else example.good) + TWICE
    command = [sys.executable, "-c", module]
    if hangs:
        with pytest.raises(subprocess.TimeoutExpired):
            subprocess.run(command, timeout=1, check=True, capture_output=True)
    else:
        done = subprocess.run(command, timeout=10, check=True, capture_output=True, text=True)
        assert done.stdout == "{'a': 70, 'b': 30}\n"


def test_a_reentrant_lock_keeps_no_task_out() -> None:
    module = TWICE.replace("gather(transfer(10), transfer(20))", "gather(enter(), enter())").replace("balances", "most")
    prelude = """
import asyncio, threading
lock, inside, most = threading.RLock(), 0, 0

async def enter():
    global inside, most
    with lock:
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0)
        inside -= 1
"""
    done = subprocess.run([sys.executable, "-c", prelude + module], timeout=10, check=True, capture_output=True)
    assert done.stdout == b"2\n"


def test_a_lock_of_asyncio_keeps_tasks_out() -> None:
    async def main() -> int:
        lock, inside, most = asyncio.Lock(), 0, 0

        async def enter() -> None:
            nonlocal inside, most
            async with lock:
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(enter(), enter())
        return most

    assert asyncio.run(main()) == 1

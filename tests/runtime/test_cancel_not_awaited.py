"""What a cancelled task still has to save is lost where the lifespan's exit does not await it."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from asynclint.rulekit.expectations import as_shown
from asynclint.rules.cancel_not_awaited import RULE

if TYPE_CHECKING:
    from pathlib import Path

STATE = """

async def save(batch: list[str]) -> None:
    await asyncio.sleep(0.01)
    with open("saved.txt", "w") as file:
        file.write("saved")

events.put_nowait("an event")
"""
"""Where the example keeps what it saves in memory, the process that is killed writes a file."""


def serve_until_sigterm(module: str, folder: Path) -> bool:
    """Whether the cleanup was through when a real server had stopped."""
    (folder / "served.py").write_text(module + STATE)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "served:app", "--port", str(port), "--log-level", "error"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as server:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        server.send_signal(signal.SIGTERM)
        server.wait(10)
    return (folder / "saved.txt").exists()


@pytest.mark.parametrize(("side", "saved"), [("bad", False), ("good", True)])
def test_sigterm(side: str, saved: bool, tmp_path: Path) -> None:
    example = RULE.examples[0]
    module = as_shown(example.bad) if side == "bad" else example.good
    assert serve_until_sigterm(module, tmp_path) is saved


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

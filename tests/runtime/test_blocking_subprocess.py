"""ASL205 at run time: while another program runs, the loop stands still."""

from __future__ import annotations

import asyncio
import functools
import os
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from asynclint.rules.blocking_subprocess import RULE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.runtime.conftest import Load


WAITING = """\
#!/bin/sh
touch asked
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -e turned ] && break
    sleep 0.05
done
[ -e turned ] && printf turned || printf stood
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins for what the example runs, which say whether the loop turned while they ran."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    for name in ("git", "convert"):
        program = tmp_path / name
        program.write_text(WAITING)
        program.chmod(0o755)
    return tmp_path


def _beside_the_loop(folder: Path, work: Callable[[], Any]) -> Any:
    """The result of an async function, beside which the loop gives the sign that the programs wait for."""

    async def turn() -> None:
        while not (folder / "asked").exists():  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        (folder / "turned").touch()

    async def main() -> Any:
        turning = asyncio.create_task(turn())
        try:
            return await work()
        finally:
            turning.cancel()

    return asyncio.run(main())


@pytest.mark.parametrize(("side", "said"), [("bad", "stood"), ("fixed", "turned"), ("good", "turned")])
def test_a_program_is_run(side: str, said: str, load: Load, programs: Path) -> None:
    app = load(RULE, side)["app"]

    async def send() -> Any:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            return (await client.get("/version")).json()

    assert _beside_the_loop(programs, send) == said


def test_a_helper_waits_for_its_process(load: Load, programs: Path) -> None:
    assert _beside_the_loop(programs, functools.partial(load(RULE, "bad")["image"], "a.png")) == b"stood"

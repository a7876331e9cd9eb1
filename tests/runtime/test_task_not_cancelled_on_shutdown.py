"""ASL401 at run time: when the application has ended, its tasks still run, until the process dies under them."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import TYPE_CHECKING, Any

import pytest

from asynclint.config.settings import Settings
from asynclint.fixing.edits import applied
from asynclint.rules.task_not_cancelled_on_shutdown import RULE
from asynclint.run.checks import check

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runtime.conftest import Load, Served, Source


async def tasks_left(app: Any, path: str) -> int:
    """How many tasks run on after start, a request (none for an empty path), and the end of the application."""
    messages = asyncio.Queue[dict[str, str]]()
    started = asyncio.Event()

    async def send(message: dict[str, str]) -> None:
        await asyncio.sleep(0)
        assert message["type"].endswith(".complete")
        started.set()

    before = asyncio.all_tasks()
    messages.put_nowait({"type": "lifespan.startup"})
    serving = asyncio.create_task(app({"type": "lifespan", "state": {}}, messages.get, send))
    await started.wait()
    if path:
        await _post(app, path)
    messages.put_nowait({"type": "lifespan.shutdown"})
    await serving
    return len(asyncio.all_tasks() - before)


async def _post(app: Any, path: str) -> None:
    async def receive() -> dict[str, object]:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b""}

    async def send(_: object) -> None:
        await asyncio.sleep(0)

    scope = {"type": "http", "method": "POST", "path": path, "headers": [], "query_string": b"", "scheme": "http"}
    await app({**scope, "http_version": "1.1", "root_path": ""}, receive, send)


@pytest.mark.parametrize(("side", "left"), [("bad", 1), ("good", 0)])
@pytest.mark.parametrize(("number", "path"), [(0, ""), (1, "/monitors/a")])
def test_who_runs_on(side: str, left: int, number: int, path: str, load: Load) -> None:
    assert asyncio.run(tasks_left(load(RULE, side, number)["app"], path)) == left


CLEANUP = """
    try:
        await asyncio.sleep(60)
    finally:
        print("cleaned up")
"""


def with_what_is_shown(source: str, folder: Path) -> str:
    """The module after the edits that are shown for its one finding."""
    (folder / "pyproject.toml").touch()
    (folder / "example.py").write_text(source)
    with contextlib.chdir(folder):
        (finding,) = check(["."], Settings(jobs=1, select=(RULE.code,))).diagnostics
    return applied(source.encode(), finding.fixes[0].edits).decode()


@pytest.mark.parametrize(("side", "cleaned"), [("bad", False), ("good", True), ("fixed", True)])
def test_cleanup_at_sigterm(side: str, cleaned: bool, source: Source, served: Served, tmp_path: Path) -> None:
    """A server that is told to stop dies by that signal, and with it the task, whose `finally` never runs."""
    module = with_what_is_shown(source(RULE, "bad"), tmp_path) if side == "fixed" else source(RULE, side)
    head, _, tail = module.partition("    while True:\n")
    rest = tail.partition("\n\n\n")[2]
    assert ("cleaned up" in served(f"{head}{CLEANUP}\n\n{rest}")) is cleaned


LIFESPANS = re.findall(r"```python\n(.*?)```", RULE.guide, re.DOTALL)
POSTS: list[tuple[str, ...]] = [(), ("/topics/prices",), ("/sessions/a", "/sessions/b")]
PRINTED = [{"saved 0 events"}, {"left orders", "left prices"}, {"a is closed", "b is closed"}]


@pytest.mark.parametrize(("module", "posts", "printed"), list(zip(LIFESPANS, POSTS, PRINTED, strict=True)))
def test_the_lifespans_of_the_guide(module: str, posts: tuple[str, ...], printed: set[str], served: Served) -> None:
    """For one task, a set and a dict of tasks: at SIGTERM each of them comes to the end of its `finally`."""
    assert set(served(module, *posts).splitlines()) == printed

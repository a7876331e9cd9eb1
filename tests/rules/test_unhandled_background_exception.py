"""What is said to come of an exception: which functions are skipped, and who is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asynclint.config.settings import Settings
from asynclint.run.checks import check

if TYPE_CHECKING:
    from pathlib import Path

ROUTE = """\
from pathlib import Path

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


def work(name: str) -> None:
    Path(name).write_text("x")


def log(name: str) -> None:
    print(name)


@app.post("/")
async def post(tasks: BackgroundTasks, name: str) -> None:
{body}
"""


@pytest.mark.parametrize(
    ("body", "skipped"),
    [
        ("tasks.add_task(work, name)\ntasks.add_task(log, name)", True),
        ("tasks.add_task(log, name)\ntasks.add_task(work, name)", False),
        ("if name:\n    tasks.add_task(work, name)\ntasks.add_task(log, name)", True),
        ("if name:\n    tasks.add_task(work, name)\nelse:\n    tasks.add_task(log, name)", False),
        ("if name:\n    tasks.add_task(work, name)\nelif not name:\n    tasks.add_task(log, name)", False),
        ("if name:\n    tasks.add_task(work, name)\n    return\ntasks.add_task(log, name)", False),
        ("for one in name:\n    tasks.add_task(work, one)\ntasks.add_task(log, name)", True),
    ],
)
def test_later_functions(body: str, skipped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(ROUTE.format(body="\n".join(f"    {line}" for line in body.splitlines())))
    (finding,) = check(["."], Settings(jobs=1, select=("ASL301",))).diagnostics
    assert ("after it are skipped" in finding.message) is skipped


LOGGED = """\
import functools
import logging
from pathlib import Path

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()
logger = logging.getLogger(__name__)


def tracked(function):
    @functools.wraps(function)
    def wrapper(*args):
        try:
            return function(*args)
        except Exception:
            logger.exception("failed")
            raise
    return wrapper


def counted(function):
    @functools.wraps(function)
    def wrapper(*args):
        try:
            return function(*args)
        except Exception:
            count(function)
            raise
    return wrapper


{work}


def log(name: str) -> None:
    print(name)


@app.post("/")
async def post(tasks: BackgroundTasks, name: str) -> None:
    tasks.add_task(work, name)
    {more}
"""
PLAIN = 'def work(name):\n    Path(name).write_text("x")'
IN_BODY = """\
def work(name):
    try:
        Path(name).write_text("x")
    except Exception as error:
        logger.error("failed: %s", error)
        raise
"""
MORE = "tasks.add_task(log, name)"


@pytest.mark.parametrize(
    ("work", "more", "severity", "told"),
    [
        (PLAIN, "", "warning", "nobody is told"),
        (f"@tracked\n{PLAIN}", "", "note", "logged a second time"),
        (f"@tracked\n{PLAIN}", MORE, "warning", "logged and raised again"),
        (f"@counted\n{PLAIN}", "", "warning", "nobody is told"),
        (IN_BODY, "", "note", "logged a second time"),
        (IN_BODY.replace("Exception as", "OSError as"), "", "warning", "nobody is told"),
    ],
)
def test_who_is_told(
    work: str, more: str, severity: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(LOGGED.format(work=work, more=more))
    (finding,) = check(["."], Settings(jobs=1, select=("ASL301",))).diagnostics
    assert finding.severity.value == severity
    assert told in finding.message
    assert bool(finding.fixes) is (severity == "warning" and "@" not in work)


def test_a_form_of_typing_is_not_said_to_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = """\
import asyncio
from typing import Generic, TypeVar

Device = TypeVar("Device")


class Call(Generic[Device]):
    async def end(self) -> None:
        await self.hang_up()


async def start() -> None:
    asyncio.create_task(Call().end())
"""
    (tmp_path / "app.py").write_text(source)
    (finding,) = check(["."], Settings(jobs=1, select=("ASL301",))).diagnostics
    assert "(it awaits `self.hang_up`)" in finding.message

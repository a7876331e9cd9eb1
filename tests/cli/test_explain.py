"""`asynclint check --explain FILE:LINE`: what is said of a line, and why it is reported or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asynclint.cli.app import run_command_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import CommandLine

    Explain = Callable[..., str]

STORE = """\
import sqlite3


class Store:
    def __init__(self) -> None:
        self.db = sqlite3.connect("x")

    def load(self):
        return self.db.execute("select 1")


store = Store()
"""
MAIN = """\
import asyncio
import os
import threading
import time

import requests
from fastapi import Depends, FastAPI

from missing import gone
from store import store

app = FastAPI()
lock = threading.Lock()


def helper(untyped):
    time.sleep(1)
    untyped.fetch()
    gone()


def current():
    time.sleep(2)


@app.get("/a")
async def a(user=Depends(current)):
    helper(1)
    store.load()
    await asyncio.to_thread(store.load)
    lock.acquire()
    pending = lambda: time.sleep(3)
    time.sleep(4)  # noqa: ASL201
    time.sleep(0)
    x = 1
    deeper()
    numbers()
    os.path.exists("x")
    await other()


def deeper():
    os.path.exists("y")


def numbers():
    yield time.sleep(5)


async def other():
    time.sleep(6)


def unused():
    time.sleep(7)


@app.get("/b")
def b():
    return requests.get("http://example.com")


def two_ways():
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        time.sleep(8)
"""


@pytest.fixture
def explain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Explain:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "main.py").write_text(MAIN)
    (tmp_path / "store.py").write_text(STORE)
    monkeypatch.chdir(tmp_path)

    def run(code: str, *options: str, file: str = "main.py", text: str = MAIN) -> str:
        row = next(number for number, line in enumerate(text.splitlines(), 1) if line.strip().startswith(code))
        assert run_command_line(["check", "--explain", f"{file}:{row}", *options]) == 0
        done = capsys.readouterr()
        assert done.err == ""
        return done.out

    return run


def test_a_finding_with_the_way_and_the_names(explain: Explain) -> None:
    assert explain("store.load()") == (
        "main.py:29  in a\n"
        "    store.load()\n"
        "\n"
        "Where it runs\n"
        "  on the event loop: `a` is a route and `async def`\n"
        "\n"
        "`store.load()`\n"
        "  `store` is imported at main.py:10: `from store import store`\n"
        "  so `store` is an object of `store.Store`\n"
        "  `store.load` is the method `store.Store.load` (store.py:8)\n"
        "  it blocks the thread: `sqlite3.Connection.execute`\n"
        "\n"
        "Findings\n"
        "  ASL203 blocking-database, reported as error: `Store.load()` blocks the event loop through "
        "`sqlite3.Connection.execute`: while it waits, every other request of this worker waits too; call it with "
        "`await asyncio.to_thread(…)`, or use `aiosqlite` there\n"
        "   └─ main.py:29:5  calls `Store.load`\n"
        "       └─ store.py:9:16  `sqlite3.Connection.execute` blocks the thread\n"
    )


def test_attributes_set_in_the_constructor(explain: Explain) -> None:
    said = explain("return self.db", file="store.py", text=STORE)
    assert '`self.db` is assigned `sqlite3.connect("x")` in `Store.__init__` at store.py:6' in said
    assert "`self.db` is an object of `sqlite3.Connection`" in said
    assert "on the event loop: `a` is a route and `async def`\n   └─ main.py:29:5  calls `Store.load`" in said
    assert "in a worker thread: `asyncio.to_thread` runs `Store.load` in a worker thread" in said
    assert "not reported here: a plain `def` is judged where the event loop calls it, at main.py:29" in said


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("time.sleep(1)", "judged where the event loop calls it, at main.py:28"),
        ("untyped.fetch()", "`untyped` is a parameter of `helper` without an annotation"),
        ("untyped.fetch()", "what is called is not known, so nothing is said of it"),
        ("gone()", "so `gone` is `missing.gone`"),
        ("time.sleep(2)", "`current` is a dependency and a plain `def`, which FastAPI runs in its thread pool"),
        ("time.sleep(2)", "not reported: in a worker thread it may block, other requests go on"),
        ("await asyncio.to_thread(store", "`asyncio.to_thread` runs `store.load` in a worker thread"),
        ("lock.acquire()", "takes a lock of this process"),
        ("pending = lambda", "it stands in a lambda: it runs where that is called, which is not here"),
        ("time.sleep(4)", "ASL201 blocking-sleep, not reported (a comment silences it)"),
        ("time.sleep(0)", "`time.sleep` can block, but does not wait with these arguments"),
        ("x = 1", "No call begins on this line."),
        ("deeper()", "`main.deeper` does no more than ask for something small (`os.path.exists`): not reported"),
        ("numbers()", "is a generator function: calling it runs nothing of its body yet"),
        ("await other()", "`main.other` is async: it runs on the event loop, and what blocks in it is reported there"),
        ("time.sleep(6)", "reached from the framework: `a` is a route and `async def`"),
        ("time.sleep(7)", "not reported: nothing that runs on the event loop is known to call this function"),
        ("return requests.get", "`b` is a route and a plain `def`, which FastAPI runs in its thread pool"),
        ("time.sleep(8)", "it runs only where no event loop does, or never: not reported"),
        ("import asyncio", "it runs when the module is imported"),
        ("async def a(", "it runs once, when `a` is defined: not reported"),
    ],
)
def test_why_a_line_is_not_reported(explain: Explain, code: str, said: str) -> None:
    assert said in explain(code)


def test_rules_that_are_not_selected(explain: Explain) -> None:
    assert "ASL203 blocking-database, not reported (the rule is not selected" in explain(
        "store.load()", "--ignore", "ASL203"
    )


def test_what_a_baseline_has(
    explain: Explain,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run_command_line(["baseline", "create", "--file", "known.json", "main.py", "store.py"])
    capsys.readouterr()
    assert (tmp_path / "known.json").is_file()
    said = explain("store.load()", "--baseline", "known.json")
    assert "ASL203 blocking-database, not reported (the baseline has it)" in said


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("nowhere.py:1", "error: nowhere.py: there is no such file or folder\n"),
        ("store.py:400", "error: store.py: there is no line 400: the file has 13\n"),
        ("store.py:0", "error: store.py: there is no line 0: the file has 13\n"),
        (".:3", "error: .: this is a folder; `--explain` wants a line of a file\n"),
        ("broken.py:1", "error: broken.py:1:"),
        ("store.py", "is not of the form FILE:LINE"),
    ],
)
def test_no_such_place(
    explain: Explain,  # noqa: ARG001 - makes the files
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    place: str,
    said: str,
) -> None:
    (tmp_path / "broken.py").write_text("def (:\n")
    assert run_command_line(["check", "--explain", place]) == 2
    done = capsys.readouterr()
    assert done.out == ""
    assert said in done.err


def test_it_goes_with_no_other_task(explain: Explain, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: ARG001
    for other in (["."], ["--fix"], ["--diff"]):
        assert run_command_line(["check", "--explain", "store.py:1", *other]) == 2
        assert "--explain is about one line" in capsys.readouterr().err


def test_a_name_of_several_lines_that_would_be_a_command(project: Path, command_line: CommandLine) -> None:
    (project / "a\n##[group]b.py").write_text("import time\n\n\nasync def f():\n    time.sleep(1)\n")
    shown = command_line("check", "--explain", "a\n##[group]b.py:5")
    assert (shown.code, "##[" in shown.out, "ASL201" in shown.out) == (0, False, True)
    refused = command_line("check", "--explain", "a\n##[group]b.py")
    assert (refused.code, "##[" in refused.err) == (2, False)

"""What the runtime detector blockbuster patches is in the catalogue, and what it catches asynclint reports.

blockbuster replaces functions that block by wrappers that raise where a loop runs in the thread.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
from blockbuster import BlockBuster

from asynclint.config.settings import Settings
from asynclint.knowledge.blocking import lookup
from asynclint.run.checks import check

if TYPE_CHECKING:
    from pathlib import Path

PATCHED = sorted(BlockBuster().functions)

CHEAP = "computes on what the process has in memory; blockbuster patches it for the system call that it may make"
LEFT_OUT = {
    "os.getcwd": CHEAP,
    "os.path.abspath": CHEAP,
    "os.path.samestat": "compares two results of `stat` that are at hand",
}
"""Callables that blockbuster patches and the catalogue does not have, with the reason."""


@pytest.mark.parametrize("name", PATCHED)
def test_a_patched_callable_is_accounted_for(name: str) -> None:
    assert (lookup(name) is None) == (name in LEFT_OUT)


def test_nothing_else_is_left_out() -> None:
    assert LEFT_OUT.keys() <= set(PATCHED)


FAMILIES = {
    "time": ("ASL201", "import time", "time.sleep(0.01)"),
    "os": ("ASL204", "import os", "os.listdir('.')"),
    "os.read": ("ASL204", "import os\nends = os.pipe()\nos.write(ends[1], b'x')", "os.read(ends[0], 1)"),
    "io": ("ASL204", "", "with open(__file__) as file:\n    file.read()"),
    "socket": ("ASL206", "import socket\nserver = socket.create_server(('127.0.0.1', 0))", "server.accept()"),
    "ssl": (
        "ASL206",
        "import ssl\nserver: ssl.SSLSocket = ssl.SSLSocket.__new__(ssl.SSLSocket)\nserver.getblocking = lambda: True",
        "server.recv(1)",
    ),
    "sqlite3": ("ASL203", "import sqlite3\ndb = sqlite3.connect(':memory:')", "db.execute('select 1')"),
    "builtins": ("ASL209", "", "input()"),
}
"""By module of what blockbuster patches: the rule for it, what to set up, and the body of an async function."""

LOCK = (
    "ASL207",
    """\
import threading
import time

lock = threading.Lock()


def work():
    with lock:
        time.sleep(0.1)


lock.acquire()
""",
    "lock.acquire()",
)
"""A lock counts only where somebody holds it for long: blockbuster looks at run time, asynclint for such a holder."""

MODULE = """\
{setup}


async def block():
{body}
"""

UNDER_BLOCKBUSTER = """\
import asyncio
from blockbuster import BlockingError, blockbuster_ctx
from blocking import block

with blockbuster_ctx():
    try:
        asyncio.run(block())
    except BlockingError as error:
        print("caught", error)
"""


@pytest.mark.parametrize(("rule", "setup", "body"), [*FAMILIES.values(), LOCK], ids=[*FAMILIES, "threading"])
def test_both_see_a_blocking_call(
    rule: str, setup: str, body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "blocking.py").write_text(MODULE.format(setup=setup, body=textwrap.indent(body, "    ")))
    monkeypatch.chdir(tmp_path)

    done = subprocess.run([sys.executable, "-c", UNDER_BLOCKBUSTER], capture_output=True, text=True, check=False)
    found = check(["blocking.py"], Settings(jobs=1, select=("ASL2",))).diagnostics

    assert done.stdout.startswith("caught "), done.stderr
    assert rule in {item.code for item in found if item.symbol == "block"}


def test_every_family_is_tried() -> None:
    families = {name.partition(".")[0] for name in PATCHED}

    assert families == {name.partition(".")[0] for name in (*FAMILIES, "threading")}

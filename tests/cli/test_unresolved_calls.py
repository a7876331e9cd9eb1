"""How many calls a run knows nothing of: those on the event loop, in the files that were asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from asynclint.cli.app import run_command_line

if TYPE_CHECKING:
    from pathlib import Path

LOOP = """\
from helpers import sync


async def a(x):
    x.one()
    x.two()
    sync(x)
    print(len("known"))
"""
HELPERS = """\
def sync(x):
    x.three()


async def b(x):
    await x.four()
    callback = lambda: x.never_called()
"""


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "loop.py").write_text(LOOP)
    (tmp_path / "helpers.py").write_text(HELPERS)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (["."], 3),
        ([".", "-j1"], 3),
        ([".", "--select", "ASL101"], 3),
        (["loop.py"], 2),
        (["helpers.py"], 1),
    ],
)
def test_the_count(arguments: list[str], count: int, capsys: pytest.CaptureFixture[str]) -> None:
    run_command_line(["check", "-v", *arguments])
    assert f", {count} unresolved call" in capsys.readouterr().err
    run_command_line(["check", "--output-format", "json", *arguments])
    assert json.loads(capsys.readouterr().out)["summary"]["unresolved_calls"] == count


def test_it_is_not_shown_unless_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    run_command_line(["check", "."])
    assert "unresolved" not in capsys.readouterr().err

"""Commands run inside the test process."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from asynclint.cli.app import run_command_line

if TYPE_CHECKING:
    from pathlib import Path


class Done(NamedTuple):
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def places(self) -> list[str]:
        """Of the findings in `concise`, `file:row`."""
        return [":".join(line.split(":")[:2]) for line in self.out.splitlines()]


class CommandLine:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Done:
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self._capsys.readouterr()
        code = run_command_line(list(arguments))
        return Done(code, *self._capsys.readouterr())


@pytest.fixture
def command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Runs `asynclint` with arguments, and bytes on standard input."""
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, which is the working folder."""
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path

"""The progress bar shows itself only to people who wait."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from asynclint.cli import progress
from asynclint.cli.progress import ProgressBar

if TYPE_CHECKING:
    import pytest


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, patience: float, *, wanted: bool = True) -> str:
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(progress, "PATIENCE", patience)
    with ProgressBar(wanted=wanted) as bar:
        bar("reading", 1, 2)
        bar("reading", 2, 2)
        bar("checking", 1, 2)
    return stream.getvalue()


def test_a_long_run_on_a_terminal_shows_its_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = told(monkeypatch, Terminal(), patience=0)
    assert "reading" in shown
    assert "checking" in shown


def test_all_others_show_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, Terminal(), patience=60) == ""
    assert told(monkeypatch, Terminal(), patience=0, wanted=False) == ""
    assert told(monkeypatch, io.StringIO(), patience=0) == ""

"""Runs of the real pipeline over sources that tests give."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from asynclint.rulekit.expectations import differences
from asynclint.run.checks import check

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asynclint.config.settings import Settings
    from asynclint.core.diagnostic import Diagnostic, Report

    Run = Callable[[Mapping[str, str], Settings], Report]
    Disagreements = Callable[[Mapping[str, str], Settings], list[str]]

_QUOTED = re.compile(r"`[^`]*`")
_VOICE = re.compile(r"[a-zB`][^:;]*: [^:;]+; [^:;]*[^.:;]")


def in_voice(diagnostic: Diagnostic) -> bool:
    """Whether a message says what happens, to whom, and what to do: `fact: consequence; way out`."""
    return _VOICE.fullmatch(_QUOTED.sub("`x`", diagnostic.message)) is not None


MARKER = "pyproject.toml"
"""A file that makes the folder the project, whatever lies around it."""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Checks a project given as texts by relative path; paths in the report are those."""

    def run_on(sources: Mapping[str, str], settings: Settings) -> Report:
        for name, text in {MARKER: "", **sources}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        monkeypatch.chdir(tmp_path)
        return check(["."], settings)

    return run_on


@pytest.fixture
def disagreements(run: Run) -> Disagreements:
    """Says where a run over a project differs from the `# expect:` comments in it, and what was not checked."""

    def compare(sources: Mapping[str, str], settings: Settings) -> list[str]:
        report = run(sources, settings)
        failures = [f"{error.filename}: {error.code}: {error.message}" for error in report.errors]
        for name, text in sorted(sources.items()):
            if name.endswith(".py"):
                found = [item for item in report.diagnostics if Path(item.location.path) == Path(name)]
                failures += differences(text, found, name)
        failures += [f"no voice of a message: {item.message}" for item in report.diagnostics if not in_voice(item)]
        return failures

    return compare

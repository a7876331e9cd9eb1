"""Projects with configuration, checked by the real pipeline."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, TypeAlias

import pytest

from asynclint.config.settings import Settings
from asynclint.run.checks import check

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from asynclint.core.diagnostic import Report

    CheckProject: TypeAlias = Callable[..., Report]

SINGLE = Settings(jobs=1)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], Path]:
    """Puts files into the working folder, a fresh one."""
    monkeypatch.chdir(tmp_path)

    def put(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        return tmp_path

    return put


@pytest.fixture
def check_project(write: Callable[[dict[str, str]], Path]) -> CheckProject:
    """Checks a project given as texts by path; `config` becomes its `[tool.asynclint]`."""

    def run(
        files: dict[str, str], config: str = "", settings: Settings = SINGLE, paths: tuple[str, ...] = (".",)
    ) -> Report:
        write({"pyproject.toml": f"[tool.asynclint]\n{textwrap.dedent(config)}", **files})
        return check(paths, settings)

    return run


def found(report: Report) -> list[str]:
    """Findings and errors, such as `app.py:3 ASL201`."""
    assert not report.errors, report.errors
    return [f"{item.location.path}:{item.location.start.row} {item.code}" for item in report.diagnostics]

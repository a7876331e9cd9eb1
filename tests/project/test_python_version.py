"""The oldest Python of a project, from its configuration and its pyproject.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.version_range import NEWEST
from asynclint.project.python_version import UNKNOWN, PythonVersions

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_said_nearest_decides(tmp_path: Path) -> None:
    (tmp_path / "old/app").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[project]\nrequires-python = '>=3.10,<4'\n")
    (tmp_path / "old/pyproject.toml").write_text("[project]\nrequires-python = '~=3.8'\n")
    versions = PythonVersions(str(tmp_path), {f"{tmp_path}/given": "3.12"})
    assert versions.of(f"{tmp_path}/app").version == (3, 10, 0)
    assert versions.of(f"{tmp_path}/app").origin == f"{tmp_path}/pyproject.toml"
    assert versions.of(f"{tmp_path}/old/app").version == (3, 8, 0)
    assert versions.of(f"{tmp_path}/given").version == (3, 12, 0)
    assert versions.of(f"{tmp_path}/given").origin is None


def test_nothing_above_the_project_is_read(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]\nrequires-python = '>=3.8'\n")
    assert PythonVersions(f"{tmp_path}/project", {}).of(f"{tmp_path}/project/app") == UNKNOWN
    assert UNKNOWN.version == NEWEST


def test_what_makes_no_sense_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nrequires-python = 'new'\n")
    assert PythonVersions(str(tmp_path), {}).of(str(tmp_path)) == UNKNOWN
    (tmp_path / "pyproject.toml").write_text("[project\n")
    assert PythonVersions(str(tmp_path), {}).of(str(tmp_path)) == UNKNOWN

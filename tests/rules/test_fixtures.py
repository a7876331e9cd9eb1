"""Harder cases than fit into the examples of a rule: findings stand exactly where the fixtures expect them.

`tests/fixtures/<rule name>/*.py` are modules by themselves, `tests/fixtures/projects/<case>/` are whole projects.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from asynclint.config.settings import Settings
from asynclint.rulekit.discovery import all_rules
from asynclint.rulekit.expectations import parse_expectations

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FIXTURES = Path(__file__).parent.parent / "fixtures"
PROJECTS = FIXTURES / "projects"
MODULES = sorted(path for path in FIXTURES.glob("*/*.py") if path.parent != PROJECTS)
CASES = sorted(path for path in PROJECTS.iterdir() if path.is_dir())

front_ends = pytest.mark.parametrize("exhaustive", [False, True], ids=["ast", "libcst"])


def sources_of(folder: Path) -> dict[str, str]:
    """The texts of a project by relative path."""
    paths = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in paths}


@front_ends
@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_modules(
    path: Path, exhaustive: bool, disagreements: Callable[[Mapping[str, str], Settings], list[str]]
) -> None:
    sources = {path.name: path.read_bytes().decode()}
    assert not _shown(disagreements(sources, Settings(jobs=1, exhaustive=exhaustive)))


@front_ends
@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_projects(
    folder: Path, exhaustive: bool, disagreements: Callable[[Mapping[str, str], Settings], list[str]]
) -> None:
    assert not _shown(disagreements(sources_of(folder), Settings(jobs=1, exhaustive=exhaustive)))


@pytest.mark.parametrize(
    "path", [*MODULES, *PROJECTS.rglob("*.py")], ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_expectations_name_rules_that_exist(path: Path) -> None:
    known = {rule.code for rule in all_rules()}
    assert {item.code for item in parse_expectations(path.read_bytes().decode())} <= known


def test_folders_are_named_after_rules() -> None:
    names = {rule.name for rule in all_rules()} | {PROJECTS.name, "seeds"}
    assert {path.parent.name for path in MODULES} <= names


def _shown(failures: list[str]) -> str:
    return "\n" + "\n".join(failures) if failures else ""

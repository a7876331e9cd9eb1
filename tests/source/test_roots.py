"""The folder a path is checked as a part of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asynclint.source.paths import absolute, display
from asynclint.source.roots import project_root, repository_root

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "work/app/api").mkdir(parents=True)
    (tmp_path / "work/app/api/a.py").touch()
    return tmp_path / "work"


def root_of(tree: Path, path: str) -> str:
    return project_root(absolute(path, str(tree)), str(tree)).removeprefix(str(tree)).lstrip("/")


def test_without_marks_it_is_the_working_folder(tree: Path) -> None:
    assert root_of(tree, "app/api/a.py") == ""
    assert root_of(tree, "app/missing.py") == ""


def test_outside_of_the_working_folder_it_is_the_folder_itself(tree: Path) -> None:
    (tree.parent / "other").mkdir()
    (tree.parent / "other/b.py").touch()
    other = str(tree.parent / "other")
    assert project_root(other, str(tree)) == other
    assert project_root(f"{other}/b.py", str(tree)) == other


def test_git_then_pyproject_then_config_decide(tree: Path) -> None:
    (tree / "app/api/.git").mkdir()
    assert root_of(tree, "app/api/a.py") == "app/api"
    (tree / "app/pyproject.toml").write_text("[project]\nname = 'asynclint-user'\n")
    assert root_of(tree, "app/api/a.py") == "app"
    (tree / "pyproject.toml").write_text("[tool.asynclint]\n")
    assert root_of(tree, "app/api/a.py") == ""
    (tree / "app/.asynclint.toml").touch()
    assert root_of(tree, "app/api/a.py") == "app"


def test_a_broken_pyproject_is_no_config(tree: Path) -> None:
    (tree / "app/pyproject.toml").write_bytes(b"[tool.asynclint\xff")
    assert root_of(tree, "app/api/a.py") == "app"


def test_a_file_name_is_shown_relative_to_the_working_folder() -> None:
    assert display("/srv/app/a.py", "/srv") == "app/a.py"
    assert display("/work", "/work") == "."
    assert display("/workshop/a.py", "/work") == "/workshop/a.py"
    assert display("/a.py", "/") == "a.py"


def test_the_repository_is_found_upwards_or_is_the_working_folder(tree: Path) -> None:
    assert repository_root(str(tree / "app")) == str(tree / "app")
    (tree / ".git").write_text("gitdir: elsewhere\n")  # of a worktree or submodule
    assert repository_root(str(tree / "app/api")) == str(tree)
    assert repository_root(str(tree)) == str(tree)


def test_outside_of_a_repository_that_of_the_paths_counts(tree: Path) -> None:
    (tree / "app/.git").mkdir()
    inside = f"{tree}/app/api/a.py"
    assert repository_root(str(tree), [inside, f"{tree}/app"]) == f"{tree}/app"
    assert repository_root(str(tree), [inside, str(tree)]) == str(tree)
    assert repository_root(str(tree), [f"{tree}/other.py"]) == str(tree)
    (tree / ".git").mkdir()
    assert repository_root(str(tree), [inside]) == str(tree)


def test_the_home_folder_is_no_project(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tree))
    (tree / "scratch").mkdir()
    assert project_root(f"{tree}/scratch/a.py", str(tree)) == f"{tree}/scratch"
    assert project_root(f"{tree}/scratch/a.py", f"{tree}/scratch") == f"{tree}/scratch"

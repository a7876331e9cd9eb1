"""The folder a path is checked as a part of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asynclint.source.paths import absolute, display
from asynclint.source.roots import ProjectRoots, repository_root

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "work/app/api").mkdir(parents=True)
    (tmp_path / "work/app/api/a.py").touch()
    return tmp_path / "work"


def roots(cwd: Path | str, *asked: Path | str, declared: Container[str] = ()) -> ProjectRoots:
    return ProjectRoots(str(cwd), lambda folder: folder in declared, map(str, asked))


def root_of(tree: Path, path: str, declared: Container[str] = ()) -> str:
    return roots(tree, declared=declared).of(absolute(path, str(tree))).removeprefix(str(tree)).lstrip("/")


def test_without_marks_it_is_the_working_folder(tree: Path) -> None:
    assert root_of(tree, "app/api/a.py") == ""
    assert root_of(tree, "app/missing.py") == ""


def test_outside_of_the_working_folder_it_is_the_folder_itself(tree: Path) -> None:
    (tree.parent / "other").mkdir()
    (tree.parent / "other/b.py").touch()
    (tree.parent / "other/sub").mkdir()
    other = str(tree.parent / "other")
    assert roots(tree, other).of(other) == other
    assert roots(tree, other).of(f"{other}/b.py") == other
    assert roots(tree, f"{other}/sub", other).of(f"{other}/sub/c.py") == other
    assert roots(tree).of(f"{other}/sub/c.py") == f"{other}/sub"


def test_the_repository_is_the_project_whatever_lies_in_it(tree: Path) -> None:
    (tree / ".git").mkdir()
    (tree / "app/pyproject.toml").write_text("[project]\nname = 'member'\n")
    (tree / "app/api/asynclint.toml").touch()
    (tree.parent / "pyproject.toml").touch()
    assert root_of(tree, "app/api/a.py") == root_of(tree, "app") == root_of(tree, ".") == ""


def test_a_repository_inside_of_another_is_a_project_of_its_own(tree: Path) -> None:
    (tree / ".git").mkdir()
    (tree / "app/.git").write_text("gitdir: elsewhere\n")  # of a submodule
    assert root_of(tree, "app/api/a.py") == "app"
    assert root_of(tree, "b.py") == ""


def test_a_folder_that_is_declared_a_root_is_one(tree: Path) -> None:
    (tree / ".git").mkdir()
    assert root_of(tree, "app/api/a.py", {f"{tree}/app"}) == "app"
    assert root_of(tree, "b.py", {f"{tree}/app"}) == ""


def test_without_a_repository_the_outermost_mark_decides(tree: Path) -> None:
    (tree / "app/api/asynclint.toml").touch()
    assert root_of(tree, "app/api/a.py") == "app/api"
    (tree / "app/pyproject.toml").touch()
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
    scratch = f"{tree}/scratch"
    assert roots(tree, scratch).of(f"{scratch}/a.py") == scratch
    assert roots(scratch, scratch).of(f"{scratch}/a.py") == scratch
    (tree / ".git").mkdir()  # of dot files
    assert roots(tree, scratch).of(f"{scratch}/a.py") == scratch
    (tree / "app/pyproject.toml").touch()
    (tree / "pyproject.toml").touch()
    assert roots(tree).of(f"{tree}/app/api/a.py") == f"{tree}/app"
    assert roots(tree, scratch).of(f"{scratch}/a.py") == str(tree)  # as where the home folder of a container is the app

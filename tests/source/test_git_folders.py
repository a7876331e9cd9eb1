"""Where git keeps what it ignores: in worktrees and submodules too, and in no place that a checkout makes up."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from asynclint.source.discovery import discover
from asynclint.source.git_folders import exclude_file

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *arguments: str) -> None:
    settings = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "a.py").touch()
    (folder / "local.py").touch()
    git(folder, "add", "a.py")
    git(folder, "commit", "-qm", "first")
    (folder / ".git/info").mkdir(exist_ok=True)
    (folder / ".git/info/exclude").write_text("local.py\n")
    return folder


def files(folder: Path) -> list[str]:
    return [path.rpartition("/")[2] for path in discover((".",), str(folder)).files]


@pytest.mark.parametrize("relative", [False, True])
def test_a_worktree_has_the_excludes_of_its_repository(tmp_path: Path, repository: Path, relative: bool) -> None:
    git(repository, "worktree", "add", "-q", "../worktree")
    worktree = tmp_path / "worktree"
    (worktree / "local.py").touch()
    if relative:  # as git writes it with `worktree.useRelativePaths`
        (worktree / ".git").write_text("gitdir: ../repository/.git/worktrees/worktree\n")
        (repository / ".git/worktrees/worktree/gitdir").write_text("../../../../worktree/.git\n")
    assert exclude_file(str(worktree)) == f"{repository}/.git/info/exclude"
    assert files(worktree) == ["a.py"]


def test_a_submodule_has_its_own_excludes(tmp_path: Path, repository: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    git(outer, "submodule", "--quiet", "add", str(repository), "sub")
    (outer / ".git/modules/sub/info").mkdir(exist_ok=True)
    (outer / ".git/modules/sub/info/exclude").write_text("other.py\n")
    (outer / "sub/other.py").touch()
    assert exclude_file(f"{outer}/sub") == f"{outer}/.git/modules/sub/info/exclude"
    assert files(outer) == files(outer / "sub") == ["a.py"]


@pytest.mark.parametrize(
    "pointer",
    [
        "gitdir: ../repository/.git\n",
        "gitdir: ../repository/.git/worktrees/known\n",
        "gitdir: /nowhere\n",
        "gitdir: a\0b\n",
        "nonsense\n",
        "",
    ],
)
def test_a_repository_that_does_not_know_of_the_working_tree_says_nothing_of_it(
    tmp_path: Path, repository: Path, pointer: str
) -> None:
    git(repository, "worktree", "add", "-q", "../known")
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    (stranger / ".git").write_text(pointer)
    (stranger / "local.py").touch()
    assert exclude_file(str(stranger)) is None
    assert files(stranger) == ["local.py"]


def test_a_link_in_place_of_the_folder_of_git_is_not_followed(tmp_path: Path, repository: Path) -> None:
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / ".git").symlink_to(repository / ".git")
    (linked / "local.py").touch()
    assert exclude_file(str(linked)) is None
    assert files(linked) == ["local.py"]

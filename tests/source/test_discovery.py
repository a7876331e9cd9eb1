"""Which files are found, and what is said of those that are not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from asynclint.source.discovery import discover


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def found(root: Path, *paths: str) -> list[str]:
    result = discover(paths or (".",), str(root))
    assert not result.errors
    return [Path(file).relative_to(root).as_posix() for file in result.files]


def problems(root: Path, *paths: str) -> list[tuple[str, str, str]]:
    errors = discover(paths, str(root)).errors
    return [(error.code, error.filename, error.message) for error in errors]


def test_python_files_and_stubs_are_found_sorted(tmp_path: Path) -> None:
    write(tmp_path, "b.py", "a/c.pyi", "a/b.py", "a/data.txt", "a/x.pyc", ".hidden/d.py", "naïve 😀/e.py")
    assert found(tmp_path) == [".hidden/d.py", "a/b.py", "a/c.pyi", "b.py", "naïve 😀/e.py"]


def test_folders_without_source_of_the_project_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "a.py", ".venv/x.py", "node_modules/x.py", "build/lib/x.py", "a/site-packages/x.py", ".git/x.py")
    write(tmp_path, "myenv/pyvenv.cfg", "myenv/lib/x.py")
    assert found(tmp_path) == ["a.py"]


def test_a_package_may_be_called_build(tmp_path: Path) -> None:
    write(tmp_path, "build/__init__.py", "build/a.py")
    assert found(tmp_path) == ["build/__init__.py", "build/a.py"]


def test_what_is_given_is_never_left_out(tmp_path: Path) -> None:
    write(tmp_path, "build/a.py", ".venv/pyvenv.cfg", ".venv/b.py", "script")
    assert found(tmp_path, "build", ".venv/", "script") == [".venv/b.py", "build/a.py", "script"]


def test_git_ignores_are_respected_folder_by_folder(tmp_path: Path) -> None:
    write(
        tmp_path, ".git/info/exclude", "a.py", "gen/b.py", "sub/c.py", "sub/keep/gen/d.py", "local.py", "sub/e_pb2.py"
    )
    (tmp_path / ".gitignore").write_text("gen/\n*_pb2.py\n!\n")
    (tmp_path / ".git/info/exclude").write_text("local.py\n")
    (tmp_path / "sub/.gitignore").write_text("/c.py\n!e_pb2.py\n!gen/\n")
    assert found(tmp_path) == ["a.py", "sub/e_pb2.py", "sub/keep/gen/d.py"]


def test_ignores_of_the_folders_above_hold_within_a_repository(tmp_path: Path) -> None:
    write(tmp_path, ".git/HEAD", "src/a.py", "src/b.py", "gen/c.py", "gen/b.py")
    (tmp_path / ".gitignore").write_text("b.py\ngen\n")
    assert found(tmp_path, "src") == ["src/a.py"]
    assert found(tmp_path, "src/b.py") == ["src/b.py"]
    assert found(tmp_path, "gen") == ["gen/b.py", "gen/c.py"]


def test_a_repository_within_another_has_its_own_ignores(tmp_path: Path) -> None:
    write(tmp_path, ".git/HEAD", "sub/.git", "sub/a.py", "a.py", "b.py")
    (tmp_path / ".gitignore").write_text("a.py\n")
    assert found(tmp_path) == ["b.py", "sub/a.py"]


def test_a_file_given_twice_is_found_once(tmp_path: Path) -> None:
    write(tmp_path, "a/b.py")
    assert found(tmp_path, "a", "a/b.py", "./a/../a/b.py", str(tmp_path / "a")) == ["a/b.py"]


def test_links_to_files_count_once_and_links_to_folders_are_not_entered(tmp_path: Path) -> None:
    write(tmp_path, "a/b.py", "real/c.py")
    (tmp_path / "a/link.py").symlink_to("b.py")
    (tmp_path / "a/.#b.py").symlink_to("an editor's lock")
    assert found(tmp_path, "a") == ["a/b.py"]
    (tmp_path / "linked").symlink_to("real")
    assert found(tmp_path, "linked") == ["linked/c.py"]
    assert found(tmp_path, "linked", "real") == ["real/c.py"]


@pytest.mark.parametrize("mark", [".git/HEAD", "pyproject.toml", ""])
def test_a_link_out_of_the_project_is_followed_only_where_it_is_given(tmp_path: Path, mark: str) -> None:
    write(tmp_path, "outside.py", "p/a/b.py", "p/beside/c.py", *([f"p/{mark}"] if mark else []))
    (tmp_path / "p/a/in.py").symlink_to("../beside/c.py")
    (tmp_path / "p/a/out.py").symlink_to("../../outside.py")
    discovery = discover(("a",), str(tmp_path / "p"))
    assert [Path(path).name for path in discovery.files] == ["b.py", "in.py"]
    assert [(error.filename, error.message.partition(";")[0]) for error in discovery.errors] == [
        ("a/out.py", "is a link out of the project")
    ]
    assert len(discover(("a/out.py",), str(tmp_path / "p")).files) == 1


def test_what_looks_like_a_source_and_is_none_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "a/b.py", "a/.gitignore")
    (tmp_path / "a/.gitignore").write_text("ignored.py\n")
    for name, target in [("loop", ".."), ("dangling.py", "x.py"), ("self.py", "self.py"), ("ignored.py", "x.py")]:
        (tmp_path / "a" / name).symlink_to(target)
    discovery = discover(("a",), str(tmp_path))
    assert [Path(path).name for path in discovery.files] == ["b.py"]
    assert {error.filename: error.message.partition(";")[0] for error in discovery.errors} == {
        "a/dangling.py": "is a symbolic link to nothing",
        "a/loop": "is a link back to a folder around it",
        "a/self.py": "is a loop of symbolic links",
    }


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        ("nowhere", "missing-path", "there is no such file or folder"),
        ("dangling.py", "missing-path", "is a symbolic link to nothing"),
        ("loop.py", "missing-path", "is a loop of symbolic links"),
        ("a\0b.py", "missing-path", "cannot be looked at: there is a null byte in its name"),
        ("a.py/b.py", "missing-path", "cannot be looked at: not a directory"),
        ("pipe.py", "ASL011", "is neither a file nor a folder"),
        ("empty", "empty-folder", "there are no Python files in this folder (or all are excluded)"),
    ],
)
def test_what_is_given_and_cannot_be_checked_is_an_error(tmp_path: Path, path: str, code: str, message: str) -> None:
    write(tmp_path, "a.py", "empty/readme.txt")
    (tmp_path / "dangling.py").symlink_to("nowhere.py")
    (tmp_path / "loop.py").symlink_to("loop.py")
    os.mkfifo(tmp_path / "pipe.py")
    assert problems(tmp_path, path, "a.py") == [(code, path, message)]
    assert len(discover((path, "a.py"), str(tmp_path)).files) == 1


def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.py", "secret/b.py")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("secret"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr("os.scandir", refuse)
    expected = [("unreadable-folder", "secret", "cannot be listed: permission denied")]
    assert problems(tmp_path, ".") == expected
    assert problems(tmp_path, "secret") == expected


def test_a_name_that_is_no_text_can_still_be_shown(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    write(tmp_path, name)
    assert len(found(tmp_path)) == 1
    assert problems(tmp_path, os.fsdecode(b"\xe9")) == [("missing-path", "\\xe9", "there is no such file or folder")]

"""Which files are found, and what is said of those that are not."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from asynclint.source import links
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


def bind(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(path))  # the name of a socket has a hundred bytes at most


def passed_over(root: Path, *paths: str) -> dict[str, str]:
    return {Path(path).relative_to(root).as_posix(): reason for path, reason in discover(paths, str(root)).passed_over}


@pytest.mark.parametrize("mark", [".git/HEAD", "pyproject.toml", ""])
@pytest.mark.parametrize("name", ["linked", ".linked", "linked.py"])
def test_python_behind_a_link_to_a_folder_out_of_the_project_is_an_error(tmp_path: Path, mark: str, name: str) -> None:
    write(tmp_path, "outside/deep/er/a.py", "p/a/b.py", *([f"p/{mark}"] if mark else []))
    (tmp_path / "p/a" / name).symlink_to("../../outside")
    project = tmp_path / "p"
    reason = "is a link to a folder out of the project; give it by name, remove it or have git ignore it"
    assert problems(project, "a") == [("unreadable-folder", f"a/{name}", reason)]
    assert found(project, "a", f"a/{name}") == sorted(["a/b.py", f"a/{name}/deep/er/a.py"])
    (project / "a/.gitignore").write_text(f"/{name}/\n")  # for git this means no link, for people it does
    (project / ".git").mkdir(exist_ok=True)
    assert found(project, "a") == ["a/b.py"]


def test_nothing_is_said_of_links_to_folders_without_source_of_the_project(tmp_path: Path) -> None:
    write(tmp_path, "data/a/b/c.csv", "env/pyvenv.cfg", "env/lib/x.py", "deps/x.py", "x/site-packages/lib/y.py")
    write(tmp_path, "p/pyproject.toml", "p/a.py", "only/.venv/x.py", "only/__pycache__/x.py", "out/y.py")
    links = {"data": "data", "myenv": "env", "node_modules": "deps", ".venv": "env", "lib": "x/site-packages/lib",
             "only": "only", "build": "out"}  # fmt: skip
    for name, target in links.items():
        (tmp_path / "p" / name).symlink_to(tmp_path / target)
    assert found(tmp_path / "p") == ["a.py"]
    without = "is a link to a folder without source of the project"
    by_name = "is left out by its name"
    assert passed_over(tmp_path / "p", ".") == {
        "data": without,
        "myenv": without,
        "node_modules": by_name,
        ".venv": by_name,
        "lib": without,
        "only": without,
        "build": without,
    }


def test_a_link_to_a_folder_of_the_project_stands_for_what_is_asked_for_elsewhere(tmp_path: Path) -> None:
    write(tmp_path, ".git/HEAD", "lib/a.py", "src/b.py", "ignored/c.py", ".venv/lib/d.py", "other/e.py")
    (tmp_path / ".gitignore").write_text("/ignored\n")
    for target in ("lib", "ignored", ".venv/lib"):
        (tmp_path / "src" / target.strip(".").replace("/", "-")).symlink_to(f"../{target}")
    assert found(tmp_path) == ["lib/a.py", "other/e.py", "src/b.py"]
    assert found(tmp_path, "src", "lib") == ["lib/a.py", "src/b.py"]
    reason = "is a link to a folder that was not asked for; give `lib` too, remove it or have git ignore it"
    assert problems(tmp_path, "src") == [("unreadable-folder", "src/lib", reason)]
    assert passed_over(tmp_path, "src") == {
        "src/ignored": "is a link to a folder that is left out where it lies",
        "src/venv-lib": "is a link to a folder without source of the project",
    }
    assert passed_over(tmp_path, "src", "lib")["src/lib"] == "is a link to a folder, which is looked at where it lies"


def test_no_more_than_some_names_are_looked_at_behind_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "p/pyproject.toml", "p/a.py", *(f"data/{number}.csv" for number in range(8)))
    (tmp_path / "p/data").symlink_to("../data")
    monkeypatch.setattr(links, "MOST_ENTRIES", 8)
    assert problems(tmp_path / "p", ".") == []
    monkeypatch.setattr(links, "MOST_ENTRIES", 7)
    assert [name for _, name, _ in problems(tmp_path / "p", ".")] == ["data"]


def test_files_of_a_folder_behind_a_link_that_was_given_are_its_own(tmp_path: Path) -> None:
    write(tmp_path, "p/pyproject.toml", "outside/a.py")
    (tmp_path / "outside/b.py").symlink_to("a.py")
    (tmp_path / "outside/z.py").symlink_to("../p/z.py")
    write(tmp_path, "p/z.py")
    (tmp_path / "p/linked").symlink_to("../outside")
    assert found(tmp_path / "p", "linked") == ["linked/a.py", "linked/z.py"]


@pytest.mark.parametrize("kind", ["pipe", "device", "socket"])
def test_what_a_link_leads_to_is_called_what_it_is(tmp_path: Path, kind: str) -> None:
    write(tmp_path, "a.py")
    os.mkfifo(tmp_path / "pipe")
    bind(tmp_path / "socket")
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "m.py").symlink_to(kind)
    way_out = "remove it or have git ignore it"
    assert problems(tmp_path, ".") == [("ASL011", "m.py", f"is a symbolic link to a {kind}; {way_out}")]


@pytest.mark.parametrize("hidden", ["", "."])
def test_what_has_the_name_of_a_source_file_is_called_what_it_is(tmp_path: Path, hidden: str) -> None:
    write(tmp_path, "a.py")
    os.mkfifo(tmp_path / f"{hidden}p.py")
    bind(tmp_path / f"{hidden}s.pyi")
    way_out = "no file; remove it or have git ignore it"
    assert sorted(problems(tmp_path, ".")) == [
        ("ASL011", f"{hidden}p.py", f"is a pipe, {way_out}"),
        ("ASL011", f"{hidden}s.pyi", f"is a socket, {way_out}"),
    ]


def test_a_gitignore_that_is_a_link_is_not_followed_as_in_git(tmp_path: Path) -> None:
    write(tmp_path, ".git/HEAD", "a.py", "b.py", "sub/b.py")
    (tmp_path / "patterns").write_text("b.py\n")
    (tmp_path / "sub/.gitignore").symlink_to("../patterns")
    assert found(tmp_path, "sub") == ["sub/b.py"]
    assert passed_over(tmp_path, "sub") == {"sub/.gitignore": "is a symbolic link, which git does not follow"}
    (tmp_path / ".gitignore").symlink_to("patterns")
    assert found(tmp_path) == ["a.py", "b.py", "sub/b.py"]
    assert passed_over(tmp_path, "sub") == dict.fromkeys(
        (".gitignore", "sub/.gitignore"), "is a symbolic link, which git does not follow"
    )


@pytest.mark.parametrize("name", [".gitignore", ".git/info/exclude"])
@pytest.mark.parametrize(("kind", "reason"), [("pipe", "is no regular file"), ("folder", "is a folder")])
def test_a_file_of_what_git_ignores_that_is_none_is_an_error(tmp_path: Path, name: str, kind: str, reason: str) -> None:
    write(tmp_path, ".git/info/x", "a.py", "sub/b.py")
    os.mkfifo(tmp_path / name) if kind == "pipe" else (tmp_path / name).mkdir()
    expected = [("ASL011", name, f"{reason}, so nobody knows what git ignores by it")]
    assert problems(tmp_path, ".") == problems(tmp_path, "sub") == problems(tmp_path, "sub", ".") == expected
    assert discover((".",), str(tmp_path), respects_gitignore=lambda _: False).errors == ()


def test_so_many_patterns_of_git_that_reading_them_takes_long_are_an_error(tmp_path: Path) -> None:
    write(tmp_path, ".git/info/x", "a.py")
    (tmp_path / ".gitignore").write_text("*.log\n" * 50_000)
    said = "has more than 256 kB, so nobody knows what git ignores by it"
    assert problems(tmp_path, ".") == [("ASL011", ".gitignore", said)]


def test_what_git_ignores_is_not_read_out_of_the_project(tmp_path: Path) -> None:
    write(tmp_path, "p/.git/info/x", "p/a.py")
    (tmp_path / "patterns").write_text("a.py\n")
    (tmp_path / "p/.git/info/exclude").symlink_to("../../../patterns")
    assert found(tmp_path / "p") == ["a.py"]
    assert passed_over(tmp_path / "p", ".")[".git/info/exclude"] == "is a link out of the project"


def test_patterns_are_read_as_git_reads_them(tmp_path: Path) -> None:
    write(tmp_path, ".git/HEAD", "a.py", "b.py", "c.py", "d.py")
    (tmp_path / ".gitignore").write_bytes("\ufeffa.py\r\nb.py\nx\x0cc.py\nd\u2028d.py\n".encode())
    assert found(tmp_path) == ["c.py", "d.py"]


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
        ("pipe.py", "ASL011", "is a pipe, no file"),
        ("device.py", "ASL011", "is a device, no file"),
        ("socket.py", "ASL011", "is a socket, no file"),
        ("empty", "empty-folder", "there are no Python files in this folder (or all are excluded)"),
    ],
)
def test_what_is_given_and_cannot_be_checked_is_an_error(tmp_path: Path, path: str, code: str, message: str) -> None:
    write(tmp_path, "a.py", "empty/readme.txt")
    (tmp_path / "dangling.py").symlink_to("nowhere.py")
    (tmp_path / "loop.py").symlink_to("loop.py")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "device.py").symlink_to("/dev/zero")
    bind(tmp_path / "socket.py")
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

"""Whatever lies where a configuration or a lock file is looked for, no reader waits for it or fills the memory."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from asynclint.source import project_files
from asynclint.source.project_files import (
    MissingProjectFile,
    NotTOML,
    UnreadableProjectFile,
    read_project_file,
    read_toml,
    why_unread,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project beside which there is a file that is not its own."""
    (tmp_path / "outside").write_bytes(b"secret")
    (tmp_path / "project/sub").mkdir(parents=True)
    (tmp_path / "project/pyproject.toml").touch()
    return tmp_path / "project"


def refused(path: Path, *, named: bool = False) -> str:
    """Why the file is not read; both ways to ask say the same."""
    with pytest.raises(UnreadableProjectFile) as error:
        read_project_file(str(path), named=named)
    if not named:
        assert why_unread(str(path)) == str(error.value)
    return str(error.value)


def test_a_link_is_followed_inside_of_the_project(project: Path) -> None:
    (project / "a").write_bytes(b"x")
    (project / "sub/b").symlink_to("../a")
    (project / "sub/c").symlink_to(project / "sub/b")
    assert read_project_file(str(project / "sub/c")) == b"x"
    assert why_unread(str(project / "sub/c")) is None


@pytest.mark.parametrize("target", ["../outside", "../project/../outside", "sub/link"])
def test_a_link_out_of_the_project_is_followed_only_where_it_is_named(project: Path, target: str) -> None:
    (project / "sub/link").symlink_to("../../outside")
    (project / "a").symlink_to(target)
    assert refused(project / "a") == "is a link out of the project"
    assert read_project_file(str(project / "a"), named=True) == b"secret"


def test_without_a_project_a_link_may_lead_to_what_is_beside_or_below_it(tmp_path: Path) -> None:
    (tmp_path / "folder/sub").mkdir(parents=True)
    (tmp_path / "folder/sub/a").write_bytes(b"x")
    (tmp_path / "folder/b").symlink_to("sub/a")
    (tmp_path / "folder/sub/c").symlink_to("../b")
    assert read_project_file(str(tmp_path / "folder/b")) == b"x"
    assert read_project_file(str(tmp_path / "folder/sub/c")) == b"x"
    (tmp_path / "folder/sub/d").symlink_to("../../e")
    (tmp_path / "e").touch()
    assert refused(tmp_path / "folder/sub/d") == "is a link out of the project"


def test_in_a_folder_behind_a_link_that_was_given_the_file_is_its_own(project: Path) -> None:
    (project.parent / "elsewhere").mkdir()
    (project.parent / "elsewhere/a").write_bytes(b"x")
    (project / "link").symlink_to("../elsewhere")
    assert read_project_file(str(project / "link/a")) == b"x"


@pytest.mark.parametrize("named", [False, True])
def test_a_pipe_is_not_waited_for(project: Path, named: bool) -> None:
    os.mkfifo(project / "pipe")
    assert refused(project / "pipe", named=named) == "is no regular file"


def test_nothing_but_a_file_is_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    assert refused(project / "sub") == "is a folder"
    for device in ("/dev/zero", "/dev/null"):
        assert refused(type(project)(device)) == "is no regular file"
    (project / "device").symlink_to("/dev/zero")
    assert refused(project / "device") == "is a link out of the project"
    assert refused(project / "device", named=True) == "is no regular file"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        assert refused(project / "socket") == "is no regular file"


def test_what_leads_nowhere_is_said_and_is_not_what_is_missing(project: Path) -> None:
    (project / "dangling").symlink_to("nothing")
    (project / "loop").symlink_to("loop")
    assert refused(project / "dangling") == "is a symbolic link to nothing"
    assert refused(project / "loop") == "is a loop of symbolic links"
    with pytest.raises(MissingProjectFile):
        read_project_file(str(project / "missing"))
    assert why_unread(str(project / "missing")) is None
    assert refused(project / "a\0b") == "cannot be read: there is a null byte in its name"


def test_a_file_that_became_a_link_after_it_was_looked_at_is_not_followed(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "a").symlink_to("../outside")
    monkeypatch.setattr("asynclint.source.project_files.leads_out", lambda _: False)
    monkeypatch.setattr(os.path, "realpath", lambda path: path)
    assert refused(project / "a") == "is a loop of symbolic links"  # ELOOP, as open(2) says of O_NOFOLLOW


def test_a_file_that_is_too_large_is_refused(project: Path) -> None:
    (project / "a").write_bytes(b"x" * 100)
    assert len(read_project_file(str(project / "a"), most=100)) == 100
    assert why_unread(str(project / "a"), most=100) is None
    with (project / "large").open("wb") as sparse:
        sparse.truncate(project_files.MOST_BYTES + 1)
    assert refused(project / "large") == "has more than 16 MB"


@pytest.mark.parametrize(
    "text", [f"x = {'9' * 5000}", f"x = {'[' * 5000}", f"x = {'{a = ' * 5000}", "x", "x = 1\nx = 2", "#" * (2**21 + 1)]
)
def test_what_is_no_toml_is_said_in_one_way(text: str) -> None:
    with pytest.raises(NotTOML):
        read_toml(text)


@pytest.mark.parametrize(
    ("text", "is_long"),
    [
        ("a." * 99 + "a = 1", False),
        ("a." * 100 + "a = 1", True),
        ("[" + "a . " * 100 + "a]", True),
        ("x = { " + "'a'." * 100 + '"a" = 1 }', True),
        ("x = '" + "a." * 200 + "'", False),
        ('x = """\n' + "a." * 200 + '"""', False),
        ("x = [" + "1.5, " * 200 + "]", False),
        ("x = 1  # " + "a." * 200, False),
    ],
)
def test_a_key_of_too_many_parts_is_refused(text: str, is_long: bool) -> None:
    if is_long:
        with pytest.raises(NotTOML, match="a key of more than 100 parts"):
            read_toml(text)
    else:
        assert read_toml(text)

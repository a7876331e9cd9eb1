"""Whatever lies where a configuration or a lock file is looked for, no reader waits for it or fills the memory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from asynclint.source import project_files
from asynclint.source.project_files import NotTOML, read_project_file, read_toml

if TYPE_CHECKING:
    from pathlib import Path


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "b").symlink_to("a")
    assert read_project_file(str(tmp_path / "b")) == b"x"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        read_project_file(str(tmp_path / "pipe"))


@pytest.mark.parametrize("place", ["/dev/zero", "/dev/null", "/"])
def test_nothing_but_a_file_is_read(place: str) -> None:
    with pytest.raises(OSError, match=r"not a regular file|Is a directory"):
        read_project_file(place)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_files, "MOST_BYTES", 100)
    (tmp_path / "a").write_bytes(b"x" * 100)
    assert len(read_project_file(str(tmp_path / "a"))) == 100
    (tmp_path / "a").write_bytes(b"x" * 101)
    with pytest.raises(OSError, match="more than"):
        read_project_file(str(tmp_path / "a"))


@pytest.mark.parametrize(
    "text", [f"x = {'9' * 5000}", f"x = {'[' * 5000}", f"x = {'{a = ' * 5000}", "x", "x = 1\nx = 2"]
)
def test_what_is_no_toml_is_said_in_one_way(text: str) -> None:
    with pytest.raises(NotTOML):
        read_toml(text)

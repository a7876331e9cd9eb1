"""The folder of a project's cache."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from asynclint.caching.folder import CacheFolder
from asynclint.caching.seal import Seal

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> CacheFolder:
    return CacheFolder(str(tmp_path / "cache"), Seal(b"key"))


def test_what_was_written_is_read(folder: CacheFolder, tmp_path: Path) -> None:
    assert folder.read("files") is None
    folder.write("files", b"data")
    assert folder.read("files") == b"data"
    folder.write("files", b"other")
    assert folder.read("files") == b"other"
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == [".gitignore", "CACHEDIR.TAG", "files"]
    assert (tmp_path / "cache/.gitignore").read_text() == "*\n"


def test_one_file_in_the_place_of_another_is_not_believed(folder: CacheFolder, tmp_path: Path) -> None:
    folder.write("one", b"data")
    (tmp_path / "cache/one").rename(tmp_path / "cache/two")
    assert folder.read("two") is None


def test_only_the_newest_are_kept(folder: CacheFolder, tmp_path: Path) -> None:
    for number in range(5):
        folder.write(f"{number}.results", b"")
        os.utime(tmp_path / f"cache/{number}.results", (number, number))
    folder.write("files", b"")
    folder.keep_newest(".results", 2)
    assert folder.read("2.results") is None
    assert folder.read("3.results") == folder.read("4.results") == folder.read("files") == b""


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = CacheFolder(str(tmp_path / "file/cache"), Seal(b"key"))
    folder.write("files", b"data")
    folder.keep_newest(".results", 2)
    assert folder.read("files") is None


def test_a_full_disk_leaves_what_was_there(
    folder: CacheFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("files", b"data")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    folder.write("files", b"other")
    assert folder.read("files") == b"data"
    assert not list((tmp_path / "cache").glob("*.tmp"))

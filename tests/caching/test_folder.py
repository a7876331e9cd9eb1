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


@pytest.mark.parametrize("target", ["/dev/zero", "elsewhere"])
def test_a_link_in_place_of_a_file_is_not_read(tmp_path: Path, target: str) -> None:
    seal = Seal(b"k")
    (tmp_path / "cache").mkdir()
    (tmp_path / "elsewhere").write_bytes(seal.sealed(b"data", "files"))
    (tmp_path / "cache/files").symlink_to(tmp_path / target)
    assert CacheFolder(str(tmp_path / "cache"), seal).read("files") is None


def test_a_pipe_in_place_of_a_file_does_not_hold_the_run_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "files")
    assert CacheFolder(str(tmp_path), Seal(b"k")).read("files") is None


def test_a_link_in_place_of_the_folder_is_neither_read_nor_written_through(tmp_path: Path) -> None:
    seal = Seal(b"k")
    elsewhere = tmp_path / "elsewhere"
    CacheFolder(str(elsewhere), seal).write("files", b"data")
    before = sorted(path.name for path in elsewhere.iterdir())
    (tmp_path / "cache").symlink_to(elsewhere)
    folder = CacheFolder(str(tmp_path / "cache"), seal)
    folder.write("more", b"data")
    assert folder.read("files") is None
    assert sorted(path.name for path in elsewhere.iterdir()) == before


def test_nothing_is_removed_behind_a_link_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    for number in range(3):
        (tmp_path / f"elsewhere/{number}.results").touch()
    (tmp_path / "cache").symlink_to("elsewhere")
    CacheFolder(str(tmp_path / "cache"), Seal(b"k")).keep_newest(".results", 1)
    assert len(list((tmp_path / "elsewhere").iterdir())) == 3


def test_a_folder_that_became_a_link_is_not_written_through(tmp_path: Path) -> None:
    folder = CacheFolder(str(tmp_path / "cache"), Seal(b"k"))
    folder.write("files", b"data")
    (tmp_path / "cache").rename(tmp_path / "elsewhere")
    (tmp_path / "cache").symlink_to("elsewhere")
    folder.write("more", b"data")
    assert not (tmp_path / "elsewhere/more").exists()


def test_a_file_that_is_too_large_to_be_ours_is_not_read(
    folder: CacheFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("files", b"data")
    assert folder.read("files") == b"data"
    size = (tmp_path / "cache/files").stat().st_size
    monkeypatch.setattr("asynclint.caching.folder.MOST_BYTES", size - 1)
    assert folder.read("files") is None


def test_a_link_in_place_of_the_file_to_write_is_replaced_and_not_followed(tmp_path: Path) -> None:
    folder = CacheFolder(str(tmp_path / "cache"), Seal(b"k"))
    folder.write("files", b"old")
    (tmp_path / "victim").write_bytes(b"precious")
    for name in ("files", f"files.{os.getpid()}.tmp"):
        (tmp_path / "cache" / name).unlink(missing_ok=True)
        (tmp_path / "cache" / name).symlink_to(tmp_path / "victim")
    folder.write("files", b"new")
    folder.write("files", b"new")
    assert folder.read("files") == b"new"
    assert (tmp_path / "victim").read_bytes() == b"precious"

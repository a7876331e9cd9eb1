"""Files rewritten, or left alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from asynclint.source import replacing
from asynclint.source.replacing import UnwritableFile, in_encoding_of, replace_text, why_not_replaceable


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.py"
    path.write_bytes(b"old\r\n")
    return path


def test_the_text_is_replaced_and_the_mode_kept(file: Path) -> None:
    file.chmod(0o751)
    replace_text(str(file), b"old\r\n", b"new\r\n")
    assert file.read_bytes() == b"new\r\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o751
    assert [path.name for path in file.parent.iterdir()] == ["a.py"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"\xef\xbb\xbfold\n", b"\xef\xbb\xbfnew\n"),
        (b"# coding: latin-1\n# \xe9\nold\n", b"# coding: latin-1\n# \xe9\nnew\n"),
        ("# coding: cp1251\n# ж\nold\n".encode("cp1251"), "# coding: cp1251\n# ж\nnew\n".encode("cp1251")),
    ],
)
def test_the_encoding_is_kept(file: Path, raw: bytes, expected: bytes) -> None:
    file.write_bytes(raw)
    encoding = "cp1251" if b"cp1251" in raw else "latin-1" if b"latin" in raw else "utf-8-sig"
    before = raw.decode(encoding).encode()
    replace_text(str(file), before, before.replace(b"old", b"new"))
    assert file.read_bytes() == expected


def test_text_that_the_encoding_does_not_know(file: Path) -> None:
    raw = b"# coding: latin-1\nold\n"
    file.write_bytes(raw)
    with pytest.raises(UnwritableFile, match="cannot be written"):
        replace_text(str(file), raw, "# coding: latin-1\nж\n".encode())
    assert file.read_bytes() == raw


def test_an_encoding_that_does_not_come_back_the_same(file: Path) -> None:
    raw = b"# coding: iso-2022-jp\nold = '\x1b(B\x1b(B'\n"
    file.write_bytes(raw)
    with pytest.raises(UnwritableFile, match="as it was"):
        replace_text(str(file), raw.decode("iso-2022-jp").encode(), b"new\n")
    assert file.read_bytes() == raw


@pytest.mark.parametrize("changed", [b"newer\n", b"\xff\n"])
def test_a_file_changed_meanwhile_is_left_alone(file: Path, changed: bytes) -> None:
    file.write_bytes(changed)
    with pytest.raises(UnwritableFile, match="changed by someone else"):
        replace_text(str(file), b"old\r\n", b"new\r\n")
    assert file.read_bytes() == changed


def test_a_file_changed_at_the_last_moment_is_left_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chmod = Path.chmod

    def change(path: Path, mode: int) -> None:
        chmod(path, mode)
        file.write_bytes(b"newer\n")

    monkeypatch.setattr(Path, "chmod", change)
    with pytest.raises(UnwritableFile, match="changed by someone else"):
        replace_text(str(file), b"old\r\n", b"new\r\n")
    assert file.read_bytes() == b"newer\n"
    assert [path.name for path in file.parent.iterdir()] == ["a.py"]


def test_a_failure_leaves_the_old_text_and_nothing_else(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(UnwritableFile, match="no space left on device"):
        replace_text(str(file), b"old\r\n", b"new\r\n")
    assert file.read_bytes() == b"old\r\n"
    assert [path.name for path in file.parent.iterdir()] == ["a.py"]


def test_what_is_left_alone(file: Path) -> None:
    assert why_not_replaceable(str(file)) is None
    link = file.with_name("link.py")
    link.symlink_to(file)
    assert "symbolic link" in str(why_not_replaceable(str(link)))
    file.chmod(0o444)
    assert why_not_replaceable(str(file)) == "is read-only"
    assert "gone" in str(why_not_replaceable(str(file.with_name("none.py"))))
    assert why_not_replaceable(str(file.parent)) == "is not a regular file"
    with pytest.raises(UnwritableFile, match="read-only"):
        replace_text(str(file), b"old\r\n", b"new\r\n")


@pytest.mark.parametrize("kind", ["link", "pipe", "text"])
@pytest.mark.parametrize("moment", ["before it is read", "before it is replaced"])
def test_what_took_the_place_of_the_file_is_left_alone(
    file: Path, monkeypatch: pytest.MonkeyPatch, kind: str, moment: str
) -> None:
    victim = file.with_name("victim")
    victim.write_bytes(b"old\r\n")

    def swap() -> None:
        file.unlink()
        if kind == "link":
            file.symlink_to(victim)
        elif kind == "pipe":
            os.mkfifo(file)
        else:
            file.write_bytes(b"other\r\n")

    if moment == "before it is read":
        monkeypatch.setattr(replacing, "why_not_replaceable", lambda _: swap())
    else:
        written = replacing._written_beside

        def swapped(path: Path, data: bytes) -> Path:
            temporary = written(path, data)
            swap()
            return temporary

        monkeypatch.setattr(replacing, "_written_beside", swapped)
    with pytest.raises(UnwritableFile, match="was changed by someone else while it was checked"):
        replace_text(str(file), b"old\r\n", b"new\r\n")
    assert victim.read_bytes() == b"old\r\n"
    assert file.is_symlink() == (kind == "link")
    assert sorted(path.name for path in file.parent.iterdir()) == ["a.py", "victim"]


def test_other_names_of_the_file_keep_what_it_was(file: Path) -> None:
    other = file.with_name("other")
    other.hardlink_to(file)
    replace_text(str(file), b"old\r\n", b"new\r\n")
    assert (file.read_bytes(), other.read_bytes()) == (b"new\r\n", b"old\r\n")


def test_a_pipe_in_the_place_of_the_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(UnwritableFile, match="was changed by someone else"):
        in_encoding_of(str(tmp_path / "pipe.py"), b"x")

"""Files opened as what they are, and read no further than is asked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from asynclint.source.opening import NotAFile, open_regular


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 2**31])
def test_no_more_is_read_than_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    with (tmp_path / "a").open("wb") as sparse:
        sparse.truncate(size)
    read = os.read
    asked: list[int] = []

    def counting(descriptor: int, count: int) -> bytes:
        asked.append(count)
        return read(descriptor, min(count, 7))  # as a read may end early

    monkeypatch.setattr(os, "read", counting)
    assert len(open_regular(str(tmp_path / "a"), follow=False).read(100)) == min(size, 101)
    assert max(asked) <= 101


def test_what_was_opened_is_closed(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    opened = open_regular(str(tmp_path / "a"), follow=False)
    opened.read(100)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened.descriptor)
    os.mkfifo(tmp_path / "pipe")
    before = len(list(Path("/dev/fd").iterdir()))
    with pytest.raises(NotAFile, match="is no regular file"):
        open_regular(str(tmp_path / "pipe"), follow=False)
    with pytest.raises(NotAFile, match="is a folder"):
        open_regular(str(tmp_path), follow=False)
    assert len(list(Path("/dev/fd").iterdir())) == before

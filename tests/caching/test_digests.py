"""Files that are taken for unchanged, and those that are read to know."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from asynclint.caching.digests import FileDigests
from asynclint.caching.folder import CacheFolder
from asynclint.caching.naming import Naming
from asynclint.caching.seal import Seal
from asynclint.source.digests import RACY, digest_of, stamp_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LONG_AGO = 10**18


@pytest.fixture
def known(tmp_path: Path) -> Callable[[], FileDigests]:
    folder = CacheFolder(str(tmp_path / "cache"), Seal(b"key"))
    return lambda: FileDigests(folder, Naming(str(tmp_path)), 1000)


def keep(digests: FileDigests, *paths: Path) -> None:
    for path in paths:
        digests.put(str(path), stamp_of(str(path)), digest_of(path.read_bytes()))
    digests.save()


def write(path: Path, text: str, modified: int) -> Path:
    path.write_text(text)
    os.utime(path, ns=(modified, modified))
    return path


def test_of_the_first_run_nothing_is_known(known: Callable[[], FileDigests], tmp_path: Path) -> None:
    assert known().of([str(write(tmp_path / "a.py", "a", LONG_AGO))]) is None


def test_a_file_that_was_just_written_is_read_again(known: Callable[[], FileDigests], tmp_path: Path) -> None:
    """Its change time is now: a second write could fall into the same tick of the clock."""
    path = write(tmp_path / "a.py", "a", LONG_AGO)
    keep(known(), path)
    digests = known()
    assert digests.of([str(path)]) == {str(path): digest_of(b"a")}
    assert digests.hashed == 1


def test_a_status_vouches_only_for_what_it_was(tmp_path: Path) -> None:
    path = write(tmp_path / "a.py", "a", LONG_AGO)
    stamp = stamp_of(str(path))
    status = path.stat()
    calm = stamp._replace(seen=max(status.st_mtime_ns, status.st_ctime_ns) + RACY + 1)
    assert calm.vouches_for(status)
    assert not calm._replace(seen=calm.seen - 1).vouches_for(status)
    for field in ("size", "modified", "changed", "inode"):
        assert not calm._replace(**{field: getattr(calm, field) + 1}).vouches_for(status)


@pytest.mark.parametrize("change", ["text of the same size", "another file in its place"])
def test_what_keeps_size_and_time_is_seen_all_the_same(
    known: Callable[[], FileDigests], tmp_path: Path, change: str
) -> None:
    path = write(tmp_path / "a.py", "a", LONG_AGO)
    digests = known()
    digests.put(str(path), stamp_of(str(path))._replace(seen=2 * LONG_AGO), digest_of(b"a"))
    digests.save()
    trusting = known()
    assert trusting.of([str(path)]) == {str(path): digest_of(b"a")}
    assert trusting.hashed == 0
    if change == "text of the same size":
        write(path, "b", LONG_AGO)  # the change time of the file tells
    else:
        write(tmp_path / "b.py", "b", LONG_AGO).replace(path)
    assert known().of([str(path)]) == {str(path): digest_of(b"b")}


def test_a_file_that_is_gone_leaves_the_state_unknown(known: Callable[[], FileDigests], tmp_path: Path) -> None:
    path = write(tmp_path / "a.py", "a", LONG_AGO)
    keep(known(), path)
    path.unlink()
    assert known().of([str(path)]) is None


def test_names_that_are_no_text_are_kept_apart(known: Callable[[], FileDigests], tmp_path: Path) -> None:
    odd = [tmp_path / os.fsdecode(name) for name in (b"\xef.py", "ï.py".encode(), b"\\xef.py")]
    for number, path in enumerate(odd):
        write(path, str(number), LONG_AGO)
    keep(known(), *odd)
    assert known().of(map(str, odd)) == {str(path): digest_of(str(n).encode()) for n, path in enumerate(odd)}


def test_a_pipe_that_took_the_place_of_a_file_is_not_waited_for(
    known: Callable[[], FileDigests], tmp_path: Path
) -> None:
    path = write(tmp_path / "a.py", "x", LONG_AGO)
    keep(known(), path)
    path.unlink()
    os.mkfifo(path)
    assert known().of([str(path)]) is None


def test_a_file_that_has_more_than_it_says_is_not_read_to_its_end(
    known: Callable[[], FileDigests], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.py", "x", LONG_AGO)
    keep(known(), path)
    path.write_text("x" * 1001)
    old = stamp_of(str(path))._replace(size=1)
    monkeypatch.setattr("asynclint.caching.digests.stamp_of", lambda _: old)
    assert known().of([str(path)]) is None

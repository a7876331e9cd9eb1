"""Which content a file has, and what vouches for it without reading the file again."""

from __future__ import annotations

import hashlib
import os
import time
from typing import NamedTuple

DIGEST_SIZE = 16
RACY = 2 * 10**9
"""Nanoseconds. A file whose times are this close to when it was looked at may be written once more without a change
in them: clocks of file systems tick as slowly as every two seconds (git has the same rule, "racy git")."""


class Stamp(NamedTuple):
    """What tells of a file that it is not the one it was. `seen` is when it was looked at; times in nanoseconds."""

    size: int
    modified: int
    changed: int
    inode: int
    seen: int

    def vouches_for(self, status: os.stat_result) -> bool:
        """Whether the file that has the status now holds what it held then."""
        same = (
            self.size == status.st_size
            and self.modified == status.st_mtime_ns
            and self.changed == status.st_ctime_ns
            and self.inode == status.st_ino
        )
        return same and max(self.modified, self.changed) < self.seen - RACY


def stamp_of(path: str) -> Stamp:
    """The stamp of a file, to be taken before it is read. Raises OSError."""
    seen = time.time_ns()
    return stamp_at(os.stat(path), seen)  # noqa: PTH116 - pathlib takes 5 ms to import


def stamp_at(status: os.stat_result, seen: int) -> Stamp:
    """The stamp of a file with that status, which was asked for at `seen` or later."""
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, seen)


def digest_of(data: bytes) -> bytes:
    """The digest of what a file holds."""
    return hashlib.blake2b(data, digest_size=DIGEST_SIZE).digest()

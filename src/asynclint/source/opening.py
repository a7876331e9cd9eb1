"""Files opened as what they are, whatever was put in their place since somebody looked."""

from __future__ import annotations

import errno
import os
import stat
from typing import NamedTuple


class NotAFile(OSError):  # noqa: N818 - says what it is, as NotADirectoryError does
    """What was opened is a folder, a pipe, a device."""

    def __init__(self, mode: int) -> None:
        super().__init__(errno.EINVAL, "is a folder" if stat.S_ISDIR(mode) else "is no regular file")


class Opened(NamedTuple):
    """A regular file that is open for reading, and its status."""

    descriptor: int
    status: os.stat_result

    def read(self, most: int) -> bytes:
        """What it holds, but no more than `most` bytes and one; closes it. Raises OSError.

        A file may grow while it is read, and those of /proc say that they have no bytes.
        """
        try:
            data = os.read(self.descriptor, min(self.status.st_size, most) + 1)
            while more := os.read(self.descriptor, min(_AT_ONCE, most + 1 - len(data))):
                data += more
        finally:
            os.close(self.descriptor)
        return data


_AT_ONCE = 2**20
"""Bytes; `os.read` makes room for as many as it is asked for."""


def open_regular(path: str, *, follow: bool) -> Opened:
    """Open a regular file. Raises OSError; of what is none NotAFile, of a link unless to `follow`.

    `O_NONBLOCK` lets a pipe be opened that nobody writes to, and means nothing to a file (open(2)).
    """
    descriptor = os.open(path, _FLAGS if follow else _FLAGS | _NO_LINK)
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode):
        return Opened(descriptor, status)
    os.close(descriptor)
    raise NotAFile(status.st_mode)


_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def is_link_refused(error: OSError) -> bool:
    """Whether a file was not opened because it is a link (ELOOP; FreeBSD says EMLINK)."""
    return error.errno in (errno.ELOOP, errno.EMLINK)

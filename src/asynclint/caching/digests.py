"""The digests of files, without reading those whose status says enough."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from asynclint.source.digests import Stamp, digest_of, stamp_of
from asynclint.source.opening import open_regular

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asynclint.caching.folder import CacheFolder
    from asynclint.caching.naming import Naming

_NAME = "files"


class _Entry(NamedTuple):
    stamp: Stamp
    digest: bytes


class FileDigests:
    """The digests of a project's files as of the last run."""

    def __init__(self, folder: CacheFolder, naming: Naming, max_file_size: int) -> None:
        """Larger files than that, in bytes, have no digest: they are not read."""
        self._folder = folder
        self._max_file_size = max_file_size
        self._naming = naming
        self._known = _decoded(folder.read(_NAME))
        self._found: dict[str, _Entry] = {}
        self.hashed = 0
        """How many files were read to know their digest."""

    def of(self, paths: Iterable[str]) -> dict[str, bytes] | None:
        """The digests of files given by absolute paths; None where one is gone, unreadable, or all are new."""
        if not self._known:
            return None
        found: dict[str, bytes] = {}
        for path in paths:
            entry = self._entry(path)
            if entry is None:
                return None
            found[path] = entry.digest
        return found

    def put(self, path: str, stamp: Stamp, digest: bytes) -> None:
        """Keep what was read of a file."""
        self._found[self._naming.of(path)] = _Entry(stamp, digest)

    def save(self) -> None:
        """Write what is known of the files that were asked for, where that is news."""
        if self._found and self._found != self._known:
            self._folder.write(_NAME, _ENCODER.encode(self._found))

    def _entry(self, path: str) -> _Entry | None:
        name = self._naming.of(path)
        known = self._known.get(name)
        try:
            if known is None or not known.stamp.vouches_for(os.stat(path)):  # noqa: PTH116 - pathlib is slow here
                known = self._hashed(path)
        except (OSError, ValueError):
            return None
        self._found[name] = known
        return known

    def _hashed(self, path: str) -> _Entry:
        stamp = stamp_of(path)
        if stamp.size > self._max_file_size:
            raise OSError(errno.EFBIG, "too large", path)
        # A link that the run does not follow has a digest as well; nothing is shown of what it leads to.
        data = open_regular(path, follow=True).read(self._max_file_size)
        if len(data) > self._max_file_size:
            raise OSError(errno.EFBIG, "too large", path)
        self.hashed += 1
        return _Entry(stamp, digest_of(data))


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(dict[str, _Entry])


def _decoded(data: bytes | None) -> dict[str, _Entry]:
    try:
        return {} if data is None else _DECODER.decode(data)
    except msgspec.DecodeError:
        return {}

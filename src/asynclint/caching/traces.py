"""What the outcomes of the last run were found from, so that those which a change does not touch are still known."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from asynclint.caching.folder import CacheFolder

_NAME = "trace"


class StoredTrace(msgspec.Struct, frozen=True, array_like=True):
    """The state of a project at the last run, and what its outcomes were found from.

    `key` stands for the settings, `results` for the file that has the outcomes. `files` are digests by name, `modules`
    the names of those that were linked, in order. `outcomes` says by name what each outcome was found from. `calls` are
    those of functions, by the name of their module and their number there: what they call, after the place in
    `read_from` of what that was read from.
    """

    key: bytes
    results: bytes
    files: dict[str, bytes]
    modules: list[str]
    outcomes: dict[str, bytes]
    tables: dict[str, tuple[bytes, dict[int, int]]]
    names: dict[str, list[str]]
    calls: dict[str, dict[int, tuple[int, list[tuple[int, int]]]]]
    read_from: list[bytes]


class TraceStore:
    """The trace of one project."""

    def __init__(self, folder: CacheFolder) -> None:
        self._folder = folder

    def get(self, key: bytes) -> StoredTrace | None:
        """That of the last run, if it had the same settings."""
        data = self._folder.read(_NAME)
        try:
            stored = None if data is None else _DECODER.decode(zlib.decompress(data))
        except (msgspec.DecodeError, zlib.error):
            return None
        return stored if stored is not None and stored.key == key else None

    def save(self, trace: StoredTrace) -> None:
        """Put it in the place of the last one."""
        self._folder.write(_NAME, zlib.compress(_ENCODER.encode(trace), 1))


def packed(mask: int) -> bytes:
    """A set of bits as bytes, which are few where the bits are."""
    return zlib.compress(mask.to_bytes((mask.bit_length() + 7) // 8, "little"), 1)


def unpacked(data: bytes) -> int:
    """The bits again. Raises zlib.error."""
    return int.from_bytes(zlib.decompress(data), "little")


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(StoredTrace)

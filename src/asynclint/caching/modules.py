"""The intermediate forms of modules, by the content of their files."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asynclint.caching.folder import CacheFolder
    from asynclint.caching.naming import Naming

SHARDS = 64
"""Files that the modules are spread over, so that a change of one rewrites a small part."""


class StoredModule(NamedTuple):
    """`digest` is that of the file, `ir` its encoded module."""

    digest: bytes
    ir: bytes


class ModuleStore:
    """Modules by the absolute path of their file. `identity` is what else their form depends on."""

    def __init__(self, folder: CacheFolder, naming: Naming, identity: bytes) -> None:
        self._folder = folder
        self._naming = naming
        self._identity = identity
        self._shards: dict[int, dict[str, StoredModule]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is known."""
        return not any(self._shard(number) for number in range(SHARDS))

    def get(self, path: str, digest: bytes) -> bytes | None:
        """The encoded module of a file with that content."""
        name = self._naming.of(path)
        known = self._shard(_shard_of(name)).get(name)
        return known.ir if known is not None and known.digest == digest else None

    def save(self, modules: Mapping[str, StoredModule]) -> None:
        """Write the modules of a project, by absolute path, in the place of all that was known of it."""
        shards: dict[int, dict[str, StoredModule]] = {}
        for path, module in modules.items():
            name = self._naming.of(path)
            shards.setdefault(_shard_of(name), {})[name] = module
        for number in range(SHARDS):
            new = shards.get(number, {})
            if _contents(new) != _contents(self._shard(number)):
                self._folder.write(_file_of(number), _ENCODER.encode((self._identity, new)))
        self._shards = shards

    def _shard(self, number: int) -> dict[str, StoredModule]:
        found = self._shards.get(number)
        if found is None:
            found = self._shards[number] = _decoded(self._folder.read(_file_of(number)), self._identity)
        return found


def _contents(shard: Mapping[str, StoredModule]) -> dict[str, bytes]:
    return {name: module.digest for name, module in shard.items()}


def _shard_of(name: str) -> int:
    return zlib.crc32(name.encode()) % SHARDS


def _file_of(number: int) -> str:
    return f"modules-{number:02}"


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(tuple[bytes, dict[str, StoredModule]])


def _decoded(data: bytes | None, identity: bytes) -> dict[str, StoredModule]:
    try:
        made_by, shard = (b"", {}) if data is None else _DECODER.decode(data)
    except msgspec.DecodeError:
        return {}
    return shard if made_by == identity else {}

"""Which program it was that found something: another version of it, or of Python, may find something else."""

from __future__ import annotations

import hashlib
import os
import sys
from typing import TYPE_CHECKING

from asynclint import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - pathlib takes 5 ms


def identity_of_program() -> bytes:
    """A digest of the version, of the interpreter, and of the program's own files, which in a checkout change."""
    state = hashlib.blake2b(digest_size=16)
    state.update(f"{__version__} {sys.implementation.cache_tag} {sys.version}".encode())
    for path, status in sorted(_sources(_PACKAGE)):
        state.update(f"{path[len(_PACKAGE) :]} {status}\n".encode())
    return state.digest()


def _sources(folder: str) -> Iterator[tuple[str, str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _sources(entry.path)
            elif not entry.name.endswith(".pyc"):
                status = entry.stat()
                yield entry.path, f"{status.st_size} {status.st_mtime_ns}"

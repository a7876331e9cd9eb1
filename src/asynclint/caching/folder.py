"""The folder `.asynclint_cache` of a project."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from typing import TYPE_CHECKING, Final

from asynclint.caching.seal import folder_of_user
from asynclint.source.opening import open_regular

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.caching.seal import Seal

CACHE_FOLDER: Final = ".asynclint_cache"
MOST_BYTES: Final = 2**28
"""Many times the largest file of a cache there is; one that came with a checkout may claim any size."""

_TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This file marks a folder of caches, which backups may leave out (https://bford.info/cachedir/).\n"
)


class CacheFolder:
    """Sealed files by name. What cannot be read is not there, and what cannot be written is not written."""

    def __init__(self, path: str, seal: Seal) -> None:
        """`path` is absolute; the folder is made when something is written."""
        self.path = path
        self._seal = seal
        self._made = False

    def read(self, name: str) -> bytes | None:
        """The data of a file, None where there is none that can be believed."""
        try:
            refuse_link(self.path)
            sealed = open_regular(f"{self.path}/{name}", follow=False).read(MOST_BYTES)
        except (OSError, ValueError):
            return None
        return self._seal.opened(sealed, name) if len(sealed) <= MOST_BYTES else None

    def write(self, name: str, data: bytes) -> None:
        """Put the data in the place of what a file held; readers meet the old one or the new one."""
        with contextlib.suppress(OSError):
            self._make()
            temporary = f"{self.path}/{name}.{os.getpid()}.tmp"
            try:
                with open(temporary, "xb") as stream:  # noqa: PTH123 - as above; follows no link that lies there
                    stream.write(self._seal.sealed(data, name))
                os.replace(temporary, f"{self.path}/{name}")  # noqa: PTH105 - as above
            finally:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)  # noqa: PTH108 - as above

    def keep_newest(self, suffix: str, count: int) -> None:
        """Of the files with a name that ends so, remove all but those written last."""
        with contextlib.suppress(OSError):
            refuse_link(self.path)
            for _, path in sorted(self._by_age(suffix), reverse=True)[count:]:
                os.unlink(path)  # noqa: PTH108 - as above

    def _by_age(self, suffix: str) -> Iterator[tuple[int, str]]:
        with os.scandir(self.path) as entries:
            for entry in entries:
                if entry.name.endswith(suffix) and entry.is_file(follow_symlinks=False):
                    yield entry.stat(follow_symlinks=False).st_mtime_ns, entry.path

    def _make(self) -> None:
        refuse_link(self.path)
        if not self._made:
            make_cache_folder(self.path)
            self._made = True


def cache_folder_of(root: str, chosen: str | None = None) -> str:
    """Where the cache of the project with an absolute root is.

    In its root; in a folder of its own below the absolute folder that was `chosen`; and where the root may not be
    written, in such a folder among the user's caches.
    """
    inside = f"{root.rstrip('/')}/{CACHE_FOLDER}"
    if chosen is None and not os.path.lexists(inside) and not os.access(root, os.W_OK):
        chosen = folder_of_user()
    if chosen is None:
        return inside
    return f"{chosen}/{hashlib.blake2b(os.fsencode(root), digest_size=8).hexdigest()}"


def make_cache_folder(path: str) -> None:
    """Make the folder, with the marks of a cache, where there is none. Raises OSError."""
    os.makedirs(path, exist_ok=True)  # noqa: PTH103 - as above
    refuse_link(path)
    for name, text in ((".gitignore", "*\n"), ("CACHEDIR.TAG", _TAG)):
        if not os.path.lexists(f"{path}/{name}"):
            with open(f"{path}/{name}", "x", encoding="utf-8") as stream:  # noqa: PTH123 - as above
                stream.write(text)


def refuse_link(path: str) -> None:
    """A link in place of the folder, which a repository may hold, leads to files of others. Raises OSError."""
    if os.path.islink(path):  # noqa: PTH114 - as above
        raise NotADirectoryError(errno.ENOTDIR, "is a link", path)

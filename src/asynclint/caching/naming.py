"""How the cache names files."""

from __future__ import annotations

import os


class Naming:
    """Names files relative to the root of their project, so that the folder may be moved."""

    def __init__(self, root: str) -> None:
        """`root` is absolute."""
        self._prefix = f"{root.rstrip('/')}/"

    def of(self, path: str) -> str:
        """The name of an absolute path: text that can be encoded, and another one for every other path."""
        name = path.removeprefix(self._prefix)
        return name if name.isascii() else os.fsencode(name).decode("latin-1")

"""What symbolic links on the way lead to. None to a folder is entered, so what lies behind one must be known of."""

from __future__ import annotations

import os
import stat
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_ENTRIES = 10_000
"""So many names are looked at to find a Python file behind a link; there may be a whole disk behind it."""


def kind_of(mode: int) -> str:
    """What people call that which is neither a file nor a folder, by the `st_mode` of its status."""
    kinds = ((stat.S_ISFIFO, "pipe"), (stat.S_ISSOCK, "socket"), (stat.S_ISCHR, "device"), (stat.S_ISBLK, "device"))
    return next((kind for is_one, kind in kinds if is_one(mode)), "thing that is neither a file nor a folder")


def may_hold(folder: str, suffixes: tuple[str, ...], is_left_out: Callable[[str, frozenset[str]], bool]) -> bool:
    """Whether a file with such a name lies in an absolute folder or below it; where that cannot be known, it may.

    Only names are looked at. `is_left_out` is asked of folders, by path and names in them; no link is followed.
    """
    pending = deque([folder])
    left = MOST_ENTRIES
    while pending:
        place = pending.popleft()
        folders: list[str] = []
        names: set[str] = set()
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    left -= 1
                    if left < 0:
                        return True
                    names.add(entry.name)
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
        except OSError:
            return True
        if is_left_out(place, frozenset(names)):
            continue
        if any(name.endswith(suffixes) for name in names):
            return True
        pending += folders
    return False

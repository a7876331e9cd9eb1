"""Where git keeps what it knows of a working tree: in `.git`, which in a worktree or submodule is a file.

Such a file names a folder elsewhere (gitrepository-layout(5)), and anybody may have written it. It is believed only
where the repository there knows of this working tree in its turn.
"""

from __future__ import annotations

import os
import posixpath

from asynclint.source.boundaries import upwards
from asynclint.source.paths import absolute, inside, resolved
from asynclint.source.project_files import UnreadableProjectFile, read_project_file

_POINTER = "gitdir: "
_MOST_BYTES = 2**14
"""More than the longest path."""


def exclude_file(folder: str) -> str | None:
    """The `info/exclude` of the repository whose working tree begins at an absolute folder; None for a stranger's."""
    git = f"{folder.rstrip('/')}/.git"
    if posixpath.islink(git):
        return None
    kept = git if posixpath.isdir(git) else _common_folder(git)
    return None if kept is None else f"{kept}/info/exclude"


def _common_folder(git: str) -> str | None:
    """What the repository of a worktree or submodule has in common with others, for a file in place of `.git`."""
    said = _line(git)
    if said is None or not said.startswith(_POINTER):
        return None
    folder = posixpath.dirname(git)
    kept = resolved(absolute(said.removeprefix(_POINTER), folder))
    if any(inside(kept, f"{resolved(around)}/.git/modules") for around in upwards(posixpath.dirname(folder))):
        return kept  # of a submodule: the repository around it holds its objects
    back, common = _line(f"{kept}/gitdir"), _line(f"{kept}/commondir")
    if back is None or common is None or resolved(absolute(back, kept)) != resolved(git):
        return None
    return resolved(absolute(common, kept))


def _line(file: str) -> str | None:
    """The text of a file of one line; None where it cannot be read."""
    try:
        return os.fsdecode(read_project_file(file, most=_MOST_BYTES)).rstrip("\r\n").replace("\0", "")
    except UnreadableProjectFile:
        return None

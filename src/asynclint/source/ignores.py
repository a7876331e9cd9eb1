"""What git would not track: `.gitignore` of each folder and `info/exclude` of the repository."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import Final, Protocol

from asynclint.source.git_folders import exclude_file
from asynclint.source.patterns import Patterns, lines_of
from asynclint.source.project_files import LINK_OUT, MissingProjectFile, UnreadableProjectFile, read_project_file

GITIGNORE = ".gitignore"
GIT = ".git"
MOST_BYTES: Final = 256 * 2**10
"""Several times the largest file of patterns there is; git itself has such a bound."""


class Unread(Protocol):
    """Told of a file with patterns that is there and is not read, and why: said after its name.

    `as_meant`: it is a link that is not to be followed, so nothing is wrong with what the others say.
    """

    def __call__(self, path: str, reason: str, *, as_meant: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Ignores:
    """The patterns of one file, which apply below `folder`, and those of the folders around it."""

    folder: str
    patterns: Patterns
    outer: Ignores | None


def is_ignored(ignores: Ignores | None, path: str, *, is_folder: bool) -> bool:
    """Whether the nearest pattern file that says anything of the path says to ignore it. `path` is absolute.

    The folders around it are not asked about: who walks down has not entered them if they are ignored.
    """
    while ignores is not None:
        relative = path.removeprefix(ignores.folder.rstrip("/") + "/")
        verdict = ignores.patterns.verdict(relative, is_folder=is_folder)
        if verdict is not None:
            return verdict
        ignores = ignores.outer
    return False


def lies_in_ignored(ignores: Ignores | None, folder: str) -> bool:
    """Whether an absolute folder, or one around it to which the patterns apply, is ignored."""
    while ignores is not None and folder != ignores.folder:
        if is_ignored(ignores, folder, is_folder=True):
            return True
        folder = posixpath.dirname(folder)
        if folder == ignores.folder:
            ignores = ignores.outer
    return False


def enter(folder: str, names: frozenset[str], outer: Ignores | None, unread: Unread) -> Ignores | None:
    """The patterns that hold for what is in a folder, whose entries are `names`."""
    if GIT in names:  # a repository of its own: git does not look further up
        exclude = exclude_file(folder)
        outer = None if exclude is None else _load(folder, exclude, None, unread)
    if GITIGNORE in names:
        file = f"{folder.rstrip('/')}/{GITIGNORE}"
        if posixpath.islink(file):
            # gitignore(5), since 2.32: "Git does not follow symbolic links when accessing a .gitignore file".
            unread(file, "is a symbolic link, which git does not follow", as_meant=True)
        else:
            outer = _load(folder, file, outer, unread)
    return outer


def around(folder: str, unread: Unread) -> Ignores | None:
    """The patterns of the folders above `folder`, up to the top of its repository; none outside of one."""
    above: list[tuple[str, frozenset[str]]] = []
    current = folder
    while not _exists(current, GIT):
        parent = posixpath.dirname(current)
        if parent == current:
            return None
        current = parent
        above.append((current, frozenset(name for name in (GIT, GITIGNORE) if _exists(current, name))))
    ignores: Ignores | None = None
    for place, names in reversed(above):
        ignores = enter(place, names, ignores, unread)
    return ignores


def _exists(folder: str, name: str) -> bool:
    return posixpath.lexists(f"{folder}/{name}")


def _load(folder: str, file: str, outer: Ignores | None, unread: Unread) -> Ignores | None:
    """A file that cannot be read ignores nothing, as in git."""
    try:
        data = read_project_file(file, most=MOST_BYTES)
    except MissingProjectFile:
        return outer
    except UnreadableProjectFile as error:
        unread(file, str(error), as_meant=str(error) == LINK_OUT)
        return outer
    return Ignores(folder, Patterns(lines_of(data)), outer)

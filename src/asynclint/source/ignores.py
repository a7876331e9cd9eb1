"""What git would not track: `.gitignore` of each folder and `.git/info/exclude`."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.source.project_files import read_project_file

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

GITIGNORE = ".gitignore"
GIT = ".git"


@dataclass(frozen=True, slots=True)
class Ignores:
    """The patterns of one file, which apply below `folder`, and those of the folders around it."""

    folder: str
    spec: GitIgnoreSpec
    outer: Ignores | None


def is_ignored(ignores: Ignores | None, path: str, *, is_folder: bool) -> bool:
    """Whether the nearest pattern file that says anything of the path says to ignore it. `path` is absolute."""
    while ignores is not None:
        relative = path.removeprefix(ignores.folder.rstrip("/") + "/")
        verdict = ignores.spec.check_file(relative + "/" if is_folder else relative).include
        if verdict is not None:
            return verdict
        ignores = ignores.outer
    return False


def enter(folder: str, names: frozenset[str], outer: Ignores | None) -> Ignores | None:
    """The patterns that hold for what is in a folder, whose entries are `names`."""
    if GIT in names:  # a repository of its own: git does not look further up
        outer = _load(folder, f"{folder}/{GIT}/info/exclude", None)
    if GITIGNORE in names:
        outer = _load(folder, f"{folder}/{GITIGNORE}", outer)
    return outer


def around(folder: str) -> Ignores | None:
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
        ignores = enter(place, names, ignores)
    return ignores


def _exists(folder: str, name: str) -> bool:
    return posixpath.lexists(f"{folder}/{name}")


def _load(folder: str, file: str, outer: Ignores | None) -> Ignores | None:
    """A file that cannot be read ignores nothing, as in git."""
    try:
        lines = read_project_file(file).decode("utf-8", "surrogateescape").splitlines()
    except OSError:
        return outer
    return Ignores(folder, _compile(lines), outer)


def _compile(lines: list[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - 30 ms that a folder without a .gitignore need not pay

    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:  # git passes over a pattern it cannot read
        return GitIgnoreSpec.from_lines([line for line in lines if is_pattern(line)])


def is_pattern(line: str) -> bool:
    """Whether a line of a `.gitignore` can be read."""
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - as above

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True

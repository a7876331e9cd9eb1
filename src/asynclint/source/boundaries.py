"""Where what belongs together ends, by the names in folders alone: nothing is read to know it."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

from asynclint.source.paths import inside, resolved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Predicate = Callable[[str], bool]

CONFIG_FILES = (".asynclint.toml", "asynclint.toml")
PYPROJECT = "pyproject.toml"
_MARKS = (*CONFIG_FILES, PYPROJECT)


def upwards(folder: str) -> Iterator[str]:
    """The absolute folder and those around it, nearest first."""
    while True:
        yield folder
        parent = posixpath.dirname(folder)
        if parent == folder:
            return
        folder = parent


def nearest(folder: str, is_root: Predicate) -> str | None:
    """The first folder upwards of which that is true."""
    return next((current for current in upwards(folder) if is_root(current)), None)


def has_git(folder: str) -> bool:
    """Whether a repository of git begins there."""
    return posixpath.lexists(f"{folder}/.git")


def git_root(folder: str) -> str | None:
    """The root of the git repository around an absolute folder; None where there is none."""
    return nearest(folder, has_git)


def is_marked(folder: str) -> bool:
    """Whether something lies in an absolute folder that has the name of a project's configuration."""
    return any(posixpath.lexists(f"{folder.rstrip('/')}/{name}") for name in _MARKS)


def outermost_mark(folder: str, marked: Predicate = is_marked) -> str | None:
    """The outermost folder, from an absolute one upwards, with a `pyproject.toml` or a configuration of asynclint."""
    found = [current for current in upwards(folder) if marked(current)]
    general = catch_alls() if found else frozenset()
    below = [current for current in found if current not in general]
    return below[-1] if below else next(iter(found), None)


def catch_alls() -> frozenset[str]:
    """Folders under which unrelated things lie: indexing one for the sake of a single file reads the whole disk."""
    said = {posixpath.abspath(folder) for name in _TEMPORARY if (folder := os.environ.get(name))}
    temporary = said or {"/tmp"}  # noqa: S108 - its name
    return frozenset({"/", posixpath.expanduser("~"), *temporary, *map(posixpath.realpath, temporary)})


_TEMPORARY = ("TMPDIR", "TEMP", "TMP")
"""As `tempfile.gettempdir`, which writes files to find out, here too, and fails where nothing can be written."""


def project_around(folder: str) -> str | None:
    """The folder around an absolute one that links may not lead out of; None where nothing marks a project."""
    return git_root(folder) or outermost_mark(folder)


def leads_out(path: str) -> bool:
    """Whether what has an absolute path is a link that leads out of the project.

    Where nothing marks a project, that is the folder the link lies in. The way to that folder does not count: links to
    folders are not entered by themselves, so the command line named it.
    """
    return _is_outside(posixpath.join(resolved(posixpath.dirname(path)), posixpath.basename(path)))


def is_led_out(path: str, cwd: str) -> bool:
    """Whether links anywhere on an absolute path of a project lead out of it.

    Where nothing marks a project it is the working folder, and a path outside of that leads where it leads.
    """
    folder = posixpath.dirname(path)
    known = project_around(folder) is not None or inside(folder, cwd)
    return known and _is_outside(path, cwd)


def _is_outside(path: str, otherwise: str | None = None) -> bool:
    target = resolved(path)
    if target == path:  # nothing on the way is a link
        return False
    folder = posixpath.dirname(path)
    return not inside(target, resolved(project_around(folder) or otherwise or folder))

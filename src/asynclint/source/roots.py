"""Where a project begins."""

from __future__ import annotations

import functools
import posixpath
import re
from typing import TYPE_CHECKING

from asynclint.source.boundaries import (
    CONFIG_FILES,
    PYPROJECT,
    catch_alls,
    has_git,
    is_marked,
    nearest,
    outermost_mark,
    upwards,
)
from asynclint.source.paths import inside
from asynclint.source.project_files import UnreadableProjectFile, read_project_file, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asynclint.source.boundaries import Predicate

_TABLE = re.compile(rb"""tool\s*\.\s*["']?asynclint""")


class ProjectRoots:
    """To which project a file belongs, whoever asks: a run over a whole tree, a hook with one file, an editor.

    A project is what is read to judge a file. It is the git repository around the file, since what is kept together is
    run together; without one, the outermost folder upwards with a `pyproject.toml` or a configuration of asynclint. A
    configuration that says `root = true`, nearer than that, makes its folder a project of its own.

    Where nothing marks a project it is the working folder, or outside of that the folder asked for. Folders under which
    unrelated things lie (the root of the file system, the home folder, the folder for temporary files) are a project
    only where a file in them says so and no folder below does: a repository of dot files in the home folder is none.
    """

    def __init__(self, cwd: str, declares_root: Predicate, asked: Iterable[str] = ()) -> None:
        """`declares_root` says of an absolute folder whether a configuration in it says `root = true`.

        `asked` are the absolute folders that the run is about.
        """
        self._cwd = cwd
        self._declares_root = declares_root
        self._asked = sorted(asked, key=len)
        self._catch_alls = catch_alls()
        self._bounds: dict[str, str | None] = {}
        self._marked: dict[str, str | None] = {}
        self._is_marked = functools.cache(is_marked)

    def of(self, path: str) -> str:
        """The root of the project that an absolute path belongs to; a folder belongs to the project of its files."""
        return self.of_folder(path if posixpath.isdir(path) else posixpath.dirname(path))

    def of_folder(self, folder: str) -> str:
        """The same for files in an absolute folder."""
        return self._bound(folder) or self._outermost_mark(folder) or self._without_marks(folder)

    def _bound(self, folder: str) -> str | None:
        """The nearest folder that is a repository or says that it is a root."""
        passed: list[str] = []
        found: str | None = None
        for current in upwards(folder):
            if current in self._bounds:
                found = self._bounds[current]
                break
            passed.append(current)
            if self._is_bound(current):
                found = current
                break
        self._bounds.update(dict.fromkeys(passed, found))
        return found

    def _is_bound(self, folder: str) -> bool:
        return self._declares_root(folder) or (folder not in self._catch_alls and has_git(folder))

    def _outermost_mark(self, folder: str) -> str | None:
        if folder not in self._marked:
            self._marked[folder] = outermost_mark(folder, self._is_marked)
        return self._marked[folder]

    def _without_marks(self, folder: str) -> str:
        if inside(folder, self._cwd) and self._cwd not in self._catch_alls:
            return self._cwd
        return next((asked for asked in self._asked if inside(folder, asked)), folder)


def repository_root(cwd: str, paths: Iterable[str] = ()) -> str:
    """The root of the git repository around the absolute folder `cwd`.

    Where there is none, that of the absolute `paths` if all lie in the same one, as those of a checkout in a folder of
    a CI workspace do; else the folder itself.
    """
    found = nearest(cwd, has_git)
    if found is not None:
        return found
    roots = {nearest(path, has_git) for path in paths}
    (root,) = roots if len(roots) == 1 else (None,)
    return root or cwd


def config_file(folder: str) -> str | None:
    """The file in an absolute folder that configures asynclint; of several, the one that is about nothing else.

    What has its name and cannot be read is that file too, so that its reader says what is wrong.
    """
    start = f"{folder.rstrip('/')}/"
    for name in CONFIG_FILES:
        if posixpath.lexists(start + name):
            return start + name
    pyproject = start + PYPROJECT
    return pyproject if posixpath.lexists(pyproject) and _configures_asynclint(pyproject) else None


def _configures_asynclint(pyproject: str) -> bool:
    """Whether there is a `[tool.asynclint]`, or what is broken would be one, or nobody knows."""
    try:
        data = read_project_file(pyproject)
    except UnreadableProjectFile:
        return True
    if b"asynclint" not in data:
        return False
    try:
        tools = read_toml(data.decode("utf-8-sig")).get("tool")
    except ValueError:
        return _TABLE.search(data) is not None
    return isinstance(tools, dict) and "asynclint" in tools

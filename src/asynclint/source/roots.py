"""Where a project begins."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from asynclint.source.paths import inside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CONFIG_FILES = (".asynclint.toml", "asynclint.toml")
PYPROJECT = "pyproject.toml"
_TABLE = re.compile(rb"""tool\s*\.\s*["']?asynclint""")


def project_root(path: str, cwd: str) -> str:
    """The root of the project that a path belongs to; both are absolute.

    The nearest folder upwards with an asynclint config, else with a pyproject.toml, else with .git. Without any of
    these the working folder, or for a path outside of it the folder itself. A working folder that holds everything
    (the root of the file system, the home folder, the folder for temporary files) is nobody's project either.
    """
    folder = path if Path(path).is_dir() else posixpath.dirname(path)
    for is_root in (_has_config, _has_pyproject, _has_git):
        found = _nearest(folder, is_root)
        if found is not None:
            return found
    return cwd if inside(folder, cwd) and cwd not in _catch_alls() else folder


def _catch_alls() -> frozenset[str]:
    """Folders under which unrelated things lie: indexing one for the sake of a single file reads the whole disk."""
    import tempfile  # noqa: PLC0415 - 10 ms that no listing of keys need pay

    temporary = {tempfile.gettempdir(), posixpath.realpath(tempfile.gettempdir())}
    return frozenset({"/", posixpath.expanduser("~"), *temporary})


def repository_root(cwd: str, paths: Iterable[str] = ()) -> str:
    """The root of the git repository around the absolute folder `cwd`.

    Where there is none, that of the absolute `paths` if all lie in the same one, as those of a checkout in a folder of
    a CI workspace do; else the folder itself.
    """
    found = _nearest(cwd, _has_git)
    if found is not None:
        return found
    roots = {_nearest(path, _has_git) for path in paths}
    (root,) = roots if len(roots) == 1 else (None,)
    return root or cwd


def _nearest(folder: str, is_root: Callable[[str], bool]) -> str | None:
    while True:
        if is_root(folder):
            return folder
        parent = posixpath.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def git_root(folder: str) -> str | None:
    """The root of the git repository around an absolute folder; None where there is none."""
    return _nearest(folder, _has_git)


def config_file(folder: str) -> str | None:
    """The file in an absolute folder that configures asynclint; of several, the one that is about nothing else."""
    start = f"{folder.rstrip('/')}/"
    for name in CONFIG_FILES:
        if posixpath.lexists(start + name) and Path(start + name).is_file():
            return start + name
    pyproject = start + PYPROJECT
    return pyproject if posixpath.lexists(pyproject) and _configures_asynclint(Path(pyproject)) else None


def _has_config(folder: str) -> bool:
    return config_file(folder) is not None


def _configures_asynclint(pyproject: Path) -> bool:
    """Whether there is a `[tool.asynclint]`, or what is broken would be one: its reader says what is wrong with it."""
    try:
        data = pyproject.read_bytes()
    except OSError:
        return False
    if b"asynclint" not in data:
        return False
    import tomllib  # noqa: PLC0415 - as above

    try:
        return "asynclint" in tomllib.loads(data.decode("utf-8-sig")).get("tool", {})
    except ValueError:
        return _TABLE.search(data) is not None


def _has_pyproject(folder: str) -> bool:
    return Path(folder, PYPROJECT).is_file()


def _has_git(folder: str) -> bool:
    return posixpath.lexists(f"{folder}/.git")

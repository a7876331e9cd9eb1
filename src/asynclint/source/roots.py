"""Where a project begins."""

from __future__ import annotations

import posixpath
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from asynclint.source.paths import inside

if TYPE_CHECKING:
    from collections.abc import Callable

CONFIG_FILES = ("asynclint.toml", ".asynclint.toml")
PYPROJECT = "pyproject.toml"


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
    temporary = {tempfile.gettempdir(), posixpath.realpath(tempfile.gettempdir())}
    return frozenset({"/", posixpath.expanduser("~"), *temporary})


def repository_root(cwd: str) -> str:
    """The root of the git repository around the absolute folder `cwd`, the folder itself where there is none."""
    return _nearest(cwd, _has_git) or cwd


def _nearest(folder: str, is_root: Callable[[str], bool]) -> str | None:
    while True:
        if is_root(folder):
            return folder
        parent = posixpath.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def _has_config(folder: str) -> bool:
    return any(Path(folder, name).is_file() for name in CONFIG_FILES) or _configures_asynclint(Path(folder, PYPROJECT))


def _configures_asynclint(pyproject: Path) -> bool:
    """Whether there is a `[tool.asynclint]`; a file that cannot be read has none here, and fails where it is used."""
    try:
        data = pyproject.read_bytes()
        return b"asynclint" in data and "asynclint" in tomllib.loads(data.decode("utf-8")).get("tool", {})
    except (OSError, ValueError):
        return False


def _has_pyproject(folder: str) -> bool:
    return Path(folder, PYPROJECT).is_file()


def _has_git(folder: str) -> bool:
    return posixpath.lexists(f"{folder}/.git")

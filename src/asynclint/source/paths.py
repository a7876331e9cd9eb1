"""How files are named: absolute inside the program, relative to the working folder to people."""

from __future__ import annotations

import os
from pathlib import Path


def absolute(path: str, cwd: str) -> str:
    """The absolute, normalised form of a path, symbolic links kept, with `/` between its parts."""
    return os.path.normpath(Path(cwd, path)).replace(os.sep, "/")


def resolved(path: str) -> str:
    """An absolute path with its symbolic links resolved, with `/` between its parts."""
    return os.path.realpath(path).replace(os.sep, "/")


def display(path: str, cwd: str) -> str:
    r"""An absolute path as people see it: relative to `cwd` where it lies inside, else absolute.

    File names are bytes on most systems; those that are no UTF-8 get a `\xNN` for each byte that is not,
    so that the result can be written anywhere.
    """
    shown = "." if path == cwd else path.removeprefix(cwd.rstrip("/") + "/")
    return os.fsencode(shown).decode("utf-8", "backslashreplace")


def inside(path: str, folder: str) -> bool:
    """Whether a path is the folder or lies below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")

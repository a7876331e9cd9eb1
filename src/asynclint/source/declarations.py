"""Files in which a project says what it depends on."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

from asynclint.source.boundaries import PYPROJECT, leads_out

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")
PIPFILE_LOCK = "Pipfile.lock"
REQUIREMENTS = "requirements"
"""How requirement files begin, which end in `.txt`; and a folder of such files."""

_NAMES = frozenset({*LOCKS, PIPFILE_LOCK, PYPROJECT})


def declarations_in(folder: str, names: Collection[str]) -> Iterator[str]:
    """Those of an absolute folder that holds these names; a link out to a folder of them stands for what is in it."""
    for name in names:
        if name in _NAMES or (name.startswith(REQUIREMENTS) and name.endswith(".txt")):
            yield f"{folder.rstrip('/')}/{name}"
    if REQUIREMENTS in names:
        inner = f"{folder.rstrip('/')}/{REQUIREMENTS}"
        if leads_out(inner):
            yield inner
        else:
            yield from (f"{inner}/{name}" for name in _listed(inner) if name.endswith(".txt"))


def declaring_folder(declaration: str) -> str:
    """The absolute folder for whose code a declaration is meant."""
    folder = posixpath.dirname(declaration)
    return posixpath.dirname(folder) if posixpath.basename(folder) == REQUIREMENTS else folder


def declarations_above(folder: str, top: str) -> Iterator[str]:
    """Those of the folders above an absolute folder, up to and with `top`."""
    while folder not in (top, "/", ""):
        folder = folder.rpartition("/")[0] or "/"
        yield from declarations_in(folder, _listed(folder))


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - pathlib takes 5 ms to import
    except OSError:
        return []

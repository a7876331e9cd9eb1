"""What every judge of the fuzzer needs: how to say that something does not hold, and a folder to try it in."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class BrokenPromiseError(AssertionError):
    """Something that must hold does not."""


def judge_line(text: str) -> None:
    """An error is told in one line."""
    if not text or "\n" in text or "Traceback" in text:
        raise BrokenPromiseError(f"an error that is no line of text: {text!r}")


def empty(folder: Path) -> None:
    """Remove what an earlier project has left."""
    for file in folder.iterdir():
        if file.is_dir() and not file.is_symlink():
            shutil.rmtree(file)
        else:
            file.unlink()


def lay(folder: Path, sources: Mapping[str, bytes]) -> None:
    """Put a project of these files, by name, in the place of what is in a folder."""
    empty(folder)
    (folder / "pyproject.toml").touch()
    for name, data in sources.items():
        (folder / name).write_bytes(data)

"""What is kept of an internal error, so that whoever meets one has something to send."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Final

from asynclint import __version__
from asynclint.caching.folder import CACHE_FOLDER, make_cache_folder
from asynclint.cli.coverage import error_line
from asynclint.cli.terminal import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asynclint.core.diagnostic import CheckError

_MOST: Final = 20
"""Reports that one run leaves: one defect often shows in many files."""


def say_errors(errors: Iterable[CheckError], folder: str | None) -> None:
    """Say what was not checked, and where the reports of internal errors are: in the cache of a folder, if any."""
    saved = 0
    for error in errors:
        say(error_line(error))
        if error.details and folder is not None and saved < _MOST:
            saved += 1
            say_report(error.message, error.details, folder)


def say_report(what: str, details: str, folder: str) -> None:
    """Save what is known of an internal error, and say where. Where it cannot be saved, nothing is said."""
    file = _save(f"{what}\n\n{details}", folder)
    if file is not None:
        say(f"  a report for the developers is in {file}; look through it first, for it may quote your source")


def _save(text: str, folder: str) -> str | None:
    """The report's path as it is shown; the same defect has the same file."""
    head = f"asynclint {__version__}, Python {platform.python_version()}, {platform.system()}\n\n"
    name = f"internal-error-{hashlib.blake2b(text.encode(errors='replace'), digest_size=4).hexdigest()}.txt"
    place = Path(folder) / CACHE_FOLDER
    temporary = place / f"{name}.{os.getpid()}.tmp"
    try:
        make_cache_folder(str(place))
        with temporary.open("x", encoding="utf-8", errors="backslashreplace") as file:
            file.write(head + text)
        temporary.replace(place / name)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        return None
    return f"{CACHE_FOLDER}/{name}"

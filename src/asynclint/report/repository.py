"""Files as seen from the root of the repository, whatever folder the run was started in."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asynclint.core.diagnostic import Report


class RepositoryNames:
    """The shown names of a report turned into paths; bytes of a file's name that are no UTF-8 are surrogates there."""

    def __init__(self, report: Report) -> None:
        self._resolved = {source.shown: source.path for source in report.sources}
        self._working_folder = report.working_folder
        self._root = report.repository.rstrip("/") + "/"

    def absolute(self, shown: str) -> str:
        """The path with symbolic links resolved, as far as the report knows the file."""
        return self._resolved.get(shown) or self._given(shown)

    def relative(self, shown: str) -> str | None:
        """The path below the root, None where it is not below. Links that lead out of the repository are kept."""
        for path in (self.absolute(shown), self._given(shown)):
            if path.startswith(self._root):
                return path.removeprefix(self._root)
        return None

    def below_root(self, shown: str) -> str:
        """The path below the root for people and programs, bytes that are no UTF-8 escaped; else the shown name."""
        relative = self.relative(shown) if shown else None
        return shown if relative is None else os.fsencode(relative).decode("utf-8", "backslashreplace")

    def _given(self, shown: str) -> str:
        return posixpath.normpath(posixpath.join(self._working_folder, shown))

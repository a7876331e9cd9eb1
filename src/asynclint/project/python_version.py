"""The oldest Python that a project runs on, as its pyproject.toml says: advice must not name what is newer."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import dirname
from typing import TYPE_CHECKING, Any

from asynclint.core.version_range import NEWEST, Version, read_ranges
from asynclint.source.paths import inside
from asynclint.source.project_files import UnreadableProjectFile, read_project_file, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class PythonVersion:
    """`text` is what was written, `origin` the absolute path of the file that says so, None if none does."""

    version: Version
    text: str
    origin: str | None = None


UNKNOWN = PythonVersion(NEWEST, "newest")
"""Where nothing is said, whatever runs the project is new enough."""


class PythonVersions:
    """The oldest Python for each folder of a project."""

    def __init__(self, root: str, declared: Mapping[str, str]) -> None:
        """`declared` has, by absolute folder, what the configuration nearest to it gives."""
        self._root = root
        self._declared = declared
        self._found: dict[str, PythonVersion] = {}

    def of(self, folder: str) -> PythonVersion:
        """That of the code in an absolute folder: what its configuration says, else the nearest `requires-python`."""
        found = self._found.get(folder)
        if found is None:
            found = self._found[folder] = self._of(folder)
        return found

    def _of(self, folder: str) -> PythonVersion:
        declared = self._declared.get(folder)
        if declared is not None:
            return _oldest(declared, None) or UNKNOWN
        said = _required(f"{folder}/pyproject.toml")
        if said is not None:
            return said
        outer = dirname(folder)
        return self.of(outer) if folder != self._root and inside(outer, self._root) else UNKNOWN


def _oldest(specifier: str, origin: str | None) -> PythonVersion | None:
    ranges = read_ranges(specifier)
    return PythonVersion(min(item.low for item in ranges), specifier, origin) if ranges else None


def _required(path: str) -> PythonVersion | None:
    """As `[project]` says, or poetry's table of dependencies."""
    try:
        document = read_toml(read_project_file(path).decode("utf-8"))
    except (UnreadableProjectFile, ValueError):  # said where the file is read as configuration
        return None
    poetry = _table(_table(_table(document.get("tool")).get("poetry")).get("dependencies"))
    for said in (_table(document.get("project")).get("requires-python"), poetry.get("python")):
        if isinstance(said, str) and (found := _oldest(said, path)) is not None:
            return found
    return None


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}

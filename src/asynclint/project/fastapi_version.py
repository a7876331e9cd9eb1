"""Which FastAPI a project runs on, as its lock and requirement files say.

What happens at the end of a request depends on the version: background tasks run before or after the exit code of
yield dependencies (0.106, 0.118). So some questions have no answer without it.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from posixpath import dirname
from typing import TYPE_CHECKING, Any

from asynclint.core.version_range import NEWEST, Version, VersionRange, read_ranges
from asynclint.source.boundaries import PYPROJECT, git_root, leads_out
from asynclint.source.declarations import LOCKS, PIPFILE_LOCK, REQUIREMENTS
from asynclint.source.project_files import UnreadableProjectFile, read_project_file, read_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


@dataclass(frozen=True, slots=True)
class FastAPIVersion:
    """The newest FastAPI that a project may run on.

    `version` is comparable, as in `version < (0, 118)`; a part that is left open is larger than any number. `text` is
    what was written, `origin` the absolute path of the file that says so, None if nothing does.
    """

    version: Version
    text: str
    origin: str | None
    exact: bool = False


UNKNOWN = FastAPIVersion(NEWEST, "newest", None)

_LOCKED = re.compile(rb'^name = "fastapi"\r?\nversion = "([^"\r\n]+)"', re.MULTILINE)
"""As all four tools write it, so that a lock file of megabytes need not be parsed."""

_REQUIREMENT = re.compile(
    r"\s*fastapi\s*(?:\[[^\]]*\])?\s*(?![\w.-])([^;#@\\]*?)\s*(?:(?:--|[;#\\]).*)?", re.IGNORECASE
)
"""The name, and what may follow it: extras, the specifier, options such as hashes, a marker or a comment."""


class FastAPIVersions:
    """The version for each folder of a project: the services of a repository need not run on the same."""

    def __init__(
        self, given: str | None, root: str, import_roots: Callable[[], Iterable[str]], declared: Mapping[str, str]
    ) -> None:
        """`declared` has, by absolute folder, what the configuration nearest to it gives; the rest as `whole`."""
        self._given = given
        self._root = root
        self._import_roots = import_roots
        self._declared = declared
        self._found: dict[str, FastAPIVersion] = {}
        self._said = _Said()

    @cached_property
    def whole(self) -> FastAPIVersion:
        """That of the project where a folder and those around it say nothing."""
        return fastapi_version_of(self._given, self._root, self._import_roots)

    def of(self, folder: str) -> FastAPIVersion:
        """That of the code in an absolute folder: what is said nearest to it."""
        found = self._found.get(folder)
        if found is None:
            found = self._found[folder] = self._of(folder)
        return found

    def _of(self, folder: str) -> FastAPIVersion:
        declared = self._declared.get(folder)
        configured = given_fastapi_version(declared) if declared is not None else None
        if configured is not None:
            return configured
        found = _nearest(_upwards(folder, self._root), self._said)
        return self.whole if found == UNKNOWN else found


class _Said:
    """What folders say, each asked once: a lock file may have megabytes."""

    def __init__(self) -> None:
        self.locked = functools.cache(_locked)
        self.required = functools.cache(_required)


def find_fastapi_version(root: str, further: Iterable[str] = ()) -> FastAPIVersion:
    """The version for a project. `root` and `further` are absolute folders.

    Looks in `root`, in the folders above it up to the top of its repository, then in the `further` ones. The nearest
    that says anything decides; but within a range, the version that a lock file further up has, as of a workspace.
    """
    return _nearest((*_upwards(root, root), *sorted(set(further))), _Said())


def _nearest(folders: Iterable[str], said: _Said) -> FastAPIVersion:
    span: FastAPIVersion | None = None
    for folder in folders:
        found = said.locked(folder) or (said.required(folder) if span is None else None)
        if found is None or (span is not None and found.version > span.version):
            continue
        if found.exact:
            return found
        span = found
    return span or UNKNOWN


def fastapi_version_of(given: str | None, root: str, import_roots: Callable[[], Iterable[str]]) -> FastAPIVersion:
    """The version that a project's configuration gives, else that of its files.

    `root` is the absolute folder of the project; its import roots, and the folders around those inside the project,
    are asked for only if the root says nothing.
    """
    configured = given_fastapi_version(given) if given is not None else None
    if configured is not None:
        return configured
    found = find_fastapi_version(root)
    if found != UNKNOWN:
        return found
    folders = set(import_roots()) - {root}
    return find_fastapi_version(root, folders | {dirname(folder) for folder in folders})


def given_fastapi_version(text: str, origin: str | None = None) -> FastAPIVersion | None:
    """The newest version a specifier allows: `0.115.2`, `>=0.100,<0.116`, `^0.115`; None if it makes no sense."""
    ranges = read_ranges(text)
    if not ranges:
        return None
    newest = max(ranges, key=_newest)
    return FastAPIVersion(newest.newest, text.strip() or "*", origin, newest.exact)


def _newest(item: VersionRange) -> Version:
    return item.newest


def _upwards(folder: str, root: str) -> Iterator[str]:
    """The folder and those around it, up to the top of its repository, or where there is none to `root`."""
    top = git_root(folder) or root
    yield folder
    while folder != top:
        folder = dirname(folder)
        yield folder


def _locked(folder: str) -> FastAPIVersion | None:
    for name in LOCKS:
        path = f"{folder}/{name}"
        versions = [match.decode("utf-8", "replace") for match in _LOCKED.findall(_read(path))]
        if found := _best(path, versions):
            return found
    path = f"{folder}/{PIPFILE_LOCK}"
    return _best(path, _pipfile_versions(_read(path)))


def _required(folder: str) -> FastAPIVersion | None:
    """As requirement files say, exact versions first (one file of several is often what pip-compile made)."""
    files = _sorted_glob(folder, f"{REQUIREMENTS}*.txt")
    if not leads_out(f"{folder}/{REQUIREMENTS}"):
        files += _sorted_glob(folder, f"{REQUIREMENTS}/*.txt")
    found = [version for path in files if (version := _best(path, _requirements(_read(path))))]
    exact = [version for version in found if version.exact]
    if exact or found:
        return (exact or found)[0]
    path = f"{folder}/{PYPROJECT}"
    return _best(path, _pyproject_specifiers(_read(path)))


def _best(path: str, specifiers: Iterable[str]) -> FastAPIVersion | None:
    """The newest of several versions, which a file has where it tells interpreters apart."""
    found = [version for text in specifiers if (version := given_fastapi_version(text, path))]
    return max(found, key=lambda item: item.version, default=None)


def _pipfile_versions(data: bytes) -> Iterator[str]:
    try:
        sections = json.loads(data) if b'"fastapi"' in data else {}
    except (ValueError, RecursionError):
        return
    for section in ("default", "develop"):
        entry = _table(_table(sections).get(section)).get("fastapi")
        if isinstance(version := _table(entry).get("version"), str):
            yield version


def _requirements(data: bytes) -> Iterator[str]:
    for line in data.decode("utf-8", "replace").splitlines():
        if "fastapi" in line.lower() and (version := _specifier(line)) is not None:
            yield version


def _specifier(requirement: str) -> str | None:
    """What follows the name in a requirement for FastAPI: `fastapi[all]>=0.100; python_version<"3.9"`."""
    in_one_way = " ".join(requirement.split())  # a run of blanks could be shared out in many
    found = _REQUIREMENT.fullmatch(in_one_way)
    return found[1].strip() if found else None


def _pyproject_specifiers(data: bytes) -> Iterator[str]:
    if b"fastapi" not in data.lower():
        return
    try:
        document = read_toml(data.decode("utf-8"))
    except ValueError:  # said where the file is read as configuration
        return
    for requirement in _pyproject_requirements(document):
        if isinstance(requirement, str) and (version := _specifier(requirement)) is not None:
            yield version
    yield from _poetry_specifiers(_table(_table(document.get("tool")).get("poetry")))


def _pyproject_requirements(document: dict[str, Any]) -> Iterator[Any]:
    project = _table(document.get("project"))
    yield from _list(project.get("dependencies"))
    for groups in (project.get("optional-dependencies"), document.get("dependency-groups")):
        for group in _table(groups).values():
            yield from _list(group)


def _poetry_specifiers(poetry: dict[str, Any]) -> Iterator[str]:
    tables = [poetry.get("dependencies"), poetry.get("dev-dependencies")]
    tables += [_table(group).get("dependencies") for group in _table(poetry.get("group")).values()]
    for table in tables:
        wanted = next((value for name, value in _table(table).items() if name.lower() == "fastapi"), None)
        for entry in _list(wanted) or [wanted]:
            version = entry.get("version") if isinstance(entry, dict) else entry
            if isinstance(version, str):
                yield version


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _sorted_glob(folder: str, pattern: str) -> list[str]:
    """Shorter names first: `requirements.txt` before those of development and tests."""
    try:
        return sorted((path.as_posix() for path in Path(folder).glob(pattern)), key=lambda path: (len(path), path))
    except OSError:
        return []


def _read(path: str) -> bytes:
    """The content of a file, nothing if it cannot be read."""
    try:
        return read_project_file(path)
    except UnreadableProjectFile:  # said where the project is planned
        return b""

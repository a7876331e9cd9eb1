"""Which files to check."""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from asynclint.core.diagnostic import CheckError
from asynclint.source.boundaries import project_around, upwards
from asynclint.source.declarations import declarations_in
from asynclint.source.ignores import Ignores, around, enter, is_ignored, lies_in_ignored
from asynclint.source.links import kind_of, may_hold
from asynclint.source.paths import absolute, display, inside
from asynclint.source.problems import EMPTY_FOLDER, MISSING_PATH, UNREADABLE_FILE, UNREADABLE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable

SUFFIXES = (".py", ".pyi")

EXCLUDED_FOLDERS = frozenset(
    {
        ".asynclint_cache",
        ".bzr",
        ".direnv",
        ".eggs",
        ".git",
        ".hg",
        ".hypothesis",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".nox",
        ".pants.d",
        ".pyenv",
        ".pytest_cache",
        ".pytype",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        ".vscode",
        "__pycache__",
        "__pypackages__",
        "dist-packages",
        "node_modules",
        "site-packages",
        "venv",
    }
)
BUILD_FOLDERS = frozenset({"_build", "build", "buck-out", "dist"})
"""Left out unless they are packages: `build` is also a fair name for one."""

ENVIRONMENT_MARKS = frozenset({"pyvenv.cfg", "conda-meta"})
"""What lies at the top of a virtual environment, whatever it is called."""


class LeftOut(Protocol):
    """Says of an absolute path on the way whether it is left out."""

    def __call__(self, path: str, *, is_folder: bool) -> bool: ...


def is_excluded_by_itself(path: str, *, is_folder: bool) -> bool:
    """Whether a folder holds no source of the project, by its name."""
    return is_folder and posixpath.basename(path) in EXCLUDED_FOLDERS


RespectsGit: TypeAlias = "Callable[[str], bool]"
"""Says of an absolute folder whether what git ignores there is left out."""


def _always(_folder: str) -> bool:
    return True


class PassedOver(NamedTuple):
    """A folder or Python file on the way, by its absolute path, that is not looked at, and why: said after its name."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """The Python files found, absolute and sorted, what could not be looked at, and what was passed over and why.

    `links` are those of the files that are symbolic links, `declarations` the files met on the way in which projects
    say what they depend on.
    """

    files: tuple[str, ...]
    errors: tuple[CheckError, ...]
    passed_over: tuple[PassedOver, ...] = ()
    declarations: tuple[str, ...] = ()
    links: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Search:
    """What a run over the given paths has come upon so far.

    `given` are the absolute paths asked for, with links resolved; `files` is keyed by what a path really is.
    """

    cwd: str
    left_out: LeftOut
    respects_gitignore: RespectsGit
    given: tuple[str, ...]
    files: dict[str, str] = field(default_factory=dict)
    errors: list[CheckError] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)
    declarations: list[str] = field(default_factory=list)
    links: set[str] = field(default_factory=set)

    def add(self, path: str, identity: str, *, is_link: bool = False) -> None:
        """Keep one name for each file: its own before that of a link to it."""
        if is_link:
            self.links.add(path)
        known = self.files.get(identity)
        if known is None or (path != identity, path) < (known != identity, known):
            self.files[identity] = path

    def passes_over(self, path: str, ignores: Ignores | None, *, is_folder: bool = False) -> bool:
        """Whether what is met on the way is left out or ignored by git; remembers it then."""
        if self.left_out(path, is_folder=is_folder):
            by_itself = is_excluded_by_itself(path, is_folder=is_folder)
            reason = "is left out by its name" if by_itself else "is left out by the configuration"
        elif is_ignored(ignores, path, is_folder=is_folder):
            reason = "is ignored by git"
        else:
            return False
        self.passed_over.append(PassedOver(path, reason))
        return True

    def unread(self, path: str, reason: str, *, as_meant: bool) -> None:
        """Remember a file with patterns of what git ignores that was not read."""
        if as_meant:
            self.passed_over.append(PassedOver(path, reason))
        else:
            self.fail(UNREADABLE_FILE, path, f"{reason}, so nobody knows what git ignores by it")

    def asks_for(self, identity: str) -> bool:
        """Whether what a path really is was given, by itself or with a folder around it."""
        return any(inside(identity, given) for given in self.given)

    def fail(self, code: str, path: str, message: str) -> None:
        self.errors.append(CheckError(code, display(path, self.cwd), message))


def discover(
    paths: tuple[str, ...],
    cwd: str,
    left_out: LeftOut = is_excluded_by_itself,
    respects_gitignore: RespectsGit = _always,
) -> Discovery:
    """The files that are meant by `paths` (relative ones to `cwd`).

    A file given by name is always taken. In a folder these are `*.py` and `*.pyi` that are neither ignored by git nor
    `left_out`, nor in a folder that holds no source of the project. Folders behind symbolic links are not entered.
    What looks like a source file and is none (a link to nothing, a pipe), a link back to a folder around it, and Python
    files that a link brings in from elsewhere, is an error: the tree was not checked as it was asked for. Hidden files
    that are links to nothing are left alone, which editors make as locks.
    """
    named = tuple(dict.fromkeys(absolute(path, cwd) for path in paths))
    search = _Search(cwd, left_out, respects_gitignore, tuple(_identity(given) for given in named))
    for given in named:
        _take(given, search)
    files = tuple(sorted(search.files.values()))
    errors, passed_over = tuple(dict.fromkeys(search.errors)), tuple(dict.fromkeys(search.passed_over))
    links = frozenset(search.links.intersection(files))
    return Discovery(files, errors, passed_over, tuple(sorted(search.declarations)), links)


def _identity(given: str) -> str:
    try:
        return os.path.realpath(given)
    except ValueError:  # a NUL in the name, which is said where it is looked at
        return given


def _take(given: str, search: _Search) -> None:
    try:
        mode = Path(given).stat().st_mode
    except (OSError, ValueError) as error:
        search.fail(MISSING_PATH, given, _why_missing(given, error))
        return
    if stat.S_ISREG(mode):
        search.add(given, os.path.realpath(given), is_link=posixpath.islink(given))
    elif stat.S_ISDIR(mode):
        _take_folder(given, search)
    else:
        search.fail(UNREADABLE_FILE, given, f"is a {kind_of(mode)}, no file")


def _why_missing(given: str, error: OSError | ValueError) -> str:
    if getattr(error, "errno", None) == errno.ELOOP:
        return "is a loop of symbolic links"
    if isinstance(error, FileNotFoundError):
        return "is a symbolic link to nothing" if posixpath.islink(given) else "there is no such file or folder"
    if isinstance(error, OSError):
        return f"cannot be looked at: {error.strerror or error}".lower()
    return "cannot be looked at: there is a null byte in its name"  # versions of Python say it in different words


def _take_folder(given: str, search: _Search) -> None:
    errors_before = len(search.errors)
    ignores = around(given, search.unread) if search.respects_gitignore(given) else None
    if lies_in_ignored(ignores, given):
        ignores = None  # asked for by name: what would leave out the folder does not leave out what is in it
    found = _walk(given, os.path.realpath(given), ignores, search)
    if not found and len(search.errors) == errors_before:
        search.fail(EMPTY_FOLDER, given, "there are no Python files in this folder (or all are excluded)")


def _walk(start: str, real_start: str, ignores: Ignores | None, search: _Search) -> bool:
    """Whether any file was found; a stack of our own, because trees may be deeper than Python's."""
    found = False
    pending = [(start, ignores)]
    while pending:
        folder, outer = pending.pop()
        try:
            with os.scandir(folder) as entries:
                listed = list(entries)
        except OSError as error:
            search.fail(UNREADABLE_FOLDER, folder, f"cannot be listed: {error.strerror}".lower())
            continue
        names = frozenset(entry.name for entry in listed)
        if folder != start and (reason := _why_no_source(folder, names)) is not None:
            search.passed_over.append(PassedOver(folder, reason))
            continue
        search.declarations += declarations_in(folder, names)
        inner = enter(folder, names, outer, search.unread) if search.respects_gitignore(folder) else None
        place = _Place(folder, start, inner)
        for entry in listed:
            path = f"{folder.rstrip('/')}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                if not search.passes_over(path, inner, is_folder=True):
                    pending.append((path, inner))
            elif entry.is_symlink():
                found |= _take_link(entry, path, place, search)
            elif entry.name.endswith(SUFFIXES) and not search.passes_over(path, inner):
                found |= _take_file(entry, path, real_start + path.removeprefix(start), search)
    return found


_WAY_OUT = "; remove it or have git ignore it"


class _Place(NamedTuple):
    """A folder on the way below `start`, which was given, and what git ignores there."""

    folder: str
    start: str
    ignores: Ignores | None


def _take_file(entry: os.DirEntry[str], path: str, identity: str, search: _Search) -> bool:
    """Whether what is no link and has the name of a source file is one."""
    if entry.is_file():
        search.add(path, identity)
        return True
    try:
        kind = kind_of(entry.stat(follow_symlinks=False).st_mode)
    except OSError as error:
        search.fail(UNREADABLE_FILE, path, f"cannot be looked at: {error.strerror}".lower())
    else:
        search.fail(UNREADABLE_FILE, path, f"is a {kind}, no file{_WAY_OUT}")
    return False


def _take_link(entry: os.DirEntry[str], path: str, place: _Place, search: _Search) -> bool:
    """Whether a link that was met on the way brings in a file of the project."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - paths are texts here
    except OSError as error:
        reason = _why_link_leads_nowhere(entry.name, error)
        if reason is not None and not search.passes_over(path, place.ignores):
            search.fail(UNREADABLE_FILE, path, f"{reason}{_WAY_OUT}")
        return False
    if stat.S_ISDIR(mode):
        _take_link_to_folder(path, place, search)
    elif entry.name.endswith(SUFFIXES) and not search.passes_over(path, place.ignores):
        if not stat.S_ISREG(mode):
            search.fail(UNREADABLE_FILE, path, f"is a symbolic link to a {kind_of(mode)}{_WAY_OUT}")
            return False
        return _take_link_to_file(path, place, search)
    return False


def _why_link_leads_nowhere(name: str, error: OSError) -> str | None:
    """What is wrong with a link that leads to nothing; None where it does not look like source."""
    if name.startswith(".") or not name.endswith(SUFFIXES):
        return None
    return "is a loop of symbolic links" if error.errno == errno.ELOOP else "is a symbolic link to nothing"


def _take_link_to_file(path: str, place: _Place, search: _Search) -> bool:
    identity = os.path.realpath(path)
    if search.asks_for(identity) or inside(identity, _real_project_around(place, search)):
        search.add(path, identity, is_link=True)
        return True
    reason = "is a link out of the project; give it by name, remove it or have git ignore it"
    search.fail(UNREADABLE_FILE, path, reason)
    return False


def _take_link_to_folder(path: str, place: _Place, search: _Search) -> None:
    """Say what is not looked at behind a link to a folder."""
    # git takes a link for a file: `data/` does not ignore it. Who wrote that does not want to hear of it all the same.
    if any(search.passes_over(path, place.ignores, is_folder=is_folder) for is_folder in (True, False)):
        return
    identity = os.path.realpath(path)
    if inside(os.path.realpath(place.folder), identity):
        search.fail(UNREADABLE_FILE, path, f"is a link back to a folder around it{_WAY_OUT}")
        return
    project = _real_project_around(place, search)
    if search.asks_for(identity):
        reason = "is a link to a folder, which is looked at where it lies"
    elif _is_of_others(identity, project) or not may_hold(path, SUFFIXES, _holds_no_source):
        reason = "is a link to a folder without source of the project"
    elif not inside(identity, project):
        problem = "is a link to a folder out of the project; give it by name, remove it or have git ignore it"
        search.fail(UNREADABLE_FOLDER, path, problem)
        return
    elif _is_passed_over_where_it_lies(identity, project, search):
        reason = "is a link to a folder that is left out where it lies"
    else:
        where = f"a folder that was not asked for; give `{display(identity, search.cwd)}` too"
        search.fail(UNREADABLE_FOLDER, path, f"is a link to {where}, remove it or have git ignore it")
        return
    search.passed_over.append(PassedOver(path, reason))


def _is_of_others(folder: str, project: str) -> bool:
    """Whether a real folder lies where no source of a project does, as what is installed."""
    apart = folder.removeprefix(posixpath.commonpath((folder, project)))
    return not EXCLUDED_FOLDERS.isdisjoint(apart.split("/"))


def _holds_no_source(folder: str, names: frozenset[str]) -> bool:
    return is_excluded_by_itself(folder, is_folder=True) or _why_no_source(folder, names) is not None


def _real_project_around(place: _Place, search: _Search) -> str:
    """The folder that links may not lead out of, with its own links resolved."""
    return os.path.realpath(_project_around(place.start, search.cwd))


def _is_passed_over_where_it_lies(folder: str, project: str, search: _Search) -> bool:
    """Whether an absolute folder of the project, or one around it, is left out or ignored by git."""
    for place in upwards(folder):
        if place == project:
            return False
        ignores = around(place, search.unread) if search.respects_gitignore(place) else None
        if search.left_out(place, is_folder=True) or is_ignored(ignores, place, is_folder=True):
            return True
    return False


def _project_around(folder: str, cwd: str) -> str:
    """The folder that links may not lead out of, around an absolute one that is looked through."""
    return project_around(folder) or (cwd if inside(folder, cwd) else folder)


def _why_no_source(folder: str, names: frozenset[str]) -> str | None:
    """Why a folder, by what is in it, holds no source of the project; None where it may."""
    if not names.isdisjoint(ENVIRONMENT_MARKS):
        return "is a virtual environment"
    built = posixpath.basename(folder) in BUILD_FOLDERS and "__init__.py" not in names
    return "holds what was built, by its name" if built else None

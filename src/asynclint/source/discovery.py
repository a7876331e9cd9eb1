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
from asynclint.source.declarations import declarations_in
from asynclint.source.ignores import Ignores, around, enter, is_ignored
from asynclint.source.paths import absolute, display, inside
from asynclint.source.problems import EMPTY_FOLDER, MISSING_PATH, UNREADABLE_FILE, UNREADABLE_FOLDER
from asynclint.source.roots import git_root, outermost_mark

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

    `declarations` are the files met on the way in which projects say what they depend on.
    """

    files: tuple[str, ...]
    errors: tuple[CheckError, ...]
    passed_over: tuple[PassedOver, ...] = ()
    declarations: tuple[str, ...] = ()


@dataclass(slots=True)
class _Search:
    """What a run over the given paths has come upon so far. `files` is keyed by what a path really is."""

    cwd: str
    left_out: LeftOut
    respects_gitignore: RespectsGit
    files: dict[str, str] = field(default_factory=dict)
    errors: list[CheckError] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)
    declarations: list[str] = field(default_factory=list)

    def add(self, path: str, identity: str) -> None:
        """Keep one name for each file: its own before that of a link to it."""
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
    What looks like a source file and is none (a link to nothing, a pipe), a link back to a folder around it, and a file
    that a link brings in from outside of the project, is an error: the tree was not checked as it was asked for. Hidden
    links are left alone, which editors make as locks.
    """
    search = _Search(cwd, left_out, respects_gitignore)
    for given in dict.fromkeys(absolute(path, cwd) for path in paths):
        _take(given, search)
    files = tuple(sorted(search.files.values()))
    return Discovery(files, tuple(search.errors), tuple(search.passed_over), tuple(sorted(search.declarations)))


def _take(given: str, search: _Search) -> None:
    try:
        mode = Path(given).stat().st_mode
    except (OSError, ValueError) as error:
        search.fail(MISSING_PATH, given, _why_missing(given, error))
        return
    if stat.S_ISREG(mode):
        search.add(given, os.path.realpath(given))
    elif stat.S_ISDIR(mode):
        _take_folder(given, search)
    else:
        search.fail(UNREADABLE_FILE, given, "is neither a file nor a folder")


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
    ignores = around(given) if search.respects_gitignore(given) else None
    if is_ignored(ignores, given, is_folder=True):
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
        inner = enter(folder, names, outer) if search.respects_gitignore(folder) else None
        for entry in listed:
            path = f"{folder.rstrip('/')}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                if not search.passes_over(path, inner, is_folder=True):
                    pending.append((path, inner))
            elif (problem := _problem(entry, folder)) and not search.passes_over(path, inner):
                search.fail(UNREADABLE_FILE, path, f"{problem}; remove it or have git ignore it")
            elif _is_python_file(entry) and not search.passes_over(path, inner):
                if entry.is_symlink():
                    found |= _take_link(path, start, search)
                else:
                    search.add(path, real_start + path.removeprefix(start))
                    found = True
    return found


def _take_link(path: str, start: str, search: _Search) -> bool:
    """Whether a link that was met below `start` brings in a file of the project."""
    identity = os.path.realpath(path)
    inner = inside(identity, os.path.realpath(_project_around(start, search.cwd)))
    if inner:
        search.add(path, identity)
    else:
        reason = "is a link out of the project; give it by name, remove it or have git ignore it"
        search.fail(UNREADABLE_FILE, path, reason)
    return inner


def _project_around(folder: str, cwd: str) -> str:
    """The folder that links may not lead out of, around an absolute one that is looked through."""
    return git_root(folder) or outermost_mark(folder) or (cwd if inside(folder, cwd) else folder)


def _why_no_source(folder: str, names: frozenset[str]) -> str | None:
    """Why a folder, by what is in it, holds no source of the project; None where it may."""
    if not names.isdisjoint(ENVIRONMENT_MARKS):
        return "is a virtual environment"
    built = posixpath.basename(folder) in BUILD_FOLDERS and "__init__.py" not in names
    return "holds what was built, by its name" if built else None


def _problem(entry: os.DirEntry[str], folder: str) -> str | None:
    """What is wrong with an entry that is neither a source file nor a folder to enter."""
    if entry.name.startswith(".") or entry.name in EXCLUDED_FOLDERS:
        return None
    try:
        if entry.is_symlink() and entry.is_dir():
            return "is a link back to a folder around it" if _leads_back(entry, folder) else None
        if entry.name.endswith(SUFFIXES) and not entry.is_file() and not entry.is_dir():
            return "is a symbolic link to nothing" if entry.is_symlink() else "is neither a file nor a folder"
    except OSError as error:
        return "is a loop of symbolic links" if error.errno == errno.ELOOP else None
    return None


def _leads_back(entry: os.DirEntry[str], folder: str) -> bool:
    target, real = os.path.realpath(entry.path), os.path.realpath(folder)
    return real == target or real.startswith(target.rstrip("/") + "/")


def _is_python_file(entry: os.DirEntry[str]) -> bool:
    if not entry.name.endswith(SUFFIXES):
        return False
    try:
        return entry.is_file()
    except OSError:  # a loop of links; editors leave such things behind as locks
        return False

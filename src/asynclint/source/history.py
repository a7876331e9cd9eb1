"""What a git repository knows of files at an earlier commit.

Only objects are read, with git's plumbing. The working tree is read by ourselves, so none of what a repository can have
git run takes part: hooks, a file system monitor, external diffs, text conversion, filters, a fetch of missing objects.
"""

from __future__ import annotations

import os
import posixpath
import subprocess
from dataclasses import dataclass, field
from typing import Final

_WITHOUT_PROGRAMS: Final = (
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "protocol.allow=never"),  # a partial clone fetches what is missing, by a program of its choice
    *("-c", "log.showSignature=false"),
)
_ENVIRONMENT: Final = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_PATIENCE: Final = 120
"""Seconds for one command of git."""


class HistoryError(Exception):
    """The commit to compare with cannot be had; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit of the repository at the absolute folder `root`, and its files: object names by path below the root."""

    root: str
    commit: str
    files: dict[str, str]
    _contents: dict[str, bytes] = field(default_factory=dict)

    def content(self, path: str) -> bytes:
        """The bytes of a file of the commit. Raises HistoryError."""
        name = self.files[path]
        if name not in self._contents:
            self._contents[name] = _git(self.root, "cat-file", "blob", name)
        return self._contents[name]

    def is_in_working_tree(self, path: str) -> bool:
        return os.path.lexists(os.path.join(self.root, path))  # noqa: PTH118 - names may be no text


def merge_base(root: str, ref: str) -> Revision:
    """Where the present commit of a repository and `ref` parted. Raises HistoryError."""
    other, present = _commit(root, ref), _commit(root, "HEAD")
    try:
        commit = _git(root, "merge-base", other, present).decode().strip()
    except _GitError as error:
        if error.said:
            raise
        raise HistoryError(
            f"`{ref}` and the present commit have no commit in common; a shallow clone needs more of its history "
            "(`fetch-depth: 0` in a checkout of GitHub Actions)"
        ) from None
    return Revision(root, commit, dict(_files(root, commit)))


class _GitError(HistoryError):
    """A command of git failed; `said` is what it said of that."""

    def __init__(self, said: str) -> None:
        super().__init__(f"git says: {said}")
        self.said = said


def _commit(root: str, ref: str) -> str:
    unknown = HistoryError(
        "the repository has no commit yet"
        if ref == "HEAD"
        else f"the repository knows no `{ref}`; name a branch, tag or commit that is fetched, such as `origin/main`"
    )
    if not ref or ref.startswith("-") or not ref.isprintable():
        raise unknown
    try:
        return _git(root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}").decode().strip()
    except _GitError as error:
        if error.said:
            raise
        raise unknown from None


def _files(root: str, commit: str) -> list[tuple[str, str]]:
    """Path and object name of each regular file."""
    found: list[tuple[str, str]] = []
    for entry in _git(root, "ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
        facts, _, path = entry.partition(b"\t")
        mode, _, rest = facts.partition(b" ")
        if mode in (b"100644", b"100755"):
            found.append((os.fsdecode(path), rest.split()[-1].decode()))
    return found


def _git(root: str, *arguments: str) -> bytes:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "--no-pager", *_WITHOUT_PROGRAMS, "-C", root, *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and the one argument from outside is checked
            command,
            env={**inherited, **_ENVIRONMENT, "GIT_CEILING_DIRECTORIES": posixpath.dirname(root)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except FileNotFoundError:
        raise HistoryError("there is no `git` to ask") from None
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise HistoryError(f"git cannot be run: {error}") from None
    if done.returncode:
        lines = done.stderr.decode(errors="backslashreplace").strip().splitlines()
        raise _GitError(lines[0].removeprefix("fatal: ") if lines else "")
    return done.stdout

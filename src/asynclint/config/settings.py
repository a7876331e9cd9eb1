"""The settings of a run."""

from __future__ import annotations

from dataclasses import dataclass

from asynclint.core.diagnostic import Severity

MAX_FILE_SIZE = 4 * 2**20
"""Bytes; the largest of 27,000 files of real projects has 1.1 million."""


class SettingsError(Exception):
    """What the user asked for makes no sense; `problems` says each thing in one line."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to check and what counts as failure.

    `select` and `ignore` name rules by code, prefix of codes, name, or "ALL"; an empty `select` means the default
    set. `fail_level` is the mildest severity that makes a run fail, None for none. `exhaustive` reads every file
    with the reference front end. `jobs` is the number of processes, None for one a core. `max_file_size` is in bytes.
    `honour_peer_noqa`: the codes of other checkers in a `# noqa` silence our rules of the same meaning.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_level: Severity | None = Severity.WARNING
    exit_zero: bool = False
    isolated: bool = False
    exhaustive: bool = False
    use_cache: bool = True
    jobs: int | None = None
    max_file_size: int = MAX_FILE_SIZE
    honour_peer_noqa: bool = True

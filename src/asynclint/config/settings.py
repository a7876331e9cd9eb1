"""The settings of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from asynclint.core.diagnostic import Confidence, Severity

MAX_FILE_SIZE = 4 * 2**20
"""Bytes; the largest of 27,000 files of real projects has 1.1 million."""


NEVER = "never"
"""The fail level at which no finding makes a run fail."""


FRAME = "\n  | "
"""What parts the line that says what is wrong from those that show it.

A broken line of a file is never printed as it stands: one that begins with `::`, after blanks or not, is a command to
GitHub, https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands.
"""


class SettingsError(Exception):
    """What the user asked for makes no sense; `problems` says each thing in one line.

    Below it may stand where it breaks, each line after FRAME.
    """

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class GivenText(NamedTuple):
    """The bytes of a file that need not exist: they stand in the place of what is at the absolute path."""

    path: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to check and what counts as failure.

    `select` and `ignore` name rules by code, prefix of codes, name, or "ALL"; an empty `select` means the default
    set. `fail_level` is the mildest severity that makes a run fail, None for none. `exhaustive` reads every file
    with the reference front end. `cache_dir` is the absolute folder that caches go to, None for that of each
    project. `jobs` is the number of processes, None for one a core. `max_file_size` is in bytes.
    `honour_peer_noqa`: the codes of other checkers in a `# noqa` silence our rules of the same meaning.
    `force_exclude`: files given by name are left out too where they are excluded. `config` has the values of
    `--config`; with `isolated`, no configuration file is looked for. What is None is as the configuration says.
    `everything` sets aside what that says of rules, so that nothing is hidden. `count_unresolved` counts the calls of
    which nothing is known, for which bodies are read that a few rules alone may have no need of. `ignore_suppressions`
    reports what comments silence too. `allow_empty`: a folder without Python files is no error. `given` has the text of
    one of the files, from an editor for instance.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_level: Severity | None = Severity.WARNING
    exit_zero: bool = False
    isolated: bool = False
    exhaustive: bool = False
    use_cache: bool = False
    cache_dir: str | None = None
    jobs: int | None = None
    max_file_size: int = MAX_FILE_SIZE
    honour_peer_noqa: bool | None = None
    min_confidence: Confidence | None = None
    force_exclude: bool = False
    config: tuple[str, ...] = ()
    everything: bool = False
    count_unresolved: bool = False
    ignore_suppressions: bool = False
    allow_empty: bool = False
    given: GivenText | None = None

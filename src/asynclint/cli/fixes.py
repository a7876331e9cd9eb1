"""What a run with fixes says: a diff on standard output, lines for people on standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from asynclint.cli.coverage import error_line
from asynclint.cli.exit_codes import FINDINGS, NOT_CHECKED
from asynclint.cli.terminal import say, write_out
from asynclint.report.printable import printable

if TYPE_CHECKING:
    from asynclint.config.settings import Settings
    from asynclint.run.fixes import Fixed


def write_diff(fixed: Fixed, settings: Settings) -> int:
    """The changes as a unified diff: exact for `patch`, without control characters on a terminal.

    The exit code says whether there are any.
    """
    from asynclint.fixing.diff import unified_diff  # noqa: PLC0415 - only where a difference is shown

    for change in fixed.changes:
        diff = unified_diff(printable(change.shown), change.before.decode(), change.after.decode())
        write_out(_harmless(diff) if sys.stdout.isatty() else diff)
    for error in fixed.report.errors:
        say(error_line(error))
    if fixed.report.errors:
        return NOT_CHECKED
    return FINDINGS if fixed.changes and not settings.exit_zero else 0


def say_fixes(fixed: Fixed, *, written: bool, quiet: bool) -> None:
    """What was fixed, and which fixes were left out and why."""
    for refused in fixed.refused:
        where = refused.repair.diagnostic.location
        place = f"{where.path}:{where.start.row}:{where.start.column}"
        say(f"not fixed: {place}: {refused.repair.diagnostic.code}: {refused.reason}")
    if not fixed.stable:
        say("not all fixed: there was always one more fix to make; run again")
    if not quiet:
        findings, files = len(fixed.made), len(fixed.changes)
        verb = "fixed" if written else "would fix"
        say(f"{verb} {findings} finding{'s'[: findings != 1]} in {files} file{'s'[: files != 1]}")


def _harmless(diff: str) -> str:
    return "".join(f"{printable(line)}\n" for line in diff.split("\n")[:-1])

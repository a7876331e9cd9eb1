"""What a run with fixes says: a diff on standard output, lines for people on standard error."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from asynclint.cli.configuration import working_folder
from asynclint.cli.coverage import error_line
from asynclint.cli.exit_codes import FINDINGS, NOT_CHECKED
from asynclint.cli.reporting import write_or_say
from asynclint.cli.terminal import is_log, say, write_out, write_out_exactly
from asynclint.fixing.writing import as_in_file
from asynclint.report.printable import harmless_row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asynclint.config.settings import Settings
    from asynclint.fixing.writing import Change
    from asynclint.run.fixes import Fixed


def write_diff(fixed: Fixed, settings: Settings, file: str | None) -> int:
    """The changes as a unified diff; the exit code says whether there are any.

    In a file and in a pipe it is exact, so that `git apply` takes it. On a terminal and in the log of a build server
    nothing of the source may act, so there what would is escaped.
    """
    if file is not None:
        written = write_or_say({file: _exact(fixed.changes)})
    else:
        written = True
        _write_out(fixed.changes)
    for error in fixed.report.errors:
        say(error_line(error))
    if fixed.report.errors or not written:
        return NOT_CHECKED
    return FINDINGS if fixed.changes and not settings.exit_zero else 0


def _write_out(changes: Iterable[Change]) -> None:
    if not is_log(sys.stdout, os.environ):
        write_out_exactly(_exact(changes))
        return
    diff = _diff((change.path, change.before.decode(), change.after.decode()) for change in changes)
    shown = "".join(f"{harmless_row(row)}\n" for row in diff.split("\n")[:-1])
    write_out(shown)
    if shown != diff:
        say("warning: what would act on a terminal or in a log is escaped in this diff; -o FILE writes it as it is")


def _exact(changes: Iterable[Change]) -> str:
    """The diff of the bytes of the files; what is no UTF-8 is a lone surrogate."""
    texts = ((change.path, *as_in_file(change)) for change in changes)
    return _diff((path, _with_surrogates(before), _with_surrogates(after)) for path, before, after in texts)


def _with_surrogates(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _diff(changes: Iterable[tuple[str, str, str]]) -> str:
    from asynclint.fixing.diff import unified_diff  # noqa: PLC0415 - only where a difference is shown

    here = f"{working_folder().rstrip('/')}/"
    return "".join(unified_diff(path.removeprefix(here), before, after) for path, before, after in changes)


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

"""The last line on standard error: what was checked and what was not."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from asynclint.source.problems import SYNTAX_ERROR, UNREADABLE_FILE

if TYPE_CHECKING:
    from asynclint.core.diagnostic import CheckError, Report


def coverage_line(report: Report, *, verbose: bool, seconds: float) -> str:
    """Such as `checked 214 files (1 could not be parsed), 12 findings`."""
    gaps = ", ".join(_gaps(report))
    parts = [
        f"checked {counted(report.files, 'file')}" + (f" ({gaps})" if gaps else ""),
        counted(len(report.diagnostics), "finding"),
    ]
    if report.suppressed:
        parts.append(f"{report.suppressed} suppressed")
    if report.baselined:
        parts.append(f"{report.baselined} in baseline")
    if report.unchanged:
        parts.append(f"{report.unchanged} not on changed lines")
    if verbose:
        parts += [counted(report.unresolved_calls, "unresolved call"), f"{seconds:.1f} s"]
    return ", ".join(parts)


def error_line(error: CheckError) -> str:
    """Such as `error: app/main.py:3:7: invalid syntax`."""
    start = error.location.start if error.location else None
    place = f"{error.filename}:{start.row}:{start.column}" if start else error.filename
    return f"error: {place}: {error.message}"


def _gaps(report: Report) -> list[str]:
    counts = Counter(error.code for error in report.errors)
    unparsed, unread = counts.pop(SYNTAX_ERROR, 0), counts.pop(UNREADABLE_FILE, 0)
    others = counts.total()
    gaps = [f"{unparsed} could not be parsed"] if unparsed else []
    gaps += [f"{unread} could not be read"] if unread else []
    gaps += [counted(others, "further error" if gaps else "error")] if others else []
    return gaps


def counted(number: int, what: str) -> str:
    """Such as `1 finding`, `2 findings`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"

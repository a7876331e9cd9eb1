"""The findings as annotations of a GitHub Actions run, and a summary of them as Markdown.

An annotation is a line that the runner obeys, so nothing of what it says may begin another:
https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Severity
from asynclint.report.printable import printable
from asynclint.report.repository import RepositoryNames

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asynclint.core.diagnostic import CheckError, Diagnostic, Report
    from asynclint.core.span import Location

MOST_ANNOTATIONS = 10
"""Of each level, that GitHub shows of a step."""
MOST_ROWS = 100
"""Of the table in the summary."""

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~&-])")
_QUOTED = re.compile(r"(`[^`]+`)")


def render(report: Report) -> str:
    """What was not checked, then the findings, the most severe first; how many GitHub leaves out is said at the end."""
    names = RepositoryNames(report)
    titles = {rule.code: f"{rule.code} {rule.name}" for rule in report.rules}
    lines = [_error(error, titles.get(error.code, error.code), names) for error in report.errors]
    lines += [_finding(diagnostic, names) for diagnostic in _by_severity(report)]
    lines += _left_out(report)
    return "".join(f"{line}\n" for line in lines)


def summary(report: Report) -> str:
    """The report as Markdown for the page of the run."""
    names = RepositoryNames(report)
    return "\n".join(_summary_lines(report, names)) + "\n\n"


def _by_severity(report: Report) -> list[Diagnostic]:
    return sorted(report.diagnostics, key=lambda item: item.severity.rank)


# --------------------------------------------------------------------------------------------------------------
# Annotations


def _error(error: CheckError, title: str, names: RepositoryNames) -> str:
    place = _place(error.location) if error.location else {}
    return _command("error", {"title": title, "file": names.below_root(error.filename), **place}, [error.message])


def _finding(diagnostic: Diagnostic, names: RepositoryNames) -> str:
    file = names.below_root(diagnostic.location.path)
    properties = {"title": f"{diagnostic.code} {diagnostic.name}", "file": file, **_place(diagnostic.location)}
    steps = [f"{_link(step.location, names)}  {step.message}" for step in diagnostic.chain]
    return _command(_LEVELS[diagnostic.severity], properties, [diagnostic.message, *steps])


def _place(location: Location) -> dict[str, str]:
    """Rows and columns from 1; the part on the first line, because GitHub drops the columns of longer ones."""
    start, end = location.start, location.end
    last = end.column if end.row == start.row else len(location.lines[0]) + 1 if location.lines else start.column
    return {"line": str(start.row), "col": str(start.column), "endLine": str(start.row), "endColumn": str(last)}


def _command(level: str, properties: dict[str, str], lines: Iterable[str]) -> str:
    said = ",".join(f"{name}={_escaped_property(value)}" for name, value in properties.items() if value)
    return f"::{level} {said}::" + "%0A".join(_escaped(line) for line in lines)


def _escaped(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _left_out(report: Report) -> list[str]:
    counts = Counter(_LEVELS[diagnostic.severity] for diagnostic in report.diagnostics)
    counts["error"] += len(report.errors)
    left_out = sum(max(0, count - MOST_ANNOTATIONS) for count in counts.values())
    shown = f"GitHub shows {MOST_ANNOTATIONS} each of the errors, warnings and notices of a step"
    return [f"{shown}; {left_out} more stand in this log only"] if left_out else []


def _link(location: Location, names: RepositoryNames) -> str:
    return f"{names.below_root(location.path)}:{location.start.row}:{location.start.column}"


# --------------------------------------------------------------------------------------------------------------
# Summary


def _summary_lines(report: Report, names: RepositoryNames) -> Iterator[str]:
    found = _by_severity(report)
    yield "## asynclint"
    yield ""
    yield f"{_count(report.files, 'file')} checked, {_count(len(found), 'finding')}."
    if report.errors:
        yield from ("", "### Not checked", "")
        yield from (f"- {_text(names.below_root(error.filename))}: {_text(error.message)}" for error in report.errors)
    if found:
        yield from ("", "| Severity | Rule | Place | Finding |", "|---|---|---|---|")
        yield from (_row(diagnostic, names) for diagnostic in found[:MOST_ROWS])
    if len(found) > MOST_ROWS:
        yield from ("", f"{len(found) - MOST_ROWS} more stand in the log.")


def _row(diagnostic: Diagnostic, names: RepositoryNames) -> str:
    rule = f"{diagnostic.code} {_text(diagnostic.name)}"
    place = _text(_link(diagnostic.location, names))
    return f"| {diagnostic.severity.value} | {rule} | {place} | {_text(diagnostic.message)} |"


def _text(text: str) -> str:
    """Text without markup but for what it quotes as code."""
    pieces = _QUOTED.split(printable(text))
    return "".join(
        piece.replace("|", "\\|") if place % 2 else _MARKUP.sub(r"\\\1", piece) for place, piece in enumerate(pieces)
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"

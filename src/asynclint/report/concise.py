"""One line for each finding: `path:row:column: CODE message`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.report.printable import printable, printable_path

if TYPE_CHECKING:
    from asynclint.core.diagnostic import Diagnostic, Report


def render(report: Report) -> str:
    """The findings in the order of the report."""
    return "".join(_line(diagnostic) for diagnostic in report.diagnostics)


def _line(diagnostic: Diagnostic) -> str:
    where = diagnostic.location
    path = printable_path(where.path)
    return f"{path}:{where.start.row}:{where.start.column}: {diagnostic.code} {printable(diagnostic.message)}\n"

"""For people: each finding with its source line, the way to its cause, and the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Applicability, Severity
from asynclint.findings.cause import grouped
from asynclint.report.frame import frame
from asynclint.report.printable import printable, printable_path
from asynclint.report.style import Piece, Style, line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import Diagnostic, Report
    from asynclint.core.span import Location

_SEVERITY_STYLES = {Severity.ERROR: Style.ERROR, Severity.WARNING: Style.WARNING, Severity.NOTE: Style.NOTE}


def render(report: Report, *, colour: bool = False) -> str:
    """A block for each finding; where more than a few share a cause, one block that lists their places.

    `colour` adds terminal escapes and changes nothing else.
    """
    explained: set[str] = set()
    blocks: list[str] = []
    for group in grouped(report.diagnostics):
        lines = list(_block(group, explain=group[0].code not in explained))
        explained.add(group[0].code)
        blocks.append("".join(line(*pieces, colour=colour) for pieces in lines))
    return "\n".join(blocks)


_Line = tuple[Piece | str, ...]


def _block(group: tuple[Diagnostic, ...], *, explain: bool) -> Iterator[_Line]:
    diagnostic, *others = group
    yield _heading(diagnostic)
    yield ("  ", *_place(diagnostic))
    yield from _source(diagnostic)
    yield (f"  {printable(diagnostic.message)}",)
    yield from _chain(diagnostic)
    yield from _elsewhere(others)
    yield from _remedy(diagnostic)
    if explain:
        yield (Piece(f"  help: asynclint rule {diagnostic.name}", Style.DIM),)


def _heading(diagnostic: Diagnostic) -> _Line:
    return (
        Piece(f"{diagnostic.code} {diagnostic.name}", Style.STRONG),
        "  ",
        Piece(diagnostic.severity.value, _SEVERITY_STYLES[diagnostic.severity]),
        Piece(f"  {diagnostic.confidence.value} confidence", Style.DIM),
    )


def _place(diagnostic: Diagnostic) -> _Line:
    symbol = f"  in {printable(diagnostic.symbol)}" if diagnostic.symbol else ""
    return Piece(_link(diagnostic.location), Style.PLACE), symbol


def _link(location: Location) -> str:
    return f"{printable_path(location.path)}:{location.start.row}:{location.start.column}"


def _source(diagnostic: Diagnostic) -> Iterator[_Line]:
    if not diagnostic.location.lines:
        return
    row = str(diagnostic.location.start.row)
    margin = Piece(f"  {' ' * len(row)} | ", Style.DIM)
    shown = frame(diagnostic.location)
    yield (Piece(f"  {row} | ", Style.DIM), shown.source)
    yield (margin, Piece(shown.carets, _SEVERITY_STYLES[diagnostic.severity]))


def _chain(diagnostic: Diagnostic) -> Iterator[_Line]:
    for depth, step in enumerate(diagnostic.chain):
        indent = "   " + "    " * depth + "└─ "
        yield (Piece(indent, Style.DIM), Piece(_link(step.location), Style.PLACE), f"  {printable(step.message)}")


def _elsewhere(others: list[Diagnostic]) -> Iterator[_Line]:
    if others:
        yield (f"  the same cause is reached from {len(others)} more places:",)
    for other in others:
        yield ("    ", *_place(other))


def _remedy(diagnostic: Diagnostic) -> Iterator[_Line]:
    if not diagnostic.fixes:
        return
    fix = diagnostic.fixes[0]
    note = "" if fix.applicability is Applicability.DISPLAY else f" ({fix.applicability.value})"
    yield (f"  fix: {printable(fix.message)}", Piece(note, Style.DIM))

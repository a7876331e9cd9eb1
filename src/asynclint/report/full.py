"""For people: each finding with its source line, the way to its cause, and the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Applicability, Severity
from asynclint.findings.cause import grouped
from asynclint.report.frame import MAX_WIDTH, cropped, frame
from asynclint.report.printable import printable, printable_path
from asynclint.report.style import Piece, Style, columns_of, line, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from asynclint.core.diagnostic import Diagnostic, Fix, Report
    from asynclint.core.span import Location
    from asynclint.report.fix_diff import DiffLine

_SEVERITY_STYLES = {Severity.ERROR: Style.ERROR, Severity.WARNING: Style.WARNING, Severity.NOTE: Style.NOTE}


_SIGN_STYLES = {" ": Style.DIM, "-": Style.ERROR, "+": Style.STRONG}

_NARROWEST = 40
"""Columns of source that are shown on the narrowest terminal."""

MANY = 8
"""So many further places of a cause are listed unless all are asked for."""


_STEEPEST = 6
"""Steps of a chain up to which each is indented by four columns; longer ones are indented by one."""


def render(report: Report, *, colour: bool = False, all_places: bool = False, columns: int | None = None) -> str:
    """A block for each finding; where more than a few share a cause, one block that lists their places.

    Of more than `MANY` the others are only counted, unless `all_places` is set. `colour` adds terminal escapes and
    changes nothing else. Sentences are broken into lines of `columns`, if that is given.
    """
    explained: set[str] = set()
    sources = {source.shown: source.data for source in report.sources}
    blocks: list[str] = []
    for group in grouped(report.diagnostics):
        most = None if all_places else MANY
        lines = list(_block(group, most, columns, sources, explain=group[0].code not in explained))
        explained.add(group[0].code)
        blocks.append("".join(line(*pieces, colour=colour) for pieces in lines))
    return "\n".join(blocks)


_Line = tuple[Piece | str, ...]


def _block(
    group: tuple[Diagnostic, ...],
    most: int | None,
    columns: int | None,
    sources: Mapping[str, bytes],
    *,
    explain: bool,
) -> Iterator[_Line]:
    diagnostic, *others = group
    yield _heading(diagnostic)
    yield ("  ", *_place(diagnostic))
    yield from _source(diagnostic, columns)
    yield from ((f"  {text}",) for text in wrapped(printable(diagnostic.message), columns and columns - 2))
    yield from _chain(diagnostic, columns)
    yield from _remedy(diagnostic, columns, sources)
    yield from _elsewhere(diagnostic, others, most)
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


def _source(diagnostic: Diagnostic, columns: int | None) -> Iterator[_Line]:
    if not diagnostic.location.lines:
        return
    row = str(diagnostic.location.start.row)
    margin = Piece(f"  {' ' * len(row)} | ", Style.DIM)
    left = MAX_WIDTH if columns is None else max(_NARROWEST, columns - len(margin.text) - 2)
    shown = frame(diagnostic.location, min(MAX_WIDTH, left))
    yield (Piece(f"  {row} | ", Style.DIM), shown.source)
    yield (margin, Piece(shown.carets, _SEVERITY_STYLES[diagnostic.severity]))


def _chain(diagnostic: Diagnostic, columns: int | None) -> Iterator[_Line]:
    steep = 4 if len(diagnostic.chain) <= _STEEPEST else 1
    for depth, step in enumerate(diagnostic.chain):
        lead = "   " + " " * steep * depth + "└─ "
        place = _link(step.location)
        first = len(lead) + columns_of(place) + 2
        message, *rest = wrapped(printable(step.message), columns, first=first, hanging=len(lead) + 2)
        yield (Piece(lead, Style.DIM), Piece(place, Style.PLACE), f"  {message}" if message else "")
        yield from ((text,) for text in rest)


def _elsewhere(leader: Diagnostic, others: list[Diagnostic], most: int | None) -> Iterator[_Line]:
    """The other places of the cause, those of one function on one line; of more than `most` lines only a count."""
    if not others:
        return
    yield ("  also reached from:" if leader.chain else "  also called at:",)
    lines = _by_function(others)
    shown = lines if most is None or len(lines) <= most else lines[:most]
    for places in shown:
        yield ("    ", *_places(leader, places))
    left = len(others) - sum(map(len, shown))
    if left:
        yield (Piece(f"    … and {left} more; --verbose lists all", Style.DIM),)


def _by_function(diagnostics: list[Diagnostic]) -> list[list[Diagnostic]]:
    """Findings that stand in one function of one file together, in the order of the first of each."""
    found: dict[tuple[str, str, Severity], list[Diagnostic]] = {}
    for item in diagnostics:
        found.setdefault((item.location.path, item.symbol, item.severity), []).append(item)
    return list(found.values())


def _places(leader: Diagnostic, places: list[Diagnostic]) -> Iterator[Piece | str]:
    """`a.py:3:1, 9:5  in f`, with the severity where it is another than that of the one shown in full."""
    first, *others = places
    yield Piece(_link(first.location), Style.PLACE)
    for other in others:
        yield f", {other.location.start.row}:{other.location.start.column}"
    yield f"  in {printable(first.symbol)}" if first.symbol else ""
    if first.severity is not leader.severity:
        yield Piece(f"  ({first.severity.value})", _SEVERITY_STYLES[first.severity])


def _remedy(diagnostic: Diagnostic, columns: int | None, sources: Mapping[str, bytes]) -> Iterator[_Line]:
    if not diagnostic.fixes:
        return
    fix = diagnostic.fixes[0]
    is_shown = fix.applicability is Applicability.DISPLAY
    note = "shown only" if is_shown else fix.applicability.value
    yield (f"  fix: {printable(fix.message)}", Piece(f" ({note})", Style.DIM))
    if is_shown:
        yield from _change(fix, diagnostic.location.path, columns, sources)


def _change(fix: Fix, here: str, columns: int | None, sources: Mapping[str, bytes]) -> Iterator[_Line]:
    """What a fix that is never applied would change; of one that is, `--diff` shows it."""
    from asynclint.report.fix_diff import hunks  # noqa: PLC0415 - difflib is not needed by most runs

    shown = hunks(fix, sources)
    rows = [line["row"] for hunk in shown for line in hunk["lines"] if line["row"] is not None]
    wide = len(str(max(rows, default=0)))
    left = MAX_WIDTH if columns is None else max(_NARROWEST, columns - wide - 8)
    path = here
    for number, hunk in enumerate(shown):
        if hunk["path"] != path:
            path = hunk["path"]
            yield ("    ", Piece(printable_path(path), Style.PLACE))
        elif number:
            yield (Piece(f"    {'⋮':>{wide}}", Style.DIM),)
        yield from (_changed(row, wide, left) for row in hunk["lines"])


def _changed(row: DiffLine, wide: int, left: int) -> _Line:
    number = f"    {row['row'] or '':>{wide}}"
    text = f" {row['sign']} {cropped(row['text'], left)}".rstrip()
    return Piece(number, Style.DIM), Piece(text, _SIGN_STYLES[row["sign"]])

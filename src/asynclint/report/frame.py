"""A line of source with its number and a caret line under the range that is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from asynclint.report.printable import cells, width

if TYPE_CHECKING:
    from asynclint.core.span import Location

TAB = 4
MAX_WIDTH = 160
"""Columns of source that are shown; of longer lines the part around the range."""

_CUT = "…"


class Frame(NamedTuple):
    """Both lines start at the same column of the terminal."""

    source: str
    carets: str


def frame(location: Location, columns: int = MAX_WIDTH) -> Frame:
    """The first line of a range, cut to so many columns; carets stand under every column of the range, at least one."""
    text = location.lines[0] if location.lines else ""
    shown = line_cells(text)
    first = min(location.start.column - 1, len(text))
    last = location.end.column - 1 if location.end.row == location.start.row else len(text)
    before = sum(map(width, shown[:first]))
    marked = max(1, sum(map(width, shown[first:last])))
    return _cropped(shown, first, before, marked, columns)


def cropped(text: str, columns: int) -> str:
    """The beginning of a line that is ready to be shown, cut to so many columns."""
    return _cropped(list(text), 0, 0, 0, columns).source


def line_cells(text: str) -> list[str]:
    """For each code point of a line of source what is shown for it, tabs as the spaces they stand for."""
    shown = cells(text)
    column = 0
    for place, char in enumerate(text):
        if char == "\t":
            shown[place] = " " * (TAB - column % TAB)
        column += width(shown[place])
    return shown


def _cropped(shown: list[str], first: int, before: int, marked: int, columns: int) -> Frame:
    if sum(map(width, shown)) <= columns:
        return Frame("".join(shown), " " * before + "^" * marked)
    start = first
    lead = 0
    while start and lead + width(shown[start - 1]) <= columns // 4:
        start -= 1
        lead += width(shown[start])
    end = first
    used = lead
    while end < len(shown) and used + width(shown[end]) <= columns:
        used += width(shown[end])
        end += 1
    head, tail = _CUT if start else "", _CUT if end < len(shown) else ""
    carets = " " * (lead + len(head)) + "^" * min(marked, max(1, used - lead))
    return Frame(head + "".join(shown[start:end]) + tail, carets)

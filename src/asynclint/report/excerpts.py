"""Lines of source around a place, with what is meant in them marked, each excerpt kept once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from asynclint.report.frame import line_cells
from asynclint.report.printable import printable_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asynclint.core.diagnostic import SourceText
    from asynclint.core.span import Location

MAX_ROWS = 14
"""Rows of a range that are shown."""
MAX_COLUMNS = 400
"""Code points of a line that are shown; of longer lines the part around the range."""

_LEAD = 80
_CUT = "…"


class ExcerptLine(TypedDict):
    """A row as it is shown; `mark` is the marked part in UTF-16 units, as JavaScript counts, or None."""

    row: int
    text: str
    mark: tuple[int, int] | None


class Excerpt(TypedDict):
    path: int
    row: int
    column: int
    lines: list[ExcerptLine]


class Excerpts:
    """Excerpts and the names of their files, each with a number, so that findings may share them."""

    def __init__(self, sources: Iterable[SourceText]) -> None:
        self.sources = {source.shown: source.data for source in sources}
        self._lines: dict[str, list[str]] = {}
        self._numbers: dict[tuple[Location, int], int] = {}
        self._paths: dict[str, int] = {}
        self.all: list[Excerpt] = []

    @property
    def paths(self) -> list[str]:
        """The names of the files by their numbers, safe to show."""
        return [printable_path(path) for path in self._paths]

    def path(self, path: str) -> int:
        """The number of a file."""
        return self._paths.setdefault(path, len(self._paths))

    def excerpt(self, location: Location, around: int) -> int:
        """The number of the excerpt that shows a place with so many rows before and after it."""
        key = (location, around)
        if key not in self._numbers:
            self._numbers[key] = len(self.all)
            self.all.append(self._made(location, around))
        return self._numbers[key]

    def lines_of(self, path: str) -> list[str]:
        """The lines of a file as text, without their ends; none where the source is not at hand."""
        if path not in self._lines:
            self._lines[path] = [line.decode() for line in self.sources.get(path, b"").splitlines()]
        return self._lines[path]

    def _made(self, location: Location, around: int) -> Excerpt:
        start, end = location.start, location.end
        last = min(end.row, start.row + MAX_ROWS - 1)
        source = self.lines_of(location.path)
        own = dict(enumerate(location.lines, start.row))
        first = max(1, start.row - around) if source else start.row
        until = min(len(source), last + around) if source else last
        rows = {row: source[row - 1] if row <= len(source) else own.get(row, "") for row in range(first, until + 1)}
        rows = {**rows, **{row: text for row, text in own.items() if row <= last}}
        lines = [_line(row, text, location) for row, text in sorted(rows.items())]
        return {"path": self.path(location.path), "row": start.row, "column": start.column, "lines": lines}


def _line(row: int, text: str, location: Location) -> ExcerptLine:
    start, end = location.start, location.end
    if not start.row <= row <= end.row:
        shown = line_cells(text[: MAX_COLUMNS + 1])
        return {"row": row, "text": "".join(shown[:MAX_COLUMNS]) + _CUT * (len(text) > MAX_COLUMNS), "mark": None}
    first = start.column - 1 if row == start.row else len(text) - len(text.lstrip())
    last = end.column - 1 if row == end.row else len(text)
    skipped = max(0, first - _LEAD) if len(text) > MAX_COLUMNS else 0
    kept = text[skipped : skipped + MAX_COLUMNS]
    shown = line_cells(kept)
    head = _CUT if skipped else ""
    tail = _CUT if skipped + len(kept) < len(text) else ""
    before = len(head) + utf16_length("".join(shown[: first - skipped]))
    marked = utf16_length("".join(shown[first - skipped : last - skipped]))
    mark = (before, before + marked) if marked else None
    return {"row": row, "text": head + "".join(shown) + tail, "mark": mark}


def utf16_length(text: str) -> int:
    """How long JavaScript takes a text to be."""
    return len(text) + sum(char > "\uffff" for char in text)

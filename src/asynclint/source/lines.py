"""From byte offsets to rows and columns, and back."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from asynclint.core.span import Location, Position, Span

if TYPE_CHECKING:
    from asynclint.source.text import SourceFile

_LINE_BREAK = re.compile(rb"\r\n?|\n")
"""What ends a line for Python's tokenizer: not the form feed, nor the further breaks that `str.splitlines` knows."""


def _bounds(data: bytes) -> tuple[list[int], list[int]]:
    """Where each row begins and ends, without its line break."""
    if b"\r" not in data:  # nearly always; several times as fast
        ends = [end + row for row, end in enumerate(accumulate(map(len, data.split(b"\n"))))]
        return [0, *(end + 1 for end in ends[:-1])], ends
    breaks = list(_LINE_BREAK.finditer(data))
    return [0, *(found.end() for found in breaks)], [*(found.start() for found in breaks), len(data)]


class LineTable:
    """The lines of a text given as UTF-8 without BOM.

    Offsets are bytes from 0; rows and columns start at 1, and columns count code points.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._starts, self._ends = _bounds(data)

    def __len__(self) -> int:
        """How many rows there are; text that ends in a line break has an empty last row."""
        return len(self._starts)

    def position(self, offset: int) -> Position:
        """The place of an offset from 0 to the length of the text."""
        row = bisect_right(self._starts, offset)
        before = self._data[self._starts[row - 1] : offset]
        return Position(row, len(before.decode("utf-8", "ignore")) + 1)

    def offset(self, position: Position) -> int:
        """The offset of a place; a column beyond the end of its line means that end.

        Raises IndexError for a row that the text does not have.
        """
        span = self.line_span(position.row)
        before = self._data[span.start : span.end].decode("utf-8")[: position.column - 1]
        return span.start + len(before.encode())

    def line_span(self, row: int) -> Span:
        """The range of a row without its line break. Raises IndexError for a row that the text does not have."""
        if not 1 <= row <= len(self._starts):
            raise IndexError(f"row {row} of {len(self._starts)}")
        return Span(self._starts[row - 1], self._ends[row - 1])

    def line_text(self, row: int) -> str:
        """The text of a row without its line break."""
        start, end = self.line_span(row)
        return self._data[start:end].decode("utf-8")

    def location(self, path: str, span: Span) -> Location:
        """A range as reports want it; `path` is the name that people see."""
        start, end = self.position(span.start), self.position(span.end)
        lines = tuple(self.line_text(row) for row in range(start.row, end.row + 1))
        return Location(path, span, start, end, lines)


def location(source: SourceFile, span: Span) -> Location:
    """A range of a file as reports want it."""
    return source.lines.location(source.display, span)

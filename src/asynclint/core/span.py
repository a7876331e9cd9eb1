"""Places in source text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Span(NamedTuple):
    """A half-open range of UTF-8 byte offsets (0-based) in the text of one file, a leading BOM not counted."""

    start: int
    end: int


class Position(NamedTuple):
    """A place as people count it: `row` from 1, `column` from 1 in Unicode code points."""

    row: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A range in a file, carrying what a report needs to show it.

    `path` is relative to the working folder with `/` between its parts (absolute where it lies outside).
    `end` is exclusive. `lines` are the whole source lines from `start.row` to `end.row`, without line ends,
    so that a writer can count in the unit of its format without opening the file.
    """

    path: str
    span: Span
    start: Position
    end: Position
    lines: tuple[str, ...] = ()

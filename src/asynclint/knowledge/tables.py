"""Reading of the tables beside this module: CSV in UTF-8 with a header, one row a line, sorted by the first column.

No cell holds a comma or a quote (a test sees to that), so a line is read by cutting it at its commas, and a table may
be indexed before its lines are read. Loading all tables takes a few milliseconds that way.
"""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent


def read_table(name: str) -> list[list[str]]:
    """The rows of `name`.csv without its header."""
    return [parse_line(line) for line in _lines(name)[1:]]


def index_table(name: str) -> dict[str, str]:
    """The lines of `name`.csv by their first column, for `parse_line`."""
    return {line.partition(",")[0]: line for line in _lines(name)[1:]}


def parse_line(line: str) -> list[str]:
    """The columns of a line."""
    return line.split(",")


def column_names(name: str) -> list[str]:
    """The header of `name`.csv."""
    return parse_line(_lines(name)[0])


def _lines(name: str) -> list[str]:
    return (_FOLDER / f"{name}.csv").read_text(encoding="utf-8").splitlines()

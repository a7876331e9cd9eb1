"""Reading of the tables beside this module: CSV in UTF-8 with a header, one row a line, sorted by the first column."""

from __future__ import annotations

import csv
from pathlib import Path

_FOLDER = Path(__file__).parent


def read_table(name: str) -> list[list[str]]:
    """The rows of `name`.csv without its header."""
    text = (_FOLDER / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.reader(text.splitlines()))[1:]


def column_names(name: str) -> list[str]:
    """The header of `name`.csv."""
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as table:
        return next(csv.reader(table))

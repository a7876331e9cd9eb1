"""Why a text has no intermediate representation."""

from __future__ import annotations

from typing import Final

MAX_DEPTH: Final = 400
"""Of the syntax tree as far as tokens show it: open brackets and blocks, and in each of them the operators,
attributes, calls and `elif` so far. The IR nests up to two levels for each, and Python's recursion limit is 1,000."""


class LowerError(Exception):
    """No front end reads the text.

    `message` is one line, for people. `row` and `column` count from 1, the column in code points.
    """

    def __init__(self, message: str, row: int, column: int = 1) -> None:
        super().__init__(message, row, column)
        self.message = message
        self.row = row
        self.column = column

    def __str__(self) -> str:
        return f"{self.message} (line {self.row}, column {self.column})"


class NestingTooDeep(LowerError):  # noqa: N818 - the name says what is wrong, as in `RecursionError`'s message
    """The text nests deeper than the parsers and the analysis can follow."""

    def __init__(self, row: int, column: int = 1) -> None:
        super().__init__("code is nested too deeply to be analysed", row, column)

    def __reduce__(self) -> tuple[type[NestingTooDeep], tuple[int, int]]:
        return NestingTooDeep, (self.row, self.column)  # the default would hand the message to `__init__`

"""Text with meaning, printed plain or in colour; the letters are the same in both."""

from __future__ import annotations

import enum
import re
from typing import NamedTuple

from asynclint.report.printable import cells, width, without_command

_WORD = re.compile(r"(?:`[^`]*`|\S)+")
"""What is kept on one line: a word, or code with its spaces."""


class Style(enum.Enum):
    """What a piece of text is; the values are parameters of the terminal's "select graphic rendition"."""

    PLAIN = ""
    STRONG = "1"
    DIM = "2"
    PLACE = "36"
    ERROR = "1;31"
    WARNING = "1;33"
    NOTE = "1;34"


class Piece(NamedTuple):
    text: str
    style: Style = Style.PLAIN


def line(*pieces: Piece | str, colour: bool) -> str:
    """A line of output, ended; bare strings are plain. All of it is printable, and it is no command to GitHub."""
    return without_command("".join(_paint(piece, colour=colour) for piece in pieces)) + "\n"


def _paint(piece: Piece | str, *, colour: bool) -> str:
    if isinstance(piece, str):
        return piece
    if not colour or piece.style is Style.PLAIN or not piece.text:
        return piece.text
    return f"\x1b[{piece.style.value}m{piece.text}\x1b[0m"


def columns_of(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return len(text) if text.isascii() else sum(map(width, cells(text)))


def wrapped(text: str, columns: int | None, *, first: int = 0, hanging: int = 0) -> list[str]:
    """The lines of a sentence: the first begins at column `first`, the others are indented by `hanging`.

    The first is empty where no word fits there. A word or a piece of code that fits nowhere has a line of its own.
    Without `columns` all is one line.
    """
    if columns is None:
        return [text]
    lines = [""]
    at = first
    for word in _WORD.findall(text):
        wide = columns_of(word)
        gap = " " if lines[-1].strip() else ""
        if at + len(gap) + wide > columns and (gap or at > hanging):
            lines.append(" " * hanging + word)
            at = hanging + wide
        else:
            lines[-1] += gap + word
            at += len(gap) + wide
    return lines

"""Text with meaning, printed plain or in colour; the letters are the same in both."""

from __future__ import annotations

import enum
from typing import NamedTuple


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
    """A line of output, ended; bare strings are plain."""
    return "".join(_paint(piece, colour=colour) for piece in pieces) + "\n"


def _paint(piece: Piece | str, *, colour: bool) -> str:
    if isinstance(piece, str):
        return piece
    if not colour or piece.style is Style.PLAIN or not piece.text:
        return piece.text
    return f"\x1b[{piece.style.value}m{piece.text}\x1b[0m"

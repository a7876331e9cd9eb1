"""Text from the outside made safe to print: names of files and lines of source are data, never commands."""

from __future__ import annotations

import re
import unicodedata

_LOG_COMMAND = re.compile(r"(?i)##(?=[a-z]*\[)")
"""`##[group]`, `##vso[…]`, `##teamcity[…]`: what build servers obey anywhere in a line."""


def printable(text: str) -> str:
    """The text on one line without control characters, invisible characters, or commands to a build server."""
    if text.isprintable() and "##" not in text:
        return text
    return "".join(cells(text))


def printable_path(path: str) -> str:
    """A file name that may begin a line: there `::error::` is a command to GitHub, with blanks before it too.

    Source: `ActionCommand.TryParseV2` of actions/runner, which trims the start of a line.
    """
    return printable(f"./{path}" if path.lstrip().startswith(":") else path)


def cells(text: str) -> list[str]:
    """For each code point what is printed for it: itself, or an escape such as `\\x1b`."""  # noqa: D301
    shown = [char if char.isprintable() else _escape(char) for char in text]
    for found in _LOG_COMMAND.finditer(text):
        shown[found.start() + 1] = _escape("#")
    return shown


def width(cell: str) -> int:
    """How many columns of a terminal a cell takes."""
    if len(cell) > 1 or cell.isascii():
        return len(cell)
    if unicodedata.combining(cell) or unicodedata.category(cell) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(cell) in "WF" else 1


def _escape(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

"""Text from the outside made safe to print: names of files and lines of source are data, never commands."""

from __future__ import annotations

import re
import unicodedata

_LOG_COMMAND = re.compile(r"(?i)##(?=[a-z]*\[)")
"""`##[group]`, `##vso[…]`, `##teamcity[…]`: what build servers obey anywhere in a line."""

_ACTING = re.compile(r"[\0-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\r(?!\Z)")
"""Control characters but for the tab, the form feed and the end of a row; what turns the direction of text."""


def printable(text: str) -> str:
    """The text on one line without control characters, invisible characters, or commands to a build server."""
    if text.isprintable() and "##" not in text:
        return text
    return "".join(cells(text))


def printable_line(text: str) -> str:
    """The same for a text that begins a line: there `::error::` is a command to GitHub, with blanks before it too."""
    return without_command(printable(text))


def without_command(line: str) -> str:
    """A line of printable text that is no command to GitHub.

    Source: `ActionCommand.TryParseV2` of actions/runner, which trims the start of a line.
    """
    text = line.lstrip()
    return line[: len(line) - len(text)] + _escape(":") + text[1:] if text.startswith("::") else line


def printable_path(path: str) -> str:
    """A file name that may begin a line, as it can be given on a command line."""
    return printable(f"./{path}" if path.lstrip().startswith(":") else path)


def harmless_row(row: str) -> str:
    """A row of a diff in which nothing acts on a terminal or a build server; all that does not is as it was."""
    shown = _ACTING.sub(lambda found: _escape(found[0]), row)
    return without_command(_LOG_COMMAND.sub(lambda found: found[0][:1] + _escape("#"), shown))


def escaped_in_toml(text: str) -> str:
    """A document of TOML, with what is not printable and what would be a command escaped in its strings."""
    shown = "".join(char if char.isprintable() or char == "\n" else _toml_escape(char) for char in text)
    return _LOG_COMMAND.sub(lambda found: found[0][:1] + _toml_escape("#"), shown)


def _toml_escape(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


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

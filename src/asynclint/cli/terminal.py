"""What the terminal can show and how to write to it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

import click

from asynclint.report.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

_ASCII_ART = str.maketrans({"└": "`", "─": "-", "…": ".", "→": ">"})


def wants_colour(choice: str, stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether to colour: `--color`, then NO_COLOR, then FORCE_COLOR and CLICOLOR_FORCE, then what the stream is."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):  # an empty value does not count, https://no-color.org
        return False
    if any(environment.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return environment.get("TERM") != "dumb" and stream.isatty()


def write_out(text: str) -> None:
    """Write data to standard output. Raises UnwritableOutput."""
    sys.stdout.write(_encodable(text, sys.stdout.encoding))
    sys.stdout.flush()


def columns_of_terminal() -> int | None:
    """How wide the terminal is that is written to; None where it is none."""
    if not sys.stdout.isatty():
        return None
    import shutil  # noqa: PLC0415 - it imports what unpacks archives

    return shutil.get_terminal_size().columns


def say(message: str) -> None:
    """A line for people, on standard error."""
    click.echo(printable(message), err=True)


def _encodable(text: str, encoding: str) -> str:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII_ART).encode(encoding, "backslashreplace").decode(encoding)
    return text

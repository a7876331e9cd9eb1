"""What the terminal can show and how to write to it."""

from __future__ import annotations

import os
import sys
from typing import IO, TYPE_CHECKING, Any, TextIO

import click

from asynclint.cli.exit_codes import NOT_CHECKED
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


class UnwritableOutput(click.ClickException):
    """Standard output takes nothing, on a full disk for instance."""

    exit_code = NOT_CHECKED

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002 - click's signature
        say(f"error: {self.message}")


def write_out(text: str) -> None:
    """Write data to standard output. A reader that has gone away (`| head -1`) is no error.

    Raises UnwritableOutput for everything else that goes wrong.
    """
    stream = sys.stdout
    try:
        stream.write(_encodable(text, stream.encoding))
        stream.flush()
    except OSError as error:
        # Else the interpreter tries again at exit, and complains.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if not isinstance(error, BrokenPipeError):
            raise UnwritableOutput(
                f"cannot write to standard output: {(error.strerror or str(error)).lower()}"
            ) from None


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

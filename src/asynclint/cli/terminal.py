"""What the terminal can show and how to write to it."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING, TextIO

import click

from asynclint.report.printable import printable_line

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


def is_log(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether what is written goes before people: on a terminal, or into the log of a build server.

    That reads from a pipe, as `git apply` does; a regular file is for programs there too.
    """
    if stream.isatty():
        return True
    if all(environment.get(name, "") in ("", "0", "false") for name in _OF_BUILD_SERVERS):
        return False
    try:
        return not stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except OSError:  # a stream that is no file
        return True


_OF_BUILD_SERVERS = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION", "JENKINS_URL")
"""Variables that Azure Pipelines, TeamCity and Jenkins set, which do not set `CI` as others do."""


def write_out(text: str) -> None:
    """Write data to standard output. Raises UnwritableOutput."""
    sys.stdout.write(_encodable(text, sys.stdout.encoding))
    sys.stdout.flush()


def write_out_exactly(text: str) -> None:
    """Write data to standard output byte for byte; a lone surrogate stands for one that is no UTF-8."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)  # a stream of another kind is one of text only
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="surrogateescape", newline="")
    sys.stdout.write(text)
    sys.stdout.flush()


def columns_of_terminal() -> int | None:
    """How wide the terminal is that is written to; None where it is none."""
    if not sys.stdout.isatty():
        return None
    import shutil  # noqa: PLC0415 - it imports what unpacks archives

    return shutil.get_terminal_size().columns


def say(message: str) -> None:
    """A line for people, on standard error."""
    click.echo(printable_line(message), err=True)


def _encodable(text: str, encoding: str) -> str:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII_ART).encode(encoding, "backslashreplace").decode(encoding)
    return text

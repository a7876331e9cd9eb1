"""What a run is about: paths, a list of paths, or the text on standard input."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import click

from asynclint.cli.configuration import working_folder
from asynclint.cli.refusal import Refusal
from asynclint.cli.streams import read_standard_input, reason
from asynclint.config.settings import GivenText, SettingsError
from asynclint.source.paths import absolute

STANDARD_INPUT = "-"
_HERE = (".",)
_MOST_BYTES = 2**28
"""Of a list of files: a device has no end."""


class Inputs(NamedTuple):
    """The paths to check, and the text of the one that came on standard input."""

    paths: tuple[str, ...]
    given: GivenText | None = None


def read_inputs(
    paths: tuple[str, ...], *, files_from: str | None, stdin_filename: str | None, allow_empty: bool
) -> Inputs:
    """The inputs that PATHS and the options beside them name. Raises Refusal and click.UsageError."""
    if files_from is not None:
        if paths or stdin_filename is not None:
            raise click.UsageError("--files-from has all that is to be checked; give no PATHS beside it")
        return Inputs(_listed_files(files_from, allow_empty=allow_empty))
    if STANDARD_INPUT in paths:
        if len(paths) > 1:
            raise click.UsageError("`-` is the text on standard input; give no other PATHS beside it")
        name = stdin_filename or STANDARD_INPUT
        return Inputs((name,), GivenText(absolute(name, working_folder()), _given_text()))
    if stdin_filename is not None:
        raise click.UsageError("--stdin-filename names the text on standard input; give `-` as the path")
    return Inputs(paths or _HERE)


def _listed_files(name: str, *, allow_empty: bool) -> tuple[str, ...]:
    data = _content(name)
    names = data.split(b"\0") if b"\0" in data else data.splitlines()
    # A file may be called `-`, which among the paths is standard input.
    listed = tuple(f"./{file}" if file == STANDARD_INPUT else file for file in map(os.fsdecode, names) if file.strip())
    if not listed and not allow_empty:
        raise _refusal(name, "names no file (--allow-empty makes that no error)")
    return listed


def _given_text() -> bytes:
    try:
        return read_standard_input()
    except OSError as error:
        raise Refusal(SettingsError((f"cannot read standard input: {reason(error)}",))) from None


def _content(name: str) -> bytes:
    try:
        if name == STANDARD_INPUT:
            return read_standard_input()
        with Path(name).open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = reason(error) if isinstance(error, OSError) else str(error).lower()
        raise _refusal(name, f"cannot be read: {why}") from None
    if len(data) > _MOST_BYTES:
        raise _refusal(name, f"has more than {_MOST_BYTES // 2**20} MB")
    return data


def _refusal(name: str, reason: str) -> Refusal:
    list_name = "standard input" if name == STANDARD_INPUT else name
    return Refusal(SettingsError((f"the list of files in {list_name} {reason}",)))

"""A report brought to all its outputs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from asynclint.cli.outputs import UnwritableFile, write_files
from asynclint.cli.terminal import columns_of_terminal, say, wants_colour, write_out
from asynclint.report.formats import DEFAULT_CATEGORY, Format, render, shortfalls

if TYPE_CHECKING:
    from asynclint.cli.outputs import Output
    from asynclint.core.diagnostic import Report
    from asynclint.core.entry_point import EntryPoints

_SUMMARY = "GITHUB_STEP_SUMMARY"
"""The variable in which GitHub Actions names the file for the summary of a step."""


def write_reports(  # noqa: PLR0913 - each is an option of the command
    report: Report,
    outputs: tuple[Output, ...],
    *,
    exit_code: int,
    colour: str,
    category: str | None,
    all_places: bool = False,
    entry_points: EntryPoints | None = None,
) -> bool:
    """Write every output, files first; whether all could be written. `colour` is the value of `--color`."""
    rendered: dict[Output, str] = {}
    for output in outputs:
        rendered[output] = render(
            report,
            output.format,
            colour=colour == "always" if output.file else wants_colour(colour, sys.stdout, os.environ),
            exit_code=exit_code,
            category=category or DEFAULT_CATEGORY,
            all_places=all_places,
            columns=None if output.file else columns_of_terminal(),
            entry_points=entry_points,
        )
    complete = write_or_say({output.file: text for output, text in rendered.items() if output.file is not None})
    for output, text in rendered.items():
        if output.file is None:
            write_out(text)
    for output, text in rendered.items():
        for line in shortfalls(report, output.format, text):
            say(f"warning: {line}")
    if any(output.format is Format.GITHUB for output in outputs):
        _append_summary(report)
    return complete


def write_or_say(texts: dict[str, str]) -> bool:
    """Write all files or none; where that cannot be done, say why, and return False."""
    try:
        write_files(texts)
    except UnwritableFile as error:
        say(f"error: {error}")
        return False
    return True


def _append_summary(report: Report) -> None:
    path = os.environ.get(_SUMMARY)
    if not path:
        return
    from asynclint.report.github import summary  # noqa: PLC0415 - only there

    try:
        with Path(path).open("a", encoding="utf-8", newline="") as file:
            file.write(summary(report))
    except OSError as error:
        say(f"warning: cannot append the summary to {path}: {error.strerror}")

"""`asynclint check --show-files`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.cli.coverage import error_line
from asynclint.cli.exit_codes import NOT_CHECKED
from asynclint.cli.refusal import Refusal
from asynclint.cli.terminal import say, write_out
from asynclint.config.settings import SettingsError
from asynclint.report.printable import printable_path

if TYPE_CHECKING:
    from asynclint.config.settings import Settings


def show_files(paths: tuple[str, ...], settings: Settings, *, verbose: bool) -> int:
    """List the files of the paths, one on each line, with `verbose` also what is passed over; the exit code."""
    from asynclint.run.questions import files_of  # noqa: PLC0415 - `--help` needs none of it

    try:
        listing = files_of(paths, settings)
    except SettingsError as error:
        raise Refusal(error) from None
    write_out("".join(f"{printable_path(file)}\n" for file in listing.files))
    for line in listing.passed_over if verbose else ():
        say(line)
    for problem in listing.errors:
        say(error_line(problem))
    return NOT_CHECKED if listing.errors else 0

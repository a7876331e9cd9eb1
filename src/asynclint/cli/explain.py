"""`asynclint check --explain`."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

import click

from asynclint.cli.coverage import error_line
from asynclint.cli.exit_codes import NOT_CHECKED
from asynclint.cli.progress import ProgressBar
from asynclint.cli.refusal import Refusal
from asynclint.cli.terminal import columns_of_terminal, say, wants_colour, write_out
from asynclint.config.settings import SettingsError
from asynclint.core.diagnostic import CheckError
from asynclint.report.explanation import render

if TYPE_CHECKING:
    from asynclint.cli.baselines import BaselineFile
    from asynclint.cli.progress import ProgressBar as Progress
    from asynclint.config.settings import Settings
    from asynclint.core.explanation import Explanation
    from asynclint.core.span import Span

_PLACE = re.compile(r"(?P<file>.+?):(?P<row>[0-9]{1,9})(:[0-9]+)?", re.DOTALL)


class Place(click.ParamType[tuple[str, int]]):
    """FILE:LINE, or FILE:LINE:COLUMN as reports show it."""

    name = "place"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        found = _PLACE.fullmatch(str(value))
        if found is None:
            return self.fail(f"{value!r} is not of the form FILE:LINE", param, ctx)
        return found["file"], int(found["row"])


def explain(place: tuple[str, int], settings: Settings, baseline: BaselineFile | None, colour: str) -> int:
    """Print what is known of the line; the exit code."""
    found = _explained(place, settings, baseline)
    if isinstance(found, CheckError):
        say(error_line(found))
        return NOT_CHECKED
    columns = columns_of_terminal()
    write_out(render(found, columns=columns, colour=wants_colour(colour, sys.stdout, os.environ)))
    return 0


def _explained(place: tuple[str, int], settings: Settings, baseline: BaselineFile | None) -> Explanation | CheckError:
    from asynclint.run.questions import explain as run  # noqa: PLC0415 - `--help` needs none of it

    path, row = place
    if os.path.isdir(path):  # noqa: PTH112 - the name as it was given
        return CheckError("missing-path", path, "this is a folder; `--explain` wants a line of a file")
    try:
        with ProgressBar(wanted=True) as progress:
            known = _baselined(path, settings, baseline, progress) if baseline is not None else frozenset()
            return run(path, row, settings, progress, known)
    except SettingsError as error:
        raise Refusal(error) from None


def _baselined(
    path: str, settings: Settings, baseline: BaselineFile, progress: Progress
) -> frozenset[tuple[str, Span]]:
    """The findings of the file that the baseline has."""
    from asynclint.run.checks import check  # noqa: PLC0415 - as above

    report = check((path,), settings, progress)
    new = baseline.compare(report).report.diagnostics
    return frozenset((item.code, item.location.span) for item in set(report.diagnostics).difference(new))

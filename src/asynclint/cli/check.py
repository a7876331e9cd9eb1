"""`asynclint check`."""

from __future__ import annotations

import logging
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from asynclint.cli.coverage import coverage_line, error_line
from asynclint.cli.exit_codes import exit_code
from asynclint.cli.progress import ProgressBar
from asynclint.cli.refusal import Refusal
from asynclint.cli.terminal import say, wants_colour, write_out
from asynclint.config.settings import Settings, SettingsError
from asynclint.core.diagnostic import Severity
from asynclint.report.formats import Format, render

if TYPE_CHECKING:
    from asynclint.core.diagnostic import Report

_NEVER = "never"


class _Jobs(click.ParamType[int | None]):
    """A number of processes, or `auto`."""

    name = "jobs"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value == "auto" or value is None:
            return None
        if isinstance(value, str) and value.isdecimal() and int(value) > 0:
            return int(value)
        return self.fail(f"{value!r} is neither a positive number nor `auto`", param, ctx)


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option("--select", multiple=True, metavar="RULES", help="Only these rules: codes, prefixes, names or ALL.")
@click.option("--ignore", multiple=True, metavar="RULES", help="Not these rules: codes, prefixes or names.")
@click.option(
    "--output-format",
    type=click.Choice([item.value for item in Format]),
    help="Form of the report.  [default: full on a terminal, else concise]",
)
@click.option(
    "--fail-level",
    type=click.Choice([*(item.value for item in Severity), _NEVER]),
    default=Severity.WARNING.value,
    show_default=True,
    help="The mildest severity that makes the exit code 1.",
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 in spite of findings; errors still give 2.")
@click.option("--isolated", is_flag=True, help="Read no asynclint configuration.")
@click.option("--no-cache", is_flag=True, help="Neither read nor write the cache.")
@click.option("--exhaustive", is_flag=True, help="Read every file with the slower reference parser (for tests).")
@click.option("-j", "--jobs", type=_Jobs(), default="auto", help="Number of processes.  [default: auto]")
@click.option("-q", "--quiet", is_flag=True, help="No summary; findings and errors only.")
@click.option("-v", "--verbose", is_flag=True, help="Say more of the run, with tracebacks of internal errors.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour the full report.")
@click.pass_context
def check(ctx: click.Context, /, paths: tuple[str, ...], **options: Any) -> None:
    """Check files and folders (default: the working folder).

    Exit code: 0 checked and clean, 1 findings, 2 something was not checked as asked, 130 interrupted.
    """
    settings = _settings(options)
    if options["verbose"]:
        _log_to_stderr()
    started = time.monotonic()
    report = _run(paths or (".",), settings, show_progress=not options["quiet"])
    colour = wants_colour(options["color"], sys.stdout, os.environ)
    write_out(render(report, _format(options["output_format"]), colour=colour))
    for error in report.errors:
        say(error_line(error))
    if not options["quiet"]:
        say(coverage_line(report, verbose=options["verbose"], seconds=time.monotonic() - started))
    ctx.exit(exit_code(report, settings))


def _run(paths: tuple[str, ...], settings: Settings, *, show_progress: bool) -> Report:
    from asynclint.run import check as run  # noqa: PLC0415 - `--version` and `--help` need none of it

    try:
        with ProgressBar(wanted=show_progress) as progress:
            return run(paths, settings, progress)
    except SettingsError as error:
        raise Refusal(error) from None


def _settings(options: dict[str, Any]) -> Settings:
    level = options["fail_level"]
    return Settings(
        select=_listed(options["select"]),
        ignore=_listed(options["ignore"]),
        fail_level=None if level == _NEVER else Severity(level),
        exit_zero=options["exit_zero"],
        isolated=options["isolated"],
        exhaustive=options["exhaustive"],
        use_cache=not options["no_cache"],
        jobs=options["jobs"],
    )


def _listed(values: tuple[str, ...]) -> tuple[str, ...]:
    """`--select A,B --select C` as one list."""
    return tuple(item.strip() for value in values for item in value.split(",") if item.strip())


def _format(name: str | None) -> Format:
    if name is not None:
        return Format(name)
    return Format.FULL if sys.stdout.isatty() else Format.CONCISE


def _log_to_stderr() -> None:
    logger = logging.getLogger("asynclint")
    logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.DEBUG)

"""`asynclint baseline create` and `asynclint baseline update`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from asynclint.cli.baselines import (
    DEFAULT_FILE,
    naming_for,
    read_baseline,
    refuse_foreign,
    write_baseline,
)
from asynclint.cli.coverage import counted, error_line
from asynclint.cli.exit_codes import NOT_CHECKED
from asynclint.cli.outputs import Output, UnwritableFile, refuse_unwritable
from asynclint.cli.progress import ProgressBar
from asynclint.cli.refusal import Refusal
from asynclint.cli.selectors import listed
from asynclint.cli.terminal import say
from asynclint.config.settings import Settings, SettingsError
from asynclint.findings.baseline import baseline_of
from asynclint.report.formats import Format

if TYPE_CHECKING:
    from collections.abc import Callable

    from asynclint.core.diagnostic import Report


@click.group()
def baseline() -> None:
    """Keep the findings of today apart from new ones."""


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """What both commands take."""
    decorators = (
        click.argument("paths", nargs=-1, metavar="[PATHS]..."),
        click.option("--file", default=DEFAULT_FILE, show_default=True, metavar="FILE", help="The baseline."),
        click.option("--select", multiple=True, metavar="RULES", help="Only these rules, as in `check`."),
        click.option("--ignore", multiple=True, metavar="RULES", help="Not these rules, as in `check`."),
        click.option(
            "--honour-peer-noqa/--no-honour-peer-noqa",
            default=True,
            help="As in `check`.  [default: yes]",
        ),
        click.option("-q", "--quiet", is_flag=True, help="Errors only."),
        click.pass_context,
    )
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


@baseline.command()
@_options
def create(ctx: click.Context, /, paths: tuple[str, ...], file: str, **options: Any) -> None:
    """Write all findings to the baseline.

    What it had before is replaced.
    """
    _refuse_unwritable(file)
    refuse_foreign(file)
    report = _checked(ctx, paths, options)
    write_baseline(file, baseline_of(report.diagnostics, naming_for(file)))
    if not options["quiet"]:
        say(f"wrote {counted(len(report.diagnostics), 'finding')} to {file}; check with --baseline {file}")


@baseline.command()
@_options
def update(ctx: click.Context, /, paths: tuple[str, ...], file: str, **options: Any) -> None:
    """Take out of the baseline what is fixed.

    New findings do not get in; only `create` writes those.
    """
    _refuse_unwritable(file)
    known = read_baseline(file)
    comparison = known.compare(_checked(ctx, paths, options))
    if comparison.fixed:
        write_baseline(file, comparison.left)
    if not options["quiet"]:
        new = len(comparison.report.diagnostics)
        say(
            f"removed {comparison.fixed} from {file}, {len(comparison.left)} left"
            + (f"; {counted(new, 'finding')} not in it" if new else "")
        )


def _refuse_unwritable(file: str) -> None:
    try:
        refuse_unwritable((Output(Format.JSON, file),))
    except UnwritableFile as error:
        raise Refusal(SettingsError((str(error),))) from None


def _checked(ctx: click.Context, paths: tuple[str, ...], options: dict[str, Any]) -> Report:
    """The report of a run that checked everything; else says what it did not and ends."""
    from asynclint.run import check as run  # noqa: PLC0415 - `--help` needs none of it

    settings = Settings(
        select=listed(options["select"]),
        ignore=listed(options["ignore"]),
        honour_peer_noqa=options["honour_peer_noqa"],
    )
    try:
        with ProgressBar(wanted=not options["quiet"]) as progress:
            report = run(paths or (".",), settings, progress)
    except SettingsError as error:
        raise Refusal(error) from None
    if report.errors:
        for problem in report.errors:
            say(error_line(problem))
        say("the baseline was not written, because not everything could be checked")
        ctx.exit(NOT_CHECKED)
    return report

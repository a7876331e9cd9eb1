"""`asynclint baseline create` and `asynclint baseline update`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from asynclint.cli.baselines import (
    DEFAULT_FILE,
    naming_for,
    read_baseline,
    refuse_foreign,
    refuse_nameless,
    write_baseline,
)
from asynclint.cli.completion import complete_rules
from asynclint.cli.configuration import PREFIX, config_of_run, config_options, working_folder
from asynclint.cli.coverage import counted, error_line
from asynclint.cli.exit_codes import NOT_CHECKED
from asynclint.cli.named_paths import named
from asynclint.cli.outputs import Output, UnwritableFile, refuse_unwritable
from asynclint.cli.progress import ProgressBar
from asynclint.cli.refusal import Refusal
from asynclint.cli.selectors import listed
from asynclint.cli.terminal import say
from asynclint.config.settings import Settings, SettingsError
from asynclint.findings.baseline import baseline_of
from asynclint.report.formats import Format
from asynclint.source.paths import absolute, display

if TYPE_CHECKING:
    from collections.abc import Callable

    from asynclint.config.config import Config
    from asynclint.core.diagnostic import Report


@click.group()
def baseline() -> None:
    """Keep the findings of today apart from new ones."""


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """What both commands take."""
    decorators = (
        click.argument("paths", nargs=-1, metavar="[PATHS]...", callback=named),
        click.option(
            "--file",
            metavar="FILE",
            help=f"The baseline.  [default: as configured, else {DEFAULT_FILE}]",
        ),
        click.option(
            "--select",
            multiple=True,
            metavar="RULES",
            shell_complete=complete_rules,
            help="Only these rules, as in `check`.",
        ),
        click.option(
            "--ignore",
            multiple=True,
            metavar="RULES",
            shell_complete=complete_rules,
            help="Not these rules, as in `check`.",
        ),
        click.option(
            "--honour-peer-noqa/--no-honour-peer-noqa",
            default=None,
            help="As in `check`.  [default: yes]",
        ),
        config_options,
        click.option("-q", "--quiet", is_flag=True, help="Errors only."),
        click.pass_context,
    )
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


@baseline.command(context_settings={"auto_envvar_prefix": PREFIX})
@_options
def create(ctx: click.Context, /, paths: tuple[str, ...], file: str | None, **options: Any) -> None:
    """Write all findings to the baseline.

    What it had before is replaced.
    """
    paths = paths or (".",)
    config = config_of_run(paths, options)
    file = _file(file, config)
    _refuse_unwritable(file)
    refuse_foreign(file)
    report = _checked(ctx, paths, config, options)
    write_baseline(file, baseline_of(report.diagnostics, naming_for(file)))
    if not options["quiet"]:
        use = "`check` compares with it" if _is_configured(file, config) else f"check with --baseline {file}"
        say(f"wrote {counted(len(report.diagnostics), 'finding')} to {file}; {use}")


@baseline.command(context_settings={"auto_envvar_prefix": PREFIX})
@_options
def update(ctx: click.Context, /, paths: tuple[str, ...], file: str | None, **options: Any) -> None:
    """Take out of the baseline what is fixed.

    New findings do not get in; only `create` writes those.
    """
    paths = paths or (".",)
    config = config_of_run(paths, options)
    file = _file(file, config)
    _refuse_unwritable(file)
    known = read_baseline(file, named=False)
    comparison = known.compare(_checked(ctx, paths, config, options))
    if comparison.left != known.baseline:
        write_baseline(file, comparison.left)
    if not options["quiet"]:
        new = len(comparison.report.diagnostics)
        say(
            f"removed {comparison.fixed} from {file}, {len(comparison.left)} left"
            + (f"; {counted(new, 'finding')} not in it" if new else "")
        )


@baseline.command(context_settings={"auto_envvar_prefix": PREFIX})
@_options
def prune(ctx: click.Context, /, **_: Any) -> None:
    """Take out of the baseline what is fixed, as `update` does."""
    ctx.forward(update)


def _file(given: str | None, config: Config) -> str:
    """The baseline's name as people see it: the one given, else that of the configuration."""
    if given is not None:
        return given
    return DEFAULT_FILE if config.baseline is None else display(config.baseline, working_folder())


def _is_configured(file: str, config: Config) -> bool:
    return config.baseline is not None and absolute(file, working_folder()) == config.baseline


def _refuse_unwritable(file: str) -> None:
    refuse_nameless(file)
    try:
        refuse_unwritable((Output(Format.JSON, file),))
    except UnwritableFile as error:
        raise Refusal(SettingsError((str(error),))) from None


def _checked(ctx: click.Context, paths: tuple[str, ...], config: Config, options: dict[str, Any]) -> Report:
    """The report of a run that checked everything; else says what it did not and ends."""
    from asynclint.run.checks import check as run  # noqa: PLC0415 - `--help` needs none of it

    settings = Settings(
        select=listed(options["select"]),
        ignore=listed(options["ignore"]),
        honour_peer_noqa=options["honour_peer_noqa"],
        isolated=options["isolated"],
        config=options["config"],
        max_file_size=config.max_file_size,
    )
    try:
        with ProgressBar(wanted=not options["quiet"]) as progress:
            report = run(paths, settings, progress)
    except SettingsError as error:
        raise Refusal(error) from None
    if report.errors:
        for problem in report.errors:
            say(error_line(problem))
        say("the baseline was not written, because not everything could be checked")
        ctx.exit(NOT_CHECKED)
    return report

"""`asynclint check`."""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from asynclint.cli.baselines import fixed_line, read_baseline
from asynclint.cli.configuration import PREFIX, config_of_run, config_options, working_folder
from asynclint.cli.coverage import coverage_line, error_line
from asynclint.cli.exit_codes import NOT_CHECKED, exit_code
from asynclint.cli.explain import Place, explain
from asynclint.cli.fixes import say_fixes, write_diff
from asynclint.cli.outputs import (
    Output,
    OutputType,
    UnwritableFile,
    chosen_outputs,
    refuse_reports_of_diff,
    refuse_unwritable,
)
from asynclint.cli.progress import ProgressBar
from asynclint.cli.refusal import Refusal
from asynclint.cli.reporting import write_reports
from asynclint.cli.selectors import listed
from asynclint.cli.terminal import say
from asynclint.config.settings import NEVER, Settings, SettingsError
from asynclint.core.diagnostic import Confidence, Severity
from asynclint.report.formats import Format
from asynclint.source.paths import display

if TYPE_CHECKING:
    from asynclint.cli.baselines import BaselineFile
    from asynclint.config.config import Config
    from asynclint.core.diagnostic import Diagnostic, Report
    from asynclint.run import Fixed


class _Jobs(click.ParamType[int | None]):
    """A number of processes, or `auto`."""

    name = "jobs"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value == "auto" or value is None:
            return None
        if isinstance(value, str) and value.isdecimal() and int(value) > 0:
            return int(value)
        return self.fail(f"{value!r} is neither a positive number nor `auto`", param, ctx)


@click.command(context_settings={"auto_envvar_prefix": PREFIX})
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option("--select", multiple=True, metavar="RULES", help="Only these rules: codes, prefixes, names or ALL.")
@click.option("--ignore", multiple=True, metavar="RULES", help="Not these rules: codes, prefixes or names.")
@click.option(
    "--output-format",
    type=OutputType(),
    multiple=True,
    help="Form of the report: full, concise, json, sarif or github; repeat it for several, all but one with a file, "
    "such as sarif=out.sarif.  [default: full on a terminal, else concise]",
)
@click.option("-o", "--output-file", metavar="FILE", help="Write the report to this file.")
@click.option("--sarif-category", metavar="NAME", help="Tells analyses of one commit apart.  [default: asynclint]")
@click.option(
    "--fail-level",
    type=click.Choice([*(item.value for item in Severity), NEVER]),
    help="The mildest severity that makes the exit code 1.  [default: warning]",
)
@click.option(
    "--min-confidence",
    type=click.Choice([item.value for item in Confidence]),
    help="The least confidence that a reported finding has.  [default: low]",
)
@click.option(
    "--explain",
    type=Place(),
    metavar="FILE:LINE",
    allow_from_autoenv=False,
    help="Say of one line what it calls, how that is known, where it runs, and why it is reported or not.",
)
@click.option("--fix", is_flag=True, help="Apply the safe fixes, and report what is left.")
@click.option(
    "--unsafe-fixes/--no-unsafe-fixes", default=None, help="With --fix or --diff: the unsafe fixes too.  [default: no]"
)
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option("--baseline", metavar="FILE", help="Report only what this file, of `asynclint baseline`, does not have.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 in spite of findings; errors still give 2.")
@click.option(
    "--honour-peer-noqa/--no-honour-peer-noqa",
    default=None,
    help="Whether codes of ruff and flake8 in a `# noqa` silence the rules of the same meaning.  [default: yes]",
)
@click.option("--force-exclude", is_flag=True, help="Leave out excluded files even if they are given by name.")
@config_options
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
    if options["unsafe_fixes"] and not (options["fix"] or options["diff"]):
        raise click.UsageError("--unsafe-fixes says which fixes --fix and --diff take; add one of them")
    place = options["explain"]
    if place is not None and (paths or options["fix"] or options["diff"]):
        raise click.UsageError("--explain is about one line: give it no PATHS, --fix or --diff")
    paths = (place[0],) if place is not None else paths or (".",)
    config = config_of_run(paths, options)
    settings = _settings(options, config)
    if options["unsafe_fixes"] is None:
        options["unsafe_fixes"] = config.unsafe_fixes
    outputs = _outputs(options, config)
    baseline = _baseline(options, config)
    if options["verbose"]:
        _log_to_stderr()
    if place is not None:
        ctx.exit(explain(place, settings, baseline, options["color"]))
    started = time.monotonic()
    fixed = _fix(paths, settings, baseline, options) if options["fix"] or options["diff"] else None
    report = fixed.report if fixed else _run(paths, settings, show_progress=not options["quiet"])
    if fixed and options["diff"]:
        ctx.exit(write_diff(fixed, settings))
    comparison = baseline.compare(report) if baseline else None
    report = comparison.report if comparison else report
    code = exit_code(report, settings)
    written = write_reports(
        report, outputs, exit_code=code, colour=options["color"], category=options["sarif_category"]
    )
    for error in report.errors:
        say(error_line(error))
    if not options["quiet"]:
        if baseline and comparison and comparison.fixed:
            say(fixed_line(comparison.fixed, baseline.file))
        say(coverage_line(report, verbose=options["verbose"], seconds=time.monotonic() - started))
    ctx.exit(code if written else NOT_CHECKED)


def _run(paths: tuple[str, ...], settings: Settings, *, show_progress: bool) -> Report:
    from asynclint.run import check as run  # noqa: PLC0415 - `--version` and `--help` need none of it

    try:
        with ProgressBar(wanted=show_progress) as progress:
            return run(paths, settings, progress)
    except SettingsError as error:
        raise Refusal(error) from None


def _fix(paths: tuple[str, ...], settings: Settings, baseline: BaselineFile | None, options: dict[str, Any]) -> Fixed:
    """Fix what the baseline does not have: what it has is left for another day."""
    from asynclint.run import fix  # noqa: PLC0415 - as above

    def fixable(report: Report) -> tuple[Diagnostic, ...]:
        return baseline.compare(report).report.diagnostics if baseline else report.diagnostics

    write = not options["diff"]
    try:
        with ProgressBar(wanted=not options["quiet"]) as progress:
            fixed = fix(
                paths,
                settings,
                unsafe=options["unsafe_fixes"],
                write=write,
                progress=progress,
                fixable=fixable,
            )
    except SettingsError as error:
        raise Refusal(error) from None
    say_fixes(fixed, written=write, quiet=options["quiet"])
    return fixed


def _baseline(options: dict[str, Any], config: Config) -> BaselineFile | None:
    file = options["baseline"]
    if file is None and config.baseline is not None:
        file = display(config.baseline, working_folder())
    return None if file is None else read_baseline(file)


def _settings(options: dict[str, Any], config: Config) -> Settings:
    level = options["fail_level"] or config.fail_level
    return Settings(
        select=listed(options["select"]),
        ignore=listed(options["ignore"]),
        fail_level=None if level == NEVER else Severity(level),
        exit_zero=options["exit_zero"],
        isolated=options["isolated"],
        exhaustive=options["exhaustive"],
        use_cache=not options["no_cache"],
        jobs=options["jobs"],
        honour_peer_noqa=options["honour_peer_noqa"],
        min_confidence=Confidence(options["min_confidence"]) if options["min_confidence"] else None,
        force_exclude=options["force_exclude"] or config.force_exclude,
        max_file_size=config.max_file_size,
        config=options["config"],
        count_unresolved=options["verbose"]
        or config.output_format == Format.JSON.value
        or any(item.format is Format.JSON for item in options["output_format"]),
    )


def _outputs(options: dict[str, Any], config: Config) -> tuple[Output, ...]:
    wanted = options["output_format"]
    if not wanted and config.output_format is not None and not options["diff"]:
        wanted = (Output(Format(config.output_format)),)
    outputs = chosen_outputs(wanted, options["output_file"], terminal=sys.stdout.isatty())
    if options["diff"]:
        refuse_reports_of_diff(outputs)
    try:
        refuse_unwritable(outputs)
    except UnwritableFile as error:
        raise Refusal(SettingsError((str(error),))) from None
    return outputs


def _log_to_stderr() -> None:
    logger = logging.getLogger("asynclint")
    logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.DEBUG)

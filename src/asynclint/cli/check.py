"""`asynclint check`."""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from asynclint.cli.baselines import fixed_line, read_baseline
from asynclint.cli.coverage import coverage_line, error_line
from asynclint.cli.exit_codes import NOT_CHECKED, exit_code
from asynclint.cli.fixes import say_fixes, write_diff
from asynclint.cli.outputs import OutputType, UnwritableFile, chosen_outputs, refuse_unwritable
from asynclint.cli.progress import ProgressBar
from asynclint.cli.refusal import Refusal
from asynclint.cli.reporting import write_reports
from asynclint.cli.selectors import listed
from asynclint.cli.terminal import say
from asynclint.config.settings import Settings, SettingsError
from asynclint.core.diagnostic import Severity

if TYPE_CHECKING:
    from asynclint.cli.outputs import Output
    from asynclint.core.diagnostic import Report
    from asynclint.run import Fixed

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
    type=OutputType(),
    multiple=True,
    help="Form of the report: full, concise, json, sarif or github; repeat it for several, all but one with a file, "
    "such as sarif=out.sarif.  [default: full on a terminal, else concise]",
)
@click.option("-o", "--output-file", metavar="FILE", help="Write the report to this file.")
@click.option("--sarif-category", metavar="NAME", help="Tells analyses of one commit apart.  [default: asynclint]")
@click.option(
    "--fail-level",
    type=click.Choice([*(item.value for item in Severity), _NEVER]),
    default=Severity.WARNING.value,
    show_default=True,
    help="The mildest severity that makes the exit code 1.",
)
@click.option("--fix", is_flag=True, help="Apply the safe fixes, and report what is left.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: the unsafe fixes too.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option("--baseline", metavar="FILE", help="Report only what this file, of `asynclint baseline`, does not have.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 in spite of findings; errors still give 2.")
@click.option(
    "--honour-peer-noqa/--no-honour-peer-noqa",
    default=True,
    help="Whether codes of ruff and flake8 in a `# noqa` silence the rules of the same meaning.  [default: yes]",
)
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
    if options["unsafe_fixes"] and not (options["fix"] or options["diff"]):
        raise click.UsageError("--unsafe-fixes says which fixes --fix and --diff take; add one of them")
    settings = _settings(options)
    outputs = _outputs(options)
    baseline = read_baseline(options["baseline"]) if options["baseline"] is not None else None
    if options["verbose"]:
        _log_to_stderr()
    started = time.monotonic()
    fixed = _fix(paths or (".",), settings, options) if options["fix"] or options["diff"] else None
    report = fixed.report if fixed else _run(paths or (".",), settings, show_progress=not options["quiet"])
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


def _fix(paths: tuple[str, ...], settings: Settings, options: dict[str, Any]) -> Fixed:
    from asynclint.run import fix  # noqa: PLC0415 - as above

    write = not options["diff"]
    try:
        with ProgressBar(wanted=not options["quiet"]) as progress:
            fixed = fix(paths, settings, unsafe=options["unsafe_fixes"], write=write, progress=progress)
    except SettingsError as error:
        raise Refusal(error) from None
    say_fixes(fixed, written=write, quiet=options["quiet"])
    return fixed


def _settings(options: dict[str, Any]) -> Settings:
    level = options["fail_level"]
    return Settings(
        select=listed(options["select"]),
        ignore=listed(options["ignore"]),
        fail_level=None if level == _NEVER else Severity(level),
        exit_zero=options["exit_zero"],
        isolated=options["isolated"],
        exhaustive=options["exhaustive"],
        use_cache=not options["no_cache"],
        jobs=options["jobs"],
        honour_peer_noqa=options["honour_peer_noqa"],
    )


def _outputs(options: dict[str, Any]) -> tuple[Output, ...]:
    outputs = chosen_outputs(options["output_format"], options["output_file"], terminal=sys.stdout.isatty())
    try:
        refuse_unwritable(outputs)
    except UnwritableFile as error:
        raise Refusal(SettingsError((str(error),))) from None
    return outputs


def _log_to_stderr() -> None:
    logger = logging.getLogger("asynclint")
    logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.DEBUG)

"""`asynclint check`."""

from __future__ import annotations

import gc
import logging
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from asynclint.cli.check_parameters import CheckCommand, Jobs, Reason
from asynclint.cli.completion import complete_rules
from asynclint.cli.configuration import PREFIX, config_file_of_run, config_of_run, config_options, working_folder
from asynclint.cli.contradictions import refuse_contradictions
from asynclint.cli.coverage import coverage_line
from asynclint.cli.crash_reports import say_errors
from asynclint.cli.exit_codes import FINDINGS, NOT_CHECKED, exit_code
from asynclint.cli.explain import Place, explain
from asynclint.cli.fixes import say_fixes, write_diff
from asynclint.cli.inputs import Inputs, read_inputs
from asynclint.cli.named_paths import named
from asynclint.cli.narrowing import Narrowed, Narrowing, revisions
from asynclint.cli.outputs import (
    Output,
    OutputType,
    UnwritableFile,
    chosen_outputs,
    refuse_reports_of_diff,
    refuse_unwritable,
    without_direct,
)
from asynclint.cli.progress import ProgressBar
from asynclint.cli.refusal import Refusal
from asynclint.cli.reporting import write_reports
from asynclint.cli.selectors import listed
from asynclint.cli.show_files import show_files
from asynclint.cli.silencing import silence
from asynclint.cli.terminal import say, write_out
from asynclint.cli.words import Words
from asynclint.config.settings import NEVER, Settings, SettingsError
from asynclint.core.diagnostic import Confidence, Severity
from asynclint.report import statistics
from asynclint.report.formats import Format
from asynclint.source.paths import absolute, display

if TYPE_CHECKING:
    from asynclint.cli.baselines import BaselineFile
    from asynclint.config.config import Config
    from asynclint.core.diagnostic import Report
    from asynclint.core.entry_point import EntryPoints
    from asynclint.run.fixes import Fixed


@click.command(cls=CheckCommand, context_settings={"auto_envvar_prefix": PREFIX})
@click.argument("paths", nargs=-1, metavar="[PATHS]...", callback=named, type=click.Path())
@click.option(
    "--select",
    multiple=True,
    metavar="RULES",
    shell_complete=complete_rules,
    help="Only these rules: codes, prefixes, names or ALL.",
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="RULES",
    shell_complete=complete_rules,
    help="Not these rules: codes, prefixes or names.",
)
@click.option(
    "--files-from", metavar="FILE", help="Check the files listed in FILE (- for standard input), a line each."
)
@click.option("--stdin-filename", metavar="FILE", help="With `-` as the path: the name of the text on standard input.")
@click.option("--allow-empty", is_flag=True, help="A folder without Python files is no error.")
@click.option(
    "--show-files",
    is_flag=True,
    help="List the files that would be checked; with -v, say what is passed over and why.",
)
@click.option(
    "--output-format",
    type=OutputType(),
    multiple=True,
    help=f"Form of the report: {', '.join(item.value for item in Format)}; repeat it for several, all but one with a "
    "file, such as sarif=out.sarif.  [default: full on a terminal, else concise]",
)
@click.option("-o", "--output-file", metavar="FILE", help="Write the report, or the diff of --diff, to this file.")
@click.option("--statistics", is_flag=True, help="Count the findings of each rule instead of showing each finding.")
@click.option("--sarif-category", metavar="NAME", help="Tells analyses of one commit apart.  [default: asynclint]")
@click.option(
    "--sarif-suppressed",
    is_flag=True,
    help="In SARIF, list what comments and the baseline keep back too, marked so. GitHub would open alerts for it.",
)
@click.option(
    "--fail-level",
    type=Words([*(item.value for item in Severity), NEVER]),
    help="The mildest severity that makes the exit code 1.  [default: warning]",
)
@click.option(
    "--min-confidence",
    type=Words([item.value for item in Confidence]),
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
@click.option(
    "--add-noqa",
    type=Reason(),
    metavar="[=REASON]",
    allow_from_autoenv=False,
    help="Write a `# noqa` for each finding, with a reason if one is given.",
)
@click.option("--baseline", metavar="FILE", help="Report only what this file, of `asynclint baseline`, does not have.")
@click.option("--baseline-strict", is_flag=True, help="Exit with 1 if the baseline has entries that are fixed.")
@click.option(
    "--diff-base",
    metavar="REF",
    help="Report only findings that stand on lines changed since the merge base with this commit, or lead over one.",
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 in spite of findings; errors still give 2.")
@click.option("--exit-non-zero-on-fix", is_flag=True, help="With --fix: exit with 1 if anything was fixed.")
@click.option("--ignore-suppressions", is_flag=True, help="Report what comments silence, too.")
@click.option(
    "--honour-peer-noqa/--no-honour-peer-noqa",
    default=None,
    help="Whether codes of ruff and flake8 in a `# noqa` silence the rules of the same meaning.  [default: yes]",
)
@click.option("--no-respect-gitignore", is_flag=True, help="Do not leave out what git ignores.")
@click.option("--force-exclude", is_flag=True, help="Leave out excluded files even if they are given by name.")
@config_options
@click.option("--cache-dir", metavar="FOLDER", help="Keep caches there.  [default: .asynclint_cache of each project]")
@click.option("--no-cache", is_flag=True, help="Neither read nor write the cache.")
@click.option("--exhaustive", is_flag=True, help="Read every file with the slower reference parser (for tests).")
@click.option("-j", "--jobs", type=Jobs(), default="auto", help="Number of processes.  [default: auto]")
@click.option("--timings", is_flag=True, help="Say how long each phase and each rule took.")
@click.option("-q", "--quiet", is_flag=True, help="No summary; findings and errors only.")
@click.option("-v", "--verbose", is_flag=True, help="Say more: every place of a cause, tracebacks of internal errors.")
@click.option("--color", type=Words(["auto", "always", "never"]), default="auto", help="Colour the full report.")
@click.pass_context
def check(ctx: click.Context, /, paths: tuple[str, ...], **options: Any) -> None:
    """Check files and folders (default: the working folder).

    Exit code: 0 checked and clean, 1 findings, 2 something was not checked as asked, 130 or 143 interrupted.
    """
    refuse_contradictions(options, paths)
    if options["no_respect_gitignore"]:
        options["config"] = (*options["config"], "respect-gitignore=false")
    inputs = _inputs(paths, options)
    config = config_of_run(inputs.paths, options)
    settings = _settings(options, config, inputs)
    if options["unsafe_fixes"] is None:
        options["unsafe_fixes"] = config.unsafe_fixes
    if options["show_files"]:
        ctx.exit(show_files(inputs.paths, settings, verbose=options["verbose"]))
    outputs = _outputs(options, config)
    if options["sarif_suppressed"] and not any(output.format is Format.SARIF for output in outputs):
        raise click.UsageError("--sarif-suppressed is about a SARIF report; add --output-format sarif")
    baseline = _baseline(options, config)
    if options["verbose"]:
        _log_to_stderr()
        say(f"configuration: {config_file_of_run(inputs.paths, options) or 'none'}")
    if options["explain"] is not None:
        ctx.exit(explain(options["explain"], settings, baseline, options["color"]))
    narrowing = Narrowing(baseline, revisions(options["diff_base"], inputs.paths))
    started = time.monotonic()
    work = _worked(inputs.paths, settings, narrowing, options)
    if options["diff"] and work.fixed:
        code = write_diff(work.fixed, settings, outputs[0].file)
        _say_coverage(narrowing.of(work.report).report, options, seconds=time.monotonic() - started)
        ctx.exit(code)
    left = narrowing.of(work.report)
    code = _exit_code(left, settings, options, changed=bool(work.fixed and work.fixed.changes))
    written = write_reports(
        _reported(left, work.report, inputs.paths, settings, options),
        outputs,
        exit_code=code,
        colour=options["color"],
        category=options["sarif_category"],
        all_places=options["verbose"],
        entry_points=_entry_points(inputs.paths, settings, outputs, show_progress=not options["quiet"]),
    )
    if options["statistics"]:
        write_out(statistics.render(left.report))
    _say_outcome(left, baseline, options, seconds=time.monotonic() - started)
    ctx.exit(code if written else NOT_CHECKED)


class _Work(NamedTuple):
    """The report of a run, and the fixes that were made or only thought of in it."""

    report: Report
    fixed: Fixed | None = None


def _worked(paths: tuple[str, ...], settings: Settings, narrowing: Narrowing, options: dict[str, Any]) -> _Work:
    if options["fix"] or options["diff"]:
        fixed = _fix(paths, settings, narrowing, options)
        return _Work(fixed.report, fixed)
    if options["add_noqa"] is not None:
        return _Work(silence(paths, settings, narrowing, options["add_noqa"], quiet=options["quiet"]))
    return _Work(_run(paths, settings, show_progress=not options["quiet"]))


def _reported(
    left: Narrowed, report: Report, paths: tuple[str, ...], settings: Settings, options: dict[str, Any]
) -> Report:
    if not options["sarif_suppressed"]:
        return left.report
    from asynclint.cli.suppressed import with_suppressed  # noqa: PLC0415 - only where it is asked for

    return with_suppressed(left, report, settings, lambda other: _run(paths, other, show_progress=False))


def _exit_code(left: Narrowed, settings: Settings, options: dict[str, Any], *, changed: bool) -> int:
    code = exit_code(left.report, settings)
    stale = options["baseline_strict"] and left.fixed and not settings.exit_zero
    return FINDINGS if not code and (stale or (changed and options["exit_non_zero_on_fix"])) else code


def _say_outcome(left: Narrowed, baseline: BaselineFile | None, options: dict[str, Any], *, seconds: float) -> None:
    say_errors(left.report.errors, None if options["no_cache"] else working_folder())
    if baseline and left.fixed and (options["baseline_strict"] or not options["quiet"]):
        say(baseline.fixed_line(left.fixed))
    if options["timings"]:
        for line in statistics.timings(left.report).splitlines():
            say(line)
    _say_coverage(left.report, options, seconds=seconds)


def _say_coverage(report: Report, options: dict[str, Any], *, seconds: float) -> None:
    if not options["quiet"]:
        say(coverage_line(report, verbose=options["verbose"], seconds=seconds))


def _inputs(paths: tuple[str, ...], options: dict[str, Any]) -> Inputs:
    if options["explain"] is not None:
        return Inputs((options["explain"][0],))
    return read_inputs(
        paths,
        files_from=options["files_from"],
        stdin_filename=options["stdin_filename"],
        allow_empty=options["allow_empty"],
    )


def _run(paths: tuple[str, ...], settings: Settings, *, show_progress: bool) -> Report:
    from asynclint.run.checks import check as run  # noqa: PLC0415 - `--version` and `--help` need none of it

    try:
        with ProgressBar(wanted=show_progress) as progress:
            return run(paths, settings, progress)
    except SettingsError as error:
        raise Refusal(error) from None


def _entry_points(
    paths: tuple[str, ...], settings: Settings, outputs: tuple[Output, ...], *, show_progress: bool
) -> EntryPoints | None:
    """What the framework calls, for the one report that has a view of it; what was not read, `check` has said."""
    if all(output.format is not Format.HTML for output in outputs):
        return None
    from asynclint.run.questions import entry_points  # noqa: PLC0415 - as above

    gc.collect()  # the model that was checked is a web of cycles, and another one is about to be built
    with ProgressBar(wanted=show_progress) as progress:
        return entry_points(paths, settings, progress)


def _fix(paths: tuple[str, ...], settings: Settings, narrowing: Narrowing, options: dict[str, Any]) -> Fixed:
    """Fix what the run is about: what a baseline has is left for another day."""
    from asynclint.run.fixes import fix  # noqa: PLC0415 - as above

    write = not options["diff"]
    try:
        with ProgressBar(wanted=not options["quiet"]) as progress:
            fixed = fix(
                paths,
                settings,
                unsafe=options["unsafe_fixes"],
                write=write,
                progress=progress,
                fixable=narrowing.findings,
            )
    except SettingsError as error:
        raise Refusal(error) from None
    say_fixes(fixed, written=write, quiet=options["quiet"])
    return fixed


def _baseline(options: dict[str, Any], config: Config) -> BaselineFile | None:
    file = options["baseline"]
    if file is None and config.baseline is not None:
        file = display(config.baseline, working_folder())
    if file is None and options["baseline_strict"]:
        raise click.UsageError("--baseline-strict is about a baseline; name one with --baseline")
    if file is None:
        return None
    from asynclint.cli.baselines import read_baseline  # noqa: PLC0415 - only where there is one

    return read_baseline(file, named=options["baseline"] is not None)


def _settings(options: dict[str, Any], config: Config, inputs: Inputs) -> Settings:
    level = options["fail_level"] or config.fail_level
    return Settings(
        select=listed(options["select"]),
        ignore=listed(options["ignore"]),
        fail_level=None if level == NEVER else Severity(level),
        exit_zero=options["exit_zero"],
        isolated=options["isolated"],
        exhaustive=options["exhaustive"],
        use_cache=not options["no_cache"],
        cache_dir=None if options["cache_dir"] is None else absolute(options["cache_dir"], working_folder()),
        jobs=options["jobs"],
        honour_peer_noqa=options["honour_peer_noqa"],
        min_confidence=Confidence(options["min_confidence"]) if options["min_confidence"] else None,
        force_exclude=options["force_exclude"] or config.force_exclude,
        max_file_size=config.max_file_size,
        config=options["config"],
        count_unresolved=options["verbose"]
        or config.output_format in {item.value for item in _WITH_UNRESOLVED_CALLS}
        or any(item.format in _WITH_UNRESOLVED_CALLS for item in options["output_format"]),
        ignore_suppressions=options["ignore_suppressions"],
        allow_empty=options["allow_empty"],
        given=inputs.given,
    )


_WITH_UNRESOLVED_CALLS = frozenset({Format.JSON, Format.JSON_LINES})


def _outputs(options: dict[str, Any], config: Config) -> tuple[Output, ...]:
    wanted = options["output_format"]
    if not wanted and config.output_format is not None and not options["diff"]:
        wanted = (Output(Format(config.output_format)),)
    outputs = chosen_outputs(wanted, options["output_file"], terminal=sys.stdout.isatty())
    if options["diff"] and wanted:
        refuse_reports_of_diff(outputs)
    if options["statistics"]:
        outputs = without_direct(outputs)
    try:
        refuse_unwritable(outputs)
    except UnwritableFile as error:
        raise Refusal(SettingsError((str(error),))) from None
    return outputs


def _log_to_stderr() -> None:
    logger = logging.getLogger("asynclint")
    logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.DEBUG)

"""Options of `asynclint check` that make no sense together."""

from __future__ import annotations

from typing import Any

import click

from asynclint.cli.inputs import STANDARD_INPUT

_CHANGING = {"fix": "--fix", "diff": "--diff", "add_noqa": "--add-noqa"}
_OF_A_WHOLE_RUN = ("files_from", "stdin_filename", "show_files", "statistics", "diff_base")


def refuse_contradictions(options: dict[str, Any], paths: tuple[str, ...]) -> None:
    """Raises click.UsageError for the first contradiction."""
    changing = [shown for name, shown in _CHANGING.items() if options[name] not in (None, False)]
    if options["unsafe_fixes"] and not (options["fix"] or options["diff"]):
        raise click.UsageError("--unsafe-fixes says which fixes --fix and --diff take; add one of them")
    if options["explain"] is not None and (paths or changing or any(options[name] for name in _OF_A_WHOLE_RUN)):
        raise click.UsageError("--explain is about one line: give it no PATHS, and no option that is about a whole run")
    if "--add-noqa" in changing and len(changing) > 1:
        raise click.UsageError(f"--add-noqa and {changing[0]} change the same files; run one after the other")
    if STANDARD_INPUT in paths and changing:
        raise click.UsageError(f"{changing[0]} needs a file that can be changed, not the text on standard input")
    if options["exit_non_zero_on_fix"] and not options["fix"]:
        raise click.UsageError("--exit-non-zero-on-fix is about --fix; add it")
    if options["statistics"] and options["diff"]:
        raise click.UsageError("--diff writes a diff in place of a report, so there is nothing to count")
    if options["quiet"] and options["verbose"]:
        raise click.UsageError("--quiet and --verbose contradict each other")

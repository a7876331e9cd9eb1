"""Questions about files that are no findings: which there are, what the framework calls in them, what a line means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from asynclint.core.diagnostic import CheckError
from asynclint.core.entry_point import EntryPoint, EntryPoints
from asynclint.core.explanation import Explanation, Statement
from asynclint.findings.order import ordered_errors
from asynclint.findings.verdict import judge
from asynclint.project.indexing import without_collection
from asynclint.rulekit.discovery import all_rules
from asynclint.run.analysis import check_module, link, unread
from asynclint.run.checks import new_index
from asynclint.run.failures import not_linked
from asynclint.run.kept import kept_of
from asynclint.run.planning import plan
from asynclint.run.progress import silent
from asynclint.semantics.entry_points import entry_points as read_entry_points
from asynclint.semantics.explanation import explain_line
from asynclint.semantics.module_context import ModuleContext
from asynclint.source.paths import absolute, display

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from asynclint.config.settings import Settings
    from asynclint.core.diagnostic import Diagnostic
    from asynclint.core.span import Span
    from asynclint.project.indexing import Progress


class Listing(NamedTuple):
    """The files that `check` would look at, as they are shown, what it passes over, and what is wrong with the paths.

    `passed_over` are lines that name a file or folder and say why.
    """

    files: tuple[str, ...]
    passed_over: tuple[str, ...]
    errors: tuple[CheckError, ...]


def files_of(paths: Sequence[str], settings: Settings) -> Listing:
    """What `check` would look at. Raises SettingsError, as `check`."""
    cwd = absolute(".", str(Path.cwd()))
    planned = plan(paths, settings, cwd)
    asked = sorted(path for item in planned.work for path in item.asked)
    return Listing(
        tuple(display(path, cwd) for path in asked),
        tuple(f"{display(path, cwd)} {reason}" for path, reason in sorted(planned.passed_over)),
        ordered_errors(planned.errors),
    )


def entry_points(paths: Sequence[str], settings: Settings, progress: Progress | None = None) -> EntryPoints:
    """What the framework calls in files and folders, read as `check` reads them. Raises SettingsError, as `check`."""
    index = new_index(settings)
    infos, work, errors, *_ = plan(paths, settings, index.reading.cwd)
    found: list[EntryPoint] = []
    files = 0
    with without_collection():
        for item in work:
            kept = kept_of(item, settings, index.reading.cwd)
            if kept is not None:  # what an earlier run has read; nothing is added to it here
                index.follow(item.links)
                index.files(item.files, jobs=settings.jobs, progress=progress or silent, stored=kept.modules)
            try:
                project, indexed = link(item, index, settings.jobs, progress or silent)
            except Exception as error:  # noqa: BLE001 - as where it is checked: the other projects are shown
                errors.append(not_linked(item.root, index.reading.cwd, error))
                continue
            errors += unread(item, indexed)
            asked = [module for module in project.modules if module.path in item.asked]
            files += len(asked)
            entries, failures = read_entry_points(project, asked, {info.code: info for info in infos})
            found += entries
            errors += failures
    return EntryPoints(tuple(found), ordered_errors(errors), files)


def explain(
    path: str,
    row: int,
    settings: Settings,
    progress: Progress | None = None,
    baselined: Collection[tuple[str, Span]] = (),
) -> Explanation | CheckError:
    """What is known of a row (from 1) of a file, or why nothing is. Raises SettingsError, as `check`.

    `baselined` are findings, each by code and range, that are not reported because a baseline has them.
    """
    index = new_index(settings)
    _, work, errors, rulings, *_ = plan((path,), settings, index.reading.cwd)
    if errors or not work:
        missing = CheckError("missing-path", path, "the configuration leaves this file out, so it is not checked")
        return errors[0] if errors else missing
    with without_collection():
        project, indexed = link(work[0], index, settings.jobs, progress or silent)
        (asked,) = work[0].asked
        module = project.module_at(asked)
        if module is None:
            return unread(work[0], indexed)[0]
        context = ModuleContext(project, module)
        rows = len(context.lines)
        if not 1 <= row <= rows:
            shown = module.display
            return CheckError("missing-line", shown, f"there is no line {row}: the file has {rows}")
        found, failures = check_module(context, all_rules(), {})
        ruling = rulings.of(asked)
        outcome = judge(context, [item for item in found if _covers(item, row)], ruling, baselined)
        line = explain_line(context, row)
        failed = tuple(Statement(error.message) for error in failures.values())
        location = context.location(context.lines.line_span(row))
        return Explanation(location, line.symbol, line.contexts, line.calls, (*outcome, *failed))


def _covers(diagnostic: Diagnostic, row: int) -> bool:
    return diagnostic.location.start.row <= row <= diagnostic.location.end.row

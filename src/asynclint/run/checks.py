"""The whole pipeline: paths to a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Report
from asynclint.findings.fingerprint import with_fingerprints
from asynclint.findings.order import ordered, ordered_errors
from asynclint.findings.unchecked import UNCHECKED
from asynclint.project.indexing import FileIndex, Reading, without_collection
from asynclint.rulekit.discovery import all_rules
from asynclint.run.analysis import Checker, check_project, silent, summed
from asynclint.run.planning import plan
from asynclint.source.paths import absolute
from asynclint.source.roots import repository_root

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asynclint.config.settings import Settings
    from asynclint.project.indexing import Progress


def check(
    paths: Sequence[str], settings: Settings, progress: Progress | None = None, index: FileIndex | None = None
) -> Report:
    """Check files and folders, each as part of the project it belongs to.

    `index` holds what is read of files; given again, it spares the reading. Raises SettingsError where the settings
    make no sense; everything else that goes wrong is in the report.
    """
    index = index or new_index(settings)
    infos, work, errors, rulings, chosen, _ = plan(paths, settings, index.reading.cwd)
    checker = Checker(all_rules(), rulings, settings.count_unresolved, settings.ignore_suppressions)
    with without_collection():
        outcomes = [check_project(item, checker, index, settings.jobs, progress or silent) for item in work]

    found = ordered(diagnostic for outcome in outcomes for diagnostic in outcome.diagnostics)
    return Report(
        diagnostics=with_fingerprints(found),
        errors=ordered_errors([*errors, *(error for outcome in outcomes for error in outcome.errors)]),
        files=sum(len(outcome.checked) for outcome in outcomes),
        suppressed=sum(outcome.suppressed for outcome in outcomes),
        unresolved_calls=sum(outcome.unresolved_calls for outcome in outcomes),
        rules=tuple(info for info in infos if info.code in chosen or info in UNCHECKED),
        checked=frozenset(path for outcome in outcomes for path in outcome.checked),
        sources=tuple(source for outcome in outcomes for source in outcome.sources),
        working_folder=index.reading.cwd,
        repository=repository_root(index.reading.cwd, [absolute(path, index.reading.cwd) for path in paths]),
        timings=summed(outcome.seconds for outcome in outcomes),
    )


def new_index(settings: Settings) -> FileIndex:
    cwd = absolute(".", str(Path.cwd()))
    index = FileIndex(Reading(cwd, settings.max_file_size, settings.exhaustive))
    if settings.given is not None:
        index.give(*settings.given)
    return index

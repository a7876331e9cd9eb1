"""The whole pipeline: paths to a report."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from asynclint.core.diagnostic import Report
from asynclint.findings.order import ordered, ordered_errors
from asynclint.findings.unchecked import UNCHECKED
from asynclint.project.indexing import FileIndex, Reading, without_collection
from asynclint.run.kept import kept_of
from asynclint.run.planning import plan
from asynclint.run.progress import silent
from asynclint.run.tallies import added_up
from asynclint.source.paths import absolute, display
from asynclint.source.roots import repository_root

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from asynclint.config.settings import Settings
    from asynclint.core.diagnostic import SourceText
    from asynclint.core.outcome import Outcome
    from asynclint.project.indexing import Progress
    from asynclint.run.kept import Kept
    from asynclint.run.planning import Plan, Work


def check(
    paths: Sequence[str], settings: Settings, progress: Progress | None = None, index: FileIndex | None = None
) -> Report:
    """Check files and folders, each as part of the project it belongs to.

    `index` holds what is read of files; given again, it spares the reading. Raises SettingsError where the settings
    make no sense; everything else that goes wrong is in the report.
    """
    asked_before = index is not None
    index = index or new_index(settings)
    cwd = index.reading.cwd
    started = time.perf_counter()
    planned = plan(paths, settings, cwd)
    planning = {"planning": time.perf_counter() - started}
    with without_collection():
        answers = [
            _answer(item, planned, settings, index, progress or silent, reads=asked_before) for item in planned.work
        ]

    outcomes = {path: outcome for answer in answers for path, outcome in answer.outcomes.items()}
    found = outcomes.values()
    return Report(
        diagnostics=tuple(ordered(diagnostic for outcome in found for diagnostic in outcome.diagnostics)),
        errors=ordered_errors([*planned.errors, *(error for outcome in found for error in outcome.errors)]),
        files=sum(outcome.checked for outcome in found),
        suppressed=sum(outcome.suppressed for outcome in found),
        unresolved_calls=sum(outcome.unresolved_calls for outcome in found),
        rules=tuple(info for info in planned.infos if info.code in planned.chosen or info in UNCHECKED),
        checked=frozenset(display(path, cwd) for path, outcome in outcomes.items() if outcome.checked),
        sources=tuple(source for answer in answers for source in answer.sources),
        working_folder=cwd,
        repository=repository_root(cwd, [absolute(path, cwd) for path in paths]),
        timings=tuple(added_up([planning, *(answer.seconds for answer in answers)]).items()),
        counters=tuple(added_up([index.counters, *(answer.counters for answer in answers)]).items()),
    )


def new_index(settings: Settings) -> FileIndex:
    """An index that has read nothing yet but what the settings give."""
    cwd = absolute(".", str(Path.cwd()))
    index = FileIndex(Reading(cwd, settings.max_file_size, settings.exhaustive))
    if settings.given is not None:
        index.give(*settings.given)
    return index


class _Answer(NamedTuple):
    """What came of the files of a project that findings are wanted of, and what it took."""

    outcomes: Mapping[str, Outcome]
    sources: tuple[SourceText, ...]
    seconds: Mapping[str, float]
    counters: Mapping[str, int]


def _answer(  # noqa: PLR0913 - what a run goes by, and what it may use
    work: Work, planned: Plan, settings: Settings, index: FileIndex, progress: Progress, *, reads: bool
) -> _Answer:
    """`reads`: the index is wanted too, for whoever gave it, so that no answer spares the reading."""
    kept = None if index.has_other_texts else kept_of(work, settings, index.reading.cwd)
    known = None if kept is None or reads else _known_answer(work, kept)
    return known or _new_answer(work, planned, settings, index, kept, progress)


def _known_answer(work: Work, kept: Kept) -> _Answer | None:
    started = time.perf_counter()
    outcomes = kept.outcomes()
    sources = None if outcomes is None else kept.sources(outcomes)
    if outcomes is None or sources is None:
        return None
    kept.digests.save()
    seconds = {"cache": time.perf_counter() - started}
    counters = {"files": len(work.files), "hashed": kept.digests.hashed, "results from the cache": len(outcomes)}
    return _Answer(outcomes, sources, seconds, counters)


def _new_answer(  # noqa: PLR0913 - what a run goes by, and what it may use
    work: Work, planned: Plan, settings: Settings, index: FileIndex, kept: Kept | None, progress: Progress
) -> _Answer:
    from asynclint.run.analysis import Checker, check_project  # noqa: PLC0415 - what is known needs none of it

    traces = kept is not None
    checker = Checker(planned.rulings, settings.count_unresolved, settings.ignore_suppressions, traces)
    stored = None if kept is None else kept.modules
    started = time.perf_counter()
    index.follow(work.links)
    files = index.files(work.files, jobs=settings.jobs, progress=progress, stored=stored)
    earlier = None if kept is None else kept.earlier(files)
    reading = {"reading": time.perf_counter() - started}
    analysis = check_project(work, checker, files, index.reading.cwd, settings.jobs, progress, earlier)
    started = time.perf_counter()
    if kept is not None:
        kept.save(files, analysis)
    saving = {"saving": time.perf_counter() - started}
    return _Answer(
        analysis.outcomes, analysis.sources, added_up([reading, analysis.seconds, saving]), analysis.counters
    )

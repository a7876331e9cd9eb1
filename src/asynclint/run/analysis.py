"""A project to its findings: read, link, and ask every rule of every module that findings are wanted of."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from asynclint.core.budget import MOST_FINDINGS
from asynclint.core.outcome import Outcome
from asynclint.findings.fingerprint import with_fingerprints
from asynclint.findings.order import ordered
from asynclint.findings.sources import sources_of
from asynclint.findings.suppressions import Filtered, TooManySuppressions, filter_suppressed
from asynclint.flow.errors import NestingTooDeep
from asynclint.flow.ir import decode_module
from asynclint.project.changes import NOTHING_ASKED, trace_of
from asynclint.project.excess import excess
from asynclint.project.forking import in_halves
from asynclint.project.model import ModuleSource
from asynclint.project.project import Project
from asynclint.rulekit.discovery import all_rules
from asynclint.run.failures import failure, failure_of_rule, not_linked, too_deep, too_many_findings, too_much_work
from asynclint.run.progress import silent
from asynclint.run.tallies import added_up
from asynclint.run.traces import Trace, known_outcomes, still_holding
from asynclint.semantics.blocking import unresolved_calls
from asynclint.semantics.module_context import ModuleContext
from asynclint.source.problems import SYNTAX_ERROR

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from asynclint.core.diagnostic import CheckError, Diagnostic, SourceText
    from asynclint.findings.ruling import Ruling, Rulings
    from asynclint.project.changes import ProjectTrace
    from asynclint.project.indexing import FileIndex, IndexedFile, Progress
    from asynclint.rulekit.rule import Rule
    from asynclint.run.planning import Work
    from asynclint.run.traces import Earlier


@dataclass(frozen=True, slots=True)
class Analysis:
    """What came of the files of a project that findings are wanted of, by absolute path.

    `seconds` were spent on each phase and each rule, `counters` count what was done. `trace` is what the outcomes were
    found from; None where the files could not be linked.
    """

    outcomes: Mapping[str, Outcome]
    sources: tuple[SourceText, ...]
    seconds: Mapping[str, float]
    counters: Mapping[str, int]
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class Checker:
    """The rulings that say which rules run on a file.

    `counts`: unresolved calls are counted; `ignores_suppressions`: what comments silence is reported too;
    `traces`: it is told what outcomes were found from.
    """

    rulings: Rulings
    counts: bool
    ignores_suppressions: bool = False
    traces: bool = False

    def rules_for(self, ruling: Ruling) -> tuple[Rule, ...]:
        return tuple(rule for rule in all_rules() if rule.code in ruling.policy.enabled)

    def filtered(
        self, module: ModuleContext, found: list[Diagnostic], ruling: Ruling, failed: Collection[str]
    ) -> Filtered:
        """What comments leave of the findings of a module, where they are asked."""
        if self.ignores_suppressions:
            return Filtered(tuple(found), 0)
        return filter_suppressed(module, found, ruling.policy, failed)


def link(work: Work, index: FileIndex, jobs: int | None, progress: Progress) -> tuple[Project, tuple[IndexedFile, ...]]:
    """The linked project, and what became of each of its files."""
    index.follow(work.links)
    indexed = index.files(work.files, jobs=jobs, progress=progress)
    return _linked(work, indexed), indexed


def _linked(work: Work, indexed: Sequence[IndexedFile]) -> Project:
    modules = [_module_source(file, file.ir) for file in indexed if file.ir is not None]
    return Project.build(modules, work.root, work.config, work.configurations.versions(work.folders))


def unread(work: Work, indexed: Sequence[IndexedFile]) -> list[CheckError]:
    """The errors of the files asked for that are not part of the project."""
    return [error for _, error in _unread(work, indexed)]


def _unread(work: Work, indexed: Iterable[IndexedFile]) -> Iterator[tuple[str, CheckError]]:
    for file in indexed:
        if file.error is not None and file.path in work.asked:
            yield file.path, _with_way_out(file.error, work.in_patterns(file.path))


def check_project(  # noqa: PLR0913 - what a run goes by
    work: Work,
    checker: Checker,
    files: Sequence[IndexedFile],
    cwd: str,
    jobs: int | None,
    progress: Progress,
    earlier: Earlier | None = None,
) -> Analysis:
    """Link the files of a project and check those of them that findings are wanted of.

    What an `earlier` run found is taken over where it holds still. If they cannot be linked, through a fault of ours,
    that is an error of this project: others are checked.
    """
    started = time.perf_counter()
    outcomes = {path: Outcome(errors=(error,), checked=False) for path, error in _unread(work, files)}
    try:
        project = _linked(work, files)
    except Exception as error:  # noqa: BLE001 - as above
        outcomes |= {path: Outcome(checked=False) for path in work.asked if path not in outcomes}
        outcomes[work.root] = Outcome(errors=(not_linked(work.root, cwd, error),), checked=False)
        return Analysis(outcomes, sources_of([], [], files), {"linking": time.perf_counter() - started}, {})
    linking = {"linking": time.perf_counter() - started}
    started = time.perf_counter()
    project, still = _compared(project, work, files, earlier)
    holding = {} if earlier is None or still is None else known_outcomes(earlier, still.masks.keys() & work.asked)
    comparing = {"comparing": time.perf_counter() - started}
    outcomes |= holding
    modules = [module for module in project.modules if module.path in work.asked and module.path not in holding]
    asked = [module.path for module in modules]
    parent = os.getpid()

    def check_modules(paths: Sequence[str]) -> _Checked:
        # A forked child must not touch the terminal: a lock that another thread held at the fork is never released.
        shown = progress if os.getpid() == parent else silent
        return _check_modules(project, paths, checker, shown)

    parts = in_halves(check_modules, asked, [len(module.data) for module in modules], parallel=jobs != 1)
    outcomes.update(item for part in parts for item in part.outcomes.items())
    diagnostics = [item for outcome in outcomes.values() for item in outcome.diagnostics]
    errors = [item for outcome in outcomes.values() for item in outcome.errors]
    seconds = added_up([linking, comparing, *(part.seconds for part in parts)])
    done = {"linked": len(project.modules), "checked": len(asked), "results from the cache": len(holding)}
    counters = added_up([done, *(part.counters for part in parts)])
    known = still or Trace(tuple(module.path for module in project.modules), {}, NOTHING_ASKED)
    for part in parts:
        known = Trace(known.modules, {**known.masks, **part.masks}, known.project.joined(part.project))
    return Analysis(outcomes, sources_of(diagnostics, errors, files), seconds, counters, known)


def _compared(
    project: Project, work: Work, files: Sequence[IndexedFile], earlier: Earlier | None
) -> tuple[Project, Trace | None]:
    """What of an earlier run holds still. Where that cannot be told, through a fault of ours, all is found anew."""
    try:
        return project, None if earlier is None else still_holding(project, earlier)
    except Exception:  # noqa: BLE001 - the rule that meets the same fault says so, or there is none without `earlier`
        return _linked(work, files), None


@dataclass(frozen=True, slots=True)
class _Checked:
    """What came of some modules."""

    outcomes: dict[str, Outcome]
    seconds: Mapping[str, float]
    counters: Mapping[str, int]
    masks: Mapping[str, int]
    project: ProjectTrace


def _check_modules(project: Project, paths: Sequence[str], checker: Checker, progress: Progress) -> _Checked:
    outcomes: dict[str, Outcome] = {}
    seconds: dict[str, float] = {}
    masks: dict[str, int] = {}
    statements = 0
    for done, path in enumerate(paths, start=1):
        module = project.module_at(path)
        if module is None:
            continue
        context = ModuleContext(project, module)
        before = project.reads.begin()
        try:
            outcomes[path] = _outcome(context, checker, seconds)
        except Exception as error:  # noqa: BLE001 - as in a rule: the other files are checked
            broken = failure("it could not be checked", module.display, error)
            outcomes[path] = Outcome(errors=(broken,), checked=False)
        masks[path] = project.reads.end(before)
        statements += context.parsed_statements
        progress("checking", done, len(paths))
    functions = project.blocking.summarised
    counters = {"statements parsed by libcst": statements, "functions summarised": functions}
    return _Checked(outcomes, seconds, counters, masks, trace_of(project) if checker.traces else NOTHING_ASKED)


def _outcome(context: ModuleContext, checker: Checker, seconds: dict[str, float]) -> Outcome:
    ruling = checker.rulings.of(context.module.path)
    bound = excess(context.module)
    if bound is not None:
        return Outcome(errors=(too_much_work(context.module.display, bound),), checked=False)
    found, failures = check_module(context, checker.rules_for(ruling), seconds)
    errors = list(failures.values())
    unresolved = 0
    try:
        filtered = checker.filtered(context, found, ruling, failures)
        unresolved = unresolved_calls(context) if checker.counts else 0
    except TooManySuppressions as error:
        errors.append(too_much_work(context.module.display, str(error)))
        filtered = Filtered(tuple(found), 0)
    except Exception as error:  # noqa: BLE001 - as in a rule: the other files are checked
        errors.append(failure("its suppressions were not read", context.module.display, error))
        filtered = Filtered(tuple(found), 0)
    return Outcome(
        diagnostics=with_fingerprints(ordered(ruling.applied(filtered.kept))),
        errors=tuple(errors),
        suppressed=filtered.suppressed,
        unresolved_calls=unresolved,
    )


def _with_way_out(error: CheckError, pattern: str) -> CheckError:
    """The error of a file; where that is no Python, how to leave it out."""
    if error.code != SYNTAX_ERROR:
        return error
    shown = json.dumps(pattern, ensure_ascii=False)
    way_out = f"if this is not meant to be Python, leave it out with `extend-exclude = [{shown}]`"
    return dataclasses.replace(error, message=f"{error.message}; {way_out}")


def _module_source(file: IndexedFile, encoded: bytes) -> ModuleSource:
    return ModuleSource(file.path, file.display, file.data, decode_module(encoded))


def check_module(
    context: ModuleContext, rules: tuple[Rule, ...], seconds: dict[str, float]
) -> tuple[list[Diagnostic], dict[str, CheckError]]:
    """The findings of a module, and by their codes the errors of rules that broke on it.

    Adds to the `seconds` of each rule; what several rules need counts for the first that asks.
    """
    shown = context.module.display
    diagnostics: list[Diagnostic] = []
    errors: dict[str, CheckError] = {}
    for rule in rules:
        started = time.perf_counter()
        found: list[Diagnostic] = []
        try:
            found.extend(islice(rule.check(context), MOST_FINDINGS + 1))  # up to where the rule broke, if it does
            if len(found) > MOST_FINDINGS:
                errors[rule.code] = too_many_findings(rule, shown, MOST_FINDINGS)
        except NestingTooDeep:
            errors[rule.code] = too_deep(rule, shown)
        except Exception as error:  # noqa: BLE001 - a rule that fails on a file must not keep the others from it
            errors[rule.code] = failure_of_rule(rule, shown, error)
        diagnostics += found[:MOST_FINDINGS]
        seconds[rule.code] = seconds.get(rule.code, 0.0) + time.perf_counter() - started
    return diagnostics, errors

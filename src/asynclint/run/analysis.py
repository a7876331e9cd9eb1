"""A project to its findings: read, link, and ask every rule of every module that findings are wanted of."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from asynclint.core.diagnostic import CheckError, Diagnostic
from asynclint.findings.sources import sources_of
from asynclint.findings.suppressions import Filtered, filter_suppressed
from asynclint.flow.ir import decode_module
from asynclint.project.forking import in_halves
from asynclint.project.model import ModuleSource
from asynclint.project.project import Project
from asynclint.semantics.blocking import unresolved_calls
from asynclint.semantics.module_context import ModuleContext
from asynclint.source.problems import INTERNAL_ERROR, SYNTAX_ERROR

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from asynclint.core.diagnostic import SourceText
    from asynclint.findings.ruling import Ruling, Rulings
    from asynclint.project.indexing import FileIndex, IndexedFile, Progress
    from asynclint.rulekit.rule import Rule
    from asynclint.run.planning import Work

_PACKAGE = Path(__file__).parent.parent
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the files of a project that findings are wanted of."""

    diagnostics: list[Diagnostic]
    errors: list[CheckError]
    checked: list[str]
    sources: tuple[SourceText, ...]
    suppressed: int
    unresolved_calls: int
    seconds: Seconds


Seconds: TypeAlias = "Mapping[str, float]"
"""What was spent on each phase and each rule."""


def summed(parts: Iterable[Seconds]) -> tuple[tuple[str, float], ...]:
    total: dict[str, float] = {}
    for part in parts:
        for name, seconds in part.items():
            total[name] = total.get(name, 0.0) + seconds
    return tuple(total.items())


@dataclass(frozen=True, slots=True)
class Checker:
    """All rules, and the rulings that say which of them run on a file.

    `counts`: unresolved calls are counted; `ignores_suppressions`: what comments silence is reported too.
    """

    rules: tuple[Rule, ...]
    rulings: Rulings
    counts: bool
    ignores_suppressions: bool = False

    def rules_for(self, ruling: Ruling) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.code in ruling.policy.enabled)

    def filtered(
        self, module: ModuleContext, found: list[Diagnostic], ruling: Ruling, failed: Collection[str]
    ) -> Filtered:
        """What comments leave of the findings of a module, where they are asked."""
        if self.ignores_suppressions:
            return Filtered(tuple(found), 0)
        return filter_suppressed(module, found, ruling.policy, failed)


def link(work: Work, index: FileIndex, jobs: int | None, progress: Progress) -> tuple[Project, tuple[IndexedFile, ...]]:
    indexed = index.files(work.files, jobs=jobs, progress=progress)
    return _linked(work, indexed), indexed


def _linked(work: Work, indexed: Sequence[IndexedFile]) -> Project:
    modules = [_module_source(file, file.ir) for file in indexed if file.ir is not None]
    return Project.build(modules, work.root, work.config, work.configurations.versions(work.folders))


def unread(work: Work, indexed: Sequence[IndexedFile]) -> list[CheckError]:
    """The errors of the files asked for that are not part of the project."""
    return [
        _with_way_out(file.error, work.in_patterns(file.path))
        for file in indexed
        if file.error is not None and file.path in work.asked
    ]


def check_project(work: Work, checker: Checker, index: FileIndex, jobs: int | None, progress: Progress) -> Outcome:
    started = time.perf_counter()
    indexed = index.files(work.files, jobs=jobs, progress=progress)
    read = time.perf_counter()
    project = _linked(work, indexed)
    phases = {"reading": read - started, "linking": time.perf_counter() - read}
    asked = [module.path for module in project.modules if module.path in work.asked]

    parent = os.getpid()

    def check_modules(paths: Sequence[str]) -> _Checked:
        # A forked child must not touch the terminal: a lock that another thread held at the fork is never released.
        shown = progress if os.getpid() == parent else silent
        return _check_modules(project, paths, checker, shown)

    parts = in_halves(check_modules, asked, parallel=jobs != 1)
    diagnostics = [item for part in parts for item in part.diagnostics]
    errors = [*unread(work, indexed)]
    errors += [error for part in parts for error in part.errors]
    checked = [module.source.display for path in asked if (module := project.module_at(path)) is not None]
    sources = sources_of(diagnostics, errors, indexed)
    suppressed = sum(part.suppressed for part in parts)
    unresolved = sum(part.unresolved_calls for part in parts)
    seconds = dict(summed((phases, *(part.seconds for part in parts))))
    return Outcome(diagnostics, errors, checked, sources, suppressed, unresolved, seconds)


@dataclass(frozen=True, slots=True)
class _Checked:
    """What came of some modules."""

    diagnostics: list[Diagnostic]
    errors: list[CheckError]
    suppressed: int
    unresolved_calls: int
    seconds: Seconds


def _check_modules(project: Project, paths: Sequence[str], checker: Checker, progress: Progress) -> _Checked:
    diagnostics: list[Diagnostic] = []
    errors: list[CheckError] = []
    suppressed = unresolved = 0
    seconds: dict[str, float] = {}
    for done, path in enumerate(paths, start=1):
        module = project.module_at(path)
        if module is None:
            continue
        context = ModuleContext(project, module)
        ruling = checker.rulings.of(path)
        found, failures = check_module(context, checker.rules_for(ruling), seconds)
        filtered = checker.filtered(context, found, ruling, failures)
        diagnostics += ruling.applied(filtered.kept)
        errors += failures.values()
        suppressed += filtered.suppressed
        unresolved += unresolved_calls(context) if checker.counts else 0
        progress("checking", done, len(paths))
    return _Checked(diagnostics, errors, suppressed, unresolved, seconds)


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
    shown = context.module.source.display
    diagnostics: list[Diagnostic] = []
    errors: dict[str, CheckError] = {}
    for rule in rules:
        started = time.perf_counter()
        try:
            diagnostics.extend(rule.check(context))
        except Exception as error:  # noqa: BLE001 - a rule that fails on a file must not keep the others from it
            _LOG.debug("%s on %s", rule.code, shown, exc_info=True)
            errors[rule.code] = CheckError(INTERNAL_ERROR, shown, _failure(rule, error))
        seconds[rule.code] = seconds.get(rule.code, 0.0) + time.perf_counter() - started
    return diagnostics, errors


def _failure(rule: Rule, error: Exception) -> str:
    """One line that tells users what was not checked, and us where to look."""
    _, *frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)] or frames
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return f"rule {rule.code} {rule.name} failed: {what} ({Path(ours[-1].filename).name}:{ours[-1].lineno})"


def silent(stage: str, done: int, total: int) -> None:
    """Progress nobody looks at."""

"""The whole pipeline: paths to a report."""

from __future__ import annotations

import dataclasses
import logging
import os
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from asynclint.config.selection import ALL, select_rules
from asynclint.core.diagnostic import CheckError, Diagnostic, Report
from asynclint.findings.directives import Vocabulary
from asynclint.findings.fingerprint import with_fingerprints
from asynclint.findings.order import ordered, ordered_errors
from asynclint.findings.sources import sources_of
from asynclint.findings.suppression_rules import SUPPRESSION_RULES
from asynclint.findings.suppressions import Policy, filter_suppressed
from asynclint.findings.unchecked import UNCHECKED
from asynclint.fixing.choice import SAFE, SAFE_AND_UNSAFE
from asynclint.fixing.convergence import converge
from asynclint.fixing.judgement import Checked
from asynclint.fixing.writing import Change, Gate, write_changes
from asynclint.flow.ir import decode_module
from asynclint.project.forking import in_halves
from asynclint.project.indexing import FileIndex, IndexedFile, Progress, Reading, without_collection
from asynclint.project.model import ModuleSource
from asynclint.project.project import Project
from asynclint.rulekit.discovery import all_rules
from asynclint.semantics.module_context import ModuleContext
from asynclint.source.discovery import discover
from asynclint.source.paths import absolute
from asynclint.source.problems import INTERNAL_ERROR
from asynclint.source.roots import project_root, repository_root

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asynclint.config.settings import Settings
    from asynclint.core.diagnostic import SourceText
    from asynclint.fixing.choice import Repair
    from asynclint.fixing.convergence import Refused, Texts
    from asynclint.rulekit.rule import Rule

_PACKAGE = Path(__file__).parent
_LOG = logging.getLogger(__name__)


def check(
    paths: Sequence[str], settings: Settings, progress: Progress | None = None, index: FileIndex | None = None
) -> Report:
    """Check files and folders, each as part of the project it belongs to.

    `index` holds what is read of files; given again, it spares the reading. Raises SettingsError where the settings
    make no sense; everything else that goes wrong is in the report.
    """
    rules = all_rules()
    infos = (*(rule.info for rule in rules), *SUPPRESSION_RULES, *UNCHECKED)
    chosen = select_rules(infos, settings.select, settings.ignore)
    enabled = tuple(rule for rule in rules if rule.code in chosen)
    policy = Policy(Vocabulary(infos), chosen, settings.honour_peer_noqa)

    index = index or _new_index(settings)
    work, errors = _plan(paths, index.reading.cwd)
    with without_collection():
        outcomes = [_check_project(item, enabled, policy, index, settings.jobs, progress or _silent) for item in work]

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
        repository=repository_root(index.reading.cwd),
    )


@dataclass(frozen=True, slots=True)
class Fixed:
    """What was changed (or would be), what was not and why, and the report of what is left."""

    report: Report
    changes: tuple[Change, ...]
    made: tuple[Repair, ...]
    refused: tuple[Refused, ...]
    stable: bool


def fix(
    paths: Sequence[str], settings: Settings, *, unsafe: bool, write: bool, progress: Progress | None = None
) -> Fixed:
    """Apply the safe fixes of what a check finds, with `unsafe` the others too, until there are none left.

    Files are changed only with `write`. Raises SettingsError, as `check`.
    """
    index = _new_index(settings)

    def recheck(texts: Texts) -> Checked:
        index.put(texts)
        report = check(paths, settings, progress, index)
        return Checked(report, _with_all_rules(report, paths, settings, index))

    gate = Gate(index.path_of)
    outcome = converge(index.text_of, recheck, SAFE_AND_UNSAFE if unsafe else SAFE, gate.admits)
    texts = sorted(outcome.texts.items())
    changes = tuple(Change(shown, index.path_of(shown), index.text_of(shown), after) for shown, after in texts)
    report, errors = outcome.left.report, gate.errors
    if write:
        written, failures = write_changes(changes)
        if failures:
            changes, errors = written, errors + failures
            report = recheck({change.shown: change.after for change in written}).report
    report = dataclasses.replace(report, errors=ordered_errors([*report.errors, *errors]))
    made = tuple(repair for repair in outcome.made if repair.path in {change.shown for change in changes})
    return Fixed(report, changes, made, outcome.refused, outcome.stable)


def _with_all_rules(
    report: Report, paths: Sequence[str], settings: Settings, index: FileIndex
) -> tuple[Diagnostic, ...]:
    """What there is to find, whatever was asked for: a fix must not make work for a rule that is off."""
    if {rule.code for rule in all_rules()}.issubset(info.code for info in report.rules):
        return report.diagnostics
    return check(paths, dataclasses.replace(settings, select=(ALL,), ignore=()), None, index).diagnostics


def _new_index(settings: Settings) -> FileIndex:
    cwd = absolute(".", str(Path.cwd()))
    return FileIndex(Reading(cwd, settings.max_file_size, settings.exhaustive))


@dataclass(frozen=True, slots=True)
class _Work:
    """A project to read as a whole, and those of its files that findings are wanted of."""

    root: str
    asked: frozenset[str]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Outcome:
    diagnostics: list[Diagnostic]
    errors: list[CheckError]
    checked: list[str]
    sources: tuple[SourceText, ...]
    suppressed: int
    unresolved_calls: int


def _plan(paths: Sequence[str], cwd: str) -> tuple[list[_Work], list[CheckError]]:
    """The projects of the paths, outer ones first; a file asked for twice belongs to the outermost."""
    by_root: dict[str, list[str]] = {}
    for path in paths:
        given = absolute(path, cwd)
        by_root.setdefault(project_root(given, cwd), []).append(given)
    work: list[_Work] = []
    errors: list[CheckError] = []
    planned: set[str] = set()
    for root, given_paths in sorted(by_root.items()):
        found = discover(tuple(given_paths), cwd)
        errors += found.errors
        asked = frozenset(found.files) - planned
        planned |= asked
        if asked:
            whole = found.files if set(given_paths) == {root} else discover((root,), cwd).files
            work.append(_Work(root, asked, tuple(sorted(asked.union(whole)))))
    return work, errors


def _check_project(  # noqa: PLR0913 - two of them are what is read, two what is asked, two how
    work: _Work, rules: tuple[Rule, ...], policy: Policy, index: FileIndex, jobs: int | None, progress: Progress
) -> _Outcome:
    indexed = index.files(work.files, jobs=jobs, progress=progress)
    project = Project.build([_module_source(file, file.ir) for file in indexed if file.ir is not None], work.root)
    asked = [module.path for module in project.modules if module.path in work.asked]

    parent = os.getpid()

    def check_modules(paths: Sequence[str]) -> _Checked:
        # A forked child must not touch the terminal: a lock that another thread held at the fork is never released.
        shown = progress if os.getpid() == parent else _silent
        return _check_modules(project, paths, rules, policy, shown)

    parts = in_halves(check_modules, asked, parallel=jobs != 1)
    diagnostics = [item for part in parts for item in part.diagnostics]
    errors = [file.error for file in indexed if file.error is not None and file.path in work.asked]
    errors += [error for part in parts for error in part.errors]
    checked = [module.source.display for path in asked if (module := project.module_at(path)) is not None]
    sources = sources_of(diagnostics, errors, indexed)
    unresolved: dict[tuple[str, int], int] = {}
    for part in parts:
        unresolved |= part.unresolved
    suppressed = sum(part.suppressed for part in parts)
    return _Outcome(diagnostics, errors, checked, sources, suppressed, sum(unresolved.values()))


@dataclass(frozen=True, slots=True)
class _Checked:
    """What came of some modules. `unresolved` counts calls by body, since two processes may read the same one."""

    diagnostics: list[Diagnostic]
    errors: list[CheckError]
    suppressed: int
    unresolved: dict[tuple[str, int], int]


def _check_modules(
    project: Project, paths: Sequence[str], rules: tuple[Rule, ...], policy: Policy, progress: Progress
) -> _Checked:
    diagnostics: list[Diagnostic] = []
    errors: list[CheckError] = []
    suppressed = 0
    for done, path in enumerate(paths, start=1):
        module = project.module_at(path)
        if module is None:
            continue
        context = ModuleContext(project, module)
        found, failures = _check_module(context, rules)
        filtered = filter_suppressed(context, found, policy, failures)
        diagnostics += filtered.kept
        errors += failures.values()
        suppressed += filtered.suppressed
        progress("checking", done, len(paths))
    return _Checked(diagnostics, errors, suppressed, project.call_sites.unresolved)


def _module_source(file: IndexedFile, encoded: bytes) -> ModuleSource:
    return ModuleSource(file.path, file.display, file.data, decode_module(encoded))


def _check_module(context: ModuleContext, rules: tuple[Rule, ...]) -> tuple[list[Diagnostic], dict[str, CheckError]]:
    """The findings of a module, and by their codes the errors of rules that broke on it."""
    shown = context.module.source.display
    diagnostics: list[Diagnostic] = []
    errors: dict[str, CheckError] = {}
    for rule in rules:
        try:
            diagnostics.extend(rule.check(context))
        except Exception as error:  # noqa: BLE001 - a rule that fails on a file must not keep the others from it
            _LOG.debug("%s on %s", rule.code, shown, exc_info=True)
            errors[rule.code] = CheckError(INTERNAL_ERROR, shown, _failure(rule, error))
    return diagnostics, errors


def _failure(rule: Rule, error: Exception) -> str:
    """One line that tells users what was not checked, and us where to look."""
    _, *frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)] or frames
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return f"rule {rule.code} {rule.name} failed: {what} ({Path(ours[-1].filename).name}:{ours[-1].lineno})"


def _silent(stage: str, done: int, total: int) -> None:
    """Progress nobody looks at."""

"""The whole pipeline: paths to a report."""

from __future__ import annotations

import dataclasses
import functools
import json
import logging
import os
import posixpath
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from asynclint.config.configurations import Configurations
from asynclint.config.exclusion import Exclusion
from asynclint.config.selection import ALL
from asynclint.core.diagnostic import CheckError, Diagnostic, Report
from asynclint.core.entry_point import EntryPoint, EntryPoints
from asynclint.core.explanation import Explanation, Statement
from asynclint.findings.directives import Vocabulary
from asynclint.findings.fingerprint import with_fingerprints
from asynclint.findings.noqa import with_noqa
from asynclint.findings.order import ordered, ordered_errors
from asynclint.findings.ruling import Rulings
from asynclint.findings.sources import sources_of
from asynclint.findings.suppression_rules import SUPPRESSION_RULES
from asynclint.findings.suppressions import Filtered, filter_suppressed
from asynclint.findings.unchecked import UNCHECKED
from asynclint.findings.verdict import judge
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
from asynclint.semantics.blocking import unresolved_calls
from asynclint.semantics.entry_points import entry_points as read_entry_points
from asynclint.semantics.explanation import explain_line
from asynclint.semantics.module_context import ModuleContext
from asynclint.source.discovery import discover
from asynclint.source.paths import absolute, display, inside
from asynclint.source.problems import EMPTY_FOLDER, INTERNAL_ERROR, SYNTAX_ERROR
from asynclint.source.roots import ProjectRoots, repository_root

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from asynclint.config.config import Config
    from asynclint.config.settings import Settings
    from asynclint.core.diagnostic import RuleInfo, SourceText
    from asynclint.core.span import Span
    from asynclint.findings.ruling import Ruling
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
    infos = _infos(rules)
    index = index or _new_index(settings)
    work, errors, rulings, chosen = _prepare(paths, infos, settings, index.reading.cwd)
    checker = _Checker(rules, rulings, settings.count_unresolved, settings.ignore_suppressions)
    with without_collection():
        outcomes = [_check_project(item, checker, index, settings.jobs, progress or _silent) for item in work]

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
        timings=_summed(outcome.seconds for outcome in outcomes),
    )


def files_of(paths: Sequence[str], settings: Settings) -> tuple[tuple[str, ...], tuple[CheckError, ...]]:
    """The files that `check` would look at, as they are shown, and what is wrong with the paths.

    Raises SettingsError, as `check`.
    """
    cwd = absolute(".", str(Path.cwd()))
    work, errors, *_ = _prepare(paths, _infos(all_rules()), settings, cwd)
    asked = sorted(path for item in work for path in item.asked)
    return tuple(display(path, cwd) for path in asked), ordered_errors(errors)


def entry_points(paths: Sequence[str], settings: Settings, progress: Progress | None = None) -> EntryPoints:
    """What the framework calls in files and folders, read as `check` reads them. Raises SettingsError, as `check`."""
    infos = _infos(all_rules())
    index = _new_index(settings)
    work, errors, *_ = _prepare(paths, infos, settings, index.reading.cwd)
    found: list[EntryPoint] = []
    files = 0
    with without_collection():
        for item in work:
            project, indexed = _link(item, index, settings.jobs, progress or _silent)
            errors += _unread(item, indexed)
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
    rules = all_rules()
    index = _new_index(settings)
    work, errors, rulings, _ = _prepare((path,), _infos(rules), settings, index.reading.cwd)
    if errors or not work:
        missing = CheckError("missing-path", path, "the configuration leaves this file out, so it is not checked")
        return errors[0] if errors else missing
    with without_collection():
        project, indexed = _link(work[0], index, settings.jobs, progress or _silent)
        (asked,) = work[0].asked
        module = project.module_at(asked)
        if module is None:
            return _unread(work[0], indexed)[0]
        context = ModuleContext(project, module)
        rows = len(context.lines)
        if not 1 <= row <= rows:
            shown = module.source.display
            return CheckError("missing-line", shown, f"there is no line {row}: the file has {rows}")
        found, failures = _check_module(context, rules, {})
        ruling = rulings.of(asked)
        outcome = judge(context, [item for item in found if _covers(item, row)], ruling, baselined)
        line = explain_line(context, row)
        failed = tuple(Statement(error.message) for error in failures.values())
        location = context.location(context.lines.line_span(row))
        return Explanation(location, line.symbol, line.contexts, line.calls, (*outcome, *failed))


def _covers(diagnostic: Diagnostic, row: int) -> bool:
    return diagnostic.location.start.row <= row <= diagnostic.location.end.row


@dataclass(frozen=True, slots=True)
class Fixed:
    """What was changed (or would be), what was not and why, and the report of what is left."""

    report: Report
    changes: tuple[Change, ...]
    made: tuple[Repair, ...]
    refused: tuple[Refused, ...]
    stable: bool


def _all_findings(report: Report) -> tuple[Diagnostic, ...]:
    return report.diagnostics


def fix(  # noqa: PLR0913 - each is a choice of its own
    paths: Sequence[str],
    settings: Settings,
    *,
    unsafe: bool,
    write: bool,
    progress: Progress | None = None,
    fixable: Callable[[Report], tuple[Diagnostic, ...]] = _all_findings,
) -> Fixed:
    """Apply the safe fixes of what a check finds, with `unsafe` the others too, until there are none left.

    Files are changed only with `write`; `fixable` picks the findings of a report that are to be fixed. Raises
    SettingsError, as `check`.
    """
    index = _new_index(settings)

    def recheck(texts: Texts) -> Checked:
        index.put(texts)
        report = check(paths, settings, progress, index)
        return Checked(report, _with_all_rules(report, paths, settings, index), fixable(report))

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


@dataclass(frozen=True, slots=True)
class Silenced:
    """The files that got comments, how many findings these silence, and the report of what is left."""

    report: Report
    changes: tuple[Change, ...]
    count: int


def add_noqa(
    paths: Sequence[str],
    settings: Settings,
    reason: str,
    *,
    progress: Progress | None = None,
    wanted: Callable[[Report], tuple[Diagnostic, ...]] = _all_findings,
) -> Silenced:
    """Write a `# noqa` with a reason, which may be empty, for each finding that is `wanted` of a report.

    Findings about suppressions are left. Raises SettingsError, as `check`.
    """
    index = _new_index(settings)
    vocabulary = Vocabulary(_infos(all_rules()))
    before = check(paths, settings, progress, index)
    by_file: dict[str, list[Diagnostic]] = {}
    for item in wanted(before):
        if item.code not in _ABOUT_SUPPRESSIONS:
            by_file.setdefault(item.location.path, []).append(item)
    changes: list[Change] = []
    for shown, items in sorted(by_file.items()):
        text = index.text_of(shown)
        changes.append(Change(shown, index.path_of(shown), text, with_noqa(text, items, reason, vocabulary)))
    written, errors = write_changes(change for change in changes if change.after != change.before)
    index.put({change.shown: change.after for change in written})
    report = check(paths, settings, progress, index) if written else before
    report = dataclasses.replace(report, errors=ordered_errors([*report.errors, *errors]))
    return Silenced(report, written, report.suppressed - before.suppressed)


_ABOUT_SUPPRESSIONS = frozenset(info.code for info in SUPPRESSION_RULES)


def _with_all_rules(
    report: Report, paths: Sequence[str], settings: Settings, index: FileIndex
) -> tuple[Diagnostic, ...]:
    """What there is to find with the default rules too, whatever was asked for: a fix must not make work for them."""
    usual = {rule.code for rule in all_rules() if rule.info.default}
    asked = {info.code for info in report.rules}
    if usual <= asked:
        return report.diagnostics
    everything = dataclasses.replace(settings, select=(ALL,), ignore=(), everything=True)
    return tuple(item for item in check(paths, everything, None, index).diagnostics if item.code in usual | asked)


def _new_index(settings: Settings) -> FileIndex:
    cwd = absolute(".", str(Path.cwd()))
    index = FileIndex(Reading(cwd, settings.max_file_size, settings.exhaustive))
    if settings.given is not None:
        index.give(*settings.given)
    return index


@dataclass(frozen=True, slots=True)
class _Work:
    """A project to read as a whole, and those of its files that findings are wanted of."""

    root: str
    asked: frozenset[str]
    files: tuple[str, ...]
    configurations: Configurations

    @property
    def config(self) -> Config:
        """What holds for the project as a whole."""
        return self.configurations.for_project(self.root, self.folders)

    @property
    def folders(self) -> set[str]:
        """Those with files of the project."""
        return {posixpath.dirname(path) for path in self.files}

    def in_patterns(self, path: str) -> str:
        """How a pattern in the configuration nearest to a file names it."""
        file = self.configurations.for_folder(posixpath.dirname(path)).file
        folder = self.root if file is None else posixpath.dirname(file)
        return path.removeprefix(folder.rstrip("/") + "/")


@dataclass(frozen=True, slots=True)
class _Outcome:
    diagnostics: list[Diagnostic]
    errors: list[CheckError]
    checked: list[str]
    sources: tuple[SourceText, ...]
    suppressed: int
    unresolved_calls: int
    seconds: Seconds


Seconds: TypeAlias = "Mapping[str, float]"
"""What was spent on each phase and each rule."""


def _summed(parts: Iterable[Seconds]) -> tuple[tuple[str, float], ...]:
    total: dict[str, float] = {}
    for part in parts:
        for name, seconds in part.items():
            total[name] = total.get(name, 0.0) + seconds
    return tuple(total.items())


def _infos(rules: tuple[Rule, ...]) -> tuple[RuleInfo, ...]:
    """Every code a report may carry."""
    return (*(rule.info for rule in rules), *SUPPRESSION_RULES, *UNCHECKED)


class _Prepared(NamedTuple):
    work: list[_Work]
    errors: list[CheckError]
    rulings: Rulings
    chosen: frozenset[str]


def _prepare(paths: Sequence[str], infos: tuple[RuleInfo, ...], settings: Settings, cwd: str) -> _Prepared:
    """What is to be read, and what the settings say of it; raises SettingsError."""
    configurations = Configurations(cwd, infos, settings.config, isolated=settings.isolated)
    rulings = Rulings(infos, settings, configurations)
    work, errors = _plan(paths, cwd, configurations, settings)
    asked = [path for item in work for path in item.asked]
    chosen = rulings.enabled(asked or [f"{cwd}/"])
    configurations.refuse_problems()
    return _Prepared(work, errors, rulings, chosen)


def _plan(
    paths: Sequence[str], cwd: str, configurations: Configurations, settings: Settings
) -> tuple[list[_Work], list[CheckError]]:
    """The files asked for, each in the project it belongs to, outer projects first.

    Which that is does not depend on the paths: a project inside another one is judged by itself, and read as a part of
    the outer one too, whose files may import it.
    """
    exclusion = Exclusion(configurations)
    search = functools.partial(discover, cwd=cwd, left_out=exclusion, respects_gitignore=exclusion.respects_gitignore)
    given_text = settings.given.path if settings.given is not None else None
    given = [path for path in (absolute(item, cwd) for item in paths) if not _is_left_out(path, exclusion, settings)]
    folders = {path if Path(path).is_dir() else posixpath.dirname(path) for path in given}
    roots = ProjectRoots(cwd, configurations.declares_root, folders)
    found = search(tuple(path for path in given if path != given_text))
    by_root: dict[str, set[str]] = {}
    for path in (*found.files, *(path for path in given if path == given_text)):
        by_root.setdefault(roots.of_folder(posixpath.dirname(path)), set()).add(path)
    work: list[_Work] = []
    for root, asked in sorted(by_root.items()):
        whole = search((root,)).files if root not in given else (path for path in found.files if inside(path, root))
        work.append(_Work(root, frozenset(asked), tuple(sorted(asked.union(whole))), configurations))
    return work, [error for error in found.errors if not (settings.allow_empty and error.code == EMPTY_FOLDER)]


def _is_left_out(path: str, exclusion: Exclusion, settings: Settings) -> bool:
    """Whether a path that was given is a file that exclusion is forced on."""
    if not settings.force_exclude:
        return False
    is_file = Path(path).is_file() or (settings.given is not None and path == settings.given.path)
    return is_file and exclusion.of_given(path)


@dataclass(frozen=True, slots=True)
class _Checker:
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


def _link(
    work: _Work, index: FileIndex, jobs: int | None, progress: Progress
) -> tuple[Project, tuple[IndexedFile, ...]]:
    indexed = index.files(work.files, jobs=jobs, progress=progress)
    return _linked(work, indexed), indexed


def _linked(work: _Work, indexed: Sequence[IndexedFile]) -> Project:
    modules = [_module_source(file, file.ir) for file in indexed if file.ir is not None]
    return Project.build(modules, work.root, work.config, work.configurations.fastapi_versions(work.folders))


def _unread(work: _Work, indexed: Sequence[IndexedFile]) -> list[CheckError]:
    """The errors of the files asked for that are not part of the project."""
    return [
        _with_way_out(file.error, work.in_patterns(file.path))
        for file in indexed
        if file.error is not None and file.path in work.asked
    ]


def _check_project(work: _Work, checker: _Checker, index: FileIndex, jobs: int | None, progress: Progress) -> _Outcome:
    started = time.perf_counter()
    indexed = index.files(work.files, jobs=jobs, progress=progress)
    read = time.perf_counter()
    project = _linked(work, indexed)
    phases = {"reading": read - started, "linking": time.perf_counter() - read}
    asked = [module.path for module in project.modules if module.path in work.asked]

    parent = os.getpid()

    def check_modules(paths: Sequence[str]) -> _Checked:
        # A forked child must not touch the terminal: a lock that another thread held at the fork is never released.
        shown = progress if os.getpid() == parent else _silent
        return _check_modules(project, paths, checker, shown)

    parts = in_halves(check_modules, asked, parallel=jobs != 1)
    diagnostics = [item for part in parts for item in part.diagnostics]
    errors = [*_unread(work, indexed)]
    errors += [error for part in parts for error in part.errors]
    checked = [module.source.display for path in asked if (module := project.module_at(path)) is not None]
    sources = sources_of(diagnostics, errors, indexed)
    suppressed = sum(part.suppressed for part in parts)
    unresolved = sum(part.unresolved_calls for part in parts)
    seconds = dict(_summed((phases, *(part.seconds for part in parts))))
    return _Outcome(diagnostics, errors, checked, sources, suppressed, unresolved, seconds)


@dataclass(frozen=True, slots=True)
class _Checked:
    """What came of some modules."""

    diagnostics: list[Diagnostic]
    errors: list[CheckError]
    suppressed: int
    unresolved_calls: int
    seconds: Seconds


def _check_modules(project: Project, paths: Sequence[str], checker: _Checker, progress: Progress) -> _Checked:
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
        found, failures = _check_module(context, checker.rules_for(ruling), seconds)
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


def _check_module(
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


def _silent(stage: str, done: int, total: int) -> None:
    """Progress nobody looks at."""

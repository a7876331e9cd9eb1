"""Files changed so that findings go away: fixes, and comments that silence."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.config.selection import ALL
from asynclint.findings.directives import Vocabulary
from asynclint.findings.noqa import with_noqa
from asynclint.findings.order import ordered_errors
from asynclint.findings.suppression_rules import SUPPRESSION_RULES
from asynclint.fixing.choice import SAFE, SAFE_AND_UNSAFE
from asynclint.fixing.convergence import converge
from asynclint.fixing.judgement import Checked
from asynclint.fixing.writing import Change, Gate, write_changes
from asynclint.rulekit.descriptions import described_rules
from asynclint.rulekit.discovery import all_rules
from asynclint.run.checks import check, new_index

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from asynclint.config.settings import Settings
    from asynclint.core.diagnostic import Diagnostic, Report
    from asynclint.fixing.choice import Repair
    from asynclint.fixing.convergence import Refused, Texts
    from asynclint.project.indexing import FileIndex, Progress


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
    index = new_index(settings)

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
    index = new_index(settings)
    vocabulary = Vocabulary(described_rules())
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

"""The findings that a run is about: not those of a baseline, and only those that a change may have brought about."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from asynclint.cli.configuration import working_folder
from asynclint.cli.refusal import Refusal
from asynclint.config.settings import SettingsError
from asynclint.source.boundaries import git_root
from asynclint.source.paths import absolute, resolved

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asynclint.cli.baselines import BaselineFile
    from asynclint.core.diagnostic import Diagnostic, Report
    from asynclint.source.history import Revision


class Narrowed(NamedTuple):
    """A report with the findings that are left, how many entries of the baseline are fixed, and what it knows."""

    report: Report
    fixed: int
    known: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A baseline and the commits that were given to compare with; either may be missing."""

    baseline: BaselineFile | None
    revisions: tuple[Revision, ...]

    def of(self, report: Report) -> Narrowed:
        """What is left of a report. Raises Refusal."""
        fixed = 0
        known: tuple[Diagnostic, ...] = ()
        if self.baseline is not None:
            comparison = self.baseline.compare(report)
            new = {id(item) for item in comparison.report.diagnostics}
            known = tuple(item for item in report.diagnostics if id(item) not in new)
            report, fixed = comparison.report, comparison.fixed
        if self.revisions:
            from asynclint.findings.changed import on_changed_lines  # noqa: PLC0415 - only with `--diff-base`
            from asynclint.source.history import HistoryError  # noqa: PLC0415 - as above

            try:
                report = on_changed_lines(report, self.revisions)
            except HistoryError as error:
                raise _refusal(str(error)) from None
        return Narrowed(report, fixed, known)

    def findings(self, report: Report) -> tuple[Diagnostic, ...]:
        return self.of(report).report.diagnostics


def revisions(ref: str | None, paths: Iterable[str]) -> tuple[Revision, ...]:
    """Where the repositories of the paths and `ref` parted; nothing where there is no `ref`. Raises Refusal."""
    if ref is None:
        return ()
    from asynclint.source.history import HistoryError, merge_base  # noqa: PLC0415 - as above

    roots = sorted({_root(path) for path in paths})
    try:
        return tuple(merge_base(root, ref) for root in roots)
    except HistoryError as error:
        raise _refusal(str(error)) from None


def _root(path: str) -> str:
    whole = absolute(path, working_folder())
    root = git_root(whole if posixpath.isdir(whole) else whole.rpartition("/")[0] or "/")
    if root is None:
        raise _refusal(f"{path} is in no git repository")
    return resolved(root)


def _refusal(reason: str) -> Refusal:
    return Refusal(SettingsError((f"cannot compare with --diff-base: {reason}",)))

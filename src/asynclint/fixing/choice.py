"""Which fixes of a report are applied together, and which have to wait for the next pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Applicability
from asynclint.core.span import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asynclint.core.diagnostic import Diagnostic, Edit, Fix

SAFE = frozenset({Applicability.SAFE})
SAFE_AND_UNSAFE = frozenset({Applicability.SAFE, Applicability.UNSAFE})


@dataclass(frozen=True, slots=True)
class Repair:
    """A finding and the fix chosen for it."""

    diagnostic: Diagnostic
    fix: Fix

    @property
    def path(self) -> str:
        return self.diagnostic.location.path


def repairs(diagnostics: Iterable[Diagnostic], wanted: frozenset[Applicability]) -> Iterator[Repair]:
    """For each finding its first fix of a wanted kind. A fix never reaches into another file than its finding's."""
    for diagnostic in diagnostics:
        here = diagnostic.location.path
        for fix in diagnostic.fixes:
            if fix.applicability in wanted and fix.edits and all(edit.location.path == here for edit in fix.edits):
                yield Repair(diagnostic, fix)
                break


def compatible(candidates: Iterable[Repair]) -> tuple[Repair, ...]:
    """Those that can be made in one go, the first of each group that get into each other's way."""
    taken: dict[str, list[Repair]] = {}
    for repair in sorted(candidates, key=_place):
        others = taken.setdefault(repair.path, [])
        if not any(_clash(repair.fix, other.fix) for other in others):
            others.append(repair)
    return tuple(repair for repairs_of_file in taken.values() for repair in repairs_of_file)


def _place(repair: Repair) -> tuple[str, Span, str]:
    span = _extent(repair.fix) or repair.fix.edits[0].span
    return repair.path, span, repair.diagnostic.code


def _clash(one: Fix, other: Fix) -> bool:
    """Whether each would change what the other was made for. The lines that both add (an import) are no clash."""
    if _texts(one) == _texts(other):
        return False
    return (
        _touch(_extent(one), _extent(other))
        or _lines_clash(one, other)
        or any(_touch(edit.span, _extent(other)) for edit in _added_lines(one))
        or any(_touch(edit.span, _extent(one)) for edit in _added_lines(other))
    )


def _texts(fix: Fix) -> frozenset[tuple[Span, str]]:
    return frozenset((edit.span, edit.content) for edit in fix.edits)


def _lines_clash(one: Fix, other: Fix) -> bool:
    """Different lines added at the same place, whose order would be left to chance."""
    return any(
        mine.span == yours.span and mine.content != yours.content
        for mine in _added_lines(one)
        for yours in _added_lines(other)
    )


def _extent(fix: Fix) -> Span | None:
    """From the first to the last of the edits, but for lines that are added elsewhere."""
    spans = [edit.span for edit in fix.edits if not _adds_lines(edit)]
    return Span(min(span.start for span in spans), max(span.end for span in spans)) if spans else None


def _added_lines(fix: Fix) -> Iterator[Edit]:
    return (edit for edit in fix.edits if _adds_lines(edit))


def _adds_lines(edit: Edit) -> bool:
    return edit.span.start == edit.span.end and edit.content.endswith("\n")


def _touch(one: Span | None, other: Span | None) -> bool:
    return one is not None and other is not None and one.start <= other.end and other.start <= one.end

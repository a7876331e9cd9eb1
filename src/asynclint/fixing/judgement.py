"""Whether repairs may stand: what they made still parses, their findings are gone, and nothing new is found."""

from __future__ import annotations

import warnings
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from asynclint.fixing.edits import span_before

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from asynclint.core.diagnostic import CheckError, Diagnostic, Edit, Report
    from asynclint.core.span import Span
    from asynclint.fixing.choice import Repair


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check says of texts: the report with the rules asked for, and `every` finding with all rules.

    `fixable` are those findings of the report that are to be fixed, all but those of a baseline.
    """

    report: Report
    every: tuple[Diagnostic, ...]
    fixable: tuple[Diagnostic, ...]


class Objection(NamedTuple):
    """Why repairs may not stand, and those of them that are known to be the reason (none: any may be)."""

    reason: str
    blamed: tuple[Repair, ...]


def compiles(text: str) -> bool:
    """Whether the running Python accepts the text as a module."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "<fixed>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def broken_syntax(before: Mapping[str, bytes], after: Mapping[str, bytes], made: Sequence[Repair]) -> Objection | None:
    """Text that compiled and no longer does. Syntax newer than the running Python is judged by the check."""
    for path, data in after.items():
        if not compiles(data.decode()) and compiles(before[path].decode()):
            return Objection("the result would not be valid Python", _of_files(made, {path}))
    return None


def regressions(before: Checked, after: Checked, made: Sequence[Repair]) -> Objection | None:
    """Errors and findings that were not there before, and findings that their repair did not end."""
    known = {_identity(error) for error in before.report.errors}
    more_errors = [error for error in after.report.errors if _identity(error) not in known]
    if more_errors:
        blamed = _of_files(made, {error.filename for error in more_errors})
        return Objection(f"the result could not be checked ({more_errors[0].message})", blamed)
    new, lasting = _compared(before.every, after.every, _edits_by_file(made))
    if new:
        first_new = new[0]
        place = f"{first_new.location.path}:{first_new.location.start.row}"
        reason = f"it would bring {first_new.code} {first_new.name} at {place}"
        return Objection(reason, _of_files(made, {item.location.path for item in new}))
    unmended = tuple(repair for repair in made if (repair.diagnostic.code, repair.diagnostic.location) in lasting)
    return Objection("the finding would still be there", unmended) if unmended else None


def _identity(error: CheckError) -> tuple[str, str, str]:
    return error.filename, error.code, error.message


def _edits_by_file(made: Iterable[Repair]) -> dict[str, list[Edit]]:
    edits: dict[str, list[Edit]] = defaultdict(list)
    for repair in made:
        edits[repair.path] += repair.fix.edits
    return edits


def _of_files(made: Iterable[Repair], paths: set[str]) -> tuple[Repair, ...]:
    return tuple(repair for repair in made if repair.path in paths)


def _compared(
    before: Iterable[Diagnostic], after: Iterable[Diagnostic], edits: Mapping[str, list[Edit]]
) -> tuple[list[Diagnostic], set[tuple[str, object]]]:
    """The findings that are new, and the code and location of each earlier one that is still there."""
    earlier, later = _grouped(before), _grouped(after)
    new: list[Diagnostic] = []
    lasting: set[tuple[str, object]] = set()
    for (path, code), items in later.items():
        moved = [(item, span_before(item.location.span, edits.get(path, ()))) for item in items]
        left = list(earlier.get((path, code), ()))
        for item, partner in _paired(moved, left):
            if partner is None:
                new.append(item)
            else:
                lasting.add((code, partner.location))
    return new, lasting


def _grouped(diagnostics: Iterable[Diagnostic]) -> dict[tuple[str, str], list[Diagnostic]]:
    groups: dict[tuple[str, str], list[Diagnostic]] = defaultdict(list)
    for item in diagnostics:
        groups[item.location.path, item.code].append(item)
    return groups


def _paired(
    moved: list[tuple[Diagnostic, Span]], left: list[Diagnostic]
) -> Iterator[tuple[Diagnostic, Diagnostic | None]]:
    """Each later finding with the earlier one in the same place, or else with one that it overlaps."""
    unpaired: list[tuple[Diagnostic, Span]] = []
    for item, span in moved:
        partner = next((other for other in left if other.location.span == span), None)
        if partner is None:
            unpaired.append((item, span))
        else:
            left.remove(partner)
            yield item, partner
    for item, span in unpaired:
        partner = next((other for other in left if _overlap(other.location.span, span)), None)
        if partner is not None:
            left.remove(partner)
        yield item, partner


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end

"""Findings that were there before, kept in a file so that a run can be about new ones."""

from __future__ import annotations

import dataclasses
import json
import posixpath
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import msgspec

from asynclint.source.paths import absolute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from asynclint.core.diagnostic import Diagnostic, Report

VERSION: Final = 1
_TOOL: Final = "asynclint"
_BOM: Final = b"\xef\xbb\xbf"


class BaselineError(Exception):
    """The text is no baseline that can be used; the message says why, of an `it`, in one line."""


class Entry(NamedTuple):
    """What identifies a finding. `path` is relative to the folder of the baseline."""

    path: str
    code: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """How many findings there were of each entry."""

    counts: Mapping[Entry, int]

    def __len__(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Naming:
    """Turns the names that reports show, which depend on the working folder, into those of a baseline in `folder`."""

    cwd: str
    folder: str

    def entry(self, diagnostic: Diagnostic) -> Entry:
        return Entry(self.relative(diagnostic.location.path), diagnostic.code, diagnostic.fingerprint)

    def relative(self, shown: str) -> str:
        return posixpath.relpath(absolute(shown, self.cwd), self.folder)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A report without what the baseline has, how many of its findings are fixed, and the baseline without those."""

    report: Report
    fixed: int
    left: Baseline


def baseline_of(diagnostics: Iterable[Diagnostic], naming: Naming) -> Baseline:
    """The baseline that has just these findings."""
    return Baseline(Counter(naming.entry(item) for item in diagnostics))


def compare(report: Report, baseline: Baseline, naming: Naming, is_gone: Callable[[str], bool]) -> Comparison:
    """What is new in a report, and what of the baseline is no longer found.

    Only what this run could have found is called fixed: findings of rules that were on, in files that were checked or
    that are gone; `is_gone` tells of the path of an entry. What a file that is gone had and another one has now has
    moved with a renamed file, and is known there.
    """
    room = Counter(baseline.counts)
    unmatched: list[Diagnostic] = []
    for diagnostic in report.diagnostics:
        entry = naming.entry(diagnostic)
        if room[entry] > 0:
            room[entry] -= 1
        else:
            unmatched.append(diagnostic)
    new, moves = _without_moved(unmatched, room, naming, is_gone)
    room.subtract(old for old, _ in moves)
    checked = {naming.relative(path) for path in report.checked.difference(item.filename for item in report.errors)}
    enabled = {rule.code for rule in report.rules}
    fixed = Counter(
        {
            entry: count
            for entry, count in room.items()
            if count and ((entry.path in checked and entry.code in enabled) or is_gone(entry.path))
        }
    )
    known = len(report.diagnostics) - len(new)
    remaining = dataclasses.replace(report, diagnostics=tuple(new), baselined=known, is_compared=True)
    moved_from, moved_to = Counter(old for old, _ in moves), Counter(entry for _, entry in moves)
    return Comparison(remaining, fixed.total(), Baseline(Counter(baseline.counts) - fixed - moved_from + moved_to))


def _without_moved(
    unmatched: list[Diagnostic], room: Mapping[Entry, int], naming: Naming, is_gone: Callable[[str], bool]
) -> tuple[list[Diagnostic], list[tuple[Entry, Entry]]]:
    """The findings that are new, and for each other one the entry that it had in a file that is gone, and has now."""
    homeless: dict[tuple[str, str], list[Entry]] = {}
    if unmatched:
        gone = {path for path in {entry.path for entry, count in room.items() if count > 0} if is_gone(path)}
        for entry, count in room.items():
            if entry.path in gone and count > 0:
                homeless.setdefault((entry.code, entry.fingerprint), []).extend([entry] * count)
    new: list[Diagnostic] = []
    moves: list[tuple[Entry, Entry]] = []
    for diagnostic in unmatched:
        entry = naming.entry(diagnostic)
        earlier = homeless.get((entry.code, entry.fingerprint))
        if earlier:
            moves.append((earlier.pop(), entry))
        else:
            new.append(diagnostic)
    return new, moves


# --------------------------------------------------------------------------------------------------------------
# The file


class _Header(msgspec.Struct):
    tool: str
    version: Annotated[int, msgspec.Meta(ge=1)]


class _Entry(msgspec.Struct):
    path: str
    code: str
    fingerprint: str
    count: Annotated[int, msgspec.Meta(ge=1)]


class _Content(msgspec.Struct):
    entries: list[_Entry]


def as_text(baseline: Baseline) -> str:
    """The file: JSON in ASCII, sorted, a line for each entry so that changes and merges are easy to read."""
    entries = ",\n".join(
        f"    {json.dumps({**entry._asdict(), 'count': count})}" for entry, count in sorted(baseline.counts.items())
    )
    listed = f"[\n{entries}\n  ]" if entries else "[]"
    return f'{{\n  "version": {VERSION},\n  "tool": "{_TOOL}",\n  "entries": {listed}\n}}\n'


def from_text(data: bytes) -> Baseline:
    """The baseline in a file's bytes. Raises BaselineError."""
    data = data.removeprefix(_BOM)
    _check_header(data)
    try:
        content = msgspec.json.decode(data, type=_Content)
    except msgspec.ValidationError as error:
        raise BaselineError(f"it is damaged: {error}".lower()) from None
    counts: Counter[Entry] = Counter()
    for item in content.entries:
        counts[Entry(item.path, item.code, item.fingerprint)] += item.count
    return Baseline(counts)


def _check_header(data: bytes) -> None:
    try:
        header = msgspec.json.decode(data, type=_Header)
    except msgspec.ValidationError:
        raise BaselineError("it is not a baseline of asynclint") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BaselineError("it is not JSON") from None
    if header.tool != _TOOL:
        raise BaselineError("it is not a baseline of asynclint")
    if header.version > VERSION:
        raise BaselineError(f"it has version {header.version}, of a newer asynclint; this one reads version {VERSION}")

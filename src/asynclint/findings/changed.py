"""Which findings stand on lines that were changed since an earlier commit."""

from __future__ import annotations

import dataclasses
import os
import re
from collections import Counter
from difflib import SequenceMatcher
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from asynclint.source.paths import absolute, inside
from asynclint.source.text import UnreadableFile, decode_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from asynclint.core.diagnostic import Diagnostic, Report
    from asynclint.core.span import Location
    from asynclint.source.history import Revision

_LINE_END: Final = re.compile(rb"\r\n?|\n")
_ALIKE: Final = 0.5
"""The share of lines that a renamed file has kept, from which on it counts as one; git's measure."""
_MOST_CANDIDATES: Final = 500
"""Files that are gone, of which one may have become a new file."""
_MANY_LINES: Final = 2000
"""From here on lines that come again and again are matched only beside others: comparing each takes minutes."""


def on_changed_lines(report: Report, revisions: Sequence[Revision]) -> Report:
    """The report with the findings that a change since the revisions may have brought about.

    Those are the findings that stand on a changed line or whose way to the cause leads over one. All lines of a file
    that the revision does not have are changed, unless it is a renamed one. Raises HistoryError.
    """
    changes = _Changes(report, revisions)
    kept = tuple(item for item in report.diagnostics if changes.touch(item))
    return dataclasses.replace(report, diagnostics=kept, unchanged=len(report.diagnostics) - len(kept))


class _Changes:
    def __init__(self, report: Report, revisions: Sequence[Revision]) -> None:
        self._report = report
        self._revisions = sorted(revisions, key=lambda revision: -len(revision.root))
        self._sources = {source.shown: source for source in report.sources}
        self._rows: dict[str, frozenset[int] | None] = {}

    def touch(self, diagnostic: Diagnostic) -> bool:
        return any(self._is_changed(place) for place in _places(diagnostic))

    def _is_changed(self, place: Location) -> bool:
        if place.path not in self._rows:
            self._rows[place.path] = self._changed_rows(place.path)
        rows = self._rows[place.path]
        return rows is None or any(row in rows for row in range(place.start.row, place.end.row + 1))

    def _changed_rows(self, shown: str) -> frozenset[int] | None:
        """The rows of a file, from 1; None for all."""
        source = self._sources.get(shown)
        if source is None:
            return None
        given = absolute(shown, self._report.working_folder)
        for revision in self._revisions:
            for path in (source.path, given):
                if inside(path, revision.root):
                    before = _text_before(
                        revision, os.path.relpath(path, revision.root).replace(os.sep, "/"), source.data
                    )
                    return None if before is None else _rows_changed(before, source.data)
        return None


def _places(diagnostic: Diagnostic) -> Iterator[Location]:
    yield diagnostic.location
    yield from (step.location for step in diagnostic.chain)


def _text_before(revision: Revision, path: str, data: bytes) -> bytes | None:
    if path in revision.files:
        return _decoded(revision, path)
    return _before_renaming(revision, path, data)


def _decoded(revision: Revision, path: str) -> bytes:
    raw = revision.content(path)
    try:
        return decode_source(raw, path, path).data
    except UnreadableFile:
        return raw


def _before_renaming(revision: Revision, path: str, data: bytes) -> bytes | None:
    """The text of the file that is gone now and is most like a new one."""
    suffix, name = os.path.splitext(path)[1], os.path.basename(path)  # noqa: PTH119, PTH122 - with `/` everywhere
    gone = [item for item in revision.files if item.endswith(suffix) and not revision.is_in_working_tree(item)]
    gone.sort(key=lambda item: (item.rpartition("/")[2] != name, item))
    lines = Counter(_LINE_END.split(data))
    best: tuple[float, bytes | None] = (_ALIKE, None)
    for item in gone[:_MOST_CANDIDATES]:
        before = _decoded(revision, item)
        likeness = _likeness(Counter(_LINE_END.split(before)), lines)
        if likeness > best[0] or (best[1] is None and likeness == best[0]):
            best = (likeness, before)
    return best[1]


def _likeness(first: Counter[bytes], second: Counter[bytes]) -> float:
    """The share of equal lines, by their length; blank ones do not count."""
    size = max(_size(first), _size(second))
    return _size(first & second) / size if size else 0.0


def _size(lines: Counter[bytes]) -> int:
    return sum(len(line) * count for line, count in lines.items())


def _rows_changed(before: bytes, after: bytes) -> frozenset[int]:
    """The rows of the text after, from 1, that are not lines of the text before."""
    old, new = _LINE_END.split(before), _LINE_END.split(after)
    head = _equal_at_start(zip(old, new, strict=False))
    tail = _equal_at_start(zip(reversed(old[head:]), reversed(new[head:]), strict=False))
    old, new = old[head : len(old) - tail], new[head : len(new) - tail]
    changed = set(range(len(new)))
    for block in SequenceMatcher(None, old, new, autojunk=len(new) > _MANY_LINES).get_matching_blocks():
        changed.difference_update(range(block.b, block.b + block.size))
    return frozenset(head + row + 1 for row in changed)


def _equal_at_start(pairs: Iterable[tuple[bytes, bytes]]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

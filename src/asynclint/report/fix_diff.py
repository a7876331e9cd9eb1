"""What a fix would change, as the hunks of a diff."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Literal, TypedDict

from asynclint.report.frame import line_cells

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from asynclint.core.diagnostic import Edit, Fix

AROUND = 2
"""Unchanged rows that are shown before and after a change."""

_APART = 2 * AROUND + 1
"""Rows between two changes from which they are hunks of their own."""

MAX_COLUMNS = 400
"""Code points of a line that are shown: a thousand fixes in one line of a megabyte are a page of gigabytes."""

_MOST_BYTES = 4 * MAX_COLUMNS
_CUT = "…"

Sign = Literal[" ", "-", "+"]


class DiffLine(TypedDict):
    """A row of a diff; `row` is that of the old text, None for what is new."""

    sign: Sign
    row: int | None
    text: str


class Hunk(TypedDict):
    """Rows of one file that belong together."""

    path: str
    lines: list[DiffLine]


def hunks(fix: Fix, sources: Mapping[str, bytes]) -> list[Hunk]:
    """The changes of a fix, file by file, in the order of their places; none for a file whose text is not at hand.

    `sources` are the texts of files, UTF-8 without BOM, by the names that locations have for them.
    """
    by_file: dict[str, list[Edit]] = {}
    for edit in sorted(fix.edits, key=lambda edit: edit.span):
        by_file.setdefault(edit.location.path, []).append(edit)
    return [
        {"path": path, "lines": _hunk(cluster, lines)}
        for path, edits in sorted(by_file.items())
        if (lines := sources.get(path, b"").splitlines(keepends=True))
        for cluster in _clusters(edits)
    ]


def _clusters(edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    cluster: list[Edit] = []
    for edit in edits:
        if cluster and edit.location.start.row - cluster[-1].location.end.row > _APART:
            yield cluster
            cluster = []
        cluster.append(edit)
    if cluster:
        yield cluster


def _hunk(edits: Sequence[Edit], lines: Sequence[bytes]) -> list[DiffLine]:
    first, last = edits[0].location.start.row, edits[-1].location.end.row
    old = lines[first - 1 : last]
    offset = sum(map(len, lines[: first - 1]))
    new = _edited(b"".join(old), edits, offset).splitlines(keepends=True)
    before = range(max(1, first - AROUND), first)
    after = range(last + 1, min(len(lines), last + AROUND) + 1)
    return [
        *(_line(" ", row, lines[row - 1]) for row in before),
        *_changed(old, new, first),
        *(_line(" ", row, lines[row - 1]) for row in after),
    ]


def _edited(data: bytes, edits: Sequence[Edit], offset: int) -> bytes:
    for edit in reversed(edits):
        start, end = edit.span.start - offset, edit.span.end - offset
        data = data[:start] + edit.content.encode() + data[end:]
    return data


def _changed(old: Sequence[bytes], new: Sequence[bytes], first: int) -> Iterator[DiffLine]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            yield from (_line(" ", first + place, old[place]) for place in range(start, end))
            continue
        yield from (_line("-", first + place, old[place]) for place in range(start, end))
        yield from (_line("+", None, text) for text in new[new_start:new_end])


def _line(sign: Sign, row: int | None, text: bytes) -> DiffLine:
    shown = line_cells(text[:_MOST_BYTES].rstrip(b"\r\n").decode(errors="ignore"))
    is_cut = len(text) > _MOST_BYTES or len(shown) > MAX_COLUMNS
    return {"sign": sign, "row": row, "text": "".join(shown[:MAX_COLUMNS]) + _CUT * is_cut}

"""Edits of one text applied together, and places in the result traced back to the text before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.span import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asynclint.core.diagnostic import Edit


def applied(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The text with all edits made; those that are equal are made once. They must not overlap."""
    parts: list[bytes] = []
    offset = 0
    for edit in in_order(edits):
        parts += [data[offset : edit.span.start], edit.content.encode()]
        offset = edit.span.end
    return b"".join((*parts, data[offset:]))


def in_order(edits: Iterable[Edit]) -> list[Edit]:
    """By place, each once."""
    return sorted({(edit.span, edit.content): edit for edit in edits}.values(), key=lambda edit: edit.span)


def span_before(span: Span, edits: Iterable[Edit]) -> Span:
    """Where a range of the edited text stood in the text before; what an edit wrote stands where the edit did."""
    ordered = in_order(edits)
    return Span(_offset_before(span.start, ordered, at_end=False), _offset_before(span.end, ordered, at_end=True))


def _offset_before(offset: int, edits: list[Edit], *, at_end: bool) -> int:
    """`at_end`: the offset ends a range, so it belongs to the text on its left."""
    shift = 0
    for edit in edits:
        start = edit.span.start + shift
        end = start + len(edit.content.encode())
        if offset < start or (at_end and offset == start):
            break
        if offset < end or (at_end and offset == end):
            return edit.span.end if at_end else edit.span.start
        shift = end - edit.span.end
    return offset - shift

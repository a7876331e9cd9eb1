"""How a suppression, or a part of one, is taken out of the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.span import Span
from asynclint.semantics.rewrite import TextEdit

if TYPE_CHECKING:
    from collections.abc import Collection

    from asynclint.findings.directives import Directive, Item

_COOKIE_ROWS = 2
"""So many rows may hold a coding cookie; none may move up into them."""


def without_items(data: bytes, directive: Directive, unused: Collection[Item]) -> TextEdit:
    """Takes items out of the list of a directive, or the directive itself where none is left."""
    items = directive.items
    leaving = frozenset(unused)
    kept = [item.text for item in items if item not in leaving]
    if not kept:
        return without_directive(data, directive)
    separator = data[items[0].span.end : items[1].span.start].decode()
    return TextEdit(Span(items[0].span.start, items[-1].span.end), separator.join(kept))


def without_directive(data: bytes, directive: Directive) -> TextEdit:
    """Removes a directive; other text of its comment stays, and so do other directives."""
    comment, span = directive.comment, directive.span
    before = data[comment.start : span.start].rstrip()
    after = data[span.end : comment.end].strip()
    if before:
        return TextEdit(Span(comment.start + len(before), span.end), "")
    if after:
        return TextEdit(Span(span.start, data.index(after, span.end)), "" if after.startswith(b"#") else "# ")
    return TextEdit(_whole_comment(data, comment), "")


def _whole_comment(data: bytes, comment: Span) -> Span:
    """A comment with the space before it; with its row where it stands alone.

    A row after a backslash stays, empty: it ends the statement, to which the next row would belong else.
    """
    row_start = max(data.rfind(b"\n", 0, comment.start), data.rfind(b"\r", 0, comment.start)) + 1
    code = data[row_start : comment.start].rstrip()
    is_continued = data[:row_start].rstrip(b"\r\n").endswith(b"\\")
    if code or is_continued or data.count(b"\n", 0, row_start) < _COOKIE_ROWS:
        return Span(row_start + len(code), comment.end)
    following = data[comment.end : comment.end + 2]
    return Span(row_start, comment.end + (2 if following == b"\r\n" else len(following[:1])))

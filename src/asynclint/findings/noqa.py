"""Comments that silence findings, added to a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from asynclint.findings.directives import Verb, has_reason, looks_like_code, read_directives
from asynclint.source.comments import read_comments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asynclint.core.diagnostic import Diagnostic
    from asynclint.core.span import Span
    from asynclint.findings.directives import Directive, Vocabulary
    from asynclint.source.comments import Comments


def with_noqa(data: bytes, findings: Iterable[Diagnostic], reason: str, vocabulary: Vocabulary) -> bytes:
    """The text with a `# noqa` for each of its findings on their statements; nothing else changes.

    A list that a statement has already gets the codes, else the row of the first finding gets a comment, or the last
    row of the statement where that one can have none. A finding that no comment can reach is left as it is.
    """
    comments = read_comments(data)
    directives = tuple(read_directives(data, comments.comments, vocabulary))
    edits = [
        edit
        for wanted in _wanted(findings, comments)
        if (edit := _in_list(data, wanted, directives, reason) or _new_comment(data, comments, wanted, reason))
    ]
    for edit in sorted(edits, reverse=True):
        data = edit.applied(data)
    return data


class _Wanted(NamedTuple):
    """The codes that a statement, a logical line, is to be silent about, and where the first finding on it begins."""

    place: Span
    offset: int
    codes: tuple[str, ...]


class _Insertion(NamedTuple):
    offset: int
    text: bytes

    def applied(self, data: bytes) -> bytes:
        return data[: self.offset] + self.text + data[self.offset :]


def _wanted(findings: Iterable[Diagnostic], comments: Comments) -> Iterator[_Wanted]:
    by_place: dict[Span, list[Diagnostic]] = {}
    for item in findings:
        place = comments.logical_line(item.location.span.start)
        if place is not None:
            by_place.setdefault(place, []).append(item)
    for place, items in by_place.items():
        first = min(item.location.span.start for item in items)
        yield _Wanted(place, first, tuple(sorted({item.code for item in items})))


def _in_list(data: bytes, wanted: _Wanted, directives: tuple[Directive, ...], reason: str) -> _Insertion | None:
    """The codes at the end of a list that the statement has."""
    for directive in directives:
        if directive.verb is not Verb.NOQA or directive.is_blanket:
            continue
        if wanted.place.start <= directive.span.start <= wanted.place.end:
            items = directive.items
            separator = data[items[0].span.end : items[1].span.start].decode() if len(items) > 1 else ", "
            text = "".join(separator + code for code in wanted.codes)
            if reason and not has_reason(data, directive, directives):
                text += _after_codes(reason)
            return _Insertion(items[-1].span.end, text.encode())
    return None


def _new_comment(data: bytes, comments: Comments, wanted: _Wanted, reason: str) -> _Insertion | None:
    text = f"  # noqa: {', '.join(wanted.codes)}{_after_codes(reason)}".encode()
    for offset in dict.fromkeys((_row_end(data, wanted.offset), _row_end(data, wanted.place.end))):
        insertion = _Insertion(offset, text)
        if _is_comment_of(insertion, data, comments, wanted.place):
            return insertion
    return None


def _after_codes(reason: str) -> str:
    if not reason:
        return ""
    return f" -- {reason}" if looks_like_code(reason) else f" {reason}"


def _row_end(data: bytes, offset: int) -> int:
    """The end of a row without its line end and the space before that."""
    ends = [place for place in (data.find(b"\n", offset), data.find(b"\r", offset)) if place >= 0]
    end = min(ends, default=len(data))
    return len(data[:end].rstrip(b" \t\f"))


def _is_comment_of(insertion: _Insertion, data: bytes, comments: Comments, place: Span) -> bool:
    """Whether what is inserted is a comment on the statement: not inside a string, nor after a backslash."""
    after = read_comments(insertion.applied(data))
    mark = insertion.offset + insertion.text.index(b"#")
    own = after.logical_line(mark)
    return (
        len(after.logical_lines) == len(comments.logical_lines)
        and any(comment.start <= mark < comment.end for comment in after.comments)
        and own is not None
        and own.start == place.start
    )

"""For which statements of a module each of its directives speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.findings.directives import Verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asynclint.core.span import Span
    from asynclint.findings.directives import Directive
    from asynclint.source.comments import Comments


class Reach:
    """Answers from directives to statements, which are logical lines, and back."""

    def __init__(self, data: bytes, comments: Comments, directives: Iterable[Directive]) -> None:
        self._data = data
        self._comments = comments
        self._standing: dict[Span, list[Directive]] = {}
        self._before: dict[Span, list[Directive]] = {}
        self._wide: list[Directive] = []
        self._enabling: list[Directive] = []
        self._block_ends: dict[Span, int] = {}
        self._about: dict[str, list[Directive]] = {}
        self._anchors: dict[Span, int] = {}
        for directive in directives:
            self._enter(directive)

    def _enter(self, directive: Directive) -> None:
        self._standing.setdefault(self.place_or_comment(directive), []).append(directive)
        match directive.verb:
            case Verb.IGNORE_NEXT:
                for line in self._next_lines(directive):
                    self._before.setdefault(line, []).append(directive)
            case Verb.IGNORE_FILE | Verb.DISABLE:
                self._wide.append(directive)
            case Verb.ENABLE:
                self._enabling.append(directive)

    def place(self, offset: int) -> Span | None:
        """The statement that holds an offset."""
        return self._comments.logical_line(offset)

    def place_or_comment(self, directive: Directive) -> Span:
        """The statement that a directive stands on, else its own comment."""
        return self.place(directive.span.start) or directive.comment

    def standing_at(self, place: Span) -> Iterator[Directive]:
        """Every directive on a statement, or in a comment between statements."""
        yield from self._standing.get(place, ())

    def speaking_for(self, offset: int, code: str) -> Iterator[Directive]:
        """The directives that are about the statement at an offset, nearest ones first.

        Those on the statement or above it come whatever rules they name; others only if they name this one, and a
        `disable` only where no `enable` for the rule has ended it.
        """
        place = self.place(offset)
        if place is not None:
            standing = self._standing.get(place, ())
            yield from (item for item in standing if item.verb in (Verb.NOQA, Verb.IGNORE))
            yield from self._before.get(place, ())
        start = offset if place is None else place.start
        for directive in self._wide_about(code):
            if directive.verb is Verb.IGNORE_FILE or self._is_disabled(directive, start, code):
                yield directive

    def _wide_about(self, code: str) -> list[Directive]:
        known = self._about.get(code)
        if known is None:
            known = self._about[code] = [item for item in self._wide if _names(item, code)]
        return known

    def ended_by_none_but(self, disable: Directive) -> Iterator[Directive]:
        """Each `enable` that would end nothing without this `disable`."""
        for enable in self._enabling:
            if self.ends_something(enable) and not self.ends_something(enable, without=disable):
                yield enable

    def ends_something(self, enable: Directive, without: Directive | None = None) -> bool:
        """Whether a `disable` before an `enable`, other than `without`, is open there for a rule that it names."""
        start = self._anchor(enable)
        return any(
            self._anchor(disable) < start < self._block_end(disable) and _share_a_code(disable, enable)
            for disable in self._wide
            if disable.verb is Verb.DISABLE and disable is not without
        )

    def _next_lines(self, directive: Directive) -> Iterator[Span]:
        own = self.place(directive.span.start)
        line = self._comments.next_line(directive.comment.end if own is None else own.end)
        while line is not None:
            yield line
            if self._data[line.start : line.start + 1] != b"@":
                return
            line = self._comments.next_line(line.end)

    def _is_disabled(self, disable: Directive, start: int, code: str) -> bool:
        begin = self._anchor(disable)
        if not begin <= start < self._block_end(disable):
            return False
        return not any(begin < self._anchor(enable) <= start and _names(enable, code) for enable in self._enabling)

    def _anchor(self, directive: Directive) -> int:
        """Where the statement that a directive stands on begins, else where its comment does."""
        known = self._anchors.get(directive.span)
        if known is None:
            known = self._anchors[directive.span] = self.place_or_comment(directive).start
        return known

    def _block_end(self, disable: Directive) -> int:
        """Where the block ends that a `disable` stands in: at the first statement that is indented less."""
        known = self._block_ends.get(disable.span)
        if known is None:
            known = self._block_ends[disable.span] = self._found_block_end(self._anchor(disable))
        return known

    def _found_block_end(self, anchor: int) -> int:
        indent = self._indent(anchor)
        line = self._comments.next_line(anchor) if indent else None
        while line is not None:
            if self._indent(line.start) < indent:
                return line.start
            line = self._comments.next_line(line.start)
        return len(self._data) + 1

    def _indent(self, offset: int) -> int:
        row_start = max(self._data.rfind(b"\n", 0, offset), self._data.rfind(b"\r", 0, offset)) + 1
        before = self._data[row_start:offset]
        return len(before[: len(before) - len(before.lstrip())].expandtabs())


def _names(directive: Directive, code: str) -> bool:
    return directive.is_blanket or any(code in item.codes for item in directive.items)


def _share_a_code(disable: Directive, enable: Directive) -> bool:
    if disable.is_blanket or enable.is_blanket:
        return True
    codes = frozenset[str]().union(*(item.codes for item in disable.items))
    return any(not codes.isdisjoint(item.codes) for item in enable.items)

"""Comments, and the statement each belongs to.

Read by a tokenizer of its own, because Python's refuses syntax newer than itself. The text must be a module that
parses, as that of every file with findings is; of other text it makes what it can.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from asynclint.core.span import Span

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN: Final = re.compile(
    rb"""
    (?P<comment>\#[^\r\n]*)
    | (?P<string>(?P<prefix>[bfrtuBFRTU]{1,2})?(?P<quote>'''|\"""|'|"))
    | (?P<plain>(?:                            # all else on a row at once: nine in ten tokens
        (?![bfrtuBFRTU]{1,2}['"])[\w\x80-\xff]++
        | [^\s\w\x80-\xff#'"\\()\[\]{}:]++
        | (?<=\S)[^\S\r\n]++
      )++)
    | (?P<joined>\\(?:\r\n?|\n))
    | (?P<newline>\r\n?|\n)
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<colon>:)
    | (?P<other>\S)
    """,
    re.VERBOSE,
)
_STRING_END: Final = {
    b"'": re.compile(rb"(?:[^\\'\r\n]|\\(?:\r\n|[\s\S]))*+'?"),
    b'"': re.compile(rb'(?:[^\\"\r\n]|\\(?:\r\n|[\s\S]))*+"?'),
    b"'''": re.compile(rb"(?:[^\\']|\\[\s\S]|'(?!''))*+(?:''')?"),
    b'"""': re.compile(rb'(?:[^\\"]|\\[\s\S]|"(?!""))*+(?:""")?'),
}
_TEMPLATE_TOKEN: Final = {
    quote: re.compile(rb"(?P<escape>\\(?:\r\n|[^{}]))|(?P<doubled>{{)|(?P<open>{)|(?P<close>})|(?P<end>" + end + rb")")
    for quote, end in {b"'": rb"['\r\n]", b'"': rb'["\r\n]', b"'''": rb"'''", b'"""': rb'"""'}.items()
}


@dataclass(frozen=True, slots=True)
class Comments:
    """The comments of a module and its logical lines, both in the order of the text.

    A logical line is a simple statement, several of them joined by `;`, the header of a compound statement with what
    follows on its line, or a decorator; it runs over all the rows these take, comments on them included.
    """

    comments: tuple[Span, ...]
    """From the `#` to the end of the row."""
    logical_lines: tuple[Span, ...]

    def logical_line(self, offset: int) -> Span | None:
        """The logical line that holds an offset; None between statements."""
        place = bisect_right(self.logical_lines, offset, key=lambda line: line.start) - 1
        if place < 0 or offset > self.logical_lines[place].end:
            return None
        return self.logical_lines[place]

    def comment_at(self, offset: int) -> Span:
        """The comment that holds an offset, which one must."""
        return self.comments[bisect_right(self.comments, offset, key=lambda comment: comment.start) - 1]

    def next_line(self, offset: int) -> Span | None:
        """The first logical line that begins after an offset; None behind the last."""
        place = bisect_right(self.logical_lines, offset, key=lambda line: line.start)
        return self.logical_lines[place] if place < len(self.logical_lines) else None


def read_comments(data: bytes) -> Comments:
    """The comments of a module given as UTF-8 without BOM."""
    return _Reader(data).read()


class _Frame:
    """Something that is open at the place the reader has come to: the module, an f-string, or a field of one."""

    __slots__ = ("brackets", "in_text", "is_field", "quote")

    def __init__(self, quote: bytes = b"", *, is_field: bool = False) -> None:
        self.quote = quote
        """Of the f-string or t-string that this is or belongs to."""
        self.is_field = is_field
        self.in_text = bool(quote) and not is_field
        """The text of a string, or what follows the `:` of a field, where `#` is a character like others."""
        self.brackets = 0


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0
        self._frames = [_Frame()]
        self._comments: list[Span] = []
        self._lines: list[Span] = []
        self._line_start: int | None = None
        self._handlers: dict[str | None, Callable[[re.Match[bytes]], None]] = {
            "comment": self._comment,
            "string": self._string,
            "newline": self._newline,
            "open": self._open,
            "close": self._close,
            "colon": self._colon,
        }

    def read(self) -> Comments:
        while self._position < len(self._data):
            frame = self._frames[-1]
            if frame.in_text:
                self._read_text(frame)
            else:
                self._read_code()
        self._end_line(len(self._data))
        return Comments(tuple(self._comments), tuple(self._lines))

    def _read_code(self) -> None:
        """Up to where the text of an f-string begins, or goes on."""
        for token in _TOKEN.finditer(self._data, self._position):
            kind = token.lastgroup
            if self._line_start is None and kind not in ("comment", "newline"):
                self._line_start = token.start()
            handler = self._handlers.get(kind)
            if handler is None:
                continue
            end = self._position = token.end()
            handler(token)
            if self._position != end or self._frames[-1].in_text:
                return
        self._position = len(self._data)

    def _end_line(self, end: int) -> None:
        if self._line_start is not None:
            self._lines.append(Span(self._line_start, end))
            self._line_start = None

    def _comment(self, token: re.Match[bytes]) -> None:
        self._comments.append(Span(token.start(), token.end()))

    def _string(self, token: re.Match[bytes]) -> None:
        quote, prefix = token["quote"], token["prefix"] or b""
        if _TEMPLATE_PREFIXES.isdisjoint(prefix):
            self._position = cast("re.Match[bytes]", _STRING_END[quote].match(self._data, token.end())).end()
        else:
            self._frames.append(_Frame(quote))

    def _newline(self, token: re.Match[bytes]) -> None:
        if len(self._frames) == 1 and not self._frames[-1].brackets:
            self._end_line(token.start())

    def _open(self, _: re.Match[bytes]) -> None:
        self._frames[-1].brackets += 1

    def _close(self, token: re.Match[bytes]) -> None:
        frame = self._frames[-1]
        if frame.brackets:
            frame.brackets -= 1
        elif frame.is_field and token.group() == b"}":
            self._frames.pop()

    def _colon(self, _: re.Match[bytes]) -> None:
        frame = self._frames[-1]
        if frame.is_field and not frame.brackets:
            frame.in_text = True

    def _read_text(self, frame: _Frame) -> None:
        token = _TEMPLATE_TOKEN[frame.quote].search(self._data, self._position)
        if token is None:
            self._position = len(self._data)
            return
        self._position = token.end()
        kind = token.lastgroup
        if kind == "end":
            self._end_text(token)
        elif kind == "close" and frame.is_field:
            self._frames.pop()
        elif kind == "open" or (kind == "doubled" and frame.is_field):
            self._position = token.start() + 1
            self._frames.append(_Frame(frame.quote, is_field=True))

    def _end_text(self, token: re.Match[bytes]) -> None:
        if token.group() in b"\r\n":  # not closed: the row ends all the same
            self._position = token.start()
        while self._frames.pop().is_field:
            pass


_TEMPLATE_PREFIXES: Final = frozenset(b"fFtT")

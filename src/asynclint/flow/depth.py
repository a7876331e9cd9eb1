"""The guard before every libcst parse: refuses text that nests too deeply.

libcst's native parser dies with a segmentation fault on some 1,500 parentheses or 3,000 method calls in a row, and
takes time exponential in the nesting of a `case` pattern. The guard reads tokens only, in one pass, and the text
need not be well formed. It overestimates the depth of the syntax tree: what it lets pass is safe to parse.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NoReturn, cast

from asynclint.flow.errors import MAX_DEPTH, NestingTooDeep

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BRACKETS: Final = 200
"""Open at once, as in CPython's tokenizer."""
MAX_BLOCKS: Final = 100
"""Open at once, as in CPython's tokenizer."""
MAX_BRACKETS_AFTER: Final = {"case": 8, "del": 16}
"""In logical lines that begin with this word, because libcst tries every reading of every bracket there."""

_CHAINING: Final = frozenset(("and", "await", "else", "not", "or"))
"""Words that make the tree deeper until the next comma."""
_LASTING: Final = frozenset(("for", "lambda"))
"""Words that make the tree deeper until the bracket around them ends, because commas belong to them."""
_STATEMENTS: Final = frozenset(("class", "def", "import", "pass", "raise", "return", "try", "while", "with"))
"""Words never found in brackets. After one, a bracket left open means nothing: no parser gets that far."""

_TOKEN: Final = re.compile(
    r"""
    (?P<comment>\#[^\r\n]*)
    | (?P<string>(?P<prefix>\b[bfrtuBFRTU]{1,2})?(?P<quote>'''|\"""|'|"))
    | (?P<word>\w+)
    | (?P<joined>\\(?:\r\n?|\n))
    | (?P<newline>\r\n?|\n)
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<comma>,)
    | (?P<semicolon>;)
    | (?P<colon>:)
    | (?P<ellipsis>\.\.\.|\.(?=\d))
    | (?P<chain>\*\*|//|<<|>>|[<>=!]=|->|[-+*/%@&|^~<>=.])
    """,
    re.VERBOSE,
)
_LINE_START: Final = re.compile(r"(?P<indentation>[ \t\f]*)(?P<blank>[#\r\n\\]|$)?(?P<word>\w*)")
_NEWLINE: Final = re.compile(r"\r\n?|\n")
_STRING_END: Final = {
    "'": re.compile(r"(?:[^\\'\r\n]|\\(?:\r\n|[\s\S]))*+'?"),
    '"': re.compile(r'(?:[^\\"\r\n]|\\(?:\r\n|[\s\S]))*+"?'),
    "'''": re.compile(r"(?:[^\\']|\\[\s\S]|'(?!''))*+(?:''')?"),
    '"""': re.compile(r'(?:[^\\"]|\\[\s\S]|"(?!""))*+(?:""")?'),
}
_TEMPLATE_TOKEN: Final = {
    quote: re.compile(rf"(?P<escape>\\(?:\r\n|[^{{}}]))|(?P<doubled>{{{{)|(?P<open>{{)|(?P<close>}})|(?P<end>{end})")
    for quote, end in {"'": r"['\r\n]", '"': r'["\r\n]', "'''": "'''", '"""': '"""'}.items()
}


class _Kind(Enum):
    LINE = auto()
    BRACKET = auto()
    TEMPLATE = auto()
    """The text of an f-string or t-string."""
    FIELD = auto()
    """The expression within a template's braces."""
    SPECIFICATION = auto()
    """What follows the `:` of a field."""


class _Frame:
    """Something that is open at the place the guard has come to."""

    __slots__ = ("chain", "kind", "lasting", "quote")

    def __init__(self, kind: _Kind, quote: str = "") -> None:
        self.kind = kind
        self.quote = quote
        """Of the template this is in, if it is in one."""
        self.chain = 0
        """What has made the tree deeper since the last comma."""
        self.lasting = 0
        """What has made it deeper in spite of commas."""


def check_depth(text: str) -> None:
    """Refuse text that libcst or the analysis could not follow down.

    Raises:
        NestingTooDeep: with the line in which a limit is passed.
    """
    _Guard(text).check()


class _Guard:
    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._frames = [_Frame(_Kind.LINE)]
        self._depth = 0
        """What all frames and blocks add up to."""
        self._max_frames = MAX_BRACKETS
        self._blocks: list[tuple[int, int]] = [(0, 0)]
        """The indentation of each open block, and how many `elif` its last `if` has so far."""
        self._handlers: dict[str | None, Callable[[re.Match[str]], None]] = {
            "string": self._string,
            "word": self._word,
            "newline": self._newline,
            "open": self._open,
            "close": self._close,
            "comma": self._comma,
            "semicolon": self._comma,
            "colon": self._colon,
            "chain": self._chain,
        }

    def check(self) -> None:
        self._begin_line()
        while self._position < len(self._text):
            frame = self._frames[-1]
            if frame.kind in (_Kind.TEMPLATE, _Kind.SPECIFICATION):
                self._read_template(frame)
            else:
                self._read_code()

    # ----------------------------------------------------------------------------------------------------------
    # Depth

    def _deepen(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._refuse()

    def _refuse(self) -> NoReturn:
        raise NestingTooDeep(len(_NEWLINE.findall(self._text, 0, self._position)) + 1)

    def _push(self, kind: _Kind, quote: str = "") -> None:
        self._frames.append(_Frame(kind, quote))
        self._deepen()
        if len(self._frames) > self._max_frames:
            self._refuse()

    def _pop(self) -> None:
        frame = self._frames.pop()
        self._depth -= 1 + frame.chain + frame.lasting

    def _begin_line(self) -> None:
        line = cast("re.Match[str]", _LINE_START.match(self._text, self._position))
        if line["blank"] is not None:
            return
        self._enter_block(len(line["indentation"].rpartition("\f")[2].expandtabs(8)))
        word = line["word"]
        self._max_frames = MAX_BRACKETS_AFTER.get(word, MAX_BRACKETS)
        indentation, branches = self._blocks.pop()
        if word == "elif":
            branches += 1
            self._deepen()
        elif word != "else":
            self._depth -= branches
            branches = 0
        self._blocks.append((indentation, branches))

    def _enter_block(self, indentation: int) -> None:
        while indentation < self._blocks[-1][0]:
            _, branches = self._blocks.pop()
            self._depth -= 1 + branches
        if indentation > self._blocks[-1][0]:
            self._blocks.append((indentation, 0))
            self._deepen()
            if len(self._blocks) > MAX_BLOCKS:
                self._refuse()

    # ----------------------------------------------------------------------------------------------------------
    # Code

    def _read_code(self) -> None:
        token = _TOKEN.search(self._text, self._position)
        if token is None:
            self._position = len(self._text)
            return
        self._position = token.end()
        handler = self._handlers.get(token.lastgroup)
        if handler is not None:
            handler(token)

    def _string(self, token: re.Match[str]) -> None:
        quote = token["quote"]
        if _TEMPLATE_PREFIXES.isdisjoint(token["prefix"] or ""):
            self._position = cast("re.Match[str]", _STRING_END[quote].match(self._text, token.end())).end()
        else:
            self._push(_Kind.TEMPLATE, quote)

    def _word(self, token: re.Match[str]) -> None:
        word = token.group()
        if word in _CHAINING:
            self._chain(token)
        elif word in _LASTING:
            self._frames[-1].lasting += 1
            self._deepen()
        elif word in _STATEMENTS:
            while len(self._frames) > 1:
                self._pop()

    def _chain(self, _: re.Match[str]) -> None:
        self._frames[-1].chain += 1
        self._deepen()

    def _comma(self, _: re.Match[str]) -> None:
        frame = self._frames[-1]
        self._depth -= frame.chain
        frame.chain = 0

    def _newline(self, token: re.Match[str]) -> None:
        frame = self._frames[-1]
        if frame.kind is _Kind.LINE:
            self._comma(token)
            self._depth -= frame.lasting
            frame.lasting = 0
            self._begin_line()

    def _open(self, _: re.Match[str]) -> None:
        self._push(_Kind.BRACKET)

    def _close(self, token: re.Match[str]) -> None:
        kind = self._frames[-1].kind
        if kind is _Kind.BRACKET:
            self._pop()
            self._chain(token)  # it may have been a call or a subscript
        elif kind is _Kind.FIELD and token.group() == "}":
            self._pop()

    def _colon(self, token: re.Match[str]) -> None:
        frame = self._frames[-1]
        if frame.kind is _Kind.FIELD:
            frame.kind = _Kind.SPECIFICATION
            self._comma(token)

    # ----------------------------------------------------------------------------------------------------------
    # The text of f-strings and t-strings

    def _read_template(self, frame: _Frame) -> None:
        token = _TEMPLATE_TOKEN[frame.quote].search(self._text, self._position)
        if token is None:
            self._position = len(self._text)
            return
        self._position = token.end()
        in_specification = frame.kind is _Kind.SPECIFICATION
        kind = token.lastgroup
        if kind == "end":
            self._end_template(token)
        elif kind == "close" and in_specification:
            self._pop()
        elif kind == "open" or (kind == "doubled" and in_specification):
            self._position = token.start() + 1
            self._push(_Kind.FIELD, frame.quote)

    def _end_template(self, token: re.Match[str]) -> None:
        if token.group() in "\r\n":  # not closed: the line ends all the same
            self._position = token.start()
        while self._frames[-1].kind is not _Kind.TEMPLATE:
            self._pop()
        self._pop()


_TEMPLATE_PREFIXES: Final = frozenset("fFtT")

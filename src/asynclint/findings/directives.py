"""What comments say about findings: `# noqa: CODES` and `# asynclint: ignore[RULES] reason`.

Beside `ignore`, for a statement, there are `ignore-next`, `ignore-file`, and `disable` … `enable`.
"""

from __future__ import annotations

import difflib
import enum
import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from asynclint.core.span import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asynclint.core.diagnostic import RuleInfo

_PREFIX: Final = "ASL"
_MARKS: Final = (re.compile(rb"noqa"), re.compile(rb"asynclint"))
_DIRECTIVE: Final = re.compile(
    rb"""\#\s*(?:
    (?P<noqa>noqa)(?!\w)(?P<colon>\s*:\s*)?
    | asynclint\s*:\s*(?P<verb>ignore(?:-next|-file)?|disable|enable)(?![\w-])
      (?:\s*\[(?P<list>[^\]\#]*)\]?|[\s:=(]*)(?P<reason>[^\#]*)
    | asynclint\s*:\s*(?P<unknown>[A-Za-z][\w-]*)\s*\[[^\]\#]*\]?[^\#]*
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_WORD: Final = re.compile(
    rb"""(?P<text>
    [Aa][Ss][Ll](?=\w*[0-9])\w+(?![\w-])  # a code of ours, or one meant to be: ASL20l
    | [A-Za-z]+[0-9]+(?![\w-])
    | [A-Za-z]+(?:-[A-Za-z]+)+(?![\w-])
    )[\s,]*""",
    re.VERBOSE,
)
_LISTED: Final = re.compile(rb"[^,\s](?:[^,]*[^,\s])?")
_OWN_CODE: Final = re.compile(_PREFIX + r"(?=\w*\d)\w+")


class Verb(enum.Enum):
    """For which statements a directive speaks."""

    NOQA = "noqa"
    """The one it stands on, as the comments of other tools."""
    IGNORE = "ignore"
    """The one it stands on."""
    IGNORE_NEXT = "ignore-next"
    """The next one; of a decorated one, the decorators and the header."""
    IGNORE_FILE = "ignore-file"
    DISABLE = "disable"
    """All that follow in its block, up to an `enable`."""
    ENABLE = "enable"
    """Ends a `disable`."""
    UNKNOWN = ""
    """None: the word is misspelt."""


_OWN_VERBS: Final = tuple(verb.value for verb in Verb if verb not in (Verb.NOQA, Verb.UNKNOWN))


class Owner(enum.Enum):
    """Whose code an item of a list is."""

    OURS = enum.auto()
    UNKNOWN = enum.auto()
    """Meant to be ours, and none of ours."""
    PEER = enum.auto()
    """Of another tool."""


@dataclass(frozen=True, slots=True)
class Item:
    """A code or name in a list, as written; `codes` are those of ours it means."""

    text: str
    span: Span
    owner: Owner
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Directive:
    """One `# noqa` or `# asynclint: …`, from its `#` to the last of its codes, or of its reason.

    A comment may hold several. `is_blanket`: it has no list, so it is about all rules. `head` is the part without the
    reason. Of an unknown verb `word` is what stands in its place, and there are no items.
    """

    comment: Span
    span: Span
    head: Span
    verb: Verb
    is_blanket: bool
    items: tuple[Item, ...] = ()
    word: Item | None = None

    @property
    def is_noqa(self) -> bool:
        return self.verb is Verb.NOQA


class Vocabulary:
    """The rules there are, as people may name them: by code, prefix of codes (`ASL2`) or name."""

    def __init__(self, rules: Iterable[RuleInfo]) -> None:
        self.rules = tuple(rules)
        self._names = {rule.name: rule.code for rule in self.rules}

    def codes(self, text: str) -> frozenset[str]:
        """What a word means; nothing where it names no rule."""
        named = self._names.get(text.lower())
        if named is not None:
            return frozenset({named})
        start = text.upper()
        if not start.startswith(_PREFIX):
            return frozenset()
        return frozenset(rule.code for rule in self.rules if rule.code.startswith(start))


def marks(data: bytes) -> list[int]:
    """The offsets at which a directive may say what it is, in order: without any there is none to read."""
    lowered = data.lower()  # to search that is several times faster than to search without regard to case
    return sorted(found.start() for mark in _MARKS for found in mark.finditer(lowered))


def read_directives(data: bytes, comments: Iterable[Span], vocabulary: Vocabulary) -> Iterator[Directive]:
    """The directives of a text, in its order."""
    for comment in comments:
        for found in _DIRECTIVE.finditer(data, *comment):
            read = _read_noqa if found["noqa"] else _read_unknown if found["unknown"] else _read_own
            directive = read(data, comment, found, vocabulary)
            if directive is not None:
                yield directive


def _read_noqa(data: bytes, comment: Span, found: re.Match[bytes], vocabulary: Vocabulary) -> Directive | None:
    """As flake8 and ruff read it; None for a list that has no code, which ruff refuses too."""
    if found["colon"] is None:
        span = Span(*found.span())
        return Directive(comment, span, span, Verb.NOQA, is_blanket=True)
    items = tuple(_noqa_items(data, Span(found.end(), comment.end), vocabulary))
    if not items:
        return None
    span = Span(found.start(), items[-1].span.end)
    return Directive(comment, span, span, Verb.NOQA, is_blanket=False, items=items)


def _noqa_items(data: bytes, rest: Span, vocabulary: Vocabulary) -> Iterator[Item]:
    """The codes at the start of a range, up to the first word that is none."""
    position = rest.start
    while (word := _WORD.match(data, position, rest.end)) is not None:
        text = word["text"].decode()
        codes = vocabulary.codes(text)
        if "-" in text and not codes:
            return
        owner = Owner.OURS if codes else Owner.UNKNOWN if _OWN_CODE.fullmatch(text.upper()) else Owner.PEER
        yield Item(text, Span(*word.span("text")), owner, codes)
        position = word.end()


def _read_own(data: bytes, comment: Span, found: re.Match[bytes], vocabulary: Vocabulary) -> Directive:
    span = _trimmed(found)
    verb = Verb(found["verb"].decode().lower())
    reason = Span(*found.span("reason"))
    if found["list"] is not None:
        items = tuple(_ignore_items(data, Span(*found.span("list")), vocabulary))
        return Directive(comment, span, Span(span.start, reason.start), verb, is_blanket=False, items=items)
    items = tuple(_unbracketed_items(data, reason, vocabulary))
    head = Span(span.start, items[-1].span.end if items else reason.start)
    return Directive(comment, span, head, verb, is_blanket=not items, items=items)


def _read_unknown(_: bytes, comment: Span, found: re.Match[bytes], __: Vocabulary) -> Directive:
    word = Item(found["unknown"].decode(), Span(*found.span("unknown")), Owner.UNKNOWN)
    span = _trimmed(found)
    return Directive(comment, span, span, Verb.UNKNOWN, is_blanket=False, word=word)


def _trimmed(found: re.Match[bytes]) -> Span:
    return Span(found.start(), found.start() + len(found[0].rstrip()))


def unknown_verb(word: str) -> str:
    """The line that says so of a word after `# asynclint:`, with the nearest one that is known."""
    near = nearest_verb(word)
    hint = (
        f"did you mean `{near}`?" if near is not None else f"there are {', '.join(f'`{verb}`' for verb in _OWN_VERBS)}"
    )
    return f"`asynclint: {word}` is unknown, so this comment says nothing; {hint}"


def nearest_verb(word: str) -> str | None:
    """The word after `# asynclint:` that another one was probably meant to be."""
    return next(iter(difflib.get_close_matches(word.lower(), _OWN_VERBS, n=1)), None)


def looks_like_code(text: str) -> bool:
    """Whether a text would be read as one more code of the list of a `noqa` that it follows."""
    return _WORD.match(text.encode()) is not None


def has_reason(data: bytes, directive: Directive, others: Iterable[Directive]) -> bool:
    """Whether the comment of a directive says anything beside what it and the `others` in it tell tools."""
    comment = bytearray(data[directive.comment.start : directive.comment.end])
    for item in (directive, *others):
        if item.comment == directive.comment:
            start, end = (offset - directive.comment.start for offset in item.head)
            comment[start:end] = b"#" * (end - start)
    return any(_WORDS.search(part) and not _TOOL.match(part.lstrip()) for part in comment.split(b"#"))


_WORDS: Final = re.compile(rb"[\w\x80-\xff]")
_TOOL: Final = re.compile(
    rb"(?i)(?:type|pyright|mypy|pyre-\w+|pylint|ruff|flake8|fmt|isort|pragma|bandit|nosec|nosem\w*|nosonar|codespell)"
    rb"(?![\w-])"
)
"""How the comments begin that other tools obey: they are no reason."""


def _unbracketed_items(data: bytes, reason: Span, vocabulary: Vocabulary) -> Iterator[Item]:
    """The codes of ours at the start of a reason: who writes `ignore ASL201` or `ignore(ASL201)` means no other."""
    return takewhile(lambda item: item.owner is not Owner.PEER, _noqa_items(data, reason, vocabulary))


def _ignore_items(data: bytes, between: Span, vocabulary: Vocabulary) -> Iterator[Item]:
    for word in _LISTED.finditer(data, *between):
        text = word[0].decode().lstrip()
        start = word.end() - len(text.encode())
        codes = vocabulary.codes(text)
        yield Item(text, Span(start, word.end()), Owner.OURS if codes else Owner.UNKNOWN, codes)

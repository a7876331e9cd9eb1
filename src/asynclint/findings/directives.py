"""What comments say about findings: `# noqa: CODES` and `# asynclint: ignore[RULES] reason`."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asynclint.core.span import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asynclint.core.diagnostic import RuleInfo

_PREFIX: Final = "ASL"
_MARK: Final = re.compile(rb"noqa|asynclint", re.IGNORECASE)
_DIRECTIVE: Final = re.compile(
    rb"""\#\s*(?:
    (?P<noqa>noqa)(?!\w)(?P<colon>\s*:\s*)?
    | asynclint\s*:\s*ignore(?![\w-])(?:\s*\[(?P<list>[^\]\#]*)\]?)?(?P<reason>[^\#]*)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_WORD: Final = re.compile(rb"(?P<text>[A-Za-z]+[0-9]+(?![\w-])|[A-Za-z]+(?:-[A-Za-z]+)+(?![\w-]))[\s,]*")
_LISTED: Final = re.compile(rb"[^,]*[^,\s]")
_OWN_CODE: Final = re.compile(_PREFIX + r"\d+")


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
    """One `# noqa` or `# asynclint: ignore`, from its `#` to the last of its codes, or of its reason.

    A comment may hold several. `is_blanket`: it has no list, so it is about all rules.
    """

    comment: Span
    span: Span
    is_noqa: bool
    is_blanket: bool
    items: tuple[Item, ...] = ()


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


def may_have_directives(data: bytes) -> bool:
    """Whether it is worth looking at the comments of a text."""
    return _MARK.search(data) is not None


def read_directives(data: bytes, comments: Iterable[Span], vocabulary: Vocabulary) -> Iterator[Directive]:
    """The directives of a text, in its order."""
    for comment in comments:
        for found in _DIRECTIVE.finditer(data, *comment):
            read = _read_noqa if found["noqa"] else _read_ignore
            directive = read(data, comment, found, vocabulary)
            if directive is not None:
                yield directive


def _read_noqa(data: bytes, comment: Span, found: re.Match[bytes], vocabulary: Vocabulary) -> Directive | None:
    """As flake8 and ruff read it; None for a list that has no code, which ruff refuses too."""
    if found["colon"] is None:
        return Directive(comment, Span(*found.span()), is_noqa=True, is_blanket=True)
    items = tuple(_noqa_items(data, Span(found.end(), comment.end), vocabulary))
    if not items:
        return None
    return Directive(comment, Span(found.start(), items[-1].span.end), is_noqa=True, is_blanket=False, items=items)


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


def _read_ignore(data: bytes, comment: Span, found: re.Match[bytes], vocabulary: Vocabulary) -> Directive:
    span = Span(found.start(), found.start() + len(found[0].rstrip()))
    if found["list"] is None:
        return Directive(comment, span, is_noqa=False, is_blanket=True)
    items = tuple(_ignore_items(data, Span(*found.span("list")), vocabulary))
    return Directive(comment, span, is_noqa=False, is_blanket=False, items=items)


def _ignore_items(data: bytes, between: Span, vocabulary: Vocabulary) -> Iterator[Item]:
    for word in _LISTED.finditer(data, *between):
        text = word[0].decode().lstrip()
        start = word.end() - len(text.encode())
        codes = vocabulary.codes(text)
        yield Item(text, Span(start, word.end()), Owner.OURS if codes else Owner.UNKNOWN, codes)

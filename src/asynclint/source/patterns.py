"""Patterns as in a `.gitignore`, matched as git matches them, in a time that no pattern can make long.

What they mean is said by https://git-scm.com/docs/gitignore, and where that is silent by `dir.c` and `wildmatch.c` of
git. They are about bytes: a `?` is one byte.

A pattern becomes a regular expression in which a star takes the first text that lets what stands up to the next star
match, and never another one: an earlier place leaves more room for the rest, so trying later ones finds nothing. With
ordinary stars a pattern such as `*a*a*a*a*a*b` tries all ways to share out a name.
"""

from __future__ import annotations

import enum
import functools
import os
import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST: Final = 4096
"""Bytes of a pattern; no path of a file is longer, so one with more matches nothing."""

_BOM: Final = b"\xef\xbb\xbf"


class Patterns:
    """The patterns of one folder, in their order; the last one that means a path decides about it."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        read = map(_read, reversed(list(lines)))
        self._patterns = tuple(dict.fromkeys(pattern for pattern in read if pattern is not None))
        """The last one first."""

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """What is said of a path relative to the folder: True it is meant, False it is not, None nothing.

        Nothing is said of what lies in a folder that is meant.
        """
        whole = os.fsencode(path)
        name = whole.rpartition(b"/")[2]
        by_name = _is_like_any(self._of_names, name)
        by_path = _is_like_any(self._of_paths, whole)
        if not (by_name or by_path):
            return None
        for pattern in self._patterns:
            possible, text = (by_name, name) if pattern.of_name else (by_path, whole)
            if possible and (is_folder or not pattern.only_folders) and pattern.compiled.fullmatch(text):
                return not pattern.negated
        return None

    def covers(self, path: str, *, is_folder: bool) -> bool:
        """Whether a path relative to the folder is meant, or a folder around it, from which nothing comes back."""
        end = path.find("/")
        while end >= 0:
            if self.verdict(path[:end], is_folder=True):
                return True
            end = path.find("/", end + 1)
        return self.verdict(path, is_folder=is_folder) is True

    @functools.cached_property
    def _of_names(self) -> re.Pattern[bytes] | None:
        return _any_of(pattern.regex for pattern in self._patterns if pattern.of_name)

    @functools.cached_property
    def _of_paths(self) -> re.Pattern[bytes] | None:
        return _any_of(pattern.regex for pattern in self._patterns if not pattern.of_name)


def lines_of(data: bytes) -> list[bytes]:
    """The lines of a `.gitignore`."""
    return [line.removesuffix(b"\r").partition(b"\0")[0] for line in data.removeprefix(_BOM).split(b"\n")]


def is_pattern(line: bytes) -> bool:
    """Whether a line holds a pattern that can match anything."""
    return _read(line) is not None


def _any_of(sources: Iterable[bytes]) -> re.Pattern[bytes] | None:
    together = b"|".join(sources)
    return re.compile(together, re.DOTALL) if together else None


def _is_like_any(regex: re.Pattern[bytes] | None, text: bytes) -> bool:
    return regex is not None and regex.fullmatch(text) is not None


@dataclass(frozen=True)
class _Pattern:
    """`of_name`: it is about the last part of a path, not about the whole."""

    regex: bytes
    of_name: bool
    only_folders: bool
    negated: bool

    @functools.cached_property
    def compiled(self) -> re.Pattern[bytes]:
        return re.compile(self.regex, re.DOTALL)


def _read(line: bytes) -> _Pattern | None:
    """The pattern of a line; None where there is none, or none that anything can match."""
    if line.startswith(b"#") or len(line) > LONGEST:
        return None
    text = _without_trailing_blanks(line)
    negated = text.startswith(b"!")
    text = text[negated:]
    only_folders = text.endswith(b"/")
    text = text[: len(text) - only_folders]
    of_name = b"/" not in text
    text = text.removeprefix(b"/")
    # git compares what comes before the first special character by itself, and reads the rest as a pattern of its own:
    # in `a/b**/c` that begins with two stars, so they stand for folders, though `b` is before them.
    plain = 0 if of_name else _plain_start(text)
    tokens = _tokens(text[plain:], of_name=of_name)
    if not text or tokens is None:
        return None
    return _Pattern(re.escape(text[:plain]) + _regex(tokens), of_name, only_folders, negated)


_BACKSLASH, _BLANK, _SLASH = b"\\ /"


def _without_trailing_blanks(line: bytes) -> bytes:
    """The line without blanks at its end; a backslash keeps the one after it."""
    end = place = 0
    while place < len(line):
        escapes = line[place] == _BACKSLASH
        kept = escapes or line[place] != _BLANK
        place = min(len(line), place + 1 + escapes)
        end = place if kept else end
    return line[:end]


def _plain_start(text: bytes) -> int:
    special = re.search(rb"[*?\[\\]", text)
    return len(text) if special is None else special.start()


# -- the parts of a pattern --------------------------------------------------------------------------------------


class _Star(enum.Enum):
    WITHIN = enum.auto()
    """Any text without a slash."""
    FOLDERS = enum.auto()
    """Any number of folders, each with its slash."""
    SOME_FOLDERS = enum.auto()
    """The same, but at least one."""
    ALL = enum.auto()
    """All that is left."""


_Item: TypeAlias = "_Star | bytes"
"""A star, or the regular expression for one byte."""
_ANY: Final = b"[^/]"


def _tokens(text: bytes, *, of_name: bool) -> list[_Item] | None:
    """The tokens of a pattern; None where it is one that git never matches."""
    tokens: list[_Item] = []
    place = 0
    while place < len(text):
        found = _token(text, place, of_name=of_name)
        if found is None:
            return None
        token, place = found
        tokens.append(token)
    return tokens


def _token(text: bytes, place: int, *, of_name: bool) -> tuple[_Item, int] | None:
    match text[place : place + 1]:
        case b"*":
            return _star(text, place, of_name=of_name)
        case b"?":
            return _ANY, place + 1
        case b"[":
            return _class(text, place + 1)
        case b"\\":
            return (re.escape(text[place + 1 : place + 2]), place + 2) if place + 1 < len(text) else None
        case plain:
            return re.escape(plain), place + 1


def _star(text: bytes, start: int, *, of_name: bool) -> tuple[_Star, int]:
    end = start
    while text[end : end + 1] == b"*":
        end += 1
    if of_name or end == start + 1 or (start and text[start - 1] != _SLASH):
        return _Star.WITHIN, end
    if end == len(text):
        return _Star.ALL, end
    if text[end] == _SLASH:
        return _Star.FOLDERS, end + 1
    return (_Star.SOME_FOLDERS, end + 2) if text[end : end + 2] == b"\\/" else (_Star.WITHIN, end)


def _class(text: bytes, place: int) -> tuple[bytes, int] | None:
    """What stands in brackets, from behind the first one, and where it ends; None where they are not closed."""
    negated = text[place : place + 1] in (b"!", b"^")
    place += negated
    members: set[int] = set()
    before: int | None = None  # what a range may begin with
    first = True
    while first or text[place : place + 1] != b"]":
        first = False
        item = _class_item(text, place, before)
        if item is None:
            return None
        found, before, place = item
        members.update(found)
    chosen = (set(range(256)) - members if negated else members) - {_SLASH}
    listed = b"".join(b"\\x%02x" % member for member in sorted(chosen))
    return (b"[" + listed + b"]" if listed else b"(?!)"), place + 1


def _class_item(text: bytes, place: int, before: int | None) -> tuple[Iterable[int], int | None, int] | None:
    """The bytes of an item, what a range after it may begin with, and where it ends."""
    char = text[place : place + 1]
    following = text[place + 1 : place + 2]
    if not char or (char == b"\\" and not following):
        return None
    if char == b"\\":
        return following, following[0], place + 2
    if char == b"-" and before and following and following != b"]":
        place += 2 if following == b"\\" else 1
        if place >= len(text):
            return None
        return range(before, text[place] + 1), None, place + 1
    if char == b"[" and following == b":":
        return _named_class(text, place)
    return char, char[0], place + 1


def _named_class(text: bytes, place: int) -> tuple[Iterable[int], int | None, int] | None:
    end = text.find(b"]", place + 2)
    if end < 0:
        return None
    if end == place + 2 or text[end - 1 : end] != b":":
        return b"[", b"["[0], place + 1
    known = _NAMED.get(text[place + 2 : end - 1])
    return None if known is None else (known, None, end + 1)


_PRINTED: Final = bytes(range(0x20, 0x7F))
_NAMED: Final = {
    b"alnum": bytes(char for char in _PRINTED if chr(char).isalnum()),
    b"alpha": bytes(char for char in _PRINTED if chr(char).isalpha()),
    b"blank": b" \t",
    b"cntrl": bytes((*range(0x20), 0x7F)),
    b"digit": b"0123456789",
    b"graph": _PRINTED[1:],
    b"lower": bytes(char for char in _PRINTED if chr(char).islower()),
    b"print": _PRINTED,
    b"punct": bytes(char for char in _PRINTED[1:] if not chr(char).isalnum()),
    b"space": b" \t\n\r",
    b"upper": bytes(char for char in _PRINTED if chr(char).isupper()),
    b"xdigit": b"0123456789abcdefABCDEF",
}
"""The classes of characters, as git has them."""


# -- the regular expression --------------------------------------------------------------------------------------


_ONE_FOLDER: Final = rb"[^/]*+/"
_FOLDERS: Final = {_Star.FOLDERS: rb"(?:%b)*?" % _ONE_FOLDER, _Star.SOME_FOLDERS: rb"(?:%b)+?" % _ONE_FOLDER}


def _regex(tokens: list[_Item]) -> bytes:
    """The first folders after which what follows matches, up to the next ones; the last reach to the end."""
    *groups, last = _split(tokens, (_Star.FOLDERS, _Star.SOME_FOLDERS))
    return b"".join(b"(?>%b)" % _group(group) for group in groups) + _group(last)


def _split(tokens: list[_Item], stars: tuple[_Star, ...]) -> list[list[_Item]]:
    """The tokens in groups, of which all but the first begin with one of the stars."""
    groups: list[list[_Item]] = [[]]
    for token in tokens:
        if token in stars:
            groups.append([])
        groups[-1].append(token)
    return groups


def _group(tokens: list[_Item]) -> bytes:
    """Folders, if it begins with them, and parts with a slash between them."""
    folders = b""
    if tokens and isinstance(tokens[0], _Star) and tokens[0] in _FOLDERS:
        folders, tokens = _FOLDERS[tokens[0]], tokens[1:]
    parts = (list(part) for _, part in groupby(tokens, key=lambda token: token == b"/"))
    return folders + b"".join(map(_part, parts))


def _part(tokens: list[_Item]) -> bytes:
    """What stands between slashes, or the slashes: each star takes the first text after which what follows matches."""
    first, *others = _split(tokens, (_Star.WITHIN, _Star.ALL))
    regex = _plain(first)
    for place, (star, *rest) in enumerate(others, 1):
        if star is _Star.ALL:
            return regex + b".*+"
        at_end = rb"(?=/|\Z)" if place == len(others) else b""
        regex += rb"(?>[^/]*?%b%b)" % (_plain(rest), at_end) if rest else rb"[^/]*+"
    return regex


def _plain(tokens: Iterable[_Item]) -> bytes:
    return b"".join(token for token in tokens if isinstance(token, bytes))

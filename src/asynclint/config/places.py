"""On which line of a TOML file each value stands: what `tomllib` does not say.

Only text that `tomllib` has read without complaint is given here, so nothing is checked again.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.config.values import KeyPath

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'{3}.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
    r"|\#[^\n]*|\n|[\[\]{}=,.]|[^\s\[\]{}=,.\#\"']+",
    re.DOTALL,
)
_END = "\n"


class _Token(NamedTuple):
    text: str
    line: int


def lines_of(text: str) -> dict[KeyPath, int]:
    """The line, from 1, of every key and every item of a list, by where it stands in the document."""
    return _Reader(text).lines


def line_of(lines: dict[KeyPath, int], path: KeyPath) -> int:
    """The line of a value, or that of the nearest one around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Reader:
    """A walk over the tokens of a document."""

    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._tokens = list(_tokens(text))
        self._next = 0
        self._counts: dict[KeyPath, int] = {}
        prefix: KeyPath = ()
        while self._peek() is not None:
            if self._skip(_END):
                continue
            prefix = self._header() if self._skip("[") else self._pair(prefix, prefix)

    def _header(self) -> KeyPath:
        is_list = self._skip("[")
        line = self._line()
        path = self._resolved(self._key())
        if is_list:
            place = self._counts[path] = self._counts.get(path, -1) + 1
            path = (*path, place)
        while self._skip("]"):
            pass
        self.lines.setdefault(path, line)
        return path

    def _resolved(self, key: KeyPath) -> KeyPath:
        """A header's key, in which a list of tables means its last one."""
        path: KeyPath = ()
        for part in key[:-1]:
            path = (*path, part)
            if path in self._counts:
                path = (*path, self._counts[path])
        return (*path, *key[-1:])

    def _pair(self, around: KeyPath, result: KeyPath) -> KeyPath:
        line = self._line()
        path = around
        for part in self._key():
            path = (*path, part)
            self.lines.setdefault(path, line)
        self._skip("=")
        self._value(path)
        return result

    def _key(self) -> KeyPath:
        parts = [self._name()]
        while self._skip("."):
            parts.append(self._name())
        return tuple(parts)

    def _name(self) -> str:
        token = self._take()
        if token.startswith(('"', "'")):
            return str(tomllib.loads(f"x = {token}")["x"])
        return token

    def _value(self, path: KeyPath) -> None:
        if self._skip("["):
            self._list(path)
        elif self._skip("{"):
            while self._peek() is not None and not self._skip("}"):
                if not (self._skip(",") or self._skip(_END)):
                    self._pair(path, path)
        else:
            self._take()
            while (token := self._peek()) is not None and token.text not in (_END, ",", "]", "}"):
                self._next += 1

    def _list(self, path: KeyPath) -> None:
        place = 0
        while self._peek() is not None and not self._skip("]"):
            if self._skip(_END):
                continue
            if self._skip(","):
                place += 1
                continue
            self.lines.setdefault((*path, place), self._line())
            self._value((*path, place))

    def _peek(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _line(self) -> int:
        token = self._peek()
        return token.line if token is not None else 1

    def _take(self) -> str:
        token = self._peek()
        self._next += 1
        return token.text if token is not None else ""

    def _skip(self, text: str) -> bool:
        token = self._peek()
        if token is None or token.text != text:
            return False
        self._next += 1
        return True


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for found in _TOKEN.finditer(text):
        if not found[0].startswith("#"):
            yield _Token(found[0], line)
        line += found[0].count("\n")

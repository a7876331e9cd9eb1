"""The kinds of values that settings have: how each is read, described, and written in a JSON schema.

A kind never raises: what is wrong goes to the problems of the reading, so that all of it can be said at once.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from asynclint.config.selection import is_selector, nearest, unknown_rule
from asynclint.config.values import DeclaredCall, DeclaredOffloader, Pattern
from asynclint.core.diagnostic import Severity
from asynclint.core.version_range import read_ranges
from asynclint.source.paths import absolute, inside, resolved
from asynclint.source.patterns import is_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.config.values import KeyPath, Reading

Schema = dict[str, Any]


class Kind(Protocol):
    """A kind of values. `label` names it to people."""

    @property
    def label(self) -> str: ...

    def schema(self) -> Schema: ...

    def read(self, value: object, at: KeyPath, reading: Reading) -> Any:
        """The value as the program uses it; of no use where a problem was found."""
        ...


@dataclass(frozen=True, slots=True)
class Flag:
    """`true` or `false`."""

    label: str = "true or false"

    def schema(self) -> Schema:
        return {"type": "boolean"}

    def read(self, value: object, at: KeyPath, reading: Reading) -> bool:
        if not isinstance(value, bool):
            reading.fail(at, f"{_shown(value)} is not true or false")
        return value is True


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several words."""

    words: tuple[str, ...]

    @property
    def label(self) -> str:
        *most, last = (f'"{word}"' for word in self.words)
        return f"{', '.join(most)} or {last}"

    def schema(self) -> Schema:
        return {"enum": list(self.words)}

    def read(self, value: object, at: KeyPath, reading: Reading) -> str:
        if value not in self.words:
            hint = nearest(str(value), self.words) if isinstance(value, str) else ""
            reading.fail(at, f"{_shown(value)} is not {self.label}{hint and f'; {hint}'}")
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Size:
    """A number of bytes."""

    most: int
    label: str = "a number of bytes"

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": 1, "maximum": self.most}

    def read(self, value: object, at: KeyPath, reading: Reading) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            reading.fail(at, f"{_shown(value)} is not a positive whole number")
            return 1
        if value > self.most:
            reading.fail(at, f"{_shown(value)} is more than {self.most:_}")
        return value


@dataclass(frozen=True, slots=True)
class VersionText:
    """A version or a range of versions."""

    label: str = "a version or a range of versions"

    def schema(self) -> Schema:
        return {"type": "string"}

    def read(self, value: object, at: KeyPath, reading: Reading) -> str:
        if not isinstance(value, str) or not read_ranges(value):
            reading.fail(at, f'{_shown(value)} is no version, such as "1.2" or ">=1.2,<2"')
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class PythonText:
    """A minor version of Python, also as ruff and black write it."""

    label: str = 'a version of Python, such as "3.11" or "py311"'

    def schema(self) -> Schema:
        return {"type": "string", "pattern": _PYTHON.pattern}

    def read(self, value: object, at: KeyPath, reading: Reading) -> str:
        found = _PYTHON.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            reading.fail(at, f"{_shown(value)} is not {self.label}")
            return ""
        return f"3.{found[1] or found[2]}"


_PYTHON = re.compile(r"^(?:3\.(\d{1,2})|py3(\d{1,2}))$")


@dataclass(frozen=True, slots=True)
class Rules:
    """A list of rules."""

    label: str = 'a list of rules: codes, prefixes of codes, names or "ALL"'

    def schema(self) -> Schema:
        return _list_of({"type": "string"})

    def read(self, value: object, at: KeyPath, reading: Reading) -> tuple[str, ...]:
        found = tuple(_texts(value, at, reading))
        for place, text in found:
            if not is_selector(text, reading.rules):
                reading.fail(place, unknown_rule(text, reading.rules))
        return tuple(text for _, text in found)


@dataclass(frozen=True, slots=True)
class Patterns:
    """A list of patterns of files."""

    label: str = "a list of patterns as in .gitignore"

    def schema(self) -> Schema:
        return _list_of({"type": "string"})

    def read(self, value: object, at: KeyPath, reading: Reading) -> tuple[Pattern, ...]:
        found = tuple(_texts(value, at, reading))
        for place, text in found:
            _check_pattern(text, place, reading)
        return tuple(Pattern(reading.folder, text) for _, text in found)


@dataclass(frozen=True, slots=True)
class IgnoreTable:
    """Patterns of files, each with the rules that are off there."""

    label: str = "a table of patterns and lists of rules"

    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": Rules().schema()}

    def read(self, value: object, at: KeyPath, reading: Reading) -> tuple[tuple[Pattern, tuple[str, ...]], ...]:
        found: list[tuple[Pattern, tuple[str, ...]]] = []
        for key, listed in _items(value, at, reading):
            text = key.removeprefix("!")
            _check_pattern(text, (*at, key), reading)
            pattern = Pattern(reading.folder, text, negated=text != key)
            found.append((pattern, Rules().read(listed, (*at, key), reading)))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class SeverityTable:
    """Rules, each with the severity that its findings have."""

    label: str = "a table of rules and severities"

    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": _SEVERITY.schema()}

    def read(self, value: object, at: KeyPath, reading: Reading) -> tuple[tuple[str, Severity], ...]:
        found: list[tuple[str, Severity]] = []
        for selector, word in _items(value, at, reading):
            if not is_selector(selector, reading.rules):
                reading.fail((*at, selector), unknown_rule(selector, reading.rules))
            count = len(reading.problems)
            wanted = _SEVERITY.read(word, (*at, selector), reading)
            if len(reading.problems) == count:
                found.append((selector, Severity(wanted)))
        return tuple(found)


_SEVERITY = Choice(tuple(item.value for item in Severity))


@dataclass(frozen=True, slots=True)
class InnerPath:
    """A file of the project."""

    label: str = "a path inside the project"

    def schema(self) -> Schema:
        return {"type": "string"}

    def read(self, value: object, at: KeyPath, reading: Reading) -> str:
        if not isinstance(value, str) or not value or "\0" in value:
            reading.fail(at, f"{_shown(value)} is no path")
            return ""
        path = absolute(value, reading.folder)
        if reading.boundary is not None and not inside(resolved(path), resolved(reading.boundary)):
            where = f"lies outside of the project ({reading.boundary})"
            reading.fail(at, f"`{value}` {where}; only the command line may name such a path")
        return path


@dataclass(frozen=True, slots=True)
class Folders:
    """A list of folders of the project."""

    label: str = "a list of folders"

    def schema(self) -> Schema:
        return _list_of({"type": "string"})

    def read(self, value: object, at: KeyPath, reading: Reading) -> tuple[str, ...]:
        found: list[str] = []
        for place, text in _texts(value, at, reading):
            path = InnerPath().read(text, place, reading)
            if path and not os.path.isdir(path):  # noqa: PTH112 - paths are texts here
                reading.fail(place, f"there is no folder `{text}`")
            found.append(path)
        return tuple(found)


_NAME = re.compile(r"[\w*?\[\]!-]+(?:\.[\w*?\[\]!-]+)*")
_PLAIN = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Names:
    """A list of callables; with `plain_end`, the last part of each name is no glob."""

    plain_end: bool = False

    @property
    def label(self) -> str:
        return "a list of dotted names or globs" + (", the last part no glob" if self.plain_end else "")

    def schema(self) -> Schema:
        return _list_of({"type": "string"})

    def read(self, value: object, at: KeyPath, reading: Reading) -> tuple[str, ...]:
        found = tuple(_texts(value, at, reading))
        for place, text in found:
            _check_name(text, place, reading)
            if self.plain_end and not _PLAIN.fullmatch(text.rpartition(".")[2]):
                reading.fail(place, f"the last part of `{text}` must be a plain name")
        return tuple(text for _, text in found)


@dataclass(frozen=True, slots=True)
class Calls:
    """A list of callables that block."""

    default_rule: str
    rules: tuple[str, ...]
    label: str = (
        'a list of dotted names or globs, or of tables such as {name = "…", replacement = "…", rule = "ASL203"}'
    )

    def schema(self) -> Schema:
        return _list_of_names_or_tables({"replacement": {"type": "string"}, "rule": {"enum": list(self.rules)}})

    def read(self, value: object, at: KeyPath, reading: Reading) -> tuple[DeclaredCall, ...]:
        known = {"name": "", "replacement": "", "rule": self.default_rule}
        return tuple(self._call(fields, place, reading) for place, fields in _tables(value, at, known, reading))

    def _call(self, fields: dict[str, str], at: KeyPath, reading: Reading) -> DeclaredCall:
        if fields["rule"] not in self.rules:
            reading.fail(
                (*at, "rule"), f"`{fields['rule']}` is no rule of blocking calls ({self.rules[0]} to {self.rules[-1]})"
            )
        return DeclaredCall(**fields)


@dataclass(frozen=True, slots=True)
class Offloaders:
    """A list of callables that run others in a thread."""

    label: str = 'a list of dotted names or globs, or of tables such as {name = "…", replacement = "await …"}'

    def schema(self) -> Schema:
        return _list_of_names_or_tables({"replacement": {"type": "string"}})

    def read(self, value: object, at: KeyPath, reading: Reading) -> tuple[DeclaredOffloader, ...]:
        known = {"name": "", "replacement": ""}
        return tuple(DeclaredOffloader(**fields) for _, fields in _tables(value, at, known, reading))


def _list_of_names_or_tables(properties: Schema) -> Schema:
    table = {
        "type": "object",
        "required": ["name"],
        "additionalProperties": False,
        "properties": {"name": {"type": "string"}, **properties},
    }
    return _list_of({"anyOf": [{"type": "string"}, table]})


def _tables(
    value: object, at: KeyPath, known: dict[str, str], reading: Reading
) -> Iterator[tuple[KeyPath, dict[str, str]]]:
    """The tables of a list, with the `known` fields filled in; a mere name stands for a table with nothing else."""
    if not isinstance(value, list):
        reading.fail(at, f"{_shown(value)} is not a list")
        return
    if _is_too_long(value, at, reading):
        return
    for position, item in enumerate(value):
        place = (*at, position)
        table = {"name": item} if isinstance(item, str) else item
        if isinstance(table, dict) and "name" in table:
            yield place, _fields(table, place, known, reading)
        elif isinstance(table, dict):
            reading.fail(place, "this table has no `name`")
        else:
            reading.fail(place, f"{_shown(item)} is neither a name nor a table with a `name`")


def _fields(table: dict[str, object], at: KeyPath, known: dict[str, str], reading: Reading) -> dict[str, str]:
    fields = dict(known)
    for key, value in table.items():
        if key not in known:
            *others, last = known
            names = f"{', '.join(others)} and {last} are known"
            reading.fail((*at, key), f"unknown key `{key}`; {nearest(key, known) or names}")
        elif not isinstance(value, str):
            reading.fail((*at, key), f"{_shown(value)} is not a text")
        else:
            fields[key] = value
    _check_name(fields["name"], at, reading)
    return fields


def _check_name(text: str, at: KeyPath, reading: Reading) -> None:
    if not _NAME.fullmatch(text):
        reading.fail(at, f'{_shown(text)} is no dotted name or glob, such as "module.Class.method" or "package.*"')


def _check_pattern(text: str, at: KeyPath, reading: Reading) -> None:
    if not text.strip() or text.startswith(("#", "!")):
        reading.fail(at, f"{_shown(text)} is no pattern")
    elif not is_pattern(os.fsencode(text)):
        reading.fail(at, f"the pattern `{text}` can match nothing")
    elif text.startswith("../") or "/../" in text:
        reading.fail(at, f"the pattern `{text}` reaches out of its folder, so it can match nothing")


def _texts(value: object, at: KeyPath, reading: Reading) -> Iterator[tuple[KeyPath, str]]:
    if not isinstance(value, list):
        reading.fail(at, f"{_shown(value)} is not a list")
        return
    if _is_too_long(value, at, reading):
        return
    for place, item in enumerate(value):
        if isinstance(item, str):
            yield (*at, place), item
        else:
            reading.fail((*at, place), f"{_shown(item)} is not a text")


def _items(value: object, at: KeyPath, reading: Reading) -> Iterator[tuple[str, object]]:
    if not isinstance(value, dict):
        reading.fail(at, f"{_shown(value)} is not a table")
        return
    if not _is_too_long(value, at, reading):
        yield from value.items()


MOST_ENTRIES = 5_000
"""Of a list or table: each file is held against all patterns."""


def _is_too_long(value: list[object] | dict[str, object], at: KeyPath, reading: Reading) -> bool:
    if len(value) > MOST_ENTRIES:
        reading.fail(at, f"has more than {MOST_ENTRIES:,} entries")
        return True
    return False


def _list_of(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _shown(value: object) -> str:
    """A value as it stands in TOML, cut where it is long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value if len(value) <= 60 else value[:57] + "…", ensure_ascii=False)
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, int) and abs(value) >= _LONG:
        return "a number of many digits"
    return "a list" if isinstance(value, list) else str(value)


_LONG = 10**60
"""Python refuses to write a number of more than 4,300 digits."""

"""The rows of the catalogue of blocking callables, and how the row for a name is found.

`blocking_calls.csv` has one row for each callable. `blocking_classes.csv` has one for each class of which every public
method blocks, save some: the clients of services and databases. There `reach` is `methods` where only the methods of
the class itself are meant, and `paths` where also those of the objects that an instance holds are, at any depth:
`client.chat.completions.create()`. `pure` lists the methods that do not block and, for `paths`, the attributes that
hold plain values and the paths of methods that do not block; `*` and `[A-Z]` are wildcards. Names that begin with an
underscore never count.
"""

from __future__ import annotations

import fnmatch
import functools
from typing import NamedTuple

from asynclint.knowledge.names import lineage
from asynclint.knowledge.tables import index_table, parse_line, read_table


class CallRow(NamedTuple):
    """A row of `blocking_calls.csv`."""

    name: str
    rule: str
    tier: str
    replacement: str
    unless: str
    source: str


class ClassRow(NamedTuple):
    """A row of `blocking_classes.csv`."""

    name: str
    rule: str
    tier: str
    reach: str
    replacement: str
    pure: str
    source: str

    def covers(self, path: str) -> bool:
        """Whether calling `path` (a method, or attributes and then a method) on an instance blocks."""
        parts = path.split(".")
        if len(parts) > 1 and self.reach != "paths":
            return False
        return not any(part.startswith("_") or _is_listed(part, self.pure) for part in (path, *parts))

    def as_call(self) -> CallRow:
        """The row that a method covered by the class would have."""
        return CallRow(self.name, self.rule, self.tier, self.replacement, "", self.source)


def find_row(name: str) -> CallRow | None:
    """The row for a canonical name: its own, that of a base class' method, or that of its class."""
    return call_row(name) or _inherited(name) or _of_client(name)


def holds_clients(name: str) -> bool:
    """Whether `name` (a canonical `Class.attribute`) is a path in a client whose methods block at any depth."""
    client = _find_client(name)
    return client is not None and client.reach == "paths"


def _inherited(name: str) -> CallRow | None:
    owner, _, method = name.rpartition(".")
    bases = lineage(owner)[1:] if owner else ()
    rows = (call_row(f"{base}.{method}") for base in bases)
    return next(filter(None, rows), None)


def _of_client(name: str) -> CallRow | None:
    client = _find_client(name.removesuffix(".__call__"))
    return None if client is None else client.as_call()


@functools.cache
def _find_client(name: str) -> ClassRow | None:
    """The class through which `name` (`Class.method` or `Class.attribute.method`) blocks, if one does."""
    owner, _, path = name.rpartition(".")
    while owner:
        for class_name in lineage(owner):
            client = class_rows().get(class_name)
            if client is not None:
                return client if client.covers(path) else None
        owner, _, last = owner.rpartition(".")
        path = f"{last}.{path}"
    return None


@functools.cache
def _is_listed(name: str, pure: str) -> bool:
    exact, patterns = _parse_pure(pure)
    return name in exact or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


@functools.cache
def _parse_pure(pure: str) -> tuple[frozenset[str], tuple[str, ...]]:
    listed = pure.split("|")
    patterns = tuple(item for item in listed if "*" in item)
    return frozenset(listed) - frozenset(patterns), patterns


def call_row(name: str) -> CallRow | None:
    """The row of `blocking_calls.csv` for exactly this name."""
    line = _call_lines().get(name)
    return None if line is None else CallRow._make(parse_line(line))


def all_call_rows() -> list[CallRow]:
    """All rows of `blocking_calls.csv`."""
    return [CallRow._make(parse_line(line)) for line in _call_lines().values()]


@functools.cache
def class_rows() -> dict[str, ClassRow]:
    """All rows of `blocking_classes.csv`, by name."""
    return {row[0]: ClassRow._make(row) for row in read_table("blocking_classes")}


@functools.cache
def _call_lines() -> dict[str, str]:
    return index_table("blocking_calls")

"""What the configuration of a project says of functions that asynclint cannot judge by itself.

A name is a dotted one, of the project or of a library, in any of the spellings that the tables know; a glob, in which
`*` also stands for dots; or `Class.method`, which means the method of every class of that name.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from asynclint.knowledge.blocking import BlockingCall
from asynclint.knowledge.names import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asynclint.config.config import Config

_WILD = re.compile(r"[*?\[]")


@dataclass(slots=True, eq=False)
class NameSet:
    """Names and globs, asked of often: what was asked once is remembered."""

    patterns: tuple[str, ...] = ()
    _known: dict[str, str | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def __contains__(self, name: str) -> bool:
        return self.match(name) is not None

    def match(self, name: str) -> str | None:
        """The first of the names that means this one."""
        if not self.patterns:
            return None
        if name not in self._known:
            self._known[name] = next((item for item in self.patterns if _means(item, name)), None)
        return self._known[name]

    def any_of(self, names: Iterable[str]) -> bool:
        return bool(self.patterns) and any(name in self for name in names)

    @property
    def last_parts(self) -> frozenset[str]:
        """The last part of each name."""
        return frozenset(item.rpartition(".")[2] for item in self.patterns)


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """The functions of a project by what they do."""

    blocking: NameSet = field(default_factory=NameSet)
    not_blocking: NameSet = field(default_factory=NameSet)
    offloaders: NameSet = field(default_factory=NameSet)
    task_keepers: NameSet = field(default_factory=NameSet)
    exception_handlers: NameSet = field(default_factory=NameSet)
    routes: NameSet = field(default_factory=NameSet)
    background_runners: NameSet = field(default_factory=NameSet)
    shutdown_hooks: NameSet = field(default_factory=NameSet)
    offloading: str = ""
    """How advice to use one of `offloaders` reads, if the configuration says so."""
    _calls: dict[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, config: Config) -> Declared:
        """What a configuration declares."""
        return cls(
            NameSet(tuple(call.name for call in config.blocking_calls)),
            NameSet(config.non_blocking_calls),
            NameSet(tuple(item.name for item in config.offload_functions)),
            NameSet(config.task_keepers),
            NameSet(config.exception_handling_decorators),
            NameSet(config.route_decorators),
            NameSet(config.background_runners),
            NameSet(config.shutdown_hooks),
            next((item.replacement for item in config.offload_functions if item.replacement), ""),
            {call.name: (call.rule, call.replacement) for call in reversed(config.blocking_calls)},
        )

    def blocking_call(self, name: str) -> BlockingCall | None:
        """The entry for a callable that is declared to block; `library.*` does not mean making its objects."""
        pattern = self.blocking.match(name)
        if pattern is None or (_ends_wild(pattern) and _is_class(name)):
            return None
        rule, replacement = self._calls[pattern]
        return BlockingCall(name, rule, "blocks", replacement, "", "configuration")


NOTHING_DECLARED = Declared()


def _means(pattern: str, name: str) -> bool:
    if _WILD.search(pattern):
        whole = fnmatch.fnmatchcase(name, pattern)
        return whole or (_is_method(pattern) and fnmatch.fnmatchcase(_last_two(name), pattern))
    return name in (pattern, canonical(pattern)) or (_is_method(pattern) and _last_two(name) == pattern)


def _ends_wild(pattern: str) -> bool:
    return _WILD.search(pattern.rpartition(".")[2]) is not None


def _is_class(name: str) -> bool:
    """Whether the name is that of a class or a method that makes an object, by its spelling."""
    last = name.rpartition(".")[2]
    return (last[:1].isupper() and not last.isupper()) or last in {"__init__", "__new__", "__post_init__"}


def _is_method(pattern: str) -> bool:
    """Whether this is `Class.method`, by the spelling of classes."""
    return pattern.count(".") == 1 and pattern.lstrip("_")[:1].isupper()


def _last_two(name: str) -> str:
    rest, _, last = name.rpartition(".")
    return f"{rest.rpartition('.')[2]}.{last}"

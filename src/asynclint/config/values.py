"""What the values of settings are once they are read, and what they are read against."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from asynclint.source.paths import inside
from asynclint.source.patterns import Patterns

if TYPE_CHECKING:
    from asynclint.core.diagnostic import RuleInfo

KeyPath: TypeAlias = tuple[str | int, ...]
"""Where a value stands in a table: keys, and positions in lists."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern as in a `.gitignore` that lies in `folder`; with `negated`, it means the files it does not match."""

    folder: str
    text: str
    negated: bool = False

    def matches(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether the absolute path, or a folder around it, is meant."""
        return inside(path, self.folder) and self._covers(path, is_folder=is_folder) != self.negated

    def _covers(self, path: str, *, is_folder: bool) -> bool:
        relative = path[len(self.folder) :].lstrip("/")
        return bool(relative) and _compiled(self.text).covers(relative, is_folder=is_folder)


@dataclass(frozen=True, slots=True)
class DeclaredCall:
    """A callable that blocks; `name` may be a glob, `replacement` what to call instead, `rule` the reporting one."""

    name: str
    replacement: str
    rule: str


@dataclass(frozen=True, slots=True)
class DeclaredOffloader:
    """A callable that runs others in a thread; `replacement` is how the advice to use it reads, or ""."""

    name: str
    replacement: str


@dataclass(slots=True)
class Reading:
    """What the values of one source are read against, and what is wrong with them.

    Paths and patterns are relative to `folder`. Paths must lie in `boundary`; None lets them lie anywhere.
    """

    folder: str
    boundary: str | None
    rules: tuple[RuleInfo, ...]
    problems: list[tuple[KeyPath, str]] = field(default_factory=list)

    def fail(self, path: KeyPath, message: str) -> None:
        self.problems.append((path, message))


@functools.cache
def _compiled(text: str) -> Patterns:
    return Patterns([os.fsencode(text)])

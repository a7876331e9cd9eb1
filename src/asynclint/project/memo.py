"""What an evaluator remembers, and what it is in the middle of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asynclint.project.values import Value


@dataclass(slots=True)
class Memo:
    """Answers by the `id` of what was asked about; `active` are the questions under way.

    `cut` says that since the outermost question an answer was cut short because it depends on itself.
    """

    values: dict[int, Value] = field(default_factory=dict)
    bindings: dict[int, Value] = field(default_factory=dict)
    returns: dict[int, Value] = field(default_factory=dict)
    definitions: dict[int, Value] = field(default_factory=dict)
    attributes: dict[tuple[int, str], Value] = field(default_factory=dict)
    globals: dict[tuple[int, str], Value] = field(default_factory=dict)
    active: set[int] = field(default_factory=set)
    active_globals: set[tuple[int, str]] = field(default_factory=set)
    cut: bool = False

"""What an evaluator remembers, and what it is in the middle of."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asynclint.project.values import Value

NOT_CUT: Final = sys.maxsize


@dataclass(slots=True)
class Memo:
    """Answers by the `id` of what was asked about; `active` are the questions under way, with their depths.

    An answer that depends on a question under way is cut short there, and holds only inside that question. `lowest` is
    the depth of the outermost question that the answer now being found was cut short at.
    """

    values: dict[int, Value] = field(default_factory=dict)
    bindings: dict[int, Value] = field(default_factory=dict)
    returns: dict[int, Value] = field(default_factory=dict)
    definitions: dict[int, Value] = field(default_factory=dict)
    attributes: dict[tuple[int, str], Value] = field(default_factory=dict)
    globals: dict[tuple[int, str], Value] = field(default_factory=dict)
    active: dict[int, int] = field(default_factory=dict)
    active_globals: set[tuple[int, str]] = field(default_factory=set)
    lowest: int = NOT_CUT

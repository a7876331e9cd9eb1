"""What the evaluator remembers of its answers."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from asynclint.project.reads import UNSETTLED

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from asynclint.project.model import Module
    from asynclint.project.reads import Reads
    from asynclint.project.values import Value

Key = TypeVar("Key")
Answer = TypeVar("Answer")

MAX_DEPTH: Final = 90
"""Chains of questions longer than this are cut short; real ones have fewer than thirty."""

_NOT_CUT: Final = sys.maxsize

MOST_CUT: Final = 20_000
"""Answers that one question may find and not remember. In a large knot of definitions each takes time exponential in
its size; beyond this bound they are remembered as they are, and may depend on what was asked first."""


class Assigned(NamedTuple):
    """`receiver.name = value`."""

    module: Module
    receiver: Value
    value: Value


@dataclass(slots=True)
class Memo:
    """Answers by the `id` of what was asked about; `active` are the questions under way, with their depths.

    An answer that depends on a question under way is cut short there, and holds only inside that question. `lowest` is
    the depth of the outermost question that the answer now being found was cut short at.

    `found_from` says by the marks of questions what their answers were found from; that of values and bindings is noted
    in `reads`, for all of a body together.
    """

    reads: Reads
    values: dict[int, Value] = field(default_factory=dict)
    bindings: dict[int, Value] = field(default_factory=dict)
    returns: dict[int, Value] = field(default_factory=dict)
    definitions: dict[int, Value] = field(default_factory=dict)
    attributes: dict[tuple[int, str], Value] = field(default_factory=dict)
    globals: dict[tuple[int, str], Value] = field(default_factory=dict)
    assigned: dict[str, tuple[Assigned, ...]] = field(default_factory=dict)
    found_from: dict[Hashable, int] = field(default_factory=dict)
    active: dict[Hashable, int] = field(default_factory=dict)
    lowest: int = _NOT_CUT
    cut: int = 0

    def answer(
        self,
        answers: dict[Key, Answer],
        key: Key,
        mark: Hashable,
        otherwise: Answer,
        compute: Callable[..., Answer],
        *asked: object,
    ) -> Answer:
        """Compute and remember the answer, unless that is under way already: then `otherwise` it is.

        `mark` stands for the question: that of two questions about one thing must differ. Whoever takes an answer that
        is there already has to `take` it.
        """
        before = self.reads.begin()
        try:
            return self.answer_in_body(answers, key, mark, otherwise, compute, *asked)
        finally:
            self.found_from[mark] = self.reads.end(before)

    def take(self, mark: Hashable) -> None:
        """An answer that is remembered is used."""
        self.reads.mask |= self.found_from[mark]

    def answer_in_body(
        self,
        answers: dict[Key, Answer],
        key: Key,
        mark: Hashable,
        otherwise: Answer,
        compute: Callable[..., Answer],
        *asked: object,
    ) -> Answer:
        """As `answer`, while a body is read (see `Reads.enter`): what it is found from is not noted for it alone.

        What was cut short is remembered where nothing under way around it was the reason: so it is found again inside
        a cycle of definitions, but for the one question that closes it. That way an answer does not depend on what was
        asked before.
        """
        active = self.active
        depth = len(active)
        if mark in active or depth > MAX_DEPTH:
            self.lowest = min(self.lowest, active.get(mark, 0))
            return otherwise
        around = self.lowest
        if not depth:
            around = _NOT_CUT
            self.cut = 0
        self.lowest = _NOT_CUT
        active[mark] = depth
        try:
            result = compute(*asked)
        finally:
            del active[mark]
        if self.lowest >= depth:
            answers[key] = result
            self.lowest = around
            return result
        self.lowest = min(self.lowest, around)
        self.cut += 1
        if self.cut > MOST_CUT:
            answers[key] = result
            self.reads.mask |= UNSETTLED
        return result

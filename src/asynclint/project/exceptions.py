"""Whether the exceptions of a function's work can leave it, judged over its whole body and what it calls."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from asynclint.project.handler_coverage import HandlerCoverage
from asynclint.project.reads import GraphReads
from asynclint.project.uncovered import Source, UncoveredReader
from asynclint.project.works_given import WorksGiven

if TYPE_CHECKING:
    from asynclint.core.span import Span
    from asynclint.flow import ir
    from asynclint.project.departures import Kinds
    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Function, Scope
    from asynclint.project.uncovered import Uncovered

_Key: TypeAlias = "tuple[Source, Kinds]"
"""What is told apart on the way up: handlers on it take one kind of exception and let another pass."""

_Queue: TypeAlias = "deque[tuple[int, Function, _Key]]"


@dataclass(frozen=True, slots=True, eq=False)
class Escape:
    """Where an exception leaves a function: a place in it, and through which call, if that is how.

    `kinds` are the classes that it may have there; `then` is the function that the place calls, and the kind of
    exception that comes out of it. `distance` counts the calls between the function and what fails. `sometimes` says
    that the place stands in a branch. `among` are the implementations of an abstract method of which that is one.
    """

    function: Function
    span: Span
    what: str
    source: Source
    kinds: Kinds
    then: tuple[Function, _Key] | None
    distance: int
    sometimes: bool
    among: tuple[Function, ...] = ()

    @property
    def certain(self) -> bool:
        """A `raise`, I/O or an await; otherwise a call that is merely not known to be harmless."""
        return self.source is not Source.DOUBT

    @property
    def rank(self) -> tuple[int, Span, str]:
        """Smaller is better: the nearer one, then the first in the body, whatever was asked about first."""
        then = "" if self.then is None else f"{self.then[0].full_name} {self.then[0].number} {self.then[1][1]}"
        return self.distance, self.span, then

    @property
    def key(self) -> _Key:
        """What it is told apart by from the other escapes of the function."""
        return self.source, self.kinds


_MAX_DISTANCE = 3
"""Calls after which what may fail says little about the function that was started."""


class ExceptionSummaries:
    """For each function, the nearest places from which an exception can escape: a fixpoint over the call graph."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._coverage = HandlerCoverage(evaluator)
        self._works = WorksGiven(evaluator, self._coverage)
        self._reader = UncoveredReader(evaluator, self._coverage, self._works)
        self._escapes: dict[Function, dict[_Key, Escape]] = {}
        self._guarding: dict[Function, bool] = {}
        self._callees: dict[Function, frozenset[Function]] = {}
        self._reads = evaluator.reads
        self._own: dict[Function, int] = {}
        """What is known of a function was found from this and what is known of its callees."""
        self._made_from: GraphReads[Function] = GraphReads(evaluator.reads)

    def escape(self, function: Function) -> Escape | None:
        """The nearest uncovered place of the function, the surer kind first; None if all its work is guarded."""
        self._ensure(function)
        self._made_from.see(function)
        found = [item for item in self._escapes[function].values() if self._counts(item) and self._is_usual(item)]
        if any(self._guarding[callee] for callee in self._callees[function]):
            # The same goes for what stands beside calls of functions that have one around their work.
            found = [item for item in found if item.certain]
        return min(found, key=lambda item: (not item.certain, item.distance, item.span), default=None)

    def _counts(self, escape: Escape) -> bool:
        """Whether it is a reason for a finding, of the function itself or of one that calls it.

        Beside a handler for everything, a stray call that is merely unknown is none, and neither is an await of
        something unknown that not every run comes to.
        """
        if not self._guarding[escape.function]:
            return True
        return escape.certain and not (escape.source is Source.AWAIT and escape.sometimes)

    def _is_usual(self, escape: Escape) -> bool:
        """Whether at every abstract method on the way at least half of its implementations may fail.

        One of many that opens a file says little of what a caller of the interface has to expect.
        """
        return all(
            2 * sum(bool(self._escapes[item]) for item in step.among) >= len(step.among) for step in self.chain(escape)
        )

    def escape_of_call(self, function: Function, call: ir.Call, scope: Scope, *, skips: int) -> Escape | None:
        """As `escape`, for one call: the functions that it hands over to be run count as work too.

        `skips` says how many leading arguments of the call are not the function's: 1 for `add_task(function, …)`.
        """
        works = (function, *self._works.works_given(function, call, scope, skips=skips))
        found = [item for item in map(self.escape, works) if item is not None]
        return next((item for item in found if item.certain), found[0] if found else None)

    def is_logged(self, escape: Escape) -> bool:
        """Whether the function, or a decorator of it, logs the exception before it lets it go on."""
        return self._coverage.is_logged(escape.function, escape.span)

    def chain(self, escape: Escape) -> tuple[Escape, ...]:
        """The escape and those it comes from, down to what fails."""
        steps = [escape]
        while steps[-1].then is not None:
            function, key = steps[-1].then
            steps.append(self._escapes[function][key])
        return tuple(steps)

    # -- fixpoint ----------------------------------------------------------------------------------------------

    def _ensure(self, wanted: Function) -> None:
        places = self._closure(wanted)
        callers: dict[Function, list[tuple[Function, Uncovered]]] = {}
        queue: _Queue = deque()
        for function, found in places.items():
            for place in found:
                if place.callee is None and place.source is not None:
                    own = Escape(function, place.span, place.what, place.source, place.kinds, None, 0, place.sometimes)
                    self._improve(own, queue)
                elif place.callee is not None:
                    callers.setdefault(place.callee, []).append((function, place))
                    if place.callee not in places:
                        for known in tuple(self._escapes[place.callee].values()):
                            self._pass_on(function, place, known, queue)
        self._spread(queue, callers)
        self._made_from.add({function: (self._own[function], self._callees[function]) for function in places})

    def _spread(self, queue: _Queue, callers: dict[Function, list[tuple[Function, Uncovered]]]) -> None:
        """Nearest first: an escape is handed on when no better one can come, whatever was known before."""
        while queue:
            distance = min(item[0] for item in queue)
            nearest = [item for item in queue if item[0] == distance]
            queue = deque(item for item in queue if item[0] != distance)
            for _, function, key in nearest:
                known = self._escapes[function][key]
                if known.distance == distance:
                    for caller, place in callers.get(function, ()):
                        self._pass_on(caller, place, known, queue)

    def _closure(self, wanted: Function) -> dict[Function, tuple[Uncovered, ...]]:
        """The functions reachable from the wanted one that have no summary yet, with their uncovered places."""
        new: dict[Function, tuple[Uncovered, ...]] = {}
        stack = [wanted]
        while stack:
            function = stack.pop()
            if function in self._escapes:
                continue
            self._escapes[function] = {}
            before = self._reads.begin()
            self._guarding[function] = self._coverage.has_broad_handler(function)
            new[function] = self._reader.places(function)
            self._own[function] = self._reads.end(before)
            callees = frozenset(place.callee for place in new[function] if place.callee is not None)
            self._callees[function] = callees
            stack.extend(sorted(callees, key=lambda item: (item.module.path, item.ir.start)))
        return new

    def _pass_on(self, caller: Function, place: Uncovered, known: Escape, queue: _Queue) -> None:
        if known.distance >= _MAX_DISTANCE or not self._counts(known):
            return
        if self._guarding[caller] and not known.function.is_async and known.source is not Source.IO:
            return  # beside a handler for everything, what a sync callee might raise is no reason for a finding
        then, distance = (known.function, known.key), known.distance + 1
        before = self._reads.begin()
        leaving = self._reader.leaving(caller, place, known.kinds)
        self._own[caller] |= self._reads.end(before)
        for kinds in leaving:
            own = Escape(
                caller, place.span, place.what, known.source, kinds, then, distance, place.sometimes, place.among
            )
            self._improve(own, queue)

    def _improve(self, escape: Escape, queue: _Queue) -> None:
        summary = self._escapes[escape.function]
        known = summary.get(escape.key)
        if known is not None and known.rank <= escape.rank:
            return
        summary[escape.key] = escape
        if known is None or escape.distance < known.distance:
            queue.append((escape.distance, escape.function, escape.key))

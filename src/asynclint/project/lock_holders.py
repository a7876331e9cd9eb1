"""Who keeps a lock of threads for long: holders that block, wait or await while they have it.

A lock around work in memory is free again before anybody notices. It is worth a word on the event loop only where some
other body of the project waits for something while it holds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import header_exprs, statements, walk
from asynclint.knowledge.asyncio_api import REENTRANT_LOCKS
from asynclint.project.blocking import BlockingSummaries
from asynclint.project.iteration import expression_span
from asynclint.project.model import Function, Scope
from asynclint.project.places import AttributePlace
from asynclint.project.reads import Answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asynclint.core.span import Span
    from asynclint.project.blocking import Family
    from asynclint.project.call_sites import CallSite, CallSiteReader
    from asynclint.project.inference import Evaluator
    from asynclint.project.places import Mention, Place, PlaceReader

_REMOTE = frozenset({"ASL202", "ASL203", "ASL205", "ASL206"})


@dataclass(frozen=True, slots=True, eq=False)
class LockHolder:
    """A body that keeps a lock while it waits. `site` is what it waits for; None where it awaits something there."""

    scope: Scope
    taken: ir.With
    site: CallSite | None
    name: str
    """What blocks meanwhile, by its canonical name; "" for an `await`."""

    @property
    def span(self) -> Span:
        """Where it waits, or where it takes the lock that it keeps over an `await`."""
        return expression_span(self.taken.items[0].context, self.taken) if self.site is None else self.site.span


class LockHolderReader:
    """Finds the holders of locks by the places that the locks are kept in, each place once."""

    def __init__(self, evaluator: Evaluator, sites: CallSiteReader, places: Callable[[], PlaceReader]) -> None:
        self._sites = sites
        self._places = places
        # Waiting for another lock is not counted: that would ask for the holders of holders without an end.
        self._summaries = BlockingSummaries(evaluator, sites)
        self._holders: Answers[Place, tuple[LockHolder, ...]] = Answers(evaluator.reads, self._find)

    def holder(self, site: CallSite, scope: Scope) -> LockHolder | None:
        """The first other body that waits while it holds the lock which the site takes."""
        lock = _lock(site)
        place = None if lock is None else self._places().of(lock, scope)
        if place is None:
            return None
        found = self._holders.of(place, place)
        reentrant = any(name.rpartition(".")[0] in REENTRANT_LOCKS for name in site.externals)
        others = (item for item in found if item.taken is not site.statement)
        return next((item for item in others if item.site is not None or not reentrant), None)

    def _find(self, place: Place) -> tuple[LockHolder, ...]:
        return tuple(self._each(place))

    def _each(self, place: Place) -> Iterator[LockHolder]:
        for mention in self._places().mentions(place):
            taken = mention.scope.index.parents.get(id(mention.node))
            # What `async with` takes is no lock of threads.
            if not isinstance(taken, ir.With) or taken.is_async:
                continue
            if any(item.context is mention.node for item in taken.items) and self._is_surely_of(mention):
                holder = self._waiting(taken, mention.scope)
                if holder is not None and not self._runs_at_exit(mention.scope):
                    yield holder

    def _is_surely_of(self, mention: Mention) -> bool:
        """Whether the object that holds a mentioned attribute is known: others have a `_lock` of their own."""
        place = self._places().of(mention.node, mention.scope)
        return not isinstance(place, AttributePlace) or place.owner is not None

    def _runs_at_exit(self, scope: Scope) -> bool:
        """When the interpreter exits there is no loop any more that could be held up (atexit)."""
        module = scope.module if isinstance(scope, Function) else None
        return module is not None and f"atexit.register({scope.qualname})".encode() in module.data

    def _waiting(self, taken: ir.With, scope: Scope) -> LockHolder | None:
        if isinstance(scope, Function) and scope.is_async:
            # Without an `await` the loop does nothing else until the lock is free again.
            return LockHolder(scope, taken, None, "") if _awaits(taken) else None
        held = {id(statement) for statement in statements(taken.body)}
        for site in self._sites.sites(scope):
            if id(site.statement) in held:
                for family, witness in self._summaries.at_site(scope, site).items():
                    if family.tier == 0 and witness.distance <= _reach(family) and not _releases(witness.call.name):
                        return LockHolder(scope, taken, site, witness.call.name)
        return None


def _reach(family: Family) -> int:
    """How many calls away the waiting may be for the lock to count as held long: others than I/O are seldom long."""
    return 1 if family.rule in _REMOTE else 0


def _lock(site: CallSite) -> ir.Expr | None:
    match site.node:
        case ir.Call(func=ir.Attribute(value=lock)):
            return lock
        case ir.Name() | ir.Attribute():
            return site.node
        case _:
            return None


def _releases(name: str) -> bool:
    """Waiting on a condition releases its lock (threading.Condition.wait)."""
    return ".Condition.wait" in name


def _awaits(taken: ir.With) -> bool:
    return any(
        isinstance(node, ir.Await)
        for statement in statements(taken.body)
        for expr in header_exprs(statement)
        for node in walk(expr)
    )

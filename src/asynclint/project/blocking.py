"""Which functions block the thread they run in, and by what shortest way: a fixpoint over the call graph.

For every sync function that loop code can reach, and every family of blocking calls, the nearest blocking call and the
first step towards it are known. Steps are counted by a breadth-first search backwards from the calls that block,
so witnesses are shortest and cycles end. Async functions are not entered: what blocks in them is reported there.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import msgspec

from asynclint.flow import ir
from asynclint.flow.suspension import block_suspends
from asynclint.knowledge import blocking as knowledge
from asynclint.project.guards import NO_CONSTANTS, NO_SITES, Constant, GuardReader, is_done_at
from asynclint.project.model import Function
from asynclint.project.reads import GraphReads
from asynclint.project.values import Const, External, Instance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from asynclint.core.span import Span
    from asynclint.knowledge.blocking import BlockingCall
    from asynclint.project.call_sites import Callee, CallSite, CallSiteReader
    from asynclint.project.inference import Evaluator
    from asynclint.project.lock_holders import LockHolderReader
    from asynclint.project.model import Class, Scope

TIERS = {"blocks": 0, "lazy": 0, "lock": 0, "listing": 1, "metadata": 1}
"""Severity tiers that are reported, worst first; rows of other tiers describe what another row reports."""


LOCK = "lock"
"""The tier of calls that wait only where another holder of the lock does."""


class Family(msgspec.Struct, frozen=True, gc=False):
    """The rule a blocking call belongs to, and the rank of its tier."""

    rule: str
    tier: int


class Node(msgspec.Struct, frozen=True, gc=False):
    """A function as one kind of call runs it: on an object of a class, with some of its sites switched off.

    `receiver` is None where it is the function's own class; `dead` are positions among the function's sites;
    `constants` are those of its arguments that it hands on.
    """

    function: Function
    receiver: Class | None
    dead: frozenset[int]
    constants: frozenset[Constant] = NO_CONSTANTS

    @property
    def given(self) -> dict[str, object]:
        """The constants by the names of their parameters."""
        return {item.name: item.value for item in self.constants}


class Witness(msgspec.Struct, frozen=True, eq=False, gc=False):
    """The first step of a shortest way from a body to a blocking call; `then` is None where the site itself blocks."""

    site: CallSite
    then: Node | None
    call: BlockingCall
    distance: int

    @property
    def rank(self) -> tuple[int, Span, str]:
        """Smaller is better: the nearer one, then the first in the body, whatever order files came in."""
        return self.distance, self.site.span, self.then.function.full_name if self.then is not None else ""


class Step(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A step of a chain: the site, and the body it stands in."""

    scope: Scope
    site: CallSite


_Change: TypeAlias = tuple[int, Node, Family]


class _Body(NamedTuple):
    """The live sites of a body, each with the calls in it that block and the functions it runs."""

    sites: list[tuple[CallSite, list[BlockingCall], list[Node]]]
    made_from: int

    @property
    def entered(self) -> list[Node]:
        """All functions that it runs."""
        return [node for _, _, entered in self.sites for node in entered]


class BlockingSummaries:
    """The summaries of all functions asked about, grown as more are asked for."""

    def __init__(self, evaluator: Evaluator, sites: CallSiteReader, locks: LockHolderReader | None = None) -> None:
        """`locks` tells which locks others keep for long; without it, taking a lock never blocks."""
        self._evaluator = evaluator
        self._locks = locks
        self._sites = sites
        self._declared = evaluator.layout.declared
        self._guards = GuardReader(sites)
        self._witnesses: dict[Node, dict[Family, Witness]] = {}
        self._reads = evaluator.reads
        self._made_from: GraphReads[Node] = GraphReads(evaluator.reads)

    @property
    def summarised(self) -> int:
        """How many bodies have a summary so far."""
        return len(self._witnesses)

    def at_site(self, scope: Scope, site: CallSite) -> dict[Family, Witness]:
        """What blocks at a site of a body: the call itself, or what the called functions reach."""
        found: dict[Family, Witness] = {}
        for call in self._direct(site, scope, {}):
            found.setdefault(Family(call.rule, TIERS[call.tier]), Witness(site, None, call, 0))
        callees = list(self._entered(site, None, {}))
        self._ensure(callees)
        for node in callees:
            self._made_from.see(node)
            for family, witness in self._witnesses[node].items():
                known = found.get(family)
                if known is None or witness.distance + 1 < known.distance:
                    found[family] = Witness(site, node, witness.call, witness.distance + 1)
        return found

    def chain(self, scope: Scope, witness: Witness, family: Family) -> tuple[Step, ...]:
        """The sites from the witness down to the call that blocks, each with the body it stands in."""
        steps = [Step(scope, witness.site)]
        current = witness
        while current.then is not None:
            node = current.then
            current = self._witnesses[node][family]
            steps.append(Step(node.function, current.site))
        return tuple(steps)

    def is_usual(self, witness: Witness, family: Family) -> bool:
        """Whether at every abstract method on the way at least half of its known implementations block.

        One of many that opens a file says little of what a caller of the interface waits for.
        """
        receiver = None
        given: dict[str, object] = {}
        site, current = witness.site, witness
        while current.then is not None:
            if not self._mostly_blocks(site, receiver, given, family):
                return False
            node = current.then
            receiver, given = node.receiver or node.function.owner, node.given
            current = self._witnesses[node][family]
            site = current.site
        return True

    def _mostly_blocks(
        self, site: CallSite, receiver: Class | None, given: Mapping[str, object], family: Family
    ) -> bool:
        if not any(callee.dispatched for callee in site.callees):
            return True
        nodes = {node for node in self._entered(site, receiver, given) if not node.function.is_stub}
        blocking = [node for node in nodes if family in self._witnesses.get(node, ())]
        return 2 * len(blocking) >= len(nodes)

    # -- the call graph ----------------------------------------------------------------------------------------

    def _entered(self, site: CallSite, receiver: Class | None, given: Mapping[str, object]) -> Iterator[Node]:
        """The sync functions that a site runs.

        `receiver` is the class of the object that the body around it runs on, `given` the constants of that body.
        """
        for callee in site.callees:
            function, on = callee.function, callee.receiver
            if callee.dispatched:
                if receiver is not None and self._is_settled(site, callee, receiver):
                    continue
            elif receiver is not None and callee.receiver is not None:
                function, on = self._overridden(site, function, on, receiver)
            if not function.is_async and function.full_name not in self._declared.not_blocking:
                dead, constants = self._decided(function, site, callee, given)
                yield Node(function, None if on is function.owner else on, dead, constants)

    def _is_settled(self, site: CallSite, callee: Callee, receiver: Class) -> bool:
        """Whether the object that a template method runs on says that this implementation is not the one called."""
        func = site.node.func if isinstance(site.node, ir.Call) else None
        if callee.receiver is None or not (isinstance(func, ir.Attribute) and isinstance(func.value, ir.Name)):
            return False
        if func.value.id != "self":
            return False
        own = self._evaluator.members.method(receiver, callee.function.name)
        is_filled_in = own is not None and not own.is_stub
        return is_filled_in or receiver not in self._evaluator.members.mro(callee.receiver)

    def _overridden(
        self,
        site: CallSite,
        function: Function,
        on: Class | None,
        receiver: Class,
    ) -> tuple[Function, Class | None]:
        """A method taken from `self` is that of the object's own class, which may override it."""
        callee = site.node.func if isinstance(site.node, ir.Call) else site.node
        match callee:
            case ir.Attribute(value=ir.Name(id="self" | "cls"), attr=attr):
                method = self._evaluator.members.method(receiver, attr)
                return (method or function), receiver
            case ir.Attribute(value=ir.Call(func=ir.Name(id="super"))):
                return function, receiver
            case _:
                return function, on

    def _decided(
        self, function: Function, site: CallSite, callee: Callee, given: Mapping[str, object]
    ) -> tuple[frozenset[int], frozenset[Constant]]:
        """What the arguments of a call switch off in the function, and the constants that it hands on."""
        if not callee.call or not isinstance(site.node, ir.Call):
            return NO_SITES, NO_CONSTANTS
        skips_first = callee.receiver is not None
        found = self._guards.constants(function, site.node, given, skips_first=skips_first)
        if not found:
            return NO_SITES, NO_CONSTANTS
        handed_on = self._guards.handed_on(function)
        constants = (Constant(name, type(value), value) for name, value in found.items() if name in handed_on)
        return self._guards.dead_sites(function, found), frozenset(constants)

    def _live(self, node: Node) -> Iterator[CallSite]:
        for position, site in enumerate(self._sites.sites(node.function)):
            if position not in node.dead:
                yield site

    # -- fixpoint ----------------------------------------------------------------------------------------------

    def _ensure(self, wanted: Iterable[Node]) -> None:
        new = self._closure(wanted)
        for node in new:
            self._witnesses[node] = {}
        callers: dict[Node, list[tuple[Node, CallSite]]] = {}
        start: list[_Change] = []
        for node, body in new.items():
            for site, direct, entered in body.sites:
                for call in direct:
                    self._improve(node, Family(call.rule, TIERS[call.tier]), Witness(site, None, call, 0), start)
                for callee in entered:
                    callers.setdefault(callee, []).append((node, site))
                    if callee not in new:
                        for family, known in self._witnesses[callee].items():
                            self._improve(node, family, Witness(site, callee, known.call, known.distance + 1), start)
        self._spread(start, callers)
        self._made_from.add({node: (body.made_from, body.entered) for node, body in new.items()})

    def _spread(self, start: Iterable[_Change], callers: dict[Node, list[tuple[Node, CallSite]]]) -> None:
        """Nearest first: a witness is handed on when no better one can come, whatever was known before."""
        waiting: defaultdict[int, list[tuple[Node, Family]]] = defaultdict(list)
        for distance, node, family in start:
            waiting[distance].append((node, family))
        while waiting:
            distance = min(waiting)
            found: list[_Change] = []
            for node, family in waiting.pop(distance):
                known = self._witnesses[node][family]
                if known.distance == distance:
                    for caller, site in callers.get(node, ()):
                        self._improve(caller, family, Witness(site, node, known.call, distance + 1), found)
            for further, node, family in found:
                waiting[further].append((node, family))

    def _improve(self, node: Node, family: Family, witness: Witness, changed: list[_Change]) -> None:
        summary = self._witnesses[node]
        known = summary.get(family)
        if known is not None and known.rank <= witness.rank:
            return
        summary[family] = witness
        if known is None or witness.distance < known.distance:
            changed.append((witness.distance, node, family))

    def _closure(self, wanted: Iterable[Node]) -> dict[Node, _Body]:
        """What is reachable and has no summary yet."""
        new: dict[Node, _Body] = {}
        stack = list(wanted)
        while stack:
            node = stack.pop()
            if node in new or node in self._witnesses:
                continue
            body = new[node] = self._read(node)
            stack.extend(body.entered)
        return new

    def _read(self, node: Node) -> _Body:
        receiver, given = node.receiver or node.function.owner, node.given
        before = self._reads.begin()
        try:
            sites = [
                (site, list(self._direct(site, node.function, given)), list(self._entered(site, receiver, given)))
                for site in self._live(node)
            ]
        finally:
            own = self._reads.end(before)
        return _Body(sites, own)

    # -- calls that block --------------------------------------------------------------------------------------

    def _direct(self, site: CallSite, scope: Scope, given: Mapping[str, object]) -> Iterator[BlockingCall]:
        """The catalogue's entry for the site, where its arguments do not say that it will not wait."""
        if site.awaited:
            return
        if self._declared.blocking and (declared := self._declared_call(site)) is not None:
            yield declared
            return
        for name in site.externals:
            call = knowledge.lookup(name)
            if name in self._declared.not_blocking:
                continue
            if call is None or call.tier not in TIERS or call.is_lazy is not (site.kind == "iterate"):
                continue
            if isinstance(site.node, ir.Call) and self._does_not_wait(call, site.node, scope, given):
                continue
            if call.name in _WAITS_FOR_ITS_BLOCK and _suspends(site.statement):
                continue
            if call.tier == LOCK and (self._locks is None or self._locks.holder(site, scope) is None):
                continue
            yield call
            return

    def _declared_call(self, site: CallSite) -> BlockingCall | None:
        """The entry for a site whose callable the configuration declares to block, of a library or of the project."""
        if site.kind not in {"call", "property"}:
            return None
        own = (function.full_name for function in site.functions if not function.is_async)
        found = (self._declared.blocking_call(name) for name in (*site.externals, *own))
        return next((call for call in found if call is not None), None)

    def _does_not_wait(self, call: BlockingCall, node: ir.Call, scope: Scope, given: Mapping[str, object]) -> bool:
        if call.rule == "ASL201" and node.args and _is_momentary(node.args[0]):
            return True
        if call.name in _OUTCOMES and is_done_at(node, scope):
            return True
        if not call.unless:
            return False
        if "self." in call.unless:
            # Such as `put` on a queue, which waits only where the queue was made with a bound: the usual one has none.
            return True
        positional = [self._constant(arg, scope, given) for arg in node.args]
        named = [item for item in node.keywords if item.name is not None]
        keywords = {item.name or "": self._constant(item.value, scope, given) for item in named}
        return knowledge.is_nonblocking_form(call, positional, keywords)

    def _constant(self, node: ir.Expr, scope: Scope, given: Mapping[str, object]) -> object:
        """An argument as the catalogue's forms compare it: a constant, named flags, or an instance of a class."""
        if isinstance(node, ir.Constant):
            return node.value
        if isinstance(node, ir.Name) and node.id in given:
            return given[node.id]
        flags = frozenset(self._flags(node, scope, set()))
        if flags:
            return knowledge.Flags(flags)
        value = self._evaluator.value(node, scope)
        match value:
            case Const(value=constant):
                return constant
            case Instance(cls=str() as name):
                return knowledge.InstanceOf(name)
            case _:
                return knowledge.UNKNOWN

    def _flags(self, node: ir.Expr, scope: Scope, followed: set[str]) -> Iterator[str]:
        """The named constants that may be among the flags, also of a local that is put together from some.

        `followed` are the locals whose values have been looked at: one may be made of itself, as by `f = f | g`.
        """
        match node:
            case ir.BinOp(op="|", left=left, right=right) | ir.IfExp(body=left, orelse=right):
                yield from self._flags(left, scope, followed)
                yield from self._flags(right, scope, followed)
            case ir.Name(id=name) if isinstance(scope, Function) and scope.index.binds(name):
                for binding in () if name in followed else scope.index.bindings[name]:
                    followed.add(name)
                    if isinstance(binding.statement, ir.Assign | ir.AugAssign) and binding.value is not None:
                        yield from self._flags(binding.value, scope, followed)
            case ir.Name() | ir.Attribute():
                value = self._evaluator.value(node, scope)
                if isinstance(value, External):
                    yield knowledge.canonical(value.name)
            case _:
                return


def _suspends(statement: ir.Stmt) -> bool:
    return isinstance(statement, ir.With) and block_suspends(statement.body)


_WAITS_FOR_ITS_BLOCK = frozenset(
    f"concurrent.futures.{kind}.__exit__" for kind in ("Executor", "ProcessPoolExecutor", "ThreadPoolExecutor")
)
"""Leaving `with` waits for the work handed over in the block: an `await` in there has most likely waited for it."""

_OUTCOMES = frozenset({"concurrent.futures.Future.result", "concurrent.futures.Future.exception"})
"""They wait for a future only until it is done (concurrent.futures.Future)."""

MOMENT = 0.01
"""Seconds below which a constant sleep is a way to let other threads run, and no wait worth a word."""


def _is_momentary(node: ir.Expr) -> bool:
    return isinstance(node, ir.Constant) and isinstance(node.value, int | float) and 0 <= node.value < MOMENT

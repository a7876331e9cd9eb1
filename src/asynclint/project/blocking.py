"""Which functions block the thread they run in, and by what shortest way: a fixpoint over the call graph.

For every sync function that loop code can reach, and every family of blocking calls, the nearest blocking call and the
first step towards it are known. Steps are counted by a breadth-first search backwards from the calls that block,
so witnesses are shortest and cycles end. Async functions are not entered: what blocks in them is reported there.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.knowledge import blocking as knowledge
from asynclint.project.values import Const, External, Instance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asynclint.knowledge.blocking import BlockingCall
    from asynclint.project.call_sites import CallSite, CallSiteReader
    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Function, Scope

TIERS = {"blocks": 0, "lazy": 0, "metadata": 1}
"""Severity tiers that are reported, worst first; rows of other tiers describe what another row reports."""


@dataclass(frozen=True, slots=True)
class Family:
    """The rule a blocking call belongs to, and the rank of its tier."""

    rule: str
    tier: int


@dataclass(frozen=True, slots=True, eq=False)
class Witness:
    """The first step of a shortest way from a body to a blocking call; `then` is None where the site itself blocks."""

    site: CallSite
    then: Function | None
    call: BlockingCall
    distance: int


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A step of a chain: the site, and the body it stands in."""

    scope: Scope
    site: CallSite


class BlockingSummaries:
    """The summaries of all functions asked about, grown as more are asked for."""

    def __init__(self, evaluator: Evaluator, sites: CallSiteReader) -> None:
        self._evaluator = evaluator
        self._sites = sites
        self._witnesses: dict[int, dict[Family, Witness]] = {}

    def at_site(self, scope: Scope, site: CallSite) -> dict[Family, Witness]:
        """What blocks at a site of a body: the call itself, or what the called functions reach."""
        found: dict[Family, Witness] = {}
        for call in self._direct(site, scope):
            family = Family(call.rule, TIERS[call.tier])
            found.setdefault(family, Witness(site, None, call, 0))
        callees = [function for function in site.functions if self._is_entered(function)]
        if callees:
            self._ensure(callees)
        for function in callees:
            for family, witness in self._witnesses[id(function)].items():
                known = found.get(family)
                if known is None or witness.distance + 1 < known.distance:
                    found[family] = Witness(site, function, witness.call, witness.distance + 1)
        return found

    def chain(self, scope: Scope, witness: Witness, family: Family) -> tuple[Step, ...]:
        """The sites from the witness down to the call that blocks, each with the body it stands in."""
        steps = [Step(scope, witness.site)]
        current = witness
        while current.then is not None:
            function = current.then
            current = self._witnesses[id(function)][family]
            steps.append(Step(function, current.site))
        return tuple(steps)

    def of_function(self, function: Function) -> dict[Family, Witness]:
        """The summary of a sync function."""
        self._ensure([function])
        return self._witnesses[id(function)]

    # -- fixpoint ----------------------------------------------------------------------------------------------

    def _is_entered(self, function: Function) -> bool:
        return not function.is_async

    def _ensure(self, wanted: Iterable[Function]) -> None:
        new = self._closure(wanted)
        if not new:
            return
        callers: dict[int, list[tuple[Function, CallSite, Function]]] = {}
        queue: deque[tuple[int, Function, Family]] = deque()
        start: list[tuple[int, Function, Family]] = []
        for function in new:
            self._witnesses[id(function)] = {}
        for function in new:
            for site in self._sites.sites(function):
                for call in self._direct(site, function):
                    self._improve(function, Family(call.rule, TIERS[call.tier]), Witness(site, None, call, 0), start)
                for callee in site.functions:
                    if not self._is_entered(callee):
                        continue
                    callers.setdefault(id(callee), []).append((function, site, callee))
                    if callee not in new:
                        for family, known in self._witnesses[id(callee)].items():
                            step = Witness(site, callee, known.call, known.distance + 1)
                            self._improve(function, family, step, start)
        queue.extend(sorted(start, key=lambda item: item[0]))
        self._spread(queue, callers)

    def _spread(
        self,
        queue: deque[tuple[int, Function, Family]],
        callers: dict[int, list[tuple[Function, CallSite, Function]]],
    ) -> None:
        while queue:
            distance, function, family = queue.popleft()
            known = self._witnesses[id(function)][family]
            if known.distance != distance:
                continue
            for caller, site, callee in callers.get(id(function), ()):
                found: list[tuple[int, Function, Family]] = []
                self._improve(caller, family, Witness(site, callee, known.call, distance + 1), found)
                queue.extend(found)

    def _improve(
        self,
        function: Function,
        family: Family,
        witness: Witness,
        changed: list[tuple[int, Function, Family]],
    ) -> None:
        summary = self._witnesses[id(function)]
        known = summary.get(family)
        if known is None or witness.distance < known.distance:
            summary[family] = witness
            changed.append((witness.distance, function, family))

    def _closure(self, wanted: Iterable[Function]) -> dict[Function, None]:
        """The functions reachable from the wanted ones that have no summary yet, in order of discovery."""
        new: dict[Function, None] = {}
        stack = [function for function in wanted if id(function) not in self._witnesses]
        while stack:
            function = stack.pop()
            if function in new or id(function) in self._witnesses:
                continue
            new[function] = None
            for site in self._sites.sites(function):
                stack.extend(callee for callee in site.functions if self._is_entered(callee))
        return new

    # -- calls that block --------------------------------------------------------------------------------------

    def _direct(self, site: CallSite, scope: Scope) -> Iterator[BlockingCall]:
        """The catalogue's entry for the site, where its arguments do not say that it will not wait."""
        if site.awaited:
            return
        for name in site.externals:
            call = knowledge.lookup(name)
            if call is None or call.tier not in TIERS or (call.tier == "lazy") != (site.kind == "iterate"):
                continue
            if isinstance(site.node, ir.Call) and self._does_not_wait(call, site.node, scope):
                continue
            yield call
            return

    def _does_not_wait(self, call: BlockingCall, node: ir.Call, scope: Scope) -> bool:
        if not call.unless:
            return False
        positional = [self._constant(arg, scope) for arg in node.args]
        keywords = {item.name: self._constant(item.value, scope) for item in node.keywords if item.name is not None}
        return knowledge.is_nonblocking_form(call, positional, keywords)

    def _constant(self, node: ir.Expr, scope: Scope) -> object:
        """An argument as the catalogue's forms compare it: a constant, named flags, or an instance of a class."""
        if isinstance(node, ir.Constant):
            return node.value
        flags = self._flags(node, scope)
        if flags:
            return knowledge.Flags(frozenset(flags))
        value = self._evaluator.value(node, scope)
        match value:
            case Const(value=constant):
                return constant
            case Instance(cls=str() as name):
                return knowledge.InstanceOf(name)
            case _:
                return knowledge.UNKNOWN

    def _flags(self, node: ir.Expr, scope: Scope) -> list[str]:
        if isinstance(node, ir.BinOp) and node.op == "|":
            return [*self._flags(node.left, scope), *self._flags(node.right, scope)]
        value = self._evaluator.value(node, scope)
        return [knowledge.canonical(value.name)] if isinstance(value, External) else []

"""Sites of a function that the arguments of a call switch off: `fetch(url, resolve=False)`.

Read from conditions on parameters that are never rebound: `if resolve:`, `if not block: return`, `x is None`. Only
constants decide, given here or by a caller further up that hands them on; anything else leaves the site in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from asynclint.flow import ir
from asynclint.flow.traversal import blocks, dotted
from asynclint.knowledge import blocking as knowledge
from asynclint.project.call_sites import argument_for
from asynclint.project.reads import BodyAnswers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from asynclint.project.call_sites import Callee, CallSiteReader
    from asynclint.project.model import Function, Scope

NO_SITES: frozenset[int] = frozenset()


class Constant(NamedTuple):
    """What a call passes for a parameter. With the type in it, `True` is not the same as `1`."""

    name: str
    type: type
    value: object


NO_CONSTANTS: frozenset[Constant] = frozenset()

_MOST_HANDED_ON = 3
"""Calls from a parameter to the condition on it, or to the call that it is meant for, over which it is followed."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A parameter's value must be true (or, if not `holds`, false) for the site to be reached.

    `operator` is "truth", "is" or "=="; `constant` is what it is compared with.
    """

    name: str
    operator: str
    constant: object
    holds: bool

    def excludes(self, value: object) -> bool:
        """Whether the site cannot be reached with this constant."""
        if self.operator == "truth":
            outcome = bool(value)
        elif self.operator == "is":
            outcome = value is self.constant
        else:
            outcome = value == self.constant
        return outcome is not self.holds


class GuardReader:
    """Knows for each function which sites depend on which parameters."""

    def __init__(self, sites: CallSiteReader) -> None:
        self._sites = sites
        self._conditions: BodyAnswers[dict[int, tuple[Condition, ...]]] = BodyAnswers(sites.reads, self._read)
        self._handed_on: BodyAnswers[frozenset[str]] = BodyAnswers(sites.reads, self._find_handed_on)
        self._relevant: BodyAnswers[frozenset[str]] = BodyAnswers(sites.reads, self._find_relevant)

    def constants(
        self, function: Function, call: ir.Call, given: Mapping[str, object], *, skips_first: bool
    ) -> dict[str, object]:
        """The constants that a call passes for parameters that decide something; `given` are those of its own body."""
        found: dict[str, object] = {}
        if any(isinstance(arg, ir.Starred) for arg in call.args) or any(item.name is None for item in call.keywords):
            return found
        for name in self._relevant.of(function):
            value = argument_for(function, name, call, skips_first=skips_first)
            if value is None:
                value = next((param.default for param in function.ir.params if param.name == name), None)
                if isinstance(value, ir.Constant):
                    found[name] = value.value
            elif isinstance(value, ir.Constant):
                found[name] = value.value
            elif isinstance(value, ir.Name) and value.id in given:
                found[name] = given[value.id]
        return found

    def _find_relevant(self, function: Function) -> frozenset[str]:
        """The parameters on which something in the function depends, or in what it calls."""
        return self._deciding(function) | self.handed_on(function)

    def dead_sites(self, function: Function, constants: Mapping[str, object]) -> frozenset[int]:
        """The positions, among the function's sites, of those that a call with these constants never reaches."""
        conditions = self._of(function) if constants else {}
        if not conditions:
            return NO_SITES
        return frozenset(
            position
            for position, needed in conditions.items()
            if any(item.name in constants and item.excludes(constants[item.name]) for item in needed)
        )

    def handed_on(self, function: Function, calls: int = _MOST_HANDED_ON) -> frozenset[str]:
        """The parameters that the function passes on, unchanged, to where they decide something, so many calls away."""
        return self._handed_on.of(function, calls)

    def _find_handed_on(self, function: Function, calls: int) -> frozenset[str]:
        return frozenset(self._each_handed_on(function, calls))

    def _each_handed_on(self, function: Function, calls: int) -> Iterator[str]:
        names = _constant_parameters(function)
        for site in self._sites.sites(function) if names else ():
            call = site.node
            if not isinstance(call, ir.Call) or not (passed := _names_passed(call, names)):
                continue
            if any(row.unless for name in site.externals if (row := knowledge.lookup(name)) is not None):
                yield from passed
            for callee in site.callees if calls else ():
                if callee.call and not callee.function.is_async:
                    deciding = self._deciding(callee.function) | self.handed_on(callee.function, calls - 1)
                    yield from _passed_for(deciding, callee, call, passed)

    def _deciding(self, function: Function) -> frozenset[str]:
        return frozenset(item.name for needed in self._of(function).values() for item in needed)

    def _of(self, function: Function) -> dict[int, tuple[Condition, ...]]:
        return self._conditions.of(function)

    def _read(self, function: Function) -> dict[int, tuple[Condition, ...]]:
        sites = self._sites.sites(function)
        names = _constant_parameters(function)
        if not names:
            return {}
        by_statement = dict(_guarded(function.body, (), names))
        found: dict[int, tuple[Condition, ...]] = {}
        for position, site in enumerate(sites):
            within = _within_statement(site.node, function, names)
            needed = (*by_statement.get(id(site.statement), ()), *within)
            if needed:
                found[position] = needed
        return found


def _constant_parameters(function: Function) -> set[str]:
    """Those that are never rebound."""
    return {param.name for param in function.ir.params if len(function.index.bindings.get(param.name, ())) == 1}


def _names_passed(call: ir.Call, names: set[str]) -> set[str]:
    """Which of the names stand in the arguments, alone or among flags."""
    passed = [*call.args, *(keyword.value for keyword in call.keywords)]
    return {arg.id for arg in passed if isinstance(arg, ir.Name) and arg.id in names}


def _passed_for(parameters: frozenset[str], callee: Callee, call: ir.Call, passed: set[str]) -> Iterator[str]:
    """Which of the names a call passes for the parameters of what it calls."""
    for parameter in parameters:
        value = argument_for(callee.function, parameter, call, skips_first=callee.receiver is not None)
        if isinstance(value, ir.Name) and value.id in passed:
            yield value.id


def _guarded(
    body: tuple[ir.Stmt, ...],
    around: tuple[Condition, ...],
    names: set[str],
) -> Iterator[tuple[int, tuple[Condition, ...]]]:
    """Every statement with the conditions under which it is reached."""
    current = around
    for statement in body:
        yield id(statement), current
        if isinstance(statement, ir.If):
            when_true = tuple(_conditions(statement.test, names, holds=True))
            when_false = tuple(_conditions(statement.test, names, holds=False))
            yield from _guarded(statement.body, (*current, *when_true), names)
            yield from _guarded(statement.orelse, (*current, *when_false), names)
            if _ends(statement.body):
                current = (*current, *when_false)
            elif statement.orelse and _ends(statement.orelse):
                current = (*current, *when_true)
            continue
        for block in blocks(statement):
            yield from _guarded(block, current, names)


def _within_statement(node: ir.Expr, function: Function, names: set[str]) -> Iterator[Condition]:
    """The conditions of `x() if flag else y` and `flag and x()` around an expression."""
    parents = function.index.parents
    current: ir.Expr | ir.Stmt = node
    around = parents.get(id(node))
    while around is not None:
        match around:
            case ir.IfExp(test=test) if current is not test:
                yield from _conditions(test, names, holds=current is around.body)
            case ir.BoolOp(op=op, values=values):
                for value in values:
                    if value is current:
                        break
                    yield from _conditions(value, names, holds=op == "and")
            case _:
                pass
        current, around = around, parents.get(id(around))


def _ends(body: tuple[ir.Stmt, ...]) -> bool:
    return bool(body) and isinstance(body[-1], ir.Return | ir.Raise)


def _conditions(test: ir.Expr, names: set[str], *, holds: bool) -> Iterator[Condition]:
    """What the test says of parameters when it holds, or does not."""
    match test:
        case ir.Name(id=name) if name in names:
            yield Condition(name, "truth", None, holds)
        case ir.UnaryOp(op="not", operand=operand):
            yield from _conditions(operand, names, holds=not holds)
        case ir.BoolOp(op=op, values=values) if (op == "and") is holds:
            for value in values:
                yield from _conditions(value, names, holds=holds)
        case ir.Compare(ops=(op,), operands=(ir.Name(id=name), ir.Constant(value=value))) if name in names:
            if op in {"is", "is not"}:
                yield Condition(name, "is", value, holds is (op == "is"))
            elif op in {"==", "!="}:
                yield Condition(name, "==", value, holds is (op == "=="))
        case _:
            return


def is_done_at(call: ir.Call, scope: Scope) -> bool:
    """Whether a test with `done()` around `future.result()` says that there is nothing left to wait for."""
    future = dotted(call.func.value) if isinstance(call.func, ir.Attribute) else ""
    use = scope.index.use_of(call)
    statement = None if use is None or not future else use.statement
    while statement is not None:
        around = scope.index.enclosing.get(id(statement))
        if isinstance(around, ir.If) and _asks_if_done(around.test, future) and statement in around.body:
            return True
        statement = around
    return False


def _asks_if_done(test: ir.Expr, future: str) -> bool:
    match test:
        case ir.Call(func=ir.Attribute(value=value, attr="done")):
            return dotted(value) == future
        case ir.BoolOp(op="and", values=values):
            return any(_asks_if_done(value, future) for value in values)
        case _:
            return False

"""Where a body iterates, and what that runs: generators, iterators of classes, lazy results, `map` and its like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.flow.traversal import span_start
from asynclint.knowledge import blocking as knowledge
from asynclint.knowledge.higher_order import CONSUMERS, ITERATOR_WRAPPERS, LAZY_APPLIERS
from asynclint.project.model import Class
from asynclint.project.reads import BodyAnswers
from asynclint.project.sites import Callee, CallSite, argument_for
from asynclint.project.values import External, GeneratorValue, Instance, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.callees import CalleeReader
    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Function, Scope


class IterationReader:
    """Reads what iterating over an expression runs, and where comprehensions and calls do that."""

    def __init__(self, evaluator: Evaluator, callees: CalleeReader) -> None:
        self._evaluator = evaluator
        self._callees = callees
        self._iterated: BodyAnswers[tuple[str, ...]] = BodyAnswers(evaluator.reads, _iterated_parameters)

    def over(
        self,
        node: ir.Expr,
        statement: ir.Stmt,
        scope: Scope,
        at: ir.Expr | None = None,
        seen: frozenset[int] = frozenset(),
    ) -> Iterator[CallSite]:
        """The sites of iterating over the expression. `at` is what is iterated there, where it only wraps `node`."""
        at = node if at is None else at
        callees: list[Callee] = []
        iterators: list[str] = []
        for member in members(self._evaluator.value(node, scope)):
            match member:
                case GeneratorValue(function=function, context_manager=False) if not function.is_async:
                    callees.append(Callee(function))
                case Instance(cls=Class() as cls):
                    callees += self._methods(cls, "__iter__", "__next__")
                case Instance(cls=str() as name):
                    iterators.append(f"{name}.__iter__")
                case _:
                    pass
        source = self._source(node, scope)
        names = (*self._external_names(source, scope), *iterators)
        lazy = tuple(name for name in names if (known := knowledge.lookup(name)) is not None and known.is_lazy)
        if callees or lazy:
            span = expression_span(at, statement)
            yield CallSite("iterate", at, span, statement, tuple(callees), lazy, awaited=False)
        if isinstance(source, ir.Call) and id(source) not in seen:  # `rows = filter(f, rows)` leads back to itself
            for argument in self._wrapped(source, names):
                yield from self.over(argument, statement, scope, at, seen | {id(source)})
            yield from self._applied(source, names, at, statement, scope)

    def consumed(self, call: ir.Call, externals: list[str], statement: ir.Stmt, scope: Scope) -> Iterator[CallSite]:
        """The sites of a call that iterates over one of its arguments."""
        argument = self._consumed_argument(call, externals)
        if argument is not None:
            yield from self.over(argument, statement, scope)

    def in_expressions(self, scope: Scope) -> Iterator[CallSite]:
        """The sites of comprehensions, `yield from`, and of unpacking as in `[*rows()]`."""
        index = scope.index
        for node in index.comprehensions:
            use = index.use(node)
            if use.deferred or use.lazy or (node.kind == "generator" and not self._is_argument_consumed(node, scope)):
                continue
            for clause in node.generators:
                if not clause.is_async:
                    yield from self.over(clause.iter, use.statement, scope)
        for delegation in index.delegations:
            yield from self.over(delegation.value, index.use(delegation).statement, scope)
        for call in index.calls:
            use = index.use(call)
            if isinstance(index.parents.get(id(call)), ir.Starred) and not use.deferred and not use.lazy:
                yield from self.over(call, use.statement, scope)

    def unpacked(self, statement: ir.Assign, scope: Scope) -> Iterator[CallSite]:
        """The sites of `first, *rest = rows()`."""
        if any(isinstance(target, ir.Collection) for target in statement.targets):
            yield from self.over(statement.value, statement, scope)

    def handed_on(self, call: ir.Call, callees: list[Callee], statement: ir.Stmt, scope: Scope) -> Iterator[CallSite]:
        """The sites of generators given to functions of the project that iterate over their parameter."""
        for callee in callees:
            if callee.call and not callee.function.is_async:
                for name in self._iterated.of(callee.function):
                    given = argument_for(callee.function, name, call, skips_first=callee.receiver is not None)
                    if given is not None and self._is_generator(given, scope):
                        yield from self.over(given, statement, scope)

    def _is_generator(self, node: ir.Expr, scope: Scope) -> bool:
        return any(isinstance(item, GeneratorValue) for item in members(self._evaluator.value(node, scope)))

    def is_consumed(self, node: ir.Expr, scope: Scope) -> bool:
        """Whether the generator expression around the node is used up on the spot."""
        parents = scope.index.parents
        current: ir.Expr | ir.Stmt | None = node
        while current is not None:
            if isinstance(current, ir.Comprehension) and current.kind == "generator":
                return self._is_argument_consumed(current, scope)
            current = parents.get(id(current))
        return False

    # -- what is iterated --------------------------------------------------------------------------------------

    def _wrapped(self, source: ir.Call, names: tuple[str, ...]) -> tuple[ir.Expr, ...]:
        """The arguments that iterating over the call's result iterates over."""
        if any(name in ITERATOR_WRAPPERS for name in names):
            return source.args
        return source.args[1:] if any(name in LAZY_APPLIERS for name in names) else ()

    def _applied(
        self,
        source: ir.Call,
        names: tuple[str, ...],
        node: ir.Expr,
        statement: ir.Stmt,
        scope: Scope,
    ) -> Iterator[CallSite]:
        if source.args and any(name in LAZY_APPLIERS for name in names):
            callees, externals = self._callees.applied(source.args[0], scope)
            if callees or externals:
                span = expression_span(node, statement)
                yield CallSite("apply", node, span, statement, callees, externals, awaited=False)

    def _methods(self, cls: Class, *names: str) -> Iterator[Callee]:
        for name in names:
            method = self._evaluator.members.method(cls, name)
            if method is not None:
                yield Callee(method, cls)

    def _source(self, node: ir.Expr, scope: Scope) -> ir.Expr:
        """What made a local that is assigned once: a call such as `path.rglob(…)` does its work when iterated."""
        if not isinstance(node, ir.Name):
            return node
        use = scope.index.use_of(node)
        bindings = scope.index.reaching(node.id, use) if scope.index.binds(node.id) else []
        values = [item.value for item in bindings if item.kind == "assign" and not item.path]
        return values[0] if len(values) == 1 and values[0] is not None else node

    def _external_names(self, node: ir.Expr, scope: Scope) -> tuple[str, ...]:
        if not isinstance(node, ir.Call):
            return ()
        targets = self._evaluator.targets(self._evaluator.value(node.func, scope))
        return tuple(target.name for target in targets if isinstance(target, External))

    # -- who iterates ------------------------------------------------------------------------------------------

    def _consumed_argument(self, call: ir.Call, externals: list[str]) -> ir.Expr | None:
        if not call.args:
            return None
        if _joins(call):
            return call.args[0]
        position = next((CONSUMERS[name] for name in externals if name in CONSUMERS), len(call.args))
        return call.args[position] if position < len(call.args) else None

    def _is_argument_consumed(self, node: ir.Comprehension, scope: Scope) -> bool:
        call = scope.index.parents.get(id(node))
        if not isinstance(call, ir.Call) or node not in call.args:
            return False
        if isinstance(call.func, ir.Attribute) and call.func.attr in {"join", "extend", "update"}:
            return call.args[0] is node
        return self._consumed_argument(call, list(self._external_names(call, scope))) is node


def _may_iterate(function: Function) -> bool:
    """A look at the text and the calls, before the body is decoded."""
    start, end = function.ir.start, function.ir.end
    return function.module.data.find(b"for", start, end) >= 0 or not CONSUMERS.keys().isdisjoint(function.ir.calls)


def _iterated_parameters(function: Function) -> tuple[str, ...]:
    """The parameters that a body iterates over."""
    if not function.ir.params or not _may_iterate(function):
        return ()
    names = {param.name for param in function.ir.params if len(function.index.bindings[param.name]) == 1}
    return tuple(sorted(set(_iterated_names(function)) & names))


def _iterated_names(function: Function) -> Iterator[str]:
    """The names that a body iterates over by `for`, in comprehensions, and by the builtins that use them up."""
    index = function.index
    for statement in index.statements:
        if isinstance(statement, ir.For) and isinstance(statement.iter, ir.Name) and not statement.is_async:
            yield statement.iter.id
    for call in index.calls:
        if isinstance(call.func, ir.Name) and call.func.id in CONSUMERS and call.args and not index.use(call).lazy:
            yield from (item.id for item in call.args[:1] if isinstance(item, ir.Name))
    for node in index.comprehensions:
        if node.kind != "generator" and not index.use(node).deferred:
            first = node.generators[0].iter
            if isinstance(first, ir.Name):
                yield first.id


def _joins(call: ir.Call) -> bool:
    """`b"".join(…)`: the IR does not tell one bytes literal from another."""
    return isinstance(call.func, ir.Attribute) and call.func.attr == "join" and isinstance(call.func.value, ir.Opaque)


def expression_span(node: ir.Expr, statement: ir.Stmt) -> Span:
    """The place of an expression; empty, at its start or that of its statement, where it carries none."""
    start = span_start(node)
    if start < 0:
        start = statement.start
    end = getattr(node, "end", None)
    if end is None:
        end = start + len(node.id.encode()) if isinstance(node, ir.Name) else start
    return Span(start, int(end))

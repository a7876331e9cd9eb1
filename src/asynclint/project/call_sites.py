"""Where a body hands control to other code in the same thread: calls, properties, context managers, iteration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.knowledge.asyncio_api import loop_callback
from asynclint.knowledge.higher_order import APPLIERS
from asynclint.project.callees import CalleeReader
from asynclint.project.implicit_sites import ImplicitSiteReader
from asynclint.project.iteration import IterationReader
from asynclint.project.model import Function
from asynclint.project.off_loop import off_loop_statements
from asynclint.project.reads import BodyAnswers
from asynclint.project.sites import Callee, CallSite, SiteKind, argument_at, argument_for
from asynclint.project.values import BoundMethod, External, FunctionValue, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Scope

__all__ = ["CallSite", "CallSiteReader", "Callee", "SiteKind", "argument_for"]


class CallSiteReader:
    """Lists the call sites of bodies, each body once.

    `accessors` and `operators` give names of properties and special methods, as `ImplicitSiteReader` takes them.
    """

    def __init__(
        self, evaluator: Evaluator, accessors: Callable[[], Collection[str]], operators: Callable[[], Collection[str]]
    ) -> None:
        self.reads = evaluator.reads
        self._evaluator = evaluator
        self._callees = CalleeReader(evaluator)
        self._iteration = IterationReader(evaluator, self._callees)
        self._implicit = ImplicitSiteReader(evaluator, accessors, operators)
        self._sites: BodyAnswers[tuple[CallSite, ...]] = BodyAnswers(self.reads, self._find)
        self._called: BodyAnswers[tuple[str, ...]] = BodyAnswers(self.reads, _called_parameters)
        self._unresolved: dict[int, int] = {}

    def sites(self, scope: Scope) -> tuple[CallSite, ...]:
        """The sites of a body in source order, those aside that run only where no event loop does, or never.

        Lambdas and nested definitions are not entered, but for a lambda that async code hands to the loop.
        """
        return self._sites.of(scope)

    def _find(self, scope: Scope) -> tuple[CallSite, ...]:
        off_loop = off_loop_statements(scope.body, scope.ir.calls)
        sites = (site for site in self._read(scope) if id(site.statement) not in off_loop)
        return tuple(sorted(sites, key=lambda site: site.span))

    def unresolved_in(self, scope: Scope) -> int:
        """How many of the calls of a body may call something of which nothing is known."""
        self.sites(scope)
        return self._unresolved.get(id(scope), 0)

    def _read(self, scope: Scope) -> Iterator[CallSite]:
        index = scope.index
        for call in index.calls:
            use = index.use(call)
            if use.deferred and not self._is_loop_callback(call, scope):
                continue
            if use.lazy and not self._iteration.is_consumed(call, scope):
                continue
            yield from self._of_call(call, use.statement, scope)
        for statement in index.statements:
            if isinstance(statement, ir.For) and not statement.is_async:
                yield from self._iteration.over(statement.iter, statement, scope)
            elif isinstance(statement, ir.Assign):
                yield from self._iteration.unpacked(statement, scope)
        yield from self._iteration.in_expressions(scope)
        yield from self._implicit.sites(scope)

    def _is_loop_callback(self, node: ir.Expr, scope: Scope) -> bool:
        """Whether the lambda around the node is handed to the event loop, by code that runs there."""
        if not isinstance(scope, Function) or not scope.is_async:
            return False
        parents = scope.index.parents
        around: ir.Expr | ir.Stmt | None = parents.get(id(node))
        while around is not None and not isinstance(around, ir.Lambda):
            around = parents.get(id(around))
        if around is None:
            return False
        call = parents.get(id(around))
        if not isinstance(call, ir.Call) or scope.index.use(call).deferred:
            return False
        parameters = (
            loop_callback(target.name)
            for target in self._evaluator.targets(self._evaluator.value(call.func, scope))
            if isinstance(target, External)
        )
        return any(item is not None and argument_at(call, item) is around for item in parameters)

    # -- calls -------------------------------------------------------------------------------------------------

    def _of_call(self, call: ir.Call, statement: ir.Stmt, scope: Scope) -> Iterator[CallSite]:
        targets = self._evaluator.targets(self._evaluator.value(call.func, scope))
        awaited = isinstance(scope.index.parents.get(id(call)), ir.Await)
        callees: list[Callee] = []
        externals: list[str] = []
        for target in targets:
            self._callees.add(target, callees, externals)
            if not _is_of_super(call):
                callees += self._callees.dispatched(target)
        for callee in tuple(callees):
            self._add_arguments_called(callee, call, scope, callees, externals)
        if any(isinstance(target, Unknown) for target in targets):
            self._unresolved[id(scope)] = self._unresolved.get(id(scope), 0) + 1
        if callees or externals:
            span = Span(call.start, call.end)
            unique = tuple(dict.fromkeys(callees))
            yield CallSite("call", call, span, statement, unique, tuple(dict.fromkeys(externals)), awaited)
        if call.args and isinstance(call.func, ir.Attribute) and call.func.attr == "enter_context":
            yield from self._implicit.entering(call.args[0], statement, scope)
        yield from self._iteration.consumed(call, externals, statement, scope)
        yield from self._iteration.handed_on(call, callees, statement, scope)
        if externals:
            yield from self._implicit.of_builtin(call, externals, statement, scope)
            yield from self._of_applied(call, externals, statement, scope)

    def _of_applied(self, call: ir.Call, externals: list[str], statement: ir.Stmt, scope: Scope) -> Iterator[CallSite]:
        parameter = next((APPLIERS[name] for name in externals if name in APPLIERS), None)
        argument = None if parameter is None else argument_at(call, parameter)
        if argument is None:
            return
        callees, names = self._callees.applied(argument, scope)
        if callees or names:
            span = Span(call.start, call.end)
            yield CallSite("apply", call, span, statement, callees, names, awaited=False)

    def _add_arguments_called(
        self,
        callee: Callee,
        call: ir.Call,
        scope: Scope,
        callees: list[Callee],
        externals: list[str],
    ) -> None:
        """Callables handed to a function that calls its parameter: they run here as well."""
        if not callee.call or callee.function.full_name in self._evaluator.layout.declared.offloaders:
            return
        for name in self._called.of(callee.function):
            argument = argument_for(callee.function, name, call, skips_first=callee.receiver is not None)
            if argument is None:
                continue
            for target in self._evaluator.targets(self._evaluator.value(argument, scope)):
                is_function = isinstance(target, FunctionValue | BoundMethod)
                self._callees.add(target, callees, externals, call=not is_function)


def _called_parameters(function: Function) -> tuple[str, ...]:
    """The parameters that the function itself calls, in its own thread."""
    names = {param.name for param in function.ir.params if param.name in function.ir.calls}
    return tuple(sorted(_called_names(function, names))) if names else ()


def _called_names(function: Function, names: set[str]) -> set[str]:
    """Those of the names, bound once, that the body calls on the spot."""
    index = function.index
    return {
        call.func.id
        for call in index.calls
        if isinstance(call.func, ir.Name)
        and call.func.id in names
        and not index.use(call).deferred
        and len(index.bindings[call.func.id]) == 1
    }


def _is_of_super(call: ir.Call) -> bool:
    match call.func:
        case ir.Attribute(value=ir.Call(func=ir.Name(id="super"))):
            return True
        case _:
            return False

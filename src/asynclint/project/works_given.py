"""Functions that others are given to run: `run_safely(work)`, `retry(lambda: send(order))`, `shield(refresh())`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asynclint.flow import ir
from asynclint.flow.traversal import header_exprs, statements, walk
from asynclint.knowledge.offloading import OFFLOADERS
from asynclint.project.memo import Memo
from asynclint.project.model import Function
from asynclint.project.sites import argument_at, argument_for
from asynclint.project.values import BoundMethod, Coroutine, External, FunctionValue, TaskValue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.handler_coverage import HandlerCoverage
    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Scope

AWAITS_FIRST: Final = frozenset({"asyncio.shield"})
"""They await their argument and add no way to fail of their own (`wait_for` adds its TimeoutError)."""


class WorksGiven:
    """Tells what a call hands over to be run where no handler of who runs it covers it."""

    def __init__(self, evaluator: Evaluator, coverage: HandlerCoverage) -> None:
        self._evaluator = evaluator
        self._coverage = coverage
        self._memo = Memo(evaluator.reads)
        self._given: dict[Function, frozenset[str]] = {}

    def works_given(self, callee: Function, call: ir.Call, scope: Scope, *, skips: int) -> Iterator[Function]:
        """The functions that a call hands over and that the callee runs where none of its handlers covers them.

        `skips` says how many leading arguments of the call are not the callee's: 1 for `add_task(callee, …)`.
        """
        for name in self._given_of(callee):
            yield from self._functions_given(callee, name, call, scope, skips=skips)

    def _given_of(self, function: Function) -> frozenset[str]:
        """The parameters that the function calls or awaits where no handler covers it, or has another call."""
        found = self._given.get(function)
        if found is not None:
            self._memo.take(function)
            return found
        nothing: frozenset[str] = frozenset()  # of a function that hands its parameter to itself
        return self._memo.answer(self._given, function, function, nothing, self._find_given, function)

    def _find_given(self, function: Function) -> frozenset[str]:
        return frozenset(self._run_parameters(function))

    def _run_parameters(self, function: Function) -> Iterator[str]:
        params = {param.name for param in function.ir.params}
        if not params or self._coverage.is_guarded_by_decorator(function):
            return
        covered = {
            id(inner)
            for statement in function.index.statements
            if self._coverage.takes_all(statement, function)
            for inner in statements(statement.body)
        }
        for call in function.index.calls:
            use = function.index.use(call)
            if use.deferred or id(use.statement) in covered:
                continue
            run = self.parameter_run(call, function)
            if run is not None:
                yield run
            else:
                yield from self._handed_on(call, function)
        for statement in function.index.statements:
            if id(statement) not in covered:
                for expr in header_exprs(statement):
                    for node in walk(expr):
                        given = self.given_by(node.value, function) if isinstance(node, ir.Await) else None
                        if given is not None:
                            yield given

    def _handed_on(self, call: ir.Call, function: Function) -> Iterator[str]:
        """The parameters that a call hands to a function of the project that runs them."""
        if not any(self._is_parameter(arg, function) for arg in (*call.args, *(item.value for item in call.keywords))):
            return
        for target in self._evaluator.targets(self._evaluator.value(call.func, function)):
            if isinstance(target, FunctionValue | BoundMethod):
                callee = target.function
                for name in self._given_of(callee):
                    argument = _argument_of(callee, name, call)
                    if isinstance(argument, ir.Name) and self._is_parameter(argument, function):
                        yield argument.id

    def parameter_run(self, call: ir.Call, function: Function) -> str | None:
        """The parameter that a call calls, or hands to something outside that runs or awaits it."""
        if isinstance(call.func, ir.Name) and self._is_parameter(call.func, function):
            return call.func.id
        if not any(isinstance(arg, ir.Name) for arg in call.args):
            return None
        for target in self._evaluator.targets(self._evaluator.value(call.func, function)):
            if isinstance(target, External):
                run = argument_run(call, target.name)
                given = self.given_by(run, function) if run is not None else None
                if given is not None:
                    return given
        return None

    def given_by(self, node: ir.Expr, function: Function) -> str | None:
        """The parameter that a name stands for, or what calling the parameter gave."""
        if not isinstance(node, ir.Name):
            return None
        if self._is_parameter(node, function):
            return node.id
        found: set[str] = set()
        for binding in function.index.bindings.get(node.id, ()):
            match binding.value:
                case ir.Call(func=ir.Name() as callee) if self._is_parameter(callee, function):
                    found.add(callee.id)
                case ir.Await(value=ir.Name(id=name)) if name == node.id:
                    pass
                case _:
                    return None
        return found.pop() if len(found) == 1 else None

    def _is_parameter(self, node: ir.Expr, function: Function) -> bool:
        if not isinstance(node, ir.Name):
            return False
        bindings = function.index.bindings.get(node.id, [])
        return len(bindings) == 1 and bindings[0].kind == "param"

    def _functions_given(
        self,
        callee: Function,
        name: str,
        call: ir.Call,
        scope: Scope,
        *,
        skips: int,
    ) -> tuple[Function, ...]:
        handed = ir.Call(call.func, call.args[skips:], call.keywords, call.start, call.end) if skips else call
        argument = _argument_of(callee, name, handed)
        return () if argument is None else self.functions_in(argument, scope)

    def functions_in(self, node: ir.Expr, scope: Scope) -> tuple[Function, ...]:
        """The functions that running, or awaiting, the value of an expression runs."""
        found: list[Function] = []
        for member in self._evaluator.targets(self._evaluator.value(node, scope)):
            work = member.coroutine if isinstance(member, TaskValue) else member
            match work:
                case FunctionValue(function=function) | BoundMethod(function=function):
                    found.append(function)
                case Coroutine(function=Function() as function):
                    found.append(function)
                case _:
                    continue
        return tuple(found)


def _argument_of(callee: Function, name: str, call: ir.Call) -> ir.Expr | None:
    skips_first = callee.owner is not None and "staticmethod" not in callee.decorator_names
    return argument_for(callee, name, call, skips_first=skips_first)


def argument_run(call: ir.Call, name: str) -> ir.Expr | None:
    """The argument that an outside function runs in a thread, or awaits."""
    parameter = OFFLOADERS.get(name)
    if parameter is not None:
        return argument_at(call, parameter)
    return call.args[0] if name in AWAITS_FIRST and call.args else None

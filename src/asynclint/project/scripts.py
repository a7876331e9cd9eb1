"""Coroutine functions that have an event loop to themselves: nothing else is on it that could be held up.

Scripts and commands are of this kind, jobs of a worker process too: a plain function starts a loop for one coroutine
(`asyncio.run`), which awaits others of the project.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.knowledge.asyncio_api import COMMAND_DECORATORS, LOOP_STARTERS
from asynclint.knowledge.names import canonical
from asynclint.project.memo import Memo
from asynclint.project.model import Class, Function, module_of
from asynclint.project.places import GlobalPlace, LocalPlace
from asynclint.project.sites import argument_for
from asynclint.project.values import External, FunctionValue, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Scope
    from asynclint.project.places import Place
    from asynclint.project.project import Project
    from asynclint.project.values import Value

_CONCURRENT = re.compile(
    rb"create_task|ensure_future|gather\(|TaskGroup|as_completed|start_soon|start_server|run_forever|start_polling"
    rb"|run_app|add_reader|\.(?:start|wait)\(\)|\bserve(?:_forever)?\("
)
"""Words of code that has, or may have, something else run on its loop."""


class ScriptReader:
    """Answers by who runs a function; each is looked at once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._memo = Memo(project.reads)
        self._known: dict[Function, bool] = {}

    def runs_alone(self, function: Function) -> bool:
        """Whether each loop that the function runs on was started for it or its caller, and gets no other task."""
        found = self._known.get(function)
        if found is not None:
            self._memo.take(function)
            return found
        # A cycle of callers has no start of a loop around it.
        return self._memo.answer(self._known, function, function, False, self._runs_alone, function)

    def _runs_alone(self, function: Function) -> bool:
        if not function.is_async or self._project.roles.of(function) or _has_company(function):
            return False
        uses = [self._is_alone_at(node, scope, function) for node, scope in self._uses(function)]
        return all(uses) and (bool(uses) or self._is_run_by_a_decorator(function))

    def _uses(self, function: Function) -> Iterator[tuple[ir.Expr, Scope]]:
        """Where the function is called or handed on, outside tests: the expressions that name it."""
        if function.owner is not None:
            yield from ((call.func, scope) for scope, call in self._project.callers.of(function))
            return
        yield from self._project.places.mentions(_place(function))

    def _is_alone_at(self, node: ir.Expr, scope: Scope, function: Function) -> bool:
        parents = scope.index.parents
        around = parents.get(id(node))
        if not isinstance(around, ir.Call):
            return False
        if around.func is not node:
            return _is_argument(node, around) and self._is_run_by(around, node, scope)
        if function.owner is not None and module_of(scope) is not function.module and not self._is_certain(function):
            return False
        user = parents.get(id(around))
        if isinstance(scope, Function) and scope.is_async:
            return isinstance(user, ir.Await) and self.runs_alone(scope)
        return isinstance(user, ir.Call) and self._starts_a_loop(user, scope) and not _has_company(scope)

    def _is_run_by(self, call: ir.Call, argument: ir.Expr, scope: Scope) -> bool:
        """Whether the called function makes a loop for the coroutine function that it is given: `anyio.run(main)`."""
        if isinstance(scope, Function) and scope.is_async:
            return False
        targets = self._targets(call.func, scope)
        if self._starts_a_loop(call, scope):
            return call.args[:1] == (argument,)
        return bool(targets) and all(
            isinstance(target, FunctionValue) and self._runs_argument(target.function, call, argument)
            for target in targets
        )

    def _runs_argument(self, runner: Function, call: ir.Call, argument: ir.Expr) -> bool:
        names = (param.name for param in runner.ir.params)
        given = next((name for name in names if argument_for(runner, name, call, skips_first=False) is argument), None)
        return given is not None and self._runs_parameter(runner, given)

    def _is_run_by_a_decorator(self, function: Function) -> bool:
        return any(self._makes_a_loop(target) for target in self._decorators(function))

    def _decorators(self, function: Function) -> Iterator[Value]:
        scope: Scope = function.owner or function.parent
        for decorator in function.ir.decorators:
            made_by = decorator.func if isinstance(decorator, ir.Call) else decorator
            yield from self._targets(made_by, scope)

    def _makes_a_loop(self, decorator: Value) -> bool:
        if isinstance(decorator, External):
            return canonical(decorator.name) in COMMAND_DECORATORS
        if not isinstance(decorator, FunctionValue) or not decorator.function.ir.params:
            return False
        return self._runs_parameter(decorator.function, decorator.function.ir.params[0].name)

    def _runs_parameter(self, function: Function, name: str) -> bool:
        """Whether a plain function, or one defined in it, starts a loop for what its parameter makes."""
        if function.is_async or _has_company(function):
            return False
        inner = (item for item in function.module.functions if function in item.ancestors())
        return any(
            self._starts_a_loop(call, scope) and _is_made_by(call.args[0], name)
            for scope in (function, *inner)
            for call in scope.index.calls
            if call.args
        )

    def _starts_a_loop(self, call: ir.Call, scope: Scope) -> bool:
        targets = self._targets(call.func, scope)
        return any(isinstance(target, External) and canonical(target.name) in LOOP_STARTERS for target in targets)

    def _is_certain(self, method: Function) -> bool:
        """Whether all calls of that name are known to be, or not to be, calls of the method."""
        owner = method.owner
        bases = self._project.evaluator.members.mro(owner)[1:] if owner is not None else ()
        if any(isinstance(base, Class) and self._project.evaluator.members.method(base, method.name) for base in bases):
            return False
        return not any(
            any(isinstance(target, Unknown) for target in self._targets(call.func, scope))
            for scope, call in self._project.calls_named(frozenset({method.name}))
            if not self._project.is_test(module_of(scope))
        )

    def _targets(self, callee: ir.Expr, scope: Scope) -> tuple[Value, ...]:
        return tuple(self._project.evaluator.targets(self._project.evaluator.value(callee, scope)))


def _place(function: Function) -> Place:
    if isinstance(function.parent, Function):
        return LocalPlace(function.parent, function.name)
    return GlobalPlace(function.module, function.name)


def _has_company(scope: Scope) -> bool:
    """Whether the text of a function says that something else may be on the loop."""
    if not isinstance(scope, Function):
        return False
    return _CONCURRENT.search(scope.module.data, scope.ir.start, scope.ir.end) is not None


def _is_argument(node: ir.Expr, call: ir.Call) -> bool:
    return any(node is item for item in (*call.args, *(keyword.value for keyword in call.keywords)))


def _is_made_by(node: ir.Expr, name: str) -> bool:
    """`f`, `f(…)`, or `partial(f, …)`."""
    match node:
        case ir.Name(id=found):
            return found == name
        case ir.Call(func=func, args=args):
            return _is_made_by(func, name) or any(isinstance(arg, ir.Name) and arg.id == name for arg in args[:1])
        case _:
            return False

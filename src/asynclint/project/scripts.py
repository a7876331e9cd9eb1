"""Coroutine functions that a script runs alone: nothing else is on their event loop that could be held up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.knowledge import blocking as knowledge
from asynclint.project.model import Function, Module, module_of
from asynclint.project.values import External

if TYPE_CHECKING:
    from asynclint.project.model import Scope
    from asynclint.project.project import Project

_RUNS_A_LOOP = "ASL210"
"""The rule whose calls start an event loop of their own: `asyncio.run`, `anyio.run`, `run_until_complete`."""

_CONCURRENT = (
    b"create_task", b"ensure_future", b"gather(", b"TaskGroup", b"as_completed", b"start_soon", b"create_task_group",
    b"serve", b"start_server", b"run_forever", b"start_polling", b"run_app", b".start()", b".wait()", b"add_reader",
)  # fmt: skip
"""Words of code that has, or may have, something else run on its loop."""

_COMMANDS = frozenset({"command", "callback"})
"""Last names of the decorators of click and typer that make a function a command."""


class ScriptReader:
    """Answers by who calls a function; each is looked at once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[Function, bool] = {}

    def runs_alone(self, function: Function) -> bool:
        """Whether the function runs only when its module is run as a script, or as a command, and starts no tasks."""
        found = self._known.get(function)
        if found is None:
            self._known[function] = False  # a cycle of callers without a script around it
            found = self._known[function] = self._runs_alone(function)
        return found

    def _runs_alone(self, function: Function) -> bool:
        text = function.module.data[function.ir.start : function.ir.end]
        if not function.is_async or self._project.roles.of(function) or any(word in text for word in _CONCURRENT):
            return False
        callers = self._project.callers.of(function)
        return bool(callers) and all(self._is_script_call(call, scope, function) for scope, call in callers)

    def _is_script_call(self, call: ir.Call, scope: Scope, function: Function) -> bool:
        if module_of(scope) is not function.module:
            return False
        around = scope.index.parents.get(id(call))
        if isinstance(scope, Function) and scope.is_async:
            return isinstance(around, ir.Await) and self.runs_alone(scope)
        return isinstance(around, ir.Call) and self._starts_a_loop(around, scope) and self._is_entry(scope, call)

    def _starts_a_loop(self, call: ir.Call, scope: Scope) -> bool:
        targets = self._project.evaluator.targets(self._project.evaluator.value(call.func, scope))
        rows = [knowledge.lookup(target.name) for target in targets if isinstance(target, External)]
        return any(row is not None and row.rule == _RUNS_A_LOOP for row in rows)

    def _is_entry(self, scope: Scope, node: ir.Expr) -> bool:
        """Whether the body is run as a script: the guarded part of a module, or a function that only that calls."""
        if isinstance(scope, Module):
            return _is_guarded(scope, node)
        if not isinstance(scope, Function):
            return False
        if any(name.rpartition(".")[2] in _COMMANDS for name in scope.decorator_names):
            return True
        if scope.ir.decorators or self._project.roles.of(scope):
            return False
        callers = self._project.callers.of(scope)
        return bool(callers) and all(isinstance(item, Module) and _is_guarded(item, call) for item, call in callers)


def _is_guarded(module: Module, node: ir.Expr) -> bool:
    """Whether the node stands under `if __name__ == "__main__":`."""
    statement = module.index.statement_of(node)
    while statement is not None:
        if isinstance(statement, ir.If) and _asks_for_main(statement.test):
            return True
        statement = module.index.enclosing.get(id(statement))
    return False


def _asks_for_main(test: ir.Expr) -> bool:
    match test:
        case ir.Compare(ops=("==",), operands=(ir.Name(id="__name__"), ir.Constant(value="__main__"))):
            return True
        case _:
            return False

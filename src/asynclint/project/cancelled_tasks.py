"""Tasks that are cancelled when the application ends, and never awaited, although their cleanup takes time.

`cancel()` only asks: CancelledError is raised in the task when the loop next runs it, and a cleanup that awaits needs
the loop again and again. The end of the lifespan does not wait for that (facts 7.2 and 7.5), and neither does code that
closes what the task works with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.raising import catches_all
from asynclint.flow.suspension import awaits_in, block_suspends
from asynclint.flow.traversal import dotted, header_exprs, statements, walk
from asynclint.knowledge.asyncio_api import ASYNC_LOCKS
from asynclint.project.model import Function
from asynclint.project.roles import Role
from asynclint.project.tables import Placed
from asynclint.project.task_ends import module_of
from asynclint.project.values import Coroutine, Instance, TaskValue, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Module, Scope
    from asynclint.project.project import Project
    from asynclint.project.task_ends import End

MAX_CALLERS = 4
"""Calls from a shutdown hook down to what cancels; real code has two."""

_FACTORIES = frozenset({"create_task", "ensure_future"})
_MARKERS = (b"finally", b"CancelledError", b"BaseException", b"async with")
_CLOSES = frozenset({"close", "aclose", "wait_closed", "disconnect", "dispose", "shutdown", "stop", "terminate"})
_PASSING = ("lock", "sem", "timeout", "limit", "cond", "group", "nursery", "scope", "suppress")
"""Words of async context managers whose exit has nothing to wait for, or that wait for tasks of their own."""


@dataclass(frozen=True, slots=True, eq=False)
class Cleanup:
    """What a cancelled task still awaits; `body` is empty where it is the exit of an `async with`."""

    start: int
    body: tuple[ir.Stmt, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CancelledTask:
    """A `.cancel()` in `scope` that nothing in the project follows up by awaiting the task.

    `cleanup` is where `function`, which the task runs, needs the loop after it was cancelled. `closed` is what is
    closed next while the task may still use it, None where it is the application that ends.
    """

    scope: Function
    call: ir.Call
    function: Function
    cleanup: Cleanup
    closed: ir.Call | None


class CancelledTasks:
    """All such places of a project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._evaluator = project.evaluator
        self._found = Placed(project.reads, "cancelled tasks", self._find)

    def of(self, module: Module) -> tuple[CancelledTask, ...]:
        """Those in one module, in source order."""
        found = {id(item.call): item for item in reversed(self._found.of(module))}
        return tuple(sorted(found.values(), key=lambda item: item.call.start))

    def _find(self) -> Iterator[list[tuple[Module, CancelledTask]]]:
        for scope, call in self._project.calls_named(_FACTORIES):
            if not self._project.is_test(module_of(scope)):
                yield [(item.scope.module, item) for item in self._started_at(call, scope)]

    def _started_at(self, call: ir.Call, scope: Scope) -> Iterator[CancelledTask]:
        """Those of the tasks that one call starts."""
        for member in members(self._evaluator.value(call, scope)):
            coroutine = member.coroutine if isinstance(member, TaskValue) else None
            function = coroutine.function if isinstance(coroutine, Coroutine) else None
            cleanup = self._cleanup(function) if function is not None else None
            if function is not None and cleanup is not None:
                for end in self._only_cancelled(self._project.task_lifetimes.ends.ends(call, scope)):
                    yield from self._unawaited(end, function, cleanup)

    def _only_cancelled(self, ends: tuple[End, ...]) -> tuple[End, ...]:
        """The ends of a task that no code of the project awaits, hands out or gives to others."""
        return ends if all(end.cancel is not None for end in ends) else ()

    def _unawaited(self, end: End, function: Function, cleanup: Cleanup) -> Iterator[CancelledTask]:
        scope = end.scope
        call = scope.index.parents.get(id(end.cancel))
        if not isinstance(scope, Function) or not isinstance(call, ir.Call) or call.func is not end.cancel:
            return
        if _lets_others_run(call, scope):
            return
        closed = _closed_after(call, scope, cleanup)
        if closed is not None or self._is_reached_at_shutdown(call, scope):
            yield CancelledTask(scope, call, function, cleanup, closed)

    def _is_reached_at_shutdown(self, call: ir.Call, scope: Function) -> bool:
        """Whether the end of the application comes to the call: by its hooks, and what they call."""
        waiting = [(scope, call, 0)]
        seen = {id(scope)}
        while waiting:
            function, at, depth = waiting.pop()
            if self._is_in_hook(at, function):
                return True
            for caller, inner in self._project.callers.of(function) if depth < MAX_CALLERS else ():
                if isinstance(caller, Function) and id(caller) not in seen and not _lets_others_run(inner, caller):
                    seen.add(id(caller))
                    waiting.append((caller, inner, depth + 1))
        return False

    def _is_in_hook(self, call: ir.Call, function: Function) -> bool:
        roles = self._project.roles.of(function)
        if Role.SHUTDOWN in roles:
            return True
        return Role.LIFESPAN in roles and any(
            isinstance(node, ir.Yield) and node.start < call.start
            for statement in function.index.statements
            for expr in header_exprs(statement)
            for node in walk(expr)
        )

    # -- cleanup -----------------------------------------------------------------------------------------------

    def has_cleanup(self, function: Function) -> bool:
        """Whether a task of the function still needs the loop after it was cancelled."""
        return self._cleanup(function) is not None

    def _cleanup(self, function: Function) -> Cleanup | None:
        """Where the function awaits after it was cancelled."""
        data, extent = function.module.data, (function.ir.start, function.ir.end)
        if function.is_generator or not any(data.find(marker, *extent) >= 0 for marker in _MARKERS):
            return None
        for statement in function.index.statements:
            match statement:
                case ir.Try(body=body) if block_suspends(body):
                    if block_suspends(statement.finalbody):
                        return Cleanup(statement.finalbody[0].start, statement.finalbody)
                    for handler in statement.handlers:
                        if _catches_cancellation(handler) and block_suspends(handler.body):
                            return Cleanup(handler.start, handler.body)
                case ir.With(is_async=True, body=body) if self._holds_for_life(statement, function):
                    return Cleanup(statement.start, ())
                case _:
                    pass
        return None

    def _holds_for_life(self, statement: ir.With, function: Function) -> bool:
        """Whether the block is one loop over what the context manager has opened, and will close."""
        if not any(isinstance(inner, ir.While | ir.For) and block_suspends(inner.body) for inner in statement.body):
            return False
        return not any(self._passes(item.context, function) for item in statement.items)

    def _passes(self, node: ir.Expr, function: Function) -> bool:
        values = members(self._evaluator.value(node, function))
        if any(isinstance(value, Instance) and value.cls in ASYNC_LOCKS for value in values):
            return True
        name = dotted(node.func if isinstance(node, ir.Call) else node).rpartition(".")[2].lower()
        return not name or any(word in name for word in _PASSING)


def _catches_cancellation(handler: ir.ExceptHandler) -> bool:
    options = handler.type.items if isinstance(handler.type, ir.Collection) else (handler.type,)
    return catches_all(handler) or any(
        option is not None and dotted(option).rpartition(".")[2] == "CancelledError" for option in options
    )


def _lets_others_run(call: ir.Call, scope: Function) -> bool:
    """Whether the body sleeps after the call, or waits for all tasks: then the cleanup has its time."""
    for node in awaits_in(scope.body):
        if isinstance(node.value, ir.Call) and node.start > call.start:
            name = dotted(node.value.func).rpartition(".")[2]
            if name in {"sleep", "wait", "gather", "wait_for", "checkpoint"}:
                return True
    return False


def _closed_after(call: ir.Call, scope: Function, cleanup: Cleanup) -> ir.Call | None:
    """What the body closes after the call although the cleanup uses it."""
    used = {dotted(node) for statement in statements(cleanup.body) for node in _parts(statement)} - {"", "self"}
    for node in awaits_in(scope.body):
        closing = node.value
        if not isinstance(closing, ir.Call) or not isinstance(closing.func, ir.Attribute) or node.start < call.start:
            continue
        if closing.func.attr in _CLOSES and dotted(closing.func.value) in used:
            return closing
    return None


def _parts(statement: ir.Stmt) -> Iterator[ir.Expr]:
    for expr in header_exprs(statement):
        yield from walk(expr)

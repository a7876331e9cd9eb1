"""Tasks that run for ever and that nothing in the project ends.

What may end a task: any code that cancels or awaits it, wherever it is kept, or that raises the signal on which its
loop stops. Code of tests does not count, and neither does a route or what only routes call: no client
asks for it when the application stops.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import dotted, header_exprs, walk
from asynclint.knowledge.fastapi_api import WEBSOCKET_ENDPOINTS
from asynclint.project.endless_loops import EndlessLoopReader
from asynclint.project.model import Class, Function, Scope
from asynclint.project.places import OUTSIDE, AttributePlace, Place, PlaceReader
from asynclint.project.reads import answered_once
from asynclint.project.roles import Role
from asynclint.project.stop_signals import StopSignals
from asynclint.project.tables import Table
from asynclint.project.task_ends import TaskEndReader, module_of
from asynclint.project.values import BoundMethod, Coroutine, FunctionValue, members

if TYPE_CHECKING:
    from asynclint.project.endless_loops import EndlessLoop, Signal
    from asynclint.project.project import Project
    from asynclint.project.task_ends import Store

_SERVERS = re.compile(
    rb"^[ \t]*(?:from|import)[ \t]+(?:fastapi|starlette|litestar|quart|sanic|blacksheep|falcon\.asgi)\b", re.MULTILINE
)
"""Imports of a project that holds an application with a lifespan."""

_CLOSERS = re.compile(
    r"_*(?:async_)?(?:a?close|a?stop|shutdown|shut_down|terminate|dispose|teardown|disconnect|cleanup)(?:_all)?\Z"
)
"""Names of methods that end their object."""

_ENDINGS = re.compile(r"stop|close|shut_?down|terminat|teardown|clean_?up|cancel|exit|quit")
_EXITS = frozenset({"__aexit__", "__exit__", "__del__"})
_MAX_AWAITS = 3
"""Functions between a WebSocket route and the one that starts a task; real code has one or two."""

_RUNNERS = frozenset({"run_forever", "run_until_complete", "run"})


@dataclass(frozen=True, slots=True, eq=False)
class UnendedTask:
    """A task that nothing ends: the loop it runs, and the places that keep it (none: its handle is lost)."""

    loop: EndlessLoop
    stores: tuple[Store, ...]
    closer: Function | None
    """A method that ends the object which keeps the task, and leaves the task alone."""
    idle: Function | None
    """A function that would end the task, and that nothing calls."""
    asked: Function | None
    """A function that ends the task when a client asks for it, and that nothing else calls."""
    stopper: Function | None
    """`asked`, where it is a method that ends its object and could be called when the application ends."""
    is_certain: bool
    """No signal that may be raised unseen, no place whose owner is unknown, and an application that ends."""


class TaskLifetimes:
    """Follows long-lived tasks from where they are started to every place that could end them."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.reads = project.reads
        self._serving = Table(project.reads, "serving", self._find_serving, str)
        modules = tuple(module for module in project.modules if not project.is_test(module))
        self.places = PlaceReader(project.evaluator, modules)
        self._signals = StopSignals(project, self.places)
        self.ends = TaskEndReader(project, self.places)
        self.loops = EndlessLoopReader(project.evaluator, self.places)

    def unended(self, task: ir.Expr, scope: Scope, function: Function) -> UnendedTask | None:
        """The task that the expression makes of the coroutine function, if it runs for ever and nothing ends it."""
        if isinstance(scope, Function) and scope.full_name in self._project.layout.declared.task_keepers:
            return None
        loop = self.loops.of(function)
        if loop is None or self.may_be_signalled(loop.signals, scope):
            return None
        if self._ends_all:
            return None
        ending = self.ends.of(task, scope)
        if ending.end is not None or self.is_run_to_end(scope):
            return None
        if self.is_for_connection(scope) and not self.is_started_once(task, scope, ending.stores):
            return None
        closer = self._closer(scope, ending.stores)
        if closer is None and not self._serves:
            return None
        owned = all(self._has_owner(store) for store in ending.stores)
        is_certain = self._serves and owned and not loop.signals
        if isinstance(scope, Function) and self._project.lifecycle_hooks.never_runs(scope):
            return None
        stopper = ending.asked if ending.asked is not None and _ends_object(ending.asked) else None
        if ending.idle is not None or stopper is not None:
            closer = None
        return UnendedTask(loop, ending.stores, closer, ending.idle, ending.asked, stopper, is_certain)

    def _has_owner(self, store: Store) -> bool:
        """Whether it is known whose place it is; the parameter of a lifespan is the application, annotated or not."""
        if getattr(store.place, "owner", OUTSIDE) is not None:
            return True
        match store.target, store.scope:
            case ir.Attribute(value=ir.Attribute(value=ir.Name(id=name), attr="state")), Function() as function:
                is_lifespan = Role.LIFESPAN in self._project.roles.of(function)
                return is_lifespan and any(param.name == name for param in function.ir.params)
            case _:
                return False

    def may_be_signalled(self, signals: tuple[Signal, ...], waiting: Scope) -> bool:
        """Whether something in the project may raise one of the signals for a loop that the body has, or starts."""
        return any(self._signals.is_raised(signal, waiting) for signal in signals)

    @property
    def _serves(self) -> bool:
        """Whether the project has an application that starts and stops, so that its tasks have an end to meet."""
        return self._serving.get("") is True

    def _find_serving(self) -> dict[str, bool]:
        own = (module for module in self._project.modules if not self._project.is_test(module))
        return {"": any(_SERVERS.search(module.data) is not None for module in own)}

    @answered_once
    def _ends_all(self) -> bool:
        """Whether something that runs at shutdown cancels, or waits for, whatever `asyncio.all_tasks()` lists."""
        return any(
            isinstance(scope, Function) and self.is_at_shutdown(scope) and self.ends.of(call, scope).end is not None
            for scope, call in self._project.calls_named(frozenset({"all_tasks"}))
            if not call.args and not call.keywords and not self._project.is_test(module_of(scope))
        )

    def is_at_shutdown(self, function: Function) -> bool:
        """Whether the function ends things by its name, or is a hook of the application's end, or called by one.

        A loop that is started as a task is none, be it called `cleanup` or started by a lifespan.
        """
        if self._is_hook(function):
            return True
        if _ENDINGS.search(function.name):
            return not self._is_started_loop(function)
        return any(
            isinstance(scope, Function) and self._is_hook(scope) and not _is_started_before_yield(call, scope)
            for scope, call in self._project.calls_named(frozenset({function.name}))
        )

    def _is_started_loop(self, function: Function) -> bool:
        return (
            any(_is_handed_on(call, scope) for scope, call in self._project.callers.of(function))
            and self.loops.of(function) is not None
        )

    def _is_hook(self, function: Function) -> bool:
        return bool(self._project.roles.of(function) & {Role.LIFESPAN, Role.SHUTDOWN})

    def is_for_connection(self, scope: Scope, depth: int = 0) -> bool:
        """Whether the body serves one WebSocket, itself or for the routes that await it.

        Its tasks have to end with the connection, long before shutdown.
        """
        if not isinstance(scope, Function):
            return False
        if any(Role.WEBSOCKET in self._project.roles.of(function) for function in (scope, *scope.ancestors())):
            return True
        if scope.owner is not None and self._project.evaluator.members.is_subclass(scope.owner, WEBSOCKET_ENDPOINTS):
            return True
        if depth >= _MAX_AWAITS or not scope.is_async or self._project.roles.of(scope):
            return False
        calls = self._project.callers.of(scope)
        return bool(calls) and all(
            isinstance(around.index.parents.get(id(call)), ir.Await) and self.is_for_connection(around, depth + 1)
            for around, call in calls
        )

    def is_started_once(self, task: ir.Expr, scope: Scope, stores: tuple[Store, ...]) -> bool:
        """Whether the task is made under a test of the place that keeps it: `if poller is None: poller = …`."""
        kept = {store.place for store in stores}
        around = scope.index.enclosing.get(id(scope.index.statement_of(task))) if kept else None
        while around is not None:
            if isinstance(around, ir.If) and any(self._stands_for(node, scope, kept) for node in walk(around.test)):
                return True
            around = scope.index.enclosing.get(id(around))
        return False

    def _stands_for(self, node: ir.Expr, scope: Scope, places: set[Place]) -> bool:
        return isinstance(node, ir.Name | ir.Attribute) and self.places.of(node, scope) in places

    def is_run_to_end(self, scope: Scope) -> bool:
        """Whether the body runs the event loop, or is what `asyncio.run` runs: that cancels what is left over."""
        if not isinstance(scope, Function):
            return False
        if not scope.is_async:
            return any(self._runs_loop(call, scope) for call in scope.index.calls)
        for around, call in self._project.calls_named(frozenset({scope.name})):
            runner = around.index.parents.get(id(call))
            if isinstance(runner, ir.Call) and dotted(runner.func).rpartition(".")[2] in _RUNNERS:
                value = self._project.evaluator.value(call, around)
                if any(isinstance(member, Coroutine) and member.function is scope for member in members(value)):
                    return True
        return False

    def _runs_loop(self, call: ir.Call, scope: Scope) -> bool:
        """`asyncio.run(…)`, `loop.run_forever()` and the like; a method of the project that is called `run` is none."""
        if not isinstance(call.func, ir.Attribute) or call.func.attr not in _RUNNERS:
            return False
        targets = self._project.evaluator.targets(self._project.evaluator.value(call.func, scope))
        return not any(isinstance(target, FunctionValue | BoundMethod) for target in targets)

    def _closer(self, scope: Scope, stores: tuple[Store, ...]) -> Function | None:
        """The method that ends the object which started or keeps the task."""
        owners = [store.place.owner for store in stores if isinstance(store.place, AttributePlace)]
        if isinstance(scope, Function):
            owners += [function.owner for function in (scope, *scope.ancestors())]
        for owner in owners:
            if isinstance(owner, Class):
                for entry in self._project.evaluator.members.mro(owner):
                    for method in entry.methods if isinstance(entry, Class) else ():
                        if _ends_object(method):
                            return method
        return None


def _is_started_before_yield(call: ir.Call, lifespan: Function) -> bool:
    """Whether a lifespan makes a task of the coroutine, which then runs beside the application."""
    return _is_handed_on(call, lifespan) and any(
        isinstance(node, ir.Yield) and node.start > call.start
        for statement in lifespan.index.statements
        for expr in header_exprs(statement)
        for node in walk(expr)
    )


def _is_handed_on(call: ir.Call, scope: Scope) -> bool:
    """Whether what the call gives goes into another call, and nothing there is awaited: `create_task(loop())`."""
    parent, is_given = scope.index.parents.get(id(call)), False
    while isinstance(parent, ir.Call | ir.Collection | ir.Comprehension | ir.Starred):
        is_given = is_given or isinstance(parent, ir.Call)
        parent = scope.index.parents.get(id(parent))
    return is_given and not isinstance(parent, ir.Await | ir.With | ir.For)


def _ends_object(method: Function) -> bool:
    if method.name in _EXITS:
        return True
    if method.owner is None:
        return False
    required = [param for param in method.ir.params if param.default is None and not param.kind.startswith("var")]
    return bool(_CLOSERS.match(method.name)) and len(required) == 1 and not method.ir.decorators

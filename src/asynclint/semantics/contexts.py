"""Where a function runs, and the shortest way there from what the framework, the loop or a thread starts."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asynclint.core.entry_point import Thread
from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.flow.traversal import span_start
from asynclint.knowledge.offloading import ITERATOR_OFFLOADERS, OFFLOADERS, OFFLOADING_WRAPPERS
from asynclint.project.model import Function, Scope, module_of
from asynclint.project.roles import Role
from asynclint.project.sites import argument_at
from asynclint.project.values import BoundMethod, External, FunctionValue, PartialValue, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.project import Project
    from asynclint.project.values import Value

MAX_FUNCTIONS: Final = 300
"""So many callers, direct and indirect, are looked at before the search for a root ends."""

_IN_WORKER = frozenset({Role.ROUTE, Role.DEPENDENCY, Role.BACKGROUND, Role.EXCEPTION_HANDLER})
"""Roles in which a plain function runs in the thread pool (observed, FastAPI 0.105 to 0.165)."""

_TO_THREADS = {**OFFLOADERS, **ITERATOR_OFFLOADERS, **OFFLOADING_WRAPPERS}


@dataclass(frozen=True, slots=True)
class Call:
    """`scope` does `text` at `span`."""

    scope: Scope
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Context:
    """Where a function may run, why, and the calls that lead to it from there."""

    thread: Thread
    reason: str
    calls: tuple[Call, ...] = ()


def thread_of(project: Project, function: Function, role: Role) -> Thread:
    """The thread on which the framework runs the function in this role."""
    if function.is_async:
        return Thread.LOOP
    if not isinstance(project.evaluator.definition(function), FunctionValue):
        return Thread.UNKNOWN  # a decorator puts something else in its place
    return Thread.WORKER if role in _IN_WORKER else Thread.LOOP


class ContextReader:
    """Searches backwards through the calls of a project, tests left out."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def contexts(self, function: Function) -> tuple[Context, ...]:
        """The nearest root on the loop and the nearest in a worker; those of other kinds only if there are none."""
        found: dict[Thread, Context] = {}
        others: list[Context] = []
        seen = {id(function)}
        waiting: deque[tuple[Function, tuple[Call, ...]]] = deque([(function, ())])
        while waiting and len(seen) < MAX_FUNCTIONS and len(found) < len(Thread) - 1:
            current, calls = waiting.popleft()
            for context in self._roots(current, calls):
                found.setdefault(context.thread, context)
            if current.is_async:
                continue
            for call in self._callers(current):
                if isinstance(call.scope, Function):
                    if id(call.scope) not in seen:
                        seen.add(id(call.scope))
                        waiting.append((call.scope, (call, *calls)))
                else:
                    reason = f"it runs when `{module_of(call.scope).name}` is imported"
                    others.append(Context(Thread.UNKNOWN, reason, (call, *calls)))
            for context in self._handed_on(current, calls):
                if context.thread is Thread.UNKNOWN:
                    others.append(context)
                else:
                    found.setdefault(context.thread, context)
        known = [found[thread] for thread in (Thread.LOOP, Thread.WORKER) if thread in found]
        return tuple(known or others[:1])

    def entry(self, function: Function) -> Context | None:
        """The nearest thing that the framework calls from which an async function is reached, if it is none itself."""
        if not function.is_async or self._project.roles.of(function):
            return None
        seen = {id(function)}
        waiting: deque[tuple[Function, tuple[Call, ...]]] = deque([(function, ())])
        while waiting and len(seen) < MAX_FUNCTIONS:
            current, calls = waiting.popleft()
            if self._project.roles.of(current):
                return next(self._roots(current, calls))
            for call in self._callers(current):
                if isinstance(call.scope, Function) and call.scope.is_async and id(call.scope) not in seen:
                    seen.add(id(call.scope))
                    waiting.append((call.scope, (call, *calls)))
        return None

    def _roots(self, function: Function, calls: tuple[Call, ...]) -> Iterator[Context]:
        for role in sorted(self._project.roles.of(function), key=lambda item: item.value):
            thread = thread_of(self._project, function, role)
            yield Context(thread, _reason(function, role, thread), calls)
        if function.is_async and not self._project.roles.of(function):
            yield Context(Thread.LOOP, f"`{function.qualname}` is `async def`", calls)

    def _callers(self, function: Function) -> Iterator[Call]:
        """The places that run the function: calls, properties, context managers, loops."""
        known: set[tuple[int, Span]] = set()
        special = function.owner is not None and function.name.startswith("__") and function.name.endswith("__")
        marker = function.owner.name if special and function.owner is not None else function.name
        for scope in self._mentioning(marker, anywhere=special):
            for site in self._project.call_sites.sites(scope):
                if any(callee is function for callee in site.functions):
                    known.add((id(scope), site.span))
                    yield Call(scope, site.span, f"{_HOW.get(site.kind, 'calls')} `{function.qualname}`")
        for scope, call in self._project.callers.of(function):
            span = Span(call.start, call.end)
            if (id(scope), span) not in known:
                yield Call(scope, span, f"calls `{function.qualname}`")

    def _handed_on(self, function: Function, calls: tuple[Call, ...]) -> Iterator[Context]:
        """The places that give the function to something else as a value."""
        evaluator = self._project.evaluator
        for scope in self._mentioning(function.name):
            for call in scope.index.calls:
                given = [*call.args, *(keyword.value for keyword in call.keywords)]
                for node in given:
                    if isinstance(node, ir.Name | ir.Attribute | ir.Call) and self._is(node, scope, function):
                        targets = evaluator.targets(evaluator.value(call.func, scope))
                        names = [target.name for target in targets if isinstance(target, External)]
                        yield self._given_to(function, scope, call, node, names, calls)

    def _given_to(  # noqa: PLR0913 - what is given, where, to whom
        self,
        function: Function,
        scope: Scope,
        call: ir.Call,
        node: ir.Expr,
        names: list[str],
        calls: tuple[Call, ...],
    ) -> Context:
        step = Call(scope, Span(max(span_start(call), 0), call.end), f"hands `{function.qualname}` on")
        for name in names:
            parameter = _TO_THREADS.get(name)
            if parameter is not None and argument_at(call, parameter) is node:
                reason = f"`{name}` runs `{function.qualname}` in a worker thread"
                return Context(Thread.WORKER, reason, (step, *calls))
        whom = f"`{names[0]}`" if names else "a call that is not followed"
        return Context(Thread.UNKNOWN, f"`{function.qualname}` is given to {whom}", (step, *calls))

    def _is(self, node: ir.Expr, scope: Scope, function: Function) -> bool:
        return any(_means(member, function) for member in members(self._project.evaluator.value(node, scope)))

    def _mentioning(self, name: str, *, anywhere: bool = False) -> Iterator[Scope]:
        """The bodies that have the word in them; with `anywhere` all bodies of the modules that have."""
        marker = name.encode()
        for module in self._project.layout.modules_with(name):
            if self._project.is_test(module):
                continue
            yield module
            for function in module.functions:
                if anywhere or module.data.find(marker, function.ir.start, function.ir.end) >= 0:
                    yield function


_HOW = {"property": "reads property", "enter": "enters", "iterate": "iterates over", "construct": "makes an object by"}


def _means(value: Value, function: Function) -> bool:
    match value:
        case FunctionValue(function=found) | BoundMethod(function=found):
            return found is function
        case PartialValue(target=target):
            return any(_means(member, function) for member in members(target))
        case _:
            return False


def _reason(function: Function, role: Role, thread: Thread) -> str:
    what = f"`{function.qualname}` is {_ROLE_NAMES[role]}"
    if function.is_async:
        return f"{what} and `async def`"
    if thread is Thread.UNKNOWN:
        return f"{what}, but a decorator puts something else in its place"
    if thread is Thread.WORKER:
        return f"{what} and a plain `def`, which FastAPI runs in its thread pool"
    return f"{what}, which runs on the event loop though it is a plain `def`"


_ROLE_NAMES = {
    Role.ROUTE: "a route",
    Role.WEBSOCKET: "a websocket endpoint",
    Role.DEPENDENCY: "a dependency",
    Role.BACKGROUND: "a background function",
    Role.LIFESPAN: "the lifespan",
    Role.STARTUP: "a startup handler",
    Role.SHUTDOWN: "a shutdown handler",
    Role.EXCEPTION_HANDLER: "an exception handler",
    Role.MIDDLEWARE: "middleware",
    Role.LOOP_CALLBACK: "a callback of the event loop",
    Role.VALIDATOR: "a validator or serializer",
}

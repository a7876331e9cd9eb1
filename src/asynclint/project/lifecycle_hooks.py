"""Startup and shutdown code that never runs, because of what its application is made with or mounted on.

Observed on FastAPI 0.105 to 0.165: an application or router that is given `lifespan` ignores its own event handlers; a
mounted application gets no lifespan events at all; the lifespan of an included router is merged into that of the
application since 0.112.2 (fastapi PR 9630), and the event handlers of an included router run either way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.flow.traversal import span_start
from asynclint.knowledge.fastapi_api import EVENT_DECORATOR, EVENT_PARAMETERS, EVENT_REGISTRAR, FASTAPI_APPS, ROUTERS
from asynclint.knowledge.names import canonical
from asynclint.project.call_sites import argument_for
from asynclint.project.function_use import FunctionUse
from asynclint.project.model import Function, module_of
from asynclint.project.places import GlobalPlace, LocalPlace, Mention, bodies_with
from asynclint.project.reads import answered_once
from asynclint.project.tables import FunctionSet, Placed, Table
from asynclint.project.values import Const, External, FunctionValue, GeneratorValue, Unknown, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Module, Scope
    from asynclint.project.places import Place
    from asynclint.project.project import Project

MERGED_SINCE = (0, 112, 2)
"""The first FastAPI that runs the lifespan of an included router."""

_CONSTRUCTORS = frozenset({"FastAPI", "Starlette", "APIRouter"})
_RUNS_HANDLERS = frozenset({"startup", "shutdown", "_startup", "_shutdown"})
_EVENTS = frozenset({"startup", "shutdown"})
_CONTEXT = b"lifespan_context"


@dataclass(frozen=True, slots=True, eq=False)
class DeadHook:
    """A hook that the framework never calls.

    `reason` is "lifespan", "assigned", "mounted" or "included"; `by` is the code that makes it so.
    """

    module: Module
    scope: Scope
    span: Span
    name: str
    reason: str
    by: Span
    by_module: Module
    function: Function | None


@dataclass(frozen=True, slots=True, eq=False)
class _Application:
    """A call that makes an application or router, and where it is kept."""

    scope: Scope
    call: ir.Call
    place: Place
    lifespan: ir.Expr | None
    assigned: _Assigned | None = None

    @property
    def by(self) -> tuple[str, Span, Module]:
        """The way in which it has its lifespan, and where."""
        if self.assigned is not None:
            return "assigned", self.assigned.span, module_of(self.assigned.scope)
        return "lifespan", Span(self.call.start, self.call.end), module_of(self.scope)


@dataclass(frozen=True, slots=True, eq=False)
class _Assigned:
    """`app.router.lifespan_context = lifespan`."""

    scope: Scope
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class _Hook:
    """A handler registered for an event of the application in `place`."""

    scope: Scope
    place: Place
    span: Span
    handler: ir.Expr | None
    function: Function | None


class LifecycleHooks:
    """All hooks of a project that never run."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._evaluator = project.evaluator
        self.reads = project.reads
        self._dead = Placed(project.reads, "dead hooks", self._find_dead)
        self._counts = Table(project.reads, "count of dead hooks", lambda: {"": sum(1 for _ in self._dead.all())}, str)
        self._functions = FunctionSet(project.reads, "dead hook functions", self._find_functions)

    def dead(self, module: Module) -> Iterator[DeadHook]:
        """Those written in one module."""
        yield from self._dead.of(module)

    def is_dead(self, function: Function) -> bool:
        """Whether the framework never calls the function, although it is registered for that."""
        return function in self._functions

    def _find_functions(self) -> Iterator[Function]:
        return (item.function for item in self._dead.all() if item.function is not None)

    def never_runs(self, function: Function) -> bool:
        """Whether the function is a hook that the framework ignores everywhere, or only such hooks lead to it."""
        return bool(self._counts.get("")) and self._is_ignored(function, set())

    def _is_ignored(self, function: Function, seen: set[Function]) -> bool:
        """Whether all that names the function stands in code that is ignored; `seen` were asked about on the way."""
        if function in seen:
            return True
        seen.add(function)
        decorators = [Mention(node, function) for node in function.ir.decorators]
        naming = (*decorators, *self._use.mentions(function))
        if not naming:
            return isinstance(function.parent, Function) and self._is_ignored(function.parent, seen)
        return all(self._stands_in_ignored(item, seen) for item in naming) and not any(
            self._use.named_in_headers(function)
        )

    def _stands_in_ignored(self, mention: Mention, seen: set[Function]) -> bool:
        module, start = module_of(mention.scope), span_start(mention.node)
        if any(hook.span.start <= start < hook.span.end for hook in self._dead.of(module)):
            return True
        in_decorator = isinstance(mention.scope, Function) and mention.node in mention.scope.ir.decorators
        return isinstance(mention.scope, Function) and not in_decorator and self._is_ignored(mention.scope, seen)

    @cached_property
    def _use(self) -> FunctionUse:
        return FunctionUse(self._project, self._project.task_lifetimes.places)

    def _find_dead(self) -> Iterator[list[tuple[Module, DeadHook]]]:
        if any(application.lifespan is not None for application in self._applications):
            hooks = (*self._ignored_handlers(), *self._ignored_parameters(), *self._unreached())
            yield [(hook.module, hook) for hook in hooks]

    # -- event handlers beside a lifespan ----------------------------------------------------------------------

    def _ignored_handlers(self) -> Iterator[DeadHook]:
        if self._handlers_are_run:
            return
        for hook in self._hooks():
            application = self._with_lifespan(hook.place)
            if application is not None and not self._is_called(hook):
                name = hook.function.name if hook.function is not None else "the handler"
                module = module_of(hook.scope)
                yield DeadHook(module, hook.scope, hook.span, name, *application.by, hook.function)

    def _ignored_parameters(self) -> Iterator[DeadHook]:
        for application in self._applications:
            if application.lifespan is None or self._handlers_are_run:
                continue
            for keyword in application.call.keywords:
                filled = not isinstance(keyword.value, ir.Collection) or keyword.value.items
                if keyword.name in EVENT_PARAMETERS and filled and not isinstance(keyword.value, ir.Constant):
                    module = module_of(application.scope)
                    span = _span(keyword.value, application.call)
                    name = f"{keyword.name}="
                    yield DeadHook(module, application.scope, span, name, *application.by, None)

    @answered_once
    def _handlers_are_run(self) -> bool:
        """Whether the project itself calls `app.router.startup()` and the like."""
        return any(
            isinstance(call.func, ir.Attribute)
            and isinstance(call.func.value, ir.Attribute)
            and call.func.value.attr == "router"
            for _, call in self._project.calls_named(_RUNS_HANDLERS)
        )

    def _hooks(self) -> Iterator[_Hook]:
        for module in self._project.layout.modules_with(EVENT_DECORATOR):
            if not self._project.is_test(module):
                for function in module.functions:
                    for node in function.ir.decorators:
                        yield from self._decorated(node, function)
        for scope, call in self._project.calls_named(frozenset({EVENT_REGISTRAR})):
            if _is_event(call, 2) and not self._project.is_test(module_of(scope)):
                place = self._place_of(call.func, scope)
                if place is not None:
                    handler = call.args[1]
                    yield _Hook(scope, place, Span(call.start, call.end), handler, self._function(handler, scope))

    def _decorated(self, node: ir.Expr, function: Function) -> Iterator[_Hook]:
        match node:
            case ir.Call(func=ir.Attribute(attr=attr) as callee) if attr == EVENT_DECORATOR and _is_event(node, 1):
                around = function.owner or function.parent
                place = self._place_of(callee, around)
                if place is not None:
                    yield _Hook(around, place, Span(node.start, node.end), None, function)
            case _:
                pass

    def _place_of(self, callee: ir.Expr, scope: Scope) -> Place | None:
        """The place of the application whose method is taken."""
        if not isinstance(callee, ir.Attribute):
            return None
        holder = callee.value
        if isinstance(holder, ir.Attribute) and holder.attr == "router":
            holder = holder.value
        return self._given(self._project.task_lifetimes.places.of(holder, scope))

    def _given(self, place: Place | None) -> Place | None:
        """For a parameter, the place that every caller passes for it."""
        match place:
            case LocalPlace(function=function, name=name) if any(param.name == name for param in function.ir.params):
                found = set()
                for scope, call in self._project.callers.of(function):
                    node = argument_for(function, name, call, skips_first=function.owner is not None)
                    found.add(None if node is None else self._project.task_lifetimes.places.of(node, scope))
                return found.pop() if len(found) == 1 else None
            case _:
                return place

    def _function(self, node: ir.Expr, scope: Scope) -> Function | None:
        for member in members(self._evaluator.value(node, scope)):
            if isinstance(member, FunctionValue):
                return member.function
        return None

    def _is_called(self, hook: _Hook) -> bool:
        """Whether the project calls the handler by itself, say from its lifespan."""
        return hook.function is not None and bool(self._project.callers.of(hook.function))

    # -- applications ------------------------------------------------------------------------------------------

    def _with_lifespan(self, place: Place) -> _Application | None:
        """The application of a place, if whatever may be there has a lifespan."""
        found = [item for item in self._applications if item.place == place]
        if not found or any(item.lifespan is None for item in found) or self._holds_others(place, len(found)):
            return None
        return found[0]

    def _holds_others(self, place: Place, known: int) -> bool:
        match place:
            case GlobalPlace(module=scope, name=name):
                return len(scope.index.bindings.get(name, ())) != known or name in scope.global_writers
            case LocalPlace(function=function, name=name):
                return len(function.index.bindings.get(name, ())) != known
            case _:
                return False

    @answered_once
    def _applications(self) -> tuple[_Application, ...]:
        return tuple(self._read_applications())

    def _read_applications(self) -> Iterator[_Application]:
        for scope, call in self._project.calls_named(_CONSTRUCTORS):
            if self._project.is_test(module_of(scope)) or any(item.name is None for item in call.keywords):
                continue
            if not self._is_application(call, scope):
                continue
            lifespan = next((item.value for item in call.keywords if item.name == "lifespan"), None)
            if lifespan is not None and not self._is_given(lifespan, scope):
                lifespan = None
            for place in self._kept(call, scope):
                assigned = self._assigned.get(place)
                if assigned is not None:
                    yield _Application(scope, call, place, assigned[0], assigned[1])
                else:
                    yield _Application(scope, call, place, lifespan)

    @answered_once
    def _assigned(self) -> dict[Place, tuple[ir.Expr, _Assigned]]:
        """The lifespans that applications are given after they were made.

        Where the project also reads the attribute, the new one may well enter the old one, which runs the handlers.
        """
        found: dict[Place, tuple[ir.Expr, _Assigned]] = {}
        for module in self._project.modules:
            if _CONTEXT not in module.data or self._project.is_test(module):
                continue
            for scope in bodies_with(module, _CONTEXT.decode()):
                for node in (item for item in scope.index.attributes if item.attr == _CONTEXT.decode()):
                    value = _assigned_value(node, scope)
                    if value is None:
                        return {}
                    place = self._place_of(node, scope)
                    if place is not None and not scope.index.use(node).block and self._is_given(value, scope):
                        found[place] = (value, _Assigned(scope, Span(node.start, node.end)))
        return found

    def _is_application(self, call: ir.Call, scope: Scope) -> bool:
        return any(
            isinstance(item, External) and canonical(item.name) in FASTAPI_APPS | ROUTERS
            for item in members(self._evaluator.value(call.func, scope))
        )

    def _is_given(self, node: ir.Expr, scope: Scope) -> bool:
        """Whether the value of `lifespan=` is surely not None."""
        return not any(isinstance(item, Unknown | Const) for item in members(self._evaluator.value(node, scope)))

    def _kept(self, call: ir.Call, scope: Scope) -> Iterator[Place]:
        """The places of an application: what it is assigned to, and what a factory's result is assigned to."""
        for target in _targets(call, scope):
            place = self._project.task_lifetimes.places.of(target, scope)
            if place is None:
                continue
            yield place
            if isinstance(place, LocalPlace) and _is_returned(place):
                for around, made in self._project.callers.of(place.function):
                    for outer in _targets(made, around):
                        kept = self._project.task_lifetimes.places.of(outer, around)
                        if kept is not None:
                            yield kept

    # -- applications and routers within others ----------------------------------------------------------------

    def _unreached(self) -> Iterator[DeadHook]:
        for scope, call in self._project.calls_named(frozenset({"mount"})):
            if not self._project.is_test(module_of(scope)):
                inner = call.args[1] if len(call.args) > 1 else _keyword(call, "app")
                yield from self._lifespans(inner, call, scope, "mounted")
        for scope, call in self._project.calls_named(frozenset({"include_router"})):
            if self._project.fastapi_version_of(module_of(scope)) < MERGED_SINCE:
                inner = call.args[0] if call.args else _keyword(call, "router")
                yield from self._lifespans(inner, call, scope, "included")

    def _lifespans(self, inner: ir.Expr | None, call: ir.Call, scope: Scope, reason: str) -> Iterator[DeadHook]:
        """The lifespan of an application that is put in another one, where nothing else enters it."""
        if inner is None or not self._is_into_application(call, scope):
            return
        place = self._given(self._project.task_lifetimes.places.of(inner, scope))
        application = self._with_lifespan(place) if place is not None else None
        if application is None or application.lifespan is None or place is None:
            return
        if self._is_entered(place) or self._is_used_elsewhere(application):
            return
        module = module_of(application.scope)
        span = _span(application.lifespan, application.call)
        function = self._lifespan_function(application)
        name = function.name if function is not None else "lifespan"
        by = Span(call.start, call.end)
        yield DeadHook(module, application.scope, span, name, reason, by, module_of(scope), function)

    def _is_into_application(self, call: ir.Call, scope: Scope) -> bool:
        if not isinstance(call.func, ir.Attribute):
            return False
        place = self._given(self._project.task_lifetimes.places.of(call.func.value, scope))
        return any(item.place == place for item in self._applications)

    def _is_entered(self, place: Place) -> bool:
        """`inner.router.lifespan_context(inner)`, or the application served or handed on by itself."""
        for node, scope in self._project.task_lifetimes.places.mentions(place):
            parent = scope.index.parents.get(id(node))
            if isinstance(parent, ir.Attribute) and parent.attr in {"router", "lifespan", "lifespan_context"}:
                return True
            if isinstance(parent, ir.Call) and parent.func is not node:
                word = parent.func.attr if isinstance(parent.func, ir.Attribute) else ""
                if word not in {"mount", "include_router"}:
                    return True
        return False

    def _lifespan_function(self, application: _Application) -> Function | None:
        if application.lifespan is None:
            return None
        for member in members(self._evaluator.value(application.lifespan, application.scope)):
            if isinstance(member, FunctionValue | GeneratorValue):
                return member.function
        return None

    def _is_used_elsewhere(self, application: _Application) -> bool:
        """Whether the lifespan is mentioned anywhere but where the application is made."""
        function = self._lifespan_function(application)
        if function is None or function.owner is not None or isinstance(function.parent, Function):
            return function is None or bool(self._project.callers.of(function))
        mentions = self._project.task_lifetimes.places.mentions(GlobalPlace(function.module, function.name))
        return any(mention.node is not application.lifespan for mention in mentions)


def _is_event(call: ir.Call, arguments: int) -> bool:
    first = call.args[0] if len(call.args) >= arguments else None
    return isinstance(first, ir.Constant) and first.value in _EVENTS


def _assigned_value(node: ir.Attribute, scope: Scope) -> ir.Expr | None:
    """What is assigned to the attribute; None where it is read."""
    match scope.index.parents.get(id(node)):
        case ir.Assign(targets=targets, value=value) if any(target is node for target in targets):
            return value
        case _:
            return None


def _keyword(call: ir.Call, name: str) -> ir.Expr | None:
    return next((item.value for item in call.keywords if item.name == name), None)


def _targets(call: ir.Call, scope: Scope) -> tuple[ir.Expr, ...]:
    match scope.index.parents.get(id(call)):
        case ir.Assign(targets=targets):
            return targets
        case ir.AnnAssign(target=target):
            return (target,)
        case _:
            return ()


def _is_returned(place: LocalPlace) -> bool:
    return any(
        isinstance(statement, ir.Return) and isinstance(statement.value, ir.Name) and statement.value.id == place.name
        for statement in place.function.index.statements
    )


def _span(node: ir.Expr, call: ir.Call) -> Span:
    match node:
        case ir.Name(id=name, start=start):
            return Span(start, start + len(name.encode()))
        case ir.Attribute(start=start, end=end) | ir.Call(start=start, end=end):
            return Span(start, end)
        case _:
            return Span(call.start, call.end)

"""Every route of a project: its methods, its whole path, and what handles it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.flow.traversal import dotted, span_start
from asynclint.knowledge.fastapi_api import (
    ROUTE_CLASSES,
    ROUTE_DECORATORS,
    ROUTE_REGISTRARS,
    WEBSOCKET_ROUTE_DECORATORS,
)
from asynclint.project.model import Function, Module, module_of
from asynclint.project.roles import Role
from asynclint.project.route_paths import EMPTY, UNKNOWN_PATH, Expression, RoutePath
from asynclint.project.routers import RouterReader
from asynclint.project.values import BoundMethod, External, FunctionValue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.knowledge.callables import CallableParameter
    from asynclint.project.model import Scope
    from asynclint.project.project import Project

UNKNOWN_METHOD: Final = "?"

_WITHOUT_OWN_PREFIX = frozenset({"route", "add_route", "websocket_route", "add_websocket_route"})
"""Starlette's methods, to which the prefix of FastAPI's router itself means nothing."""

_LIST_OF_METHODS = frozenset({"api_route", "route", "add_api_route", "add_route"})
_ROUTE_CLASS_NAMES = frozenset(name.rpartition(".")[2] for name in ROUTE_CLASSES)


@dataclass(frozen=True, slots=True)
class Route:
    """A route or websocket.

    `handler` is None where what handles it is no function of the project; `written` is what the source calls it.
    `methods` are those of HTTP, `?` where they are not constant, and none for a websocket. `span` is the handler's name
    in `module`, or the registration where there is no handler.
    """

    role: Role
    methods: tuple[str, ...]
    path: RoutePath
    handler: Function | None
    written: str
    module: Module
    span: Span


class RouteReader:
    """Lists routes. Those that tests make for themselves are left out unless `with_tests`."""

    def __init__(self, project: Project, *, with_tests: bool = False) -> None:
        self._project = project
        self._with_tests = with_tests
        self._evaluator = project.evaluator
        self._routers = RouterReader(project)

    def routes(self) -> tuple[Route, ...]:
        """All routes by module and place; one that is reached by two paths is listed with each."""
        found = [*self._decorated(), *self._registered(), *self._constructed()]
        known = {id(route.handler) for route in found}
        for role in (Role.ROUTE, Role.WEBSOCKET):
            for function in self._project.roles.functions(role):
                if id(function) not in known and self._counts(function):
                    found.append(self._of(function, role, (UNKNOWN_METHOD,), UNKNOWN_PATH))
        return tuple(sorted(dict.fromkeys(found), key=lambda route: (route.module.path, route.span)))

    def _counts(self, scope: Scope) -> bool:
        return self._with_tests or not self._project.is_test(module_of(scope))

    # -- decorators --------------------------------------------------------------------------------------------

    def _decorated(self) -> Iterator[Route]:
        for function in self._project.roles.functions(Role.ROUTE, Role.WEBSOCKET):
            around = function.owner or function.parent
            for node in function.ir.decorators if self._counts(function) else ():
                if isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute):
                    attr = node.func.attr
                    if attr in ROUTE_DECORATORS and self._project.roles.is_application(node.func.value, around):
                        yield from self._of_decorator(function, node, node.func, around)

    def _of_decorator(self, function: Function, call: ir.Call, callee: ir.Attribute, around: Scope) -> Iterator[Route]:
        role = Role.WEBSOCKET if callee.attr in WEBSOCKET_ROUTE_DECORATORS else Role.ROUTE
        methods = self._methods(callee.attr, call, around) if role is Role.ROUTE else ()
        for path in self._paths(callee, call, around):
            yield self._of(function, role, methods, path)

    # -- registrations -----------------------------------------------------------------------------------------

    def _registered(self) -> Iterator[Route]:
        for scope, call in self._project.calls_named(frozenset(ROUTE_REGISTRARS)):
            callee = call.func
            if not isinstance(callee, ir.Attribute) or not self._counts(scope):
                continue
            if self._project.roles.is_application(callee.value, scope):
                role = Role.WEBSOCKET if "websocket" in callee.attr else Role.ROUTE
                methods = self._methods(callee.attr, call, scope) if role is Role.ROUTE else ()
                for path in self._paths(callee, call, scope):
                    yield from self._handled(call, ROUTE_REGISTRARS[callee.attr], scope, role, methods, path)

    def _constructed(self) -> Iterator[Route]:
        """`Route("/", handler)`, in the `Mount`s around it."""
        for scope, call in self._project.calls_named(_ROUTE_CLASS_NAMES):
            if not self._counts(scope):
                continue
            for target in self._evaluator.targets(self._evaluator.value(call.func, scope)):
                if isinstance(target, External) and target.name in ROUTE_CLASSES:
                    role = Role.WEBSOCKET if "WebSocket" in target.name else Role.ROUTE
                    methods = self._methods("route", call, scope) if role is Role.ROUTE else ()
                    path = self._mounted(call, scope) + self._path(call, scope)
                    yield from self._handled(call, ROUTE_CLASSES[target.name], scope, role, methods, path)

    def _mounted(self, call: ir.Call, scope: Scope) -> RoutePath:
        path = EMPTY
        around: ir.Expr | ir.Stmt | None = call
        while around is not None:
            around = scope.index.parents.get(id(around))
            if isinstance(around, ir.Call) and dotted(around.func).rpartition(".")[2] == "Mount":
                outer = self._path(around, scope)
                path = RoutePath(outer.text.rstrip("/"), outer.known) + path
        return path

    def _handled(  # noqa: PLR0913 - what a registration says
        self,
        call: ir.Call,
        parameter: CallableParameter,
        scope: Scope,
        role: Role,
        methods: tuple[str, ...],
        path: RoutePath,
    ) -> Iterator[Route]:
        node = next((item.value for item in call.keywords if item.name == parameter.keyword), None)
        if node is None and parameter.index is not None and len(call.args) > parameter.index:
            node = call.args[parameter.index]
        if node is None:
            return
        functions = [
            target.function
            for target in self._evaluator.targets(self._evaluator.value(node, scope))
            if isinstance(target, FunctionValue | BoundMethod)
        ]
        for function in functions:
            yield self._of(function, role, methods, path)
        if not functions:
            start = max(span_start(call), 0)
            yield Route(role, methods, path, None, _written(node), module_of(scope), Span(start, start))

    def _of(self, function: Function, role: Role, methods: tuple[str, ...], path: RoutePath) -> Route:
        shown = () if role is Role.WEBSOCKET else methods
        return Route(role, shown, path, function, function.qualname, function.module, function.name_span)

    # -- parts -------------------------------------------------------------------------------------------------

    def _methods(self, attr: str, call: ir.Call, scope: Scope) -> tuple[str, ...]:
        if attr not in _LIST_OF_METHODS:
            return (attr.upper(),)
        given = next((item.value for item in call.keywords if item.name == "methods"), None)
        if given is None:
            return ("GET",)
        found = self._evaluator.linker.alias(given, scope) if isinstance(given, ir.Name | ir.Attribute) else None
        items = found[0] if found is not None else given
        if not isinstance(items, ir.Collection):
            return (UNKNOWN_METHOD,)
        values = [item.value for item in items.items if isinstance(item, ir.Constant)]
        names = tuple(value.upper() for value in values if isinstance(value, str))
        return names if len(names) == len(items.items) else (UNKNOWN_METHOD,)

    def _path(self, call: ir.Call, scope: Scope) -> RoutePath:
        node = next((item.value for item in call.keywords if item.name == "path"), call.args[0] if call.args else None)
        return self._routers.paths.read(Expression(node, scope)) if node is not None else UNKNOWN_PATH

    def _paths(self, callee: ir.Attribute, call: ir.Call, scope: Scope) -> Iterator[RoutePath]:
        own = callee.attr not in _WITHOUT_OWN_PREFIX
        path = self._path(call, scope)
        for router in self._routers.routers(Expression(callee.value, scope)):
            for prefix in self._routers.prefixes(router, own=own):
                yield prefix + path


def _written(node: ir.Expr) -> str:
    match node:
        case ir.Lambda():
            return "<lambda>"
        case ir.Call():
            return f"{dotted(node.func)}(…)"
        case _:
            return dotted(node) or "…"

"""What the framework calls, and in which capacity: routes, dependencies, background functions, lifecycle hooks.

Read from decorators and registrations whose receiver is known to be FastAPI's or Starlette's. Facts behind the roles
(what runs where) were observed on real FastAPI, from 0.100 to 0.165.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import walk
from asynclint.knowledge import blocking as knowledge
from asynclint.knowledge.fastapi_api import DEPENDS, FASTAPI_APPS, HTTP_ROUTE_DECORATORS, ROUTERS
from asynclint.project.model import Class, Function, Module
from asynclint.project.values import (
    BoundMethod,
    ClassValue,
    Container,
    External,
    FunctionValue,
    Instance,
    LambdaValue,
    PartialValue,
    TaskValue,
    Unknown,
    Value,
    members,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Scope
    from asynclint.project.project import Project


class Role(enum.Enum):
    """Why the framework or the loop calls a function."""

    ROUTE = "route"
    WEBSOCKET = "websocket"
    DEPENDENCY = "dependency"
    BACKGROUND = "background"
    LIFESPAN = "lifespan"
    STARTUP = "startup"
    SHUTDOWN = "shutdown"
    EXCEPTION_HANDLER = "exception-handler"
    MIDDLEWARE = "middleware"
    LOOP_CALLBACK = "loop-callback"
    VALIDATOR = "validator"


APPLICATIONS = FASTAPI_APPS | ROUTERS
BACKGROUND_TASKS = frozenset({"fastapi.BackgroundTasks", "starlette.background.BackgroundTasks"})
_DECORATORS = {
    **dict.fromkeys(HTTP_ROUTE_DECORATORS, Role.ROUTE),
    "websocket": Role.WEBSOCKET,
    "websocket_route": Role.WEBSOCKET,
    "middleware": Role.MIDDLEWARE,
    "exception_handler": Role.EXCEPTION_HANDLER,
}
_REGISTRATIONS = {
    "add_api_route": Role.ROUTE,
    "add_route": Role.ROUTE,
    "add_api_websocket_route": Role.WEBSOCKET,
    "add_websocket_route": Role.WEBSOCKET,
    "add_exception_handler": Role.EXCEPTION_HANDLER,
}
_EVENTS = {"startup": Role.STARTUP, "shutdown": Role.SHUTDOWN}
_CALLS = frozenset(
    {
        "add_api_route", "add_route", "add_api_websocket_route", "add_websocket_route", "add_exception_handler",
        "add_event_handler", "Depends", "Security", "add_task", "FastAPI", "Starlette", "APIRouter",
        "add_done_callback", "call_soon", "call_later", "call_at", "call_soon_threadsafe", "BackgroundTask",
    },
)  # fmt: skip
_MODELS = frozenset({"pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel"})
_VALIDATORS = frozenset(
    f"pydantic.{name}"
    for name in (
        "validator", "field_validator", "root_validator", "model_validator", "field_serializer", "model_serializer",
        "computed_field",
    )
)  # fmt: skip
"""They run on the loop even for `def` routes: requests are validated and responses serialised there."""

_LOOP_CALLBACKS = {
    "asyncio.AbstractEventLoop.call_soon": 0,
    "asyncio.AbstractEventLoop.call_soon_threadsafe": 0,
    "asyncio.AbstractEventLoop.call_later": 1,
    "asyncio.AbstractEventLoop.call_at": 1,
    "asyncio.Task.add_done_callback": 0,
}


@dataclass(frozen=True, slots=True, eq=False)
class Scheduled:
    """`tasks.add_task(callee, …)`: a call that hands a function to FastAPI for after the response."""

    scope: Scope
    call: ir.Call
    callee: ir.Expr
    functions: tuple[Function, ...]


class Roles:
    """The roles of all functions of a project, read once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._evaluator = project.evaluator

    def of(self, function: Function) -> frozenset[Role]:
        """Every capacity in which the function is known to be called by the framework."""
        return frozenset(self._table.get(id(function), ()))

    def functions(self, *roles: Role) -> tuple[Function, ...]:
        """The functions that have any of the roles, by module and place."""
        wanted = set(roles)
        return tuple(
            function
            for module in self._project.modules
            for function in module.functions
            if wanted & self._table.get(id(function), set())
        )

    @cached_property
    def scheduled(self) -> tuple[Scheduled, ...]:
        """Every `add_task` of the project whose receiver is known to be FastAPI's."""
        found: list[Scheduled] = []
        for scope, call in self._project.calls_named(frozenset({"add_task"})):
            callee = scheduled_callee(call)
            if callee is not None and self.is_background_tasks(call.func, scope):
                found.append(Scheduled(scope, call, callee, self._callables(callee, scope)))
        return tuple(found)

    def is_background_tasks(self, callee: ir.Expr, scope: Scope) -> bool:
        """Whether `callee` is a method taken from a BackgroundTasks object."""
        if not isinstance(callee, ir.Attribute):
            return False
        receiver = self._evaluator.value(callee.value, scope)
        return any(
            isinstance(member, Instance) and self._is_instance(member, BACKGROUND_TASKS) for member in members(receiver)
        )

    # -- reading -----------------------------------------------------------------------------------------------

    @cached_property
    def _table(self) -> dict[int, set[Role]]:
        table: dict[int, set[Role]] = {}
        for module in self._project.modules:
            for function in module.functions:
                for role in self._from_decorators(function):
                    table.setdefault(id(function), set()).add(role)
        for scope, call in self._project.calls_named(_CALLS):
            for function, role in self._from_call(call, scope):
                table.setdefault(id(function), set()).add(role)
        for module in self._project.modules:
            for function, role in self._from_signatures(module):
                table.setdefault(id(function), set()).add(role)
        entries = [
            function
            for module in self._project.modules
            for function in module.functions
            if table.get(id(function), set()) & {Role.ROUTE, Role.WEBSOCKET, Role.DEPENDENCY}
        ]
        for function in self._validators(entries):
            table.setdefault(id(function), set()).add(Role.VALIDATOR)
        return table

    def _validators(self, entries: list[Function]) -> Iterator[Function]:
        """Validators and serializers of the Pydantic models that routes take or return, nested models included."""
        seen: set[Class] = set()
        stack: list[Class] = []
        for function in entries:
            around = function.owner or function.parent
            annotations = [param.annotation for param in function.ir.params] + [function.ir.returns]
            for node in annotations:
                if node is not None:
                    stack += self._models_in(self._evaluator.annotations.read(node, around))
        while stack:
            cls = stack.pop()
            if cls in seen:
                continue
            seen.add(cls)
            for entry in self._evaluator.members.mro(cls):
                if isinstance(entry, Class):
                    yield from (function for function in entry.methods if self._is_validator(function))
                    for statement in entry.body:
                        if isinstance(statement, ir.AnnAssign):
                            stack += self._models_in(self._evaluator.annotations.read(statement.annotation, entry))

    def _models_in(self, value: Value) -> list[Class]:
        found: list[Class] = []
        for member in members(value):
            if isinstance(member, Container):
                found += self._models_in(member.element)
            elif (
                isinstance(member, Instance)
                and isinstance(member.cls, Class)
                and self._evaluator.members.is_subclass(member.cls, _MODELS)
            ):
                found.append(member.cls)
        return found

    def _is_validator(self, function: Function) -> bool:
        for node in function.ir.decorators:
            value = self._evaluator.value_outside(node.func if isinstance(node, ir.Call) else node, function)
            if isinstance(value, External) and value.name in _VALIDATORS:
                return True
        return False

    def _from_decorators(self, function: Function) -> Iterator[Role]:
        for node in function.ir.decorators:
            callee = node.func if isinstance(node, ir.Call) else node
            if not isinstance(callee, ir.Attribute):
                continue
            if callee.attr == "on_event" and isinstance(node, ir.Call):
                event = node.args[0] if node.args else None
                if isinstance(event, ir.Constant) and event.value in _EVENTS:
                    yield _EVENTS[str(event.value)]
            elif callee.attr in _DECORATORS and self._is_application(callee.value, function.owner or function.parent):
                yield _DECORATORS[callee.attr]

    def _is_application(self, node: ir.Expr, scope: Scope) -> bool:
        value = self._evaluator.value(node, scope)
        if isinstance(value, Unknown):
            # A router handed in as a parameter or taken from a table keeps its telling name.
            name = node.id if isinstance(node, ir.Name) else node.attr if isinstance(node, ir.Attribute) else ""
            return name.endswith("router") or name in {"app", "api"}
        return any(isinstance(item, Instance) and self._is_instance(item, APPLICATIONS) for item in members(value))

    def _is_instance(self, value: Instance, names: frozenset[str]) -> bool:
        if isinstance(value.cls, Class):
            return self._evaluator.members.is_subclass(value.cls, names)
        return value.cls in names or bool(names & set(knowledge.bases(value.cls)))

    def _from_call(self, call: ir.Call, scope: Scope) -> Iterator[tuple[Function, Role]]:
        last = call.func.attr if isinstance(call.func, ir.Attribute) else getattr(call.func, "id", "")
        if last in _REGISTRATIONS and isinstance(call.func, ir.Attribute):
            if self._is_application(call.func.value, scope) and len(call.args) > 1:
                yield from self._with_role(call.args[1], scope, _REGISTRATIONS[last])
        elif last == "add_event_handler" and len(call.args) > 1 and isinstance(call.args[0], ir.Constant):
            role = _EVENTS.get(str(call.args[0].value))
            if role is not None:
                yield from self._with_role(call.args[1], scope, role)
        elif last in {"Depends", "Security"}:
            yield from self._dependency(call, scope)
        elif last in {"FastAPI", "Starlette", "APIRouter"}:
            yield from self._application(call, scope)
        elif last == "BackgroundTask" or self.is_background_tasks(call.func, scope):
            callee = scheduled_callee(call)
            if callee is not None:
                yield from self._with_role(callee, scope, Role.BACKGROUND)
        else:
            yield from self._loop_callback(call, scope)

    def _loop_callback(self, call: ir.Call, scope: Scope) -> Iterator[tuple[Function, Role]]:
        for target in self._evaluator.targets(self._evaluator.value(call.func, scope)):
            if isinstance(target, External) and target.name in _LOOP_CALLBACKS:
                position = _LOOP_CALLBACKS[target.name]
                if len(call.args) > position:
                    yield from self._with_role(call.args[position], scope, Role.LOOP_CALLBACK)

    def _dependency(self, call: ir.Call, scope: Scope) -> Iterator[tuple[Function, Role]]:
        targets = self._evaluator.targets(self._evaluator.value(call.func, scope))
        if call.args and any(isinstance(item, External) and item.name in DEPENDS for item in targets):
            yield from self._with_role(call.args[0], scope, Role.DEPENDENCY)

    def _application(self, call: ir.Call, scope: Scope) -> Iterator[tuple[Function, Role]]:
        for keyword in call.keywords:
            if keyword.name == "lifespan":
                yield from self._with_role(keyword.value, scope, Role.LIFESPAN)
            elif keyword.name in {"on_startup", "on_shutdown"} and isinstance(keyword.value, ir.Collection):
                role = Role.STARTUP if keyword.name == "on_startup" else Role.SHUTDOWN
                for item in keyword.value.items:
                    yield from self._with_role(item, scope, role)

    def _from_signatures(self, module: Module) -> Iterator[tuple[Function, Role]]:
        """`Depends(…)` in parameter defaults and in `Annotated`, which stand outside the bodies that are indexed."""
        if b"Depends" not in module.data and b"Security" not in module.data:
            return
        for function in module.functions:
            around = function.owner or function.parent
            for param in function.ir.params:
                for part in (param.default, param.annotation):
                    for call in _dependency_calls(part):
                        yield from self._dependency(call, around)
            for decorator in function.ir.decorators:
                for call in _dependency_calls(decorator):
                    yield from self._dependency(call, around)

    def _with_role(self, node: ir.Expr, scope: Scope, role: Role) -> Iterator[tuple[Function, Role]]:
        for function in self._callables(node, scope):
            yield function, role

    def _callables(self, node: ir.Expr, scope: Scope) -> tuple[Function, ...]:
        return tuple(
            function for member in members(self._evaluator.value(node, scope)) for function in self._run_by(member)
        )

    def _run_by(self, value: Value) -> Iterator[Function]:
        match value:
            case FunctionValue(function=function) | BoundMethod(function=function):
                yield function
            case PartialValue(target=target):
                for member in members(target):
                    yield from self._run_by(member)
            case ClassValue(cls=cls):
                method = self._evaluator.members.method(cls, "__init__")
                if method is not None:
                    yield method
            case Instance(cls=Class() as cls):
                method = self._evaluator.members.method(cls, "__call__")
                if method is not None:
                    yield method
            case LambdaValue() | TaskValue():
                return
            case _:
                generator = getattr(value, "function", None)
                if isinstance(generator, Function):
                    yield generator


def scheduled_callee(call: ir.Call) -> ir.Expr | None:
    """The first parameter, `func`, of `add_task` and `BackgroundTask`."""
    if call.args:
        return None if isinstance(call.args[0], ir.Starred) else call.args[0]
    return next((keyword.value for keyword in call.keywords if keyword.name == "func"), None)


def _dependency_calls(node: ir.Expr | None) -> Iterator[ir.Call]:
    if node is None:
        return
    for part in walk(node):
        if isinstance(part, ir.Call):
            name = part.func.attr if isinstance(part.func, ir.Attribute) else getattr(part.func, "id", "")
            if name in {"Depends", "Security"}:
                yield part

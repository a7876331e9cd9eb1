"""What the framework calls, and in which capacity: routes, dependencies, background functions, lifecycle hooks.

Read from decorators and registrations whose receiver is known to be FastAPI's or Starlette's. Facts behind the roles
(what runs where) were observed on real FastAPI, from 0.100 to 0.165.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import walk
from asynclint.knowledge import blocking as knowledge
from asynclint.knowledge.asyncio_api import loop_callback
from asynclint.knowledge.fastapi_api import (
    BACKGROUND_TASK,
    DEPENDS,
    FASTAPI_APPS,
    HTTP_ROUTE_DECORATORS,
    JOB_DECORATOR_NAMES,
    JOB_DECORATORS,
    JOB_REGISTRAR_NAMES,
    JOB_REGISTRARS,
    ROUTERS,
)
from asynclint.project.model import Class, Function, Module, module_of
from asynclint.project.sites import argument_at
from asynclint.project.tables import FunctionSet, Placed, Table, listed
from asynclint.project.validators import ValidatorReader
from asynclint.project.values import (
    BoundMethod,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    LambdaValue,
    PartialValue,
    TaskValue,
    Unknown,
    Value,
    full_name,
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


_NO_ROLES: frozenset[Role] = frozenset()
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
        "add_reader", "add_writer", "add_signal_handler", "set_exception_handler", "run_sync", "add_middleware",
    },
)  # fmt: skip


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
        reads = project.reads
        self._ends_with_function: set[Function] = set()
        self._sets = Table(reads, "roles", self._find_roles, _names)
        self._having = Table(reads, "having roles", self._find_having, listed)
        self._early = FunctionSet(reads, "ending with function", self._find_early)
        self._scheduled = Placed(reads, "scheduled", self._find_scheduled)
        self._attached = Placed(reads, "attached", self._find_attached)
        self._runners = Placed(reads, "declared background", self._find_declared)

    def of(self, function: Function) -> frozenset[Role]:
        """Every capacity in which the function is known to be called by the framework."""
        return self._sets.get(function) or _NO_ROLES

    def functions(self, *roles: Role) -> tuple[Function, ...]:
        """The functions that have any of the roles, by module and place."""
        found = [self._having.get(role) or () for role in dict.fromkeys(roles)]
        if len(found) == 1:
            return found[0]
        unique = dict.fromkeys(function for functions in found for function in functions)
        return tuple(sorted(unique, key=lambda item: (item.module.number, item.number)))

    def _find_having(self) -> dict[Role, tuple[Function, ...]]:
        found: dict[Role, list[Function]] = {}
        for function, roles in self._sets.rows().items():
            for role in roles:
                found.setdefault(role, []).append(function)
        for functions in found.values():
            functions.sort(key=lambda item: (item.module.number, item.number))
        return {role: tuple(functions) for role, functions in found.items()}

    def ends_with_function(self, dependency: Function) -> bool:
        """Whether it is declared somewhere with `scope="function"`: its exit code then runs before the response."""
        return dependency in self._early

    def _find_early(self) -> set[Function]:
        self._sets.rows()
        return self._ends_with_function

    def scheduled(self, module: Module) -> tuple[Scheduled, ...]:
        """Every `add_task` of a module whose receiver is known to be FastAPI's."""
        return self._scheduled.of(module)

    def all_scheduled(self) -> Iterator[Scheduled]:
        """As `scheduled`, in the whole project."""
        return self._scheduled.all()

    def attached(self, module: Module) -> tuple[Scheduled, ...]:
        """Every `BackgroundTask(f, …)` of a module: what Starlette's responses take as `background=`."""
        return self._attached.of(module)

    def declared_background(self, module: Module) -> tuple[Scheduled, ...]:
        """The calls in a module of the project's own background runners, as its configuration names them."""
        return self._runners.of(module)

    def _find_scheduled(self) -> Iterator[list[tuple[Module, Scheduled]]]:
        for scope, call in self._project.calls_named(frozenset({"add_task"})):
            callee = scheduled_callee(call)
            if callee is not None and self.is_background_tasks(call.func, scope):
                yield [(module_of(scope), Scheduled(scope, call, callee, self._callables(callee, scope)))]

    def _find_attached(self) -> Iterator[list[tuple[Module, Scheduled]]]:
        for scope, call in self._project.calls_named(frozenset({"BackgroundTask"})):
            targets = self._evaluator.targets(self._evaluator.value(call.func, scope))
            callee = scheduled_callee(call)
            if callee is not None and any(getattr(item, "name", "") == BACKGROUND_TASK for item in targets):
                yield [(module_of(scope), Scheduled(scope, call, callee, self._callables(callee, scope)))]

    def is_background_tasks(self, callee: ir.Expr, scope: Scope) -> bool:
        """Whether `callee` is a method taken from a BackgroundTasks object."""
        if not isinstance(callee, ir.Attribute):
            return False
        receiver = self._evaluator.value(callee.value, scope)
        return any(
            isinstance(member, Instance) and self._is_instance(member, BACKGROUND_TASKS) for member in members(receiver)
        )

    # -- reading -----------------------------------------------------------------------------------------------

    def _find_roles(self) -> dict[Function, frozenset[Role]]:
        table: dict[Function, set[Role]] = {}
        for module in self._project.modules:
            for function in module.functions:
                for role in self._from_decorators(function):
                    table.setdefault(function, set()).add(role)
        for scope, call in self._project.calls_named(_CALLS):
            for function, role in self._from_call(call, scope):
                table.setdefault(function, set()).add(role)
        for module in self._project.modules:
            for function, role in self._from_signatures(module):
                table.setdefault(function, set()).add(role)
        declared = ((function, Role.BACKGROUND) for item in self._runners.all() for function in item.functions)
        for function, role in (*declared, *self._jobs()):
            table.setdefault(function, set()).add(role)
        entries = [
            function
            for module in self._project.modules
            for function in module.functions
            if table.get(function, set()) & {Role.ROUTE, Role.WEBSOCKET, Role.DEPENDENCY}
        ]
        for function in ValidatorReader(self._evaluator).functions(entries):
            table.setdefault(function, set()).add(Role.VALIDATOR)
        return {function: frozenset(roles) for function, roles in table.items()}

    def _find_declared(self) -> Iterator[list[tuple[Module, Scheduled]]]:
        runners = self._evaluator.layout.declared.background_runners
        for scope, call in self._project.calls_named(runners.last_parts) if runners else ():
            targets = self._evaluator.targets(self._evaluator.value(call.func, scope))
            callee = scheduled_callee(call)
            if callee is not None and runners.any_of(full_name(target) for target in targets):
                yield [(module_of(scope), Scheduled(scope, call, callee, self._callables(callee, scope)))]

    def _is_job_decorator(self, node: ir.Expr, function: Function) -> bool:
        callee = node.func if isinstance(node, ir.Call) else node
        last = callee.attr if isinstance(callee, ir.Attribute) else callee.id if isinstance(callee, ir.Name) else ""
        if last not in JOB_DECORATOR_NAMES:
            return False
        targets = self._evaluator.targets(self._evaluator.value_outside(callee, function))
        return any(isinstance(item, External) and item.name in JOB_DECORATORS for item in targets)

    def _declared(self, function: Function) -> Iterator[Role]:
        """What the configuration says of the function, or of its decorators."""
        declared = self._evaluator.layout.declared
        if function.full_name in declared.shutdown_hooks:
            yield Role.SHUTDOWN
        for node in function.ir.decorators if declared.routes or declared.shutdown_hooks else ():
            value = self._evaluator.value_outside(node.func if isinstance(node, ir.Call) else node, function)
            names = [full_name(target) for target in self._evaluator.targets(value)]
            if declared.routes.any_of(names):
                yield Role.ROUTE
            if declared.shutdown_hooks.any_of(names):
                yield Role.SHUTDOWN

    def _from_decorators(self, function: Function) -> Iterator[Role]:
        yield from self._declared(function)
        if any(self._is_job_decorator(node, function) for node in function.ir.decorators):
            # Under `on_event("startup")` it is what `repeat_every` made of the function that runs at startup.
            yield Role.BACKGROUND
            return
        for node in function.ir.decorators:
            callee = node.func if isinstance(node, ir.Call) else node
            if not isinstance(callee, ir.Attribute):
                continue
            if callee.attr == "on_event" and isinstance(node, ir.Call):
                event = node.args[0] if node.args else None
                if isinstance(event, ir.Constant) and event.value in _EVENTS:
                    yield _EVENTS[str(event.value)]
            elif callee.attr in _DECORATORS and self.is_application(callee.value, function.owner or function.parent):
                yield _DECORATORS[callee.attr]

    def is_application(self, node: ir.Expr, scope: Scope) -> bool:
        """Whether the expression stands for an application or router, as far as is known or its name tells."""
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
            if self.is_application(call.func.value, scope) and len(call.args) > 1:
                yield from self._with_role(call.args[1], scope, _REGISTRATIONS[last])
        elif last == "add_event_handler" and len(call.args) > 1 and isinstance(call.args[0], ir.Constant):
            role = _EVENTS.get(str(call.args[0].value))
            if role is not None:
                yield from self._with_role(call.args[1], scope, role)
        elif last == "add_middleware":
            yield from self._middleware(call, scope)
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

    def _jobs(self) -> Iterator[tuple[Function, Role]]:
        """Functions given to a scheduler. Few projects have one, and many have methods that are called like its."""
        if not any(b"apscheduler" in module.data for module in self._project.modules):
            return
        for scope, call in self._project.calls_named(JOB_REGISTRAR_NAMES):
            targets = self._evaluator.targets(self._evaluator.value(call.func, scope))
            callee = scheduled_callee(call)
            if callee is not None and any(getattr(item, "name", "") in JOB_REGISTRARS for item in targets):
                yield from self._with_role(callee, scope, Role.BACKGROUND)

    def _loop_callback(self, call: ir.Call, scope: Scope) -> Iterator[tuple[Function, Role]]:
        for target in self._evaluator.targets(self._evaluator.value(call.func, scope)):
            parameter = loop_callback(target.name) if isinstance(target, External) else None
            callback = None if parameter is None else argument_at(call, parameter)
            if callback is not None:
                yield from self._with_role(callback, scope, Role.LOOP_CALLBACK)

    def _middleware(self, call: ir.Call, scope: Scope) -> Iterator[tuple[Function, Role]]:
        """The plain `__call__` of a class of middleware: it is called on the loop and returns an awaitable."""
        for member in members(self._evaluator.value(call.args[0], scope)) if call.args else ():
            method = self._evaluator.members.method(member.cls, "__call__") if isinstance(member, ClassValue) else None
            if method is not None and not method.is_async:
                yield method, Role.MIDDLEWARE

    def is_dependency(self, call: ir.Call, scope: Scope) -> bool:
        """Whether the call is FastAPI's `Depends(…)` or `Security(…)`."""
        targets = self._evaluator.targets(self._evaluator.value(call.func, scope))
        return any(isinstance(item, External) and item.name in DEPENDS for item in targets)

    def _dependency(self, call: ir.Call, scope: Scope) -> Iterator[tuple[Function, Role]]:
        if call.args and self.is_dependency(call, scope):
            early = any(
                keyword.name == "scope" and isinstance(keyword.value, ir.Constant) and keyword.value.value == "function"
                for keyword in call.keywords
            )
            for function, role in self._with_role(call.args[0], scope, Role.DEPENDENCY):
                if early:
                    self._ends_with_function.add(function)
                yield function, role

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


def _names(roles: frozenset[Role]) -> str:
    return " ".join(sorted(role.value for role in roles))

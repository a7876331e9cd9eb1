"""Where the project's own code mentions a function, other than to register it with the framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import dotted, header_exprs, walk
from asynclint.project.model import module_of
from asynclint.project.places import bodies_with
from asynclint.project.values import BoundMethod, FunctionValue, PartialValue, Unknown, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Function, Scope
    from asynclint.project.project import Project
    from asynclint.project.values import Value

_REGISTRATIONS = frozenset(
    {
        "add_api_route", "add_route", "add_api_websocket_route", "add_websocket_route", "Depends", "Security",
        "add_task", "BackgroundTask",
    },
)  # fmt: skip
_TASK_FACTORIES = frozenset({"create_task", "ensure_future"})


def is_called_by_project(project: Project, function: Function) -> bool:
    """Whether anything but the framework may run the function; handing it over to the framework is no call."""
    return any(not _is_registered(scope, node) for scope, node in _mentions(project, function))


def is_only_started(project: Project, function: Function) -> bool:
    """Whether every mention hands the function to `add_task`, or makes a coroutine of it for a task."""
    return all(_is_registered(scope, node) or _is_in_task(scope, node) for scope, node in _mentions(project, function))


def is_only_scheduled(project: Project, function: Function) -> bool:
    """Whether every mention outside tests hands the function over, or makes a coroutine of it for a task."""
    return all(
        _is_registered(scope, node) or _is_in_task(scope, node)
        for scope, node in _mentions(project, function)
        if not project.is_test(module_of(scope))
    )


def is_only_called(project: Project, function: Function) -> bool:
    """Whether every mention outside tests calls the function on the spot."""
    return all(
        _is_callee(scope, node) and not _is_in_task(scope, node)
        for scope, node in _mentions(project, function)
        if not project.is_test(module_of(scope))
    )


def _is_callee(scope: Scope, node: ir.Expr) -> bool:
    around = scope.index.parents.get(id(node))
    return isinstance(around, ir.Call) and around.func is node


def _mentions(project: Project, function: Function) -> Iterator[tuple[Scope, ir.Expr]]:
    """Uses of the function's name, in the bodies of the project, that mean it or may do so."""
    for module in project.layout.modules_with(function.name):
        names = {function.name, *module.import_aliases(function.name)}
        for scope in module.scopes if len(names) > 1 else bodies_with(module, function.name):
            yield from _in_scope(project, scope, names, function)


def _in_scope(project: Project, scope: Scope, names: set[str], function: Function) -> Iterator[tuple[Scope, ir.Expr]]:
    for statement in scope.index.statements:
        for expr in header_exprs(statement):
            for node in walk(expr):
                name = node.id if isinstance(node, ir.Name) else node.attr if isinstance(node, ir.Attribute) else None
                if name in names and _may_mean(project.evaluator.value(node, scope), node, function):
                    yield scope, node


def _may_mean(value: Value, node: ir.Expr, function: Function) -> bool:
    """A bare name of unknown value counts; an attribute of an unknown object may be anyone's method."""
    for member in members(value):
        match member:
            case FunctionValue(function=found) | BoundMethod(function=found):
                if found is function:
                    return True
            case PartialValue(target=target):
                if _may_mean(target, node, function):
                    return True
            case Unknown():
                if isinstance(node, ir.Name):
                    return True
    return False


def _is_registered(scope: Scope, node: ir.Expr) -> bool:
    """`Depends(f)`, `tasks.add_task(f, …)`."""
    around = scope.index.parents.get(id(node))
    return isinstance(around, ir.Call) and around.func is not node and _last_name(around) in _REGISTRATIONS


def _is_in_task(scope: Scope, node: ir.Expr) -> bool:
    """`create_task(f(…))`."""
    call = scope.index.parents.get(id(node))
    around = scope.index.parents.get(id(call))
    return (
        isinstance(call, ir.Call)
        and call.func is node
        and isinstance(around, ir.Call)
        and _last_name(around) in _TASK_FACTORIES
    )


def _last_name(call: ir.Call) -> str:
    name = dotted(call.func) or (call.func.attr if isinstance(call.func, ir.Attribute) else "")
    return name.rpartition(".")[2]

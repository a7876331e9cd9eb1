"""HTTPException raised where no client is there to get it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.knowledge.fastapi_api import HTTP_EXCEPTIONS
from asynclint.project.departures import Raised
from asynclint.project.model import Class, Function
from asynclint.project.roles import Role
from asynclint.project.values import ClassValue, External, Instance, members
from asynclint.semantics import references

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.semantics.module_context import ModuleContext

MAX_CALLERS: Final = 4
"""Functions between the background function and what raises; real code has one or two."""


@dataclass(frozen=True, slots=True, eq=False)
class BackgroundRaise:
    """A `raise HTTPException` that leaves a background function.

    `root` is that function; `calls` lead from it to the function of the `raise`, outermost first.
    """

    scope: Function
    statement: ir.Raise
    root: Function
    calls: tuple[tuple[Function, ir.Call], ...]


def background_raises(module: ModuleContext) -> Iterator[BackgroundRaise]:
    """The `raise` statements of this module that only ever end background work."""
    if b"raise" not in module.module.data:
        return
    for function in module.module.functions:
        if function not in module.project.background_functions or function.ir.decorators:
            continue
        for statement in function.index.statements:
            if isinstance(statement, ir.Raise) and statement.exc is not None:
                found = _checked(module, function, statement)
                if found is not None:
                    yield found


def _checked(module: ModuleContext, function: Function, statement: ir.Raise) -> BackgroundRaise | None:
    kinds = _http_kinds(module, statement.exc, function) if statement.exc is not None else ()
    if not kinds:
        return None
    raised = Raised(function, statement, kinds)
    found = _root(module, function, statement, raised, 0)
    if found is None:
        return None
    root, calls = found
    return BackgroundRaise(function, statement, root, calls)


def _http_kinds(module: ModuleContext, node: ir.Expr, function: Function) -> tuple[Class | str, ...]:
    """The classes of the exception, if each is an HTTPException."""
    found: list[Class | str] = []
    for member in members(module.project.evaluator.value(node, function)):
        match member:
            case Instance(cls=cls) | ClassValue(cls=cls):
                kind: Class | str = cls
            case External(name=name):
                kind = name
            case _:
                return ()
        if isinstance(kind, Class):
            if not module.project.evaluator.members.is_subclass(kind, HTTP_EXCEPTIONS):
                return ()
        elif kind not in HTTP_EXCEPTIONS:
            return ()
        found.append(kind)
    return tuple(found)


def _root(
    module: ModuleContext, function: Function, statement: ir.Stmt, raised: Raised, depth: int
) -> tuple[Function, tuple[tuple[Function, ir.Call], ...]] | None:
    """The background function that the exception leaves, if it gets there and the function is for that only."""
    project = module.project
    onward = project.departures.if_raised(function, statement, raised)
    if not onward.raised or onward.returns:
        return None
    roles = project.roles.of(function)
    if roles - {Role.BACKGROUND}:
        return None
    if Role.BACKGROUND in roles:
        return (function, ()) if references.is_only_scheduled(project, function) else None
    if depth >= MAX_CALLERS or function.owner is not None or not references.is_only_called(project, function):
        return None
    found: tuple[Function, tuple[tuple[Function, ir.Call], ...]] | None = None
    for scope, call in project.callers.of(function):
        around = scope.index.statement_of(call)
        if not isinstance(scope, Function) or around is None:
            return None
        root = _root(module, scope, around, Raised(function, statement, raised.kinds), depth + 1)
        if root is None:
            return None
        found = found or (root[0], (*root[1], (scope, call)))
    return found


def place(statement: ir.Raise) -> Span:
    """The whole statement."""
    return Span(statement.start, statement.end)

"""What FastAPI calls for the sake of a handler: its dependencies, and theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import walk
from asynclint.project.model import Class, Function
from asynclint.project.values import BoundMethod, ClassValue, FunctionValue, Instance, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Scope
    from asynclint.project.project import Project


def dependencies(project: Project, function: Function) -> Iterator[Function]:
    """The functions of the project that the parameters and decorators of a handler or dependency name."""
    around = function.owner or function.parent
    for param in function.ir.params:
        for node in (param.default, param.annotation):
            if node is not None:
                yield from _in_expression(project, node, around)
    for decorator in function.ir.decorators:
        yield from _in_expression(project, decorator, around)


def _in_expression(project: Project, node: ir.Expr, scope: Scope) -> Iterator[Function]:
    if isinstance(node, ir.Name | ir.Attribute):
        found = project.evaluator.linker.alias(node, scope)  # `SessionDep = Annotated[Session, Depends(get_session)]`
        if found is None or not isinstance(found[0], ir.Subscript):
            return
        node, scope = found
    for part in walk(node):
        if isinstance(part, ir.Call) and part.args and project.roles.is_dependency(part, scope):
            for member in members(project.evaluator.value(part.args[0], scope)):
                called = _called(project, member)
                if called is not None:
                    yield called


def _called(project: Project, value: object) -> Function | None:
    match value:
        case FunctionValue(function=function) | BoundMethod(function=function):
            return function
        case ClassValue(cls=cls):
            return project.evaluator.members.method(cls, "__init__")
        case Instance(cls=Class() as cls):
            return project.evaluator.members.method(cls, "__call__")
        case _:
            return None

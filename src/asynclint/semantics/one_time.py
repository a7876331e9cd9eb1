"""Work that only the first caller waits for: caches, and values that are made when they are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import blocks, dotted, statements
from asynclint.project.model import Function
from asynclint.project.values import External

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.blocking import Step
    from asynclint.project.model import Scope
    from asynclint.project.project import Project

_CACHES = frozenset({"functools.cache", "functools.lru_cache"})


def is_cached(project: Project, function: Scope) -> bool:
    """Whether it is a function without parameters whose result is kept."""
    if not isinstance(function, Function) or function.ir.params:
        return False
    for node in function.ir.decorators:
        value = project.evaluator.value_outside(node.func if isinstance(node, ir.Call) else node, function)
        if isinstance(value, External) and value.name in _CACHES:
            return True
    return False


def makes_what_is_missing(step: Step) -> bool:
    """`if _client is None: _client = connect()`, for a global or an attribute of the class: the next caller has it.

    Also where the function returns at its start if the value is there.
    """
    return any(
        _outlives(kept, step.scope) and _assigns(body, kept)
        for kept, body in _missing_at(step.site.statement, step.scope)
        if kept
    )


def _missing_at(statement: ir.Stmt | None, scope: Scope) -> Iterator[tuple[str, tuple[ir.Stmt, ...]]]:
    """The names that are known to be missing at a statement, each with the statements that may make them."""
    index = scope.index
    while statement is not None:
        around = index.enclosing.get(id(statement))
        bodies = (scope.body,) if around is None else blocks(around)
        body = next((item for item in bodies if statement in item), ())
        if isinstance(around, ir.If) and body is around.body:
            yield _asked_for_absence(around.test), body
        for earlier in body[: body.index(statement)] if statement in body else ():
            if isinstance(earlier, ir.If) and earlier.body and isinstance(earlier.body[-1], ir.Return):
                yield _asked_for_presence(earlier.test), body
        statement = around


def _asked_for_absence(test: ir.Expr) -> str:
    """The name, as written, that `x is None` or `not x` asks about."""
    match test:
        case ir.Compare(ops=("is" | "==",), operands=(tested, ir.Constant(value=None))):
            return dotted(tested)
        case ir.UnaryOp(op="not", operand=tested):
            return dotted(tested)
        case _:
            return ""


def _asked_for_presence(test: ir.Expr) -> str:
    """The name, as written, that `x is not None` or `x` asks about."""
    match test:
        case ir.Compare(ops=("is not" | "!=",), operands=(tested, ir.Constant(value=None))):
            return dotted(tested)
        case _:
            return dotted(test)


def _outlives(name: str, scope: Scope) -> bool:
    return name.startswith("cls.") or name in scope.index.global_names or name in scope.index.nonlocal_names


def _assigns(body: tuple[ir.Stmt, ...], name: str) -> bool:
    return any(
        dotted(target) == name
        for statement in statements(body)
        if isinstance(statement, ir.Assign | ir.AnnAssign)
        for target in (statement.targets if isinstance(statement, ir.Assign) else (statement.target,))
    )

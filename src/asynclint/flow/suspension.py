"""Where a body gives the event loop its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.control_flow import Kind
from asynclint.flow.traversal import children, header_exprs, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.flow.control_flow import Node


def suspends(node: Node) -> bool:
    """Whether the step awaits: by `await`, `async for`, an async comprehension, or at the ends of `async with`."""
    match node.origin:
        case ir.For(is_async=True) if node.kind is Kind.HEADER:
            return True
        case ir.With(is_async=True):
            return True
        case _:
            return any(evaluates_await(expr) for expr in node.expressions)


def yields(node: Node) -> bool:
    """Whether the step hands a value to whoever iterates over the generator."""
    return any(isinstance(part, ir.Yield | ir.YieldFrom) for expr in node.expressions for part in evaluated(expr))


def evaluates_await(expr: ir.Expr) -> bool:
    """Whether evaluating the expression in its own frame awaits."""
    return any(_awaits(part) for part in evaluated(expr))


def awaits_in(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Await]:
    """The `await` expressions of a block in source order, definitions and lambdas left out."""
    for statement in statements(body):
        for expr in header_exprs(statement):
            yield from (part for part in evaluated(expr) if isinstance(part, ir.Await))


def block_suspends(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether anything in the block awaits."""
    return any(
        getattr(statement, "is_async", False) or any(evaluates_await(expr) for expr in header_exprs(statement))
        for statement in statements(body)
    )


def evaluated(expr: ir.Expr) -> Iterator[ir.Expr]:
    """The expression and all below it that are evaluated with it: not the body of a lambda."""
    stack = [expr]
    while stack:
        current = stack.pop()
        yield current
        if isinstance(current, ir.Lambda):
            stack.extend(param.default for param in reversed(current.params) if param.default is not None)
        else:
            stack.extend(reversed(children(current)))


def _awaits(node: ir.Expr) -> bool:
    if isinstance(node, ir.Comprehension):
        return node.kind != "generator" and any(clause.is_async for clause in node.generators)
    return isinstance(node, ir.Await)

"""Ways through the IR: the parts of a node, the statements of a body, the names a target binds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asynclint.flow import ir

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NO_EXPRS: tuple[ir.Expr, ...] = ()


def _call(node: ir.Call) -> tuple[ir.Expr, ...]:
    if not node.keywords:
        return (node.func, *node.args)
    return (node.func, *node.args, *[keyword.value for keyword in node.keywords])


def _dict(node: ir.Dict) -> tuple[ir.Expr, ...]:
    return tuple(
        part for key, value in zip(node.keys, node.values, strict=True) for part in (key, value) if part is not None
    )


def _comprehension(node: ir.Comprehension) -> tuple[ir.Expr, ...]:
    clauses = tuple(part for clause in node.generators for part in (clause.iter, clause.target, *clause.ifs))
    return (*clauses, *node.elements)


_CHILDREN: dict[type, Callable[[Any], tuple[ir.Expr, ...]]] = {
    ir.Name: lambda _: _NO_EXPRS,
    ir.Constant: lambda _: _NO_EXPRS,
    ir.Opaque: lambda _: _NO_EXPRS,
    ir.Attribute: lambda node: (node.value,),
    ir.Call: _call,
    ir.Await: lambda node: (node.value,),
    ir.Subscript: lambda node: (node.value, node.index),
    ir.Collection: lambda node: node.items,
    ir.Dict: _dict,
    ir.Lambda: lambda node: (*(param.default for param in node.params if param.default is not None), node.body),
    ir.Comprehension: _comprehension,
    ir.BoolOp: lambda node: node.values,
    ir.Compare: lambda node: node.operands,
    ir.UnaryOp: lambda node: (node.operand,),
    ir.BinOp: lambda node: (node.left, node.right),
    ir.IfExp: lambda node: (node.test, node.body, node.orelse),
    ir.NamedExpr: lambda node: (node.value, node.target),
    ir.Starred: lambda node: (node.value,),
    ir.Yield: lambda node: _NO_EXPRS if node.value is None else (node.value,),
    ir.YieldFrom: lambda node: (node.value,),
    ir.FString: lambda node: node.values,
}


def children(node: ir.Expr) -> tuple[ir.Expr, ...]:
    """The direct sub-expressions, roughly in order of evaluation."""
    return _CHILDREN[type(node)](node)


def walk(node: ir.Expr) -> Iterator[ir.Expr]:
    """The expression and all below it, lambdas and comprehensions included, outer before inner."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(children(current)))


def written(node: ir.Expr) -> Iterator[ir.Expr]:
    """As `walk`, in the order of the source."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(_written_children(current)))


def _written_children(node: ir.Expr) -> tuple[ir.Expr, ...]:
    match node:
        case ir.IfExp():
            return (node.body, node.test, node.orelse)
        case ir.NamedExpr():
            return (node.target, node.value)
        case ir.Comprehension():
            clauses = (part for clause in node.generators for part in (clause.target, clause.iter, *clause.ifs))
            return (*node.elements, *clauses)
        case _:
            return children(node)


def _present(*parts: ir.Expr | None) -> tuple[ir.Expr, ...]:
    return tuple(part for part in parts if part is not None)


def _with_exprs(node: ir.With) -> tuple[ir.Expr, ...]:
    return tuple(part for item in node.items for part in _present(item.context, item.target))


def _try_exprs(node: ir.Try) -> tuple[ir.Expr, ...]:
    return tuple(handler.type for handler in node.handlers if handler.type is not None)


def _match_exprs(node: ir.Match) -> tuple[ir.Expr, ...]:
    return (node.subject, *(part for case in node.cases for part in (*case.exprs, *_present(case.guard))))


_STATEMENT_EXPRS: dict[type, Callable[[Any], tuple[ir.Expr, ...]]] = {
    ir.ExprStmt: lambda node: (node.value,),
    ir.Assign: lambda node: (node.value, *node.targets),
    ir.AnnAssign: lambda node: _present(node.value, node.target),
    ir.AugAssign: lambda node: (node.value, node.target),
    ir.Return: lambda node: _present(node.value),
    ir.Raise: lambda node: _present(node.exc, node.cause),
    ir.Delete: lambda node: node.targets,
    ir.Assert: lambda node: _present(node.test, node.message),
    ir.If: lambda node: (node.test,),
    ir.While: lambda node: (node.test,),
    ir.For: lambda node: (node.iter, node.target),
    ir.With: _with_exprs,
    ir.Try: _try_exprs,
    ir.Match: _match_exprs,
}


def header_exprs(statement: ir.Stmt) -> tuple[ir.Expr, ...]:
    """The expressions of the statement itself, those of its nested blocks left out (annotations too)."""
    get = _STATEMENT_EXPRS.get(type(statement))
    return get(statement) if get is not None else _NO_EXPRS


_BLOCKS: dict[type, Callable[[Any], tuple[tuple[ir.Stmt, ...], ...]]] = {
    ir.If: lambda node: (node.body, node.orelse),
    ir.While: lambda node: (node.body, node.orelse),
    ir.For: lambda node: (node.body, node.orelse),
    ir.With: lambda node: (node.body,),
    ir.Try: lambda node: (node.body, *[handler.body for handler in node.handlers], node.orelse, node.finalbody),
    ir.Match: lambda node: tuple([case.body for case in node.cases]),
}


def blocks(statement: ir.Stmt) -> tuple[tuple[ir.Stmt, ...], ...]:
    """The nested blocks in source order; a definition has none here."""
    get = _BLOCKS.get(type(statement))
    return get(statement) if get is not None else ()


def statements(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Stmt]:
    """All statements of a body in source order, nested blocks included, definitions not entered."""
    stack = list(reversed(body))
    while stack:
        current = stack.pop()
        yield current
        for block in reversed(blocks(current)):
            stack.extend(reversed(block))


def bound_names(target: ir.Expr) -> Iterator[tuple[ir.Name, tuple[int, ...]]]:
    """The plain names a target binds, each with the indices that lead to it through tuples (-1 for a starred rest)."""
    stack: list[tuple[ir.Expr, tuple[int, ...]]] = [(target, ())]
    while stack:
        current, path = stack.pop()
        match current:
            case ir.Name():
                yield current, path
            case ir.Starred():
                stack.append((current.value, (*path[:-1], -1)))
            case ir.Collection():
                stack.extend((item, (*path, index)) for index, item in enumerate(current.items))
            case _:
                pass


def dotted(node: ir.Expr) -> str:
    """`a.b.c` for a chain of names and attributes, else ""."""
    parts: list[str] = []
    while isinstance(node, ir.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ir.Name):
        return ""
    parts.append(node.id)
    return ".".join(reversed(parts))


def span_start(node: ir.Expr) -> int:
    """Where the expression begins, or -1 where neither it nor its first part carries a place."""
    while True:
        start = getattr(node, "start", None)
        if start is not None:
            return int(start)
        parts = children(node)
        if not parts:
            return -1
        node = parts[0]

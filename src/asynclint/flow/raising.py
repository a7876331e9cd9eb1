"""Which statements may raise, and which keep an exception from going on, as far as names tell."""

from __future__ import annotations

from typing import Final

from asynclint.flow import ir
from asynclint.flow.traversal import children, dotted, header_exprs

_HARMLESS: Final = (ir.Name, ir.Constant, ir.Opaque, ir.Lambda, ir.Collection, ir.Dict, ir.BoolOp, ir.IfExp)


def may_raise(statement: ir.Stmt) -> bool:
    """Whether more happens than that names and literals are put together and bound to names."""
    match statement:
        case ir.Raise() | ir.Assert() | ir.Import() | ir.ImportFrom() | ir.ClassDef() | ir.AugAssign():
            return True
        case ir.For() | ir.With():
            return True
        case _:
            return not all(map(_is_harmless, header_exprs(statement)))


def _is_harmless(expr: ir.Expr) -> bool:
    if isinstance(expr, ir.UnaryOp):
        return expr.op == "not" and _is_harmless(expr.operand)
    if isinstance(expr, ir.Compare):
        return {"is", "is not"}.issuperset(expr.ops) and all(map(_is_harmless, expr.operands))
    if isinstance(expr, ir.Lambda):
        return True
    return isinstance(expr, _HARMLESS) and all(map(_is_harmless, children(expr)))


_CATCH_ALL: Final = frozenset(("BaseException", "builtins.BaseException"))


def catches_all(handler: ir.ExceptHandler) -> bool:
    """By name; `Exception` lets cancellation through."""
    kind = handler.type
    options = kind.items if isinstance(kind, ir.Collection) else (kind,)
    return any(option is None or dotted(option) in _CATCH_ALL for option in options)


def may_suppress(statement: ir.With) -> bool:
    """Whether an exception may end with this statement: by name, as few context managers do this (`logger.catch`)."""
    calls = (item.context for item in statement.items if isinstance(item.context, ir.Call))
    return any(dotted(call.func).rpartition(".")[2] in ("catch", "suppress", "raises") for call in calls)

"""Where an object of an unknown type comes from: the outside callable whose call, or calls of what it gave, led to it.

`async with pool.acquire() as connection` leaves open what the connection is, but not that the library of the pool made
it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asynclint.flow import ir
from asynclint.project.values import External, Instance, members

if TYPE_CHECKING:
    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Function

_MAX_STEPS: Final = 8
"""Names and calls followed: `await (await pool.acquire()).fetch()` takes four."""


def origin_of(node: ir.Expr, function: Function, evaluator: Evaluator, steps: int = _MAX_STEPS) -> str | None:
    """The dotted name of an outside thing that an expression of the function comes from; None if there is no one."""
    if not steps:
        return None
    named = _outside_name(node, function, evaluator)
    if named is not None:
        return named
    match node:
        case ir.Call(func=inner) | ir.Attribute(value=inner) | ir.Await(value=inner) | ir.Subscript(value=inner):
            return origin_of(inner, function, evaluator, steps - 1)
        case ir.Name(id=name):
            values = [item.value for item in function.index.bindings.get(name, ()) if item.value is not None]
            found = {origin_of(value, function, evaluator, steps - 1) for value in values}
            return found.pop() if len(found) == 1 else None
        case _:
            return None


def _outside_name(node: ir.Expr, function: Function, evaluator: Evaluator) -> str | None:
    for member in members(evaluator.value(node, function)):
        match member:
            case External(name=name):
                return name
            case Instance(cls=str() as cls):
                return cls
            case _:
                continue
    return None

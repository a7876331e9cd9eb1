"""Complaints of an object about a count that it keeps itself: `task_done()` called more often than there were items.

Such a raise tells of a program that calls its own object out of balance. It is no outcome of the work that runs, as
little as the ValueError of `asyncio.Queue.task_done` is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.flow import ir

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.departures import Kinds
    from asynclint.project.model import Class, Function

_OF_THE_PROGRAM = frozenset({"ValueError", "RuntimeError", "AssertionError"})
"""What such complaints are raised as. An exception of another class is made to be caught: no seats are left."""


def complains_of_balance(statement: ir.Raise, function: Function, kinds: Kinds) -> bool:
    """Whether the exception is raised only where a count of the object has run out, by calls that nothing matches."""
    owner = function.owner
    around = function.index.enclosing.get(id(statement))
    if owner is None or not function.ir.params or not isinstance(around, ir.If) or statement not in around.body:
        return False
    if not kinds or not all(kind in _OF_THE_PROGRAM for kind in kinds):
        return False
    count = _count_run_out(around.test, function.ir.params[0].name)
    return count is not None and _is_kept_in_balance(count, owner)


def _count_run_out(test: ir.Expr, receiver: str) -> str | None:
    """The attribute of the object that a test finds to be used up: `self._unfinished <= 0`, `not self._unfinished`."""
    match test:
        case (
            ir.Compare(
                ops=(("<=" | "<" | "=="),),
                operands=(ir.Attribute(value=ir.Name(id=name), attr=attr), ir.Constant(value=int())),
            )
            | ir.UnaryOp(op="not", operand=ir.Attribute(value=ir.Name(id=name), attr=attr))
        ):
            return attr if name == receiver else None
        case _:
            return None


def _is_kept_in_balance(attr: str, owner: Class) -> bool:
    """Whether the class counts up and down, one at a time, and otherwise only starts from constants."""
    steps = set()
    for change in _changes(attr, owner):
        match change:
            case ir.AugAssign(op=("+" | "-") as op, value=ir.Constant(value=1)):
                steps.add(op)
            case ir.Assign(value=ir.Constant()) | ir.AnnAssign(value=ir.Constant() | None):
                pass
            case _:
                return False
    return steps == {"+", "-"}


def _changes(attr: str, owner: Class) -> Iterator[ir.Expr | ir.Stmt]:
    """What binds the attribute: a statement of its own, or something that binds it among others."""
    for method in owner.methods:
        for node in (item for item in method.index.attributes if item.attr == attr):
            match method.index.parents.get(id(node)):
                case ir.Assign(targets=targets) as change if any(target is node for target in targets):
                    yield change
                case ir.AnnAssign(target=target) | ir.AugAssign(target=target) as change if target is node:
                    yield change
                case ir.Collection() | ir.For() | ir.With() | ir.Starred() as change:
                    yield change
                case _:
                    pass

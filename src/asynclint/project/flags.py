"""Locals that are tested more than once: where one test held, another of the same local does not turn out otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.flow import ir

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asynclint.project.model import Function


def flags_at(function: Function, statement: ir.Stmt) -> dict[str, bool]:
    """Which way the tests of flags around a statement went: `if valid:`, `if not valid:`, and their `else`."""
    found: dict[str, bool] = {}
    inner, around = statement, function.index.enclosing.get(id(statement))
    while around is not None:
        if isinstance(around, ir.If):
            test, is_set = around.test, any(item is inner for item in around.body)
            while isinstance(test, ir.UnaryOp) and test.op == "not":
                test, is_set = test.operand, not is_set
            if isinstance(test, ir.Name) and _is_flag(test.id, function):
                found[test.id] = is_set
        inner, around = around, function.index.enclosing.get(id(around))
    return found


def contradict(here: Mapping[str, bool], there: Mapping[str, bool]) -> bool:
    """Whether no run comes to both of two places, by what is known of flags there."""
    return any(there.get(name, is_set) is not is_set for name, is_set in here.items())


def _is_flag(name: str, function: Function) -> bool:
    """Whether a local has one value from then on: the next turn of a loop would give it another."""
    bindings = function.index.bindings.get(name, ())
    return (
        len(bindings) == 1
        and not any(step.loop for step in bindings[0].block)
        and name not in function.nonlocal_writers
    )

"""Bodies that would take too long.

The work on a name grows with the places that bind it times those that read it, that on a function with its calls times
its statements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asynclint.core.budget import MOST_ASYNC_STEPS, MOST_PAIRS, MOST_STEPS

if TYPE_CHECKING:
    from asynclint.project.model import Function, Module

_SMALL: Final = 16_000
"""Bytes of a body in which no name can be bound and read so often, and nothing called: each takes four at least."""


def excess(module: Module) -> str | None:
    """What there is too much of in a module, in one line; None if it can be analysed."""
    if len(module.data) < _SMALL:
        return None
    functions = [function for function in module.functions if function.ir.end - function.ir.start >= _SMALL]
    bodies: list[Module | Function] = [module, *functions]
    for body in bodies:
        for name, bindings in body.index.bindings.items():
            reads = len(body.index.names.get(name, ())) - len(bindings)  # most bindings are names that stand there too
            if len(bindings) * reads > MOST_PAIRS:
                return f"one body binds `{name}` in {len(bindings):,} places and reads it in {reads:,}"
    return next(filter(None, map(_too_many_steps, functions)), None)


def _too_many_steps(function: Function) -> str | None:
    calls, statements = len(function.index.calls), len(function.index.statements)
    most = MOST_ASYNC_STEPS if function.is_async else MOST_STEPS
    if calls * statements <= most:
        return None
    return f"`{function.name}` has {calls:,} calls in {statements:,} statements"

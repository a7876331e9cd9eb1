"""What a body hands control to in its own thread: the plain data of call sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from asynclint.flow import ir

if TYPE_CHECKING:
    from asynclint.core.span import Span
    from asynclint.knowledge.callables import CallableParameter
    from asynclint.project.model import Class, Function

SiteKind = Literal["call", "property", "enter", "iterate", "construct", "apply", "protocol"]
"""`apply`: a callable handed to `map`, `sorted` and the like; `protocol`: a special method behind an operator."""


class Callee(msgspec.Struct, frozen=True, gc=False):
    """A function of the project that a site may run.

    `receiver` is the class of the object it runs on, where that is known. `call` tells that the site's own arguments
    are its arguments, the receiver aside.
    """

    function: Function
    receiver: Class | None = None
    call: bool = False
    dispatched: bool = False
    """One of several implementations of the abstract method that is called."""


class CallSite(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A place in a body where other code runs before the next line of it does.

    `callees` are the functions of the project that may run, `externals` the names outside it. `awaited` says
    that the result is awaited on the spot.
    """

    kind: SiteKind
    node: ir.Expr
    span: Span
    statement: ir.Stmt
    callees: tuple[Callee, ...]
    externals: tuple[str, ...]
    awaited: bool

    @property
    def functions(self) -> tuple[Function, ...]:
        return tuple(callee.function for callee in self.callees)


def argument_at(call: ir.Call, parameter: CallableParameter) -> ir.Expr | None:
    """What a call of an external callable passes for a parameter; None where nothing is, or that is not certain."""
    for keyword in call.keywords:
        if keyword.name is not None and keyword.name == parameter.keyword:
            return keyword.value
    if parameter.index is None or any(isinstance(arg, ir.Starred) for arg in call.args[: parameter.index + 1]):
        return None
    return call.args[parameter.index] if parameter.index < len(call.args) else None


def argument_for(function: Function, name: str, call: ir.Call, *, skips_first: bool) -> ir.Expr | None:
    """What a call passes for a parameter; None where nothing is passed, or where that is not certain."""
    for keyword in call.keywords:
        if keyword.name == name:
            return keyword.value
    positional = [param.name for param in function.ir.params if param.kind in {"positional", "positional-only"}]
    positional = positional[1:] if skips_first else positional
    if name not in positional or any(isinstance(arg, ir.Starred) for arg in call.args):
        return None
    position = positional.index(name)
    return call.args[position] if position < len(call.args) else None

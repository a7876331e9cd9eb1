"""Which literals the IR keeps by value."""

from __future__ import annotations

from math import inf

from asynclint.flow import ir


def literal(value: object) -> ir.Constant | ir.Opaque:
    """The IR of a literal with this value (numbers have no sign: `-1` is an operation)."""
    if isinstance(value, str):
        if len(value) <= ir.MAX_TEXT and (value.isascii() or _is_encodable(value)):
            return ir.Constant(value)
    elif isinstance(value, int):  # bool among them
        if value < ir.MAX_INT:
            return ir.Constant(value)
    elif value is None or (isinstance(value, float) and value < inf):
        return ir.Constant(value)
    return ir.Opaque()


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate, from an escape such as "\udc80"
        return False
    return True

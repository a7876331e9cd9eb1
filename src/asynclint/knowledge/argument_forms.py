"""The small language of the `unless` column: forms of a call in which it does not block.

    unless   = form { "|" form }                      any of them is enough
    form     = argument operator operand
    argument = ["self."] [keyword] ["#" index] ["?"]  by keyword, by 0-based position, or either
    operator = "=" | "&" | ":"

`=` compares with a constant: None, True, False or a number. `&` asks for a flag, written as a dotted name, alone or
among others joined by `|`. `:` asks for an instance of a class. With `?` the form also holds where the argument is
absent (its default is such a value). `self.` speaks of the arguments with which the receiver was constructed.

    blocking#0=False|timeout#1=0     lock.acquire(False), lock.acquire(blocking=False), lock.acquire(timeout=0)
    interval#0?=None                 psutil.cpu_percent()
    #1&fcntl.LOCK_NB                 fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fp#0:io.BytesIO                  PIL.Image.open(io.BytesIO(data))
    self.maxsize#0?=0                put() on queue.Queue()
"""

from __future__ import annotations

import enum
import functools
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


Operator: TypeAlias = Literal["=", "&", ":"]

_OPERATORS: Final[tuple[Operator, ...]] = ("=", "&", ":")
_RECEIVER: Final = "self."


class _Sentinel(enum.Enum):
    UNKNOWN = enum.auto()
    ABSENT = enum.auto()


UNKNOWN: Final = _Sentinel.UNKNOWN
"""An argument whose value is not known."""


class Flags(NamedTuple):
    """An argument that is a named constant, or several joined by `|`: their canonical dotted names."""

    names: frozenset[str]


class InstanceOf(NamedTuple):
    """An argument of which only the class is known: its canonical dotted name."""

    class_name: str


class Form(NamedTuple):
    """One form: which argument, and what it has to be."""

    of_receiver: bool
    keyword: str
    position: int | None
    holds_if_absent: bool
    operator: Operator
    operand: object

    def holds(self, positional: Sequence[object], keywords: Mapping[str, object]) -> bool:
        """Whether a call with these arguments has this form."""
        value = self._argument(positional, keywords)
        if value is _Sentinel.ABSENT:
            return self.holds_if_absent
        if self.operator == "&":
            return isinstance(value, Flags) and self.operand in value.names
        if self.operator == ":":
            return isinstance(value, InstanceOf) and value.class_name == self.operand
        return value is None if self.operand is None else value == self.operand

    def _argument(self, positional: Sequence[object], keywords: Mapping[str, object]) -> object:
        if self.keyword in keywords:
            return keywords[self.keyword]
        if self.position is not None and self.position < len(positional):
            return positional[self.position]
        return _Sentinel.ABSENT


_CONSTANTS: dict[str, object] = {"None": None, "True": True, "False": False}


@functools.cache
def parse_forms(unless: str) -> tuple[Form, ...]:
    """The forms of a cell of the `unless` column."""
    return tuple(_parse_form(text) for text in unless.split("|") if text)


def _parse_form(text: str) -> Form:
    argument, operator, operand = _cut_at_operator(text)
    holds_if_absent = argument.endswith("?")
    keyword, _, position = argument.removesuffix("?").removeprefix(_RECEIVER).partition("#")
    return Form(
        of_receiver=argument.startswith(_RECEIVER),
        keyword=keyword,
        position=int(position) if position else None,
        holds_if_absent=holds_if_absent,
        operator=operator,
        operand=_constant(operand) if operator == "=" else operand,
    )


def _cut_at_operator(text: str) -> tuple[str, Operator, str]:
    for operator in _OPERATORS:
        argument, found, operand = text.partition(operator)
        if found and argument and operand:
            return argument, operator, operand
    raise ValueError(f"not an argument form: {text!r}")


def _constant(text: str) -> object:
    return _CONSTANTS[text] if text in _CONSTANTS else float(text)

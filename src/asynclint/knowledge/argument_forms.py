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
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class _Sentinel(enum.Enum):
    UNKNOWN = enum.auto()
    ABSENT = enum.auto()


UNKNOWN: Final = _Sentinel.UNKNOWN
"""An argument whose value is not known."""


@dataclass(frozen=True, slots=True)
class Flags:
    """An argument that is a named constant, or several joined by `|`: their canonical dotted names."""

    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class InstanceOf:
    """An argument of which only the class is known: its canonical dotted name."""

    class_name: str


@dataclass(frozen=True, slots=True)
class Form:
    """One form: which argument, and what it has to be."""

    of_receiver: bool
    keyword: str
    index: int | None
    holds_if_absent: bool
    operator: Literal["=", "&", ":"]
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
        if self.index is not None and self.index < len(positional):
            return positional[self.index]
        return _Sentinel.ABSENT


_FORM = re.compile(
    r"(?P<self>self\.)?(?P<keyword>[a-z_]*)(?:#(?P<index>\d))?(?P<absent>\?)?(?P<operator>[=&:])(?P<operand>[\w.]+)"
)
_CONSTANTS: dict[str, object] = {"None": None, "True": True, "False": False}


@functools.cache
def parse_forms(unless: str) -> tuple[Form, ...]:
    """The forms of a cell of the `unless` column."""
    return tuple(_parse_form(text) for text in unless.split("|") if text)


def _parse_form(text: str) -> Form:
    match = _FORM.fullmatch(text)
    if match is None or not (match["keyword"] or match["index"]):
        raise ValueError(f"not an argument form: {text!r}")
    operator: Literal["=", "&", ":"] = "=" if match["operator"] == "=" else "&" if match["operator"] == "&" else ":"
    return Form(
        of_receiver=match["self"] is not None,
        keyword=match["keyword"],
        index=None if match["index"] is None else int(match["index"]),
        holds_if_absent=match["absent"] is not None,
        operator=operator,
        operand=_constant(match["operand"]) if operator == "=" else match["operand"],
    )


def _constant(text: str) -> object:
    return _CONSTANTS[text] if text in _CONSTANTS else float(text)

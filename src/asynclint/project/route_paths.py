"""Paths of routes as far as the sources tell: constants put together, and what is not constant as it is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asynclint.flow import ir
from asynclint.flow.traversal import dotted, span_start, walk
from asynclint.project.model import Class, Module
from asynclint.project.values import Const, Instance, members

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Scope

UNKNOWN_PART: Final = "…"

_MAX_DEPTH = 8
_F_STRING = re.compile(rb"""[fF](?P<quote>["'])(?P<body>[^"'\\\r\n]*)(?P=quote)""")
_FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class RoutePath:
    """A path, or a part of one. Where it is not `known`, a part of the text is `<expression>` or `…`."""

    text: str
    known: bool = True

    def __add__(self, other: RoutePath) -> RoutePath:
        return RoutePath(self.text + other.text, self.known and other.known)


EMPTY = RoutePath("")
UNKNOWN_PATH = RoutePath(UNKNOWN_PART, known=False)


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression and the body it stands in. `names` says what parameters and loop variables stand for there."""

    node: ir.Expr
    scope: Scope
    names: Mapping[str, Expression] | None = None

    def part(self, node: ir.Expr) -> Expression:
        """A sub-expression."""
        return Expression(node, self.scope, self.names)

    def named(self) -> Expression:
        """What the name stands for, where this is a name of which that is known."""
        if isinstance(self.node, ir.Name) and self.names is not None:
            return self.names.get(self.node.id, self)
        return self


class RoutePathReader:
    """Reads the texts of prefixes and paths."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def read(self, expression: Expression, depth: int = 0) -> RoutePath:
        """The text that an expression gives."""
        expression = expression.named()
        if depth > _MAX_DEPTH:
            return UNKNOWN_PATH
        constant = self._constant(expression)
        if constant is not None:
            return constant
        assigned = self._assigned(expression)
        if assigned is not None and isinstance(assigned.node, ir.Constant | ir.BinOp | ir.FString | ir.Name):
            return self.read(assigned, depth + 1)
        match expression.node:
            case ir.BinOp(op="+", left=left, right=right):
                return self.read(expression.part(left), depth + 1) + self.read(expression.part(right), depth + 1)
            case ir.FString():
                return self._f_string(expression, expression.node, depth)
            case ir.BoolOp(op="or", values=(_, ir.Constant(value=""))):
                return self.read(expression.part(expression.node.values[0]), depth + 1)
            case node:
                return unknown(dotted(node))

    def _constant(self, expression: Expression) -> RoutePath | None:
        value = self._evaluator.value(expression.node, expression.scope)
        match value:
            case Const(value=str() as text):
                return RoutePath(text)
            case Const(value=None):
                return EMPTY
            case _:
                return self._class_default(expression)

    def _assigned(self, expression: Expression) -> Expression | None:
        """What a name is assigned once, here or where it is imported from: `PREFIX: str = "/api"`."""
        if not isinstance(expression.node, ir.Name | ir.Attribute):
            return None
        found = self._evaluator.linker.alias(expression.node, expression.scope)
        return Expression(*found) if found is not None else None

    def _class_default(self, expression: Expression) -> RoutePath | None:
        """`settings.api_prefix`: the default that a class body gives the attribute, if nothing else in it does."""
        node = expression.node
        if not isinstance(node, ir.Attribute):
            return None
        for member in members(self._evaluator.value(node.value, expression.scope)):
            if isinstance(member, Instance) and isinstance(member.cls, Class):
                for cls in self._evaluator.members.mro(member.cls):
                    if isinstance(cls, Class) and node.attr in cls.index.bindings:
                        return _single_default(cls, node.attr)
        return None

    def _f_string(self, expression: Expression, node: ir.FString, depth: int) -> RoutePath:
        """The IR keeps the fields only; the text between them is read from the source."""
        starts = {span_start(part) for value in node.values for part in walk(value)}
        scope = expression.scope
        data = scope.data if isinstance(scope, Module) else scope.module.data
        found = _F_STRING.match(data, max(starts, default=0))
        if found is None:
            return UNKNOWN_PATH
        pieces = _FIELD.split(found["body"].decode("utf-8", "replace"))
        if "{" in "".join(pieces[::2]) or [dotted(value) for value in node.values] != pieces[1::2]:
            return UNKNOWN_PATH
        text = RoutePath(pieces[0])
        for value, after in zip(node.values, pieces[2::2], strict=True):
            text = text + self.read(expression.part(value), depth + 1) + RoutePath(after)
        return text


def unknown(written: str) -> RoutePath:
    """The part of a path of which only the expression is known."""
    return RoutePath(f"<{written}>", known=False) if written else UNKNOWN_PATH


def _single_default(cls: Class, name: str) -> RoutePath | None:
    values = list(_values(cls, name))
    return RoutePath(values[0]) if len(values) == 1 and values[0] is not None else None


def _values(cls: Class, name: str) -> Iterator[str | None]:
    for binding in cls.index.bindings[name]:
        match binding.value:
            case ir.Constant(value=str() as text):
                yield text
            case ir.Call(args=(ir.Constant(value=str() as text), *_)):
                yield text  # `Field("/api")`
            case ir.Call(keywords=keywords):
                given = [item.value for item in keywords if item.name == "default"]
                yield from (item.value if isinstance(item, ir.Constant) else None for item in given)  # type: ignore[misc]
            case _:
                yield None

"""What is put into a collection that is made empty: `clients = {}`, later `clients[key] = Redis()`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.project.reads import BodyAnswers
from asynclint.project.values import Container, Union, Unknown, Value, members, union

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Class, Module, Scope

_ADDS_FIRST = frozenset({"append", "add", "appendleft"})
_ADDS_SECOND = frozenset({"insert", "setdefault"})
_ADDS_ELEMENTS = frozenset({"extend", "update", "extendleft"})


class FillingReader:
    """Completes the values of empty displays by the names that hold them.

    What is put in is evaluated with collections taken as empty: collections of collections would otherwise be read
    again and again.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._fills: BodyAnswers[dict[str, list[tuple[ir.Expr, bool]]]] = BodyAnswers(evaluator.reads, self._find)

    def of_local(self, value: Value, name: str, scope: Scope) -> Value:
        """The value of a local, with the elements that its body puts in."""
        return self._filled(value, lambda: self._in_scope(name, scope))

    def of_global(self, value: Value, name: str, module: Module) -> Value:
        """The value of a module global, with the elements that the functions of its module put in."""
        return self._filled(value, lambda: self._in_module(name, module))

    def of_attribute(self, value: Value, name: str, cls: Class) -> Value:
        """The value of an attribute, with the elements that the methods of its class put in."""
        return self._filled(value, lambda: self._in_methods(name, cls))

    def _filled(self, value: Value, elements: Callable[[], Iterator[Value]]) -> Value:
        if not isinstance(value, Container | Union) or self._evaluator.is_plain:
            return value
        if not any(_is_empty(member) for member in members(value)):
            return value
        with self._evaluator.plainly():
            known = [element for element in elements() if not isinstance(element, Unknown)]
        if not known:
            return value
        element = union(known)
        return union([_with_element(member, element) for member in members(value)])

    def _in_scope(self, name: str, scope: Scope) -> Iterator[Value]:
        for node, is_many in self._of(scope).get(name, ()):
            value = self._evaluator.value(node, scope)
            yield union([_contents(item, self._evaluator) for item in members(value)]) if is_many else value

    def _in_module(self, name: str, module: Module) -> Iterator[Value]:
        yield from self._in_scope(name, module)
        markers = [f"{name}{sign}".encode() for sign in ("[", ".")]
        for function in module.functions:
            start, end = function.ir.start, function.ir.end
            if any(module.data.find(marker, start, end) >= 0 for marker in markers) and not function.index.binds(name):
                yield from self._in_scope(name, function)

    def _in_methods(self, name: str, cls: Class) -> Iterator[Value]:
        for method in cls.methods:
            if not method.ir.params or cls.module.data.find(f".{name}".encode(), method.ir.start, method.ir.end) < 0:
                continue
            yield from self._in_scope(f"{method.ir.params[0].name}.{name}", method)

    def _of(self, scope: Scope) -> dict[str, list[tuple[ir.Expr, bool]]]:
        """By the name or `self.name` of a collection, the expressions put into it; true for those that hold many."""
        return self._fills.of(scope)

    def _find(self, scope: Scope) -> dict[str, list[tuple[ir.Expr, bool]]]:
        found: dict[str, list[tuple[ir.Expr, bool]]] = {}
        for holder, node, is_many in _fills(scope):
            if holder:
                found.setdefault(holder, []).append((node, is_many))
        return found


def _contents(value: Value, evaluator: Evaluator) -> Value:
    return value.element if isinstance(value, Container) else evaluator.element(value)


def _is_empty(value: Value) -> bool:
    return isinstance(value, Container) and not value.items and isinstance(value.element, Unknown)


def _with_element(value: Value, element: Value) -> Value:
    return Container(element, (), value.kind) if isinstance(value, Container) and _is_empty(value) else value


def _fills(scope: Scope) -> Iterator[tuple[str, ir.Expr, bool]]:
    for call in scope.index.calls:
        if not isinstance(call.func, ir.Attribute) or not call.args:
            continue
        holder = _holder(call.func.value)
        if call.func.attr in _ADDS_FIRST:
            yield holder, call.args[0], False
        elif call.func.attr in _ADDS_SECOND and len(call.args) > 1:
            yield holder, call.args[1], False
        elif call.func.attr in _ADDS_ELEMENTS:
            yield holder, call.args[0], True
    for statement in scope.index.statements:
        if isinstance(statement, ir.Assign):
            for target in statement.targets:
                if isinstance(target, ir.Subscript):
                    yield _holder(target.value), statement.value, False


def _holder(node: ir.Expr) -> str:
    match node:
        case ir.Name(id=name):
            return name
        case ir.Attribute(value=ir.Name(id=owner), attr=attr):
            return f"{owner}.{attr}"
        case _:
            return ""

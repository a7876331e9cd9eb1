"""What tests with `isinstance` say of a name in the code they guard."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from asynclint.flow import ir
from asynclint.flow.traversal import blocks
from asynclint.knowledge import blocking as knowledge
from asynclint.project.model import Class
from asynclint.project.values import UNKNOWN, ClassValue, External, Instance, Unknown, Value, members, union

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Scope
    from asynclint.project.scopes import ScopeIndex

_LEAVING = (ir.Return, ir.Raise, ir.Continue, ir.Break)


class Fact(NamedTuple):
    """The name is an instance of one of the classes that `types` gives; if not `holds`, of none of them."""

    name: ir.Name
    types: ir.Expr
    holds: bool


class NarrowingReader:
    """Narrows names in bodies that call `isinstance`; all others cost one look-up."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._tested: dict[int, frozenset[str]] = {}

    def narrow(self, value: Value, node: ir.Name, scope: Scope) -> Value:
        """The value of a name at one place, less what the tests around that place exclude."""
        index = scope.index
        if node.id not in self._tested_names(index):
            return value
        for fact in _facts_at(node, index):
            if fact.name.id == node.id and fact.name is not node and self._same_binding(fact.name, node, index):
                value = self._apply(fact, value, scope)
        return value

    def _tested_names(self, index: ScopeIndex) -> frozenset[str]:
        found = self._tested.get(id(index))
        if found is None:
            found = self._tested[id(index)] = frozenset(
                call.args[0].id
                for call in index.calls
                if isinstance(call.func, ir.Name)
                and call.func.id == "isinstance"
                and call.args
                and isinstance(call.args[0], ir.Name)
            )
        return found

    def _same_binding(self, tested: ir.Name, node: ir.Name, index: ScopeIndex) -> bool:
        at_test, at_use = index.use_of(tested), index.use_of(node)
        return index.reaching(node.id, at_test) == index.reaching(node.id, at_use)

    def _apply(self, fact: Fact, value: Value, scope: Scope) -> Value:
        classes = self._classes(fact.types, scope)
        if not classes:
            return UNKNOWN if fact.holds else value
        if not fact.holds:
            rest = [item for item in members(value) if not self._is_one_of(item, classes)]
            return union(rest) if rest else UNKNOWN
        kept = [item for item in members(value) if self._is_one_of(item, classes)]
        return union(kept) if kept else union([Instance(cls) for cls in classes])

    def _classes(self, types: ir.Expr, scope: Scope) -> list[Class | str]:
        """The classes named; [] where one of them is not known."""
        parts = types.items if isinstance(types, ir.Collection) else (types,)
        found: list[Class | str] = []
        for part in parts:
            if isinstance(part, ir.BinOp) and part.op == "|":
                left, right = self._classes(part.left, scope), self._classes(part.right, scope)
                if not left or not right:
                    return []
                found += [*left, *right]
                continue
            for member in members(self._evaluator.value(part, scope)):
                match member:
                    case ClassValue(cls=cls):
                        found.append(cls)
                    case External(name=name):
                        found.append(knowledge.canonical(name))
                    case _:
                        return []
        return found

    def _is_one_of(self, value: Value, classes: list[Class | str]) -> bool:
        if not isinstance(value, Instance) or isinstance(value, Unknown):
            return False
        if isinstance(value.cls, Class):
            return any(entry in classes for entry in self._evaluator.members.mro(value.cls))
        return value.cls in classes or any(base in classes for base in knowledge.bases(value.cls))


def _facts_at(node: ir.Name, index: ScopeIndex) -> Iterator[Fact]:
    """What is certain where the name stands, nearest first."""
    current: ir.Expr | ir.Stmt | None = node
    around = index.parents.get(id(node))
    while around is not None and id(around) in index.parents:
        yield from _within_expression(around, current)
        current, around = around, index.parents.get(id(around))
    statement = index.statement_of(node)
    while statement is not None:
        outer = index.enclosing.get(id(statement))
        body = _block_of(statement, outer, index)
        yield from _before(statement, body)
        if isinstance(outer, ir.If | ir.While) and body is not outer.orelse:
            yield from _facts(outer.test, holds=True)
        elif isinstance(outer, ir.If) and body is outer.orelse:
            yield from _facts(outer.test, holds=False)
        statement = outer


def _within_expression(around: ir.Expr | ir.Stmt, current: ir.Expr | ir.Stmt | None) -> Iterator[Fact]:
    match around:
        case ir.IfExp(test=test, body=body, orelse=orelse) if current is body or current is orelse:
            yield from _facts(test, holds=current is body)
        case ir.BoolOp(op=op, values=values):
            for value in values:
                if value is current:
                    return
                yield from _facts(value, holds=op == "and")
        case _:
            return


def _block_of(statement: ir.Stmt, outer: ir.Stmt | None, index: ScopeIndex) -> tuple[ir.Stmt, ...]:
    bodies = (index.body,) if outer is None else blocks(outer)
    return next((body for body in bodies if any(item is statement for item in body)), ())


def _before(statement: ir.Stmt, body: tuple[ir.Stmt, ...]) -> Iterator[Fact]:
    """From `assert isinstance(…)`, and from `if not isinstance(…): return`, further up in the same block."""
    for item in body:
        if item is statement:
            return
        if isinstance(item, ir.Assert):
            yield from _facts(item.test, holds=True)
        elif isinstance(item, ir.If) and not item.orelse and item.body and isinstance(item.body[-1], _LEAVING):
            yield from _facts(item.test, holds=False)


def _facts(test: ir.Expr, *, holds: bool) -> Iterator[Fact]:
    match test:
        case ir.Call(func=ir.Name(id="isinstance"), args=(ir.Name() as name, types)):
            yield Fact(name, types, holds)
        case ir.UnaryOp(op="not", operand=operand):
            yield from _facts(operand, holds=not holds)
        case ir.BoolOp(op=op, values=values) if (op == "and") is holds:
            for value in values:
                yield from _facts(value, holds=holds)
        case _:
            return

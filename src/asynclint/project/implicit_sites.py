"""Calls that no parentheses show: properties, context managers, and the special methods behind operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.knowledge import blocking as knowledge
from asynclint.knowledge.higher_order import SPECIAL_METHODS
from asynclint.project.iteration import expression_span
from asynclint.project.model import Class
from asynclint.project.sites import Callee, CallSite
from asynclint.project.values import GeneratorValue, Instance, members

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Function, Scope

OPERATORS = frozenset({"__getitem__", "__setitem__", "__delitem__", "__contains__"})


class ImplicitSiteReader:
    """Reads them in one body at a time.

    `accessors` gives the names of all properties of the project, `operators` the special methods of `OPERATORS` that
    some class of it has: only these are looked for.
    """

    def __init__(
        self, evaluator: Evaluator, accessors: Callable[[], Collection[str]], operators: Callable[[], Collection[str]]
    ) -> None:
        self._evaluator = evaluator
        self._accessors = accessors
        self._operators = operators

    def sites(self, scope: Scope) -> Iterator[CallSite]:
        """Properties, `with` statements, subscripts and membership tests of the body."""
        accessors = self._accessors()
        for attribute in scope.index.attributes:
            if attribute.attr in accessors:
                yield from self._of_attribute(attribute, scope)
        for statement in scope.index.statements:
            if isinstance(statement, ir.With) and not statement.is_async:
                for item in statement.items:
                    yield from self.entering(item.context, statement, scope)
        if self._operators():
            yield from self._of_operators(scope)

    def entering(self, node: ir.Expr, statement: ir.Stmt, scope: Scope) -> Iterator[CallSite]:
        """What `with` runs on entry and exit."""
        callees: list[Callee] = []
        externals: list[str] = []
        for member in members(self._evaluator.value(node, scope)):
            match member:
                case Instance(cls=str() as name):
                    methods = (f"{name}.__enter__", f"{name}.__exit__")
                    externals += [method for method in methods if knowledge.lookup(method) is not None]
                case GeneratorValue(function=function, context_manager=True) if not function.is_async:
                    callees.append(Callee(function))
                case Instance(cls=Class() as cls):
                    callees += self._methods(cls, "__enter__", "__exit__")
                case _:
                    pass
        if callees or externals:
            span = expression_span(node, statement)
            yield CallSite("enter", node, span, statement, tuple(callees), tuple(externals), awaited=False)

    def of_builtin(self, call: ir.Call, externals: list[str], statement: ir.Stmt, scope: Scope) -> Iterator[CallSite]:
        """What `len(x)` and its like run."""
        name = next((SPECIAL_METHODS[name] for name in externals if name in SPECIAL_METHODS), None)
        if name is not None and len(call.args) == 1:
            yield from self._special(name, call.args[0], call, statement, scope)

    # -- properties --------------------------------------------------------------------------------------------

    def _of_attribute(self, node: ir.Attribute, scope: Scope) -> Iterator[CallSite]:
        use = scope.index.use(node)
        if use.deferred or use.lazy:
            return
        stored = _is_stored(node, scope)
        callees: list[Callee] = []
        for member in members(self._evaluator.value(node.value, scope)):
            if isinstance(member, Instance) and isinstance(member.cls, Class):
                accessor = self._accessor(member.cls, node.attr, stored=stored)
                if accessor is not None:
                    callees.append(Callee(accessor, member.cls))
        if callees:
            span = Span(node.start, node.end)
            yield CallSite("property", node, span, use.statement, tuple(callees), (), awaited=False)

    def _accessor(self, cls: Class, name: str, *, stored: bool) -> Function | None:
        if stored:
            return self._evaluator.members.setter(cls, name)
        method = self._evaluator.members.method(cls, name)
        return method if method is not None and self._evaluator.members.is_property(method) else None

    # -- operators ---------------------------------------------------------------------------------------------

    def _of_operators(self, scope: Scope) -> Iterator[CallSite]:
        if "__contains__" in self._operators():
            for comparison in scope.index.comparisons:
                yield from self._of_membership(comparison, scope)
        for node in scope.index.subscripts:
            use = scope.index.use(node)
            if not use.deferred and not use.lazy:
                yield from self._special(_subscript_method(node, scope), node.value, node, use.statement, scope)

    def _of_membership(self, node: ir.Compare, scope: Scope) -> Iterator[CallSite]:
        use = scope.index.use(node)
        if use.deferred or use.lazy:
            return
        for operator, operand in zip(node.ops, node.operands[1:], strict=True):
            if operator in {"in", "not in"}:
                yield from self._special("__contains__", operand, operand, use.statement, scope)

    def _special(
        self,
        name: str,
        receiver: ir.Expr,
        node: ir.Expr,
        statement: ir.Stmt,
        scope: Scope,
    ) -> Iterator[CallSite]:
        if name in OPERATORS and name not in self._operators():
            return
        callees = [
            callee
            for member in members(self._evaluator.value(receiver, scope))
            if isinstance(member, Instance) and isinstance(member.cls, Class)
            for callee in self._methods(member.cls, name)
        ]
        if callees:
            span = expression_span(node, statement)
            yield CallSite("protocol", node, span, statement, tuple(callees), (), awaited=False)

    def _methods(self, cls: Class, *names: str) -> Iterator[Callee]:
        for name in names:
            method = self._evaluator.members.method(cls, name)
            if method is not None:
                yield Callee(method, cls)


def _subscript_method(node: ir.Subscript, scope: Scope) -> str:
    around = scope.index.parents.get(id(node))
    match around:
        case ir.Assign(targets=targets) if any(target is node for target in targets):
            return "__setitem__"
        case ir.Delete():
            return "__delitem__"
        case _:
            return "__getitem__"


def _is_stored(node: ir.Attribute, scope: Scope) -> bool:
    around = scope.index.parents.get(id(node))
    match around:
        case ir.Assign(targets=targets):
            return any(target is node for target in targets)
        case ir.AugAssign(target=target) | ir.AnnAssign(target=target):
            return target is node
        case ir.Delete():
            return True
        case _:
            return False

"""Which exceptions the handlers, context managers and decorators of a function take, so that they go no further."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from asynclint.flow import ir
from asynclint.flow.traversal import blocks, dotted, header_exprs, statements, walk
from asynclint.knowledge.trivial_calls import LOG_METHODS
from asynclint.project.departures import ended_by, may_return_true
from asynclint.project.model import Class
from asynclint.project.values import (
    BoundMethod,
    Container,
    External,
    FunctionValue,
    GeneratorValue,
    Instance,
    full_name,
    members,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.span import Span
    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Function

_BROAD = frozenset({"Exception", "BaseException", "builtins.Exception", "builtins.BaseException"})
_CATCHING_WORDS = ("catch", "suppress", "swallow", "safe", "guard", "handle_exc", "handle_err", "log_exc", "log_err")


class HandlerCoverage:
    """Reads what stands around statements, and around whole functions."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def takes_all(self, statement: ir.Stmt, function: Function) -> TypeGuard[ir.Try | ir.With]:
        """Whether a statement ends whatever its body raises."""
        match statement:
            case ir.Try():
                return self.covers(statement, function)
            case ir.With():
                return self.suppresses(statement, function)
            case _:
                return False

    def covers(self, statement: ir.Try, function: Function) -> bool:
        """Whether a handler takes every Exception and does not let it go on."""
        return any(
            self._is_among(handler.type, function) and not _raises_again(handler) for handler in statement.handlers
        )

    def _is_among(self, node: ir.Expr | None, function: Function) -> bool:
        if node is None:
            return True
        if isinstance(node, ir.Collection):
            return any(self._is_among(item, function) for item in node.items)
        value = self._evaluator.value(node, function)
        named = value.items if isinstance(value, Container) else members(value)
        return any(isinstance(member, External) and member.name in _BROAD for member in named)

    def suppresses(self, statement: ir.With, function: Function) -> bool:
        return any(self._ends_all(item.context, function, is_async=statement.is_async) for item in statement.items)

    def _ends_all(self, context: ir.Expr, function: Function, *, is_async: bool) -> bool:
        """Whether the context manager ends every exception of its block."""
        ended = ended_by(context, function, self._evaluator)
        if ended is not None:
            return any(self._is_among(item, function) for item in ended)
        leave = "__aexit__" if is_async else "__exit__"
        for member in members(self._evaluator.value(context, function)):
            match member:
                case GeneratorValue(function=manager):
                    return self._guards_its_body(manager)
                case Instance(cls=Class() as cls):
                    method = self._evaluator.members.method(cls, leave)
                    return method is not None and may_return_true(method)
                case _:
                    continue
        return False

    def _guards_its_body(self, manager: Function) -> bool:
        """A generator-made context manager that yields inside a try which takes everything."""
        return manager.is_generator and any(
            isinstance(statement, ir.Try)
            and self.covers(statement, manager)
            and any(
                isinstance(node, ir.Yield)
                for inner in statements(statement.body)
                for expr in header_exprs(inner)
                for node in walk(expr)
            )
            for statement in manager.index.statements
        )

    # -- whole functions --------------------------------------------------------------------------------------

    def has_broad_handler(self, function: Function) -> bool:
        """Whether some try of the function catches everything that calls in its body raise."""
        return any(
            isinstance(statement, ir.Try)
            and self.covers(statement, function)
            and any(isinstance(node, ir.Call) for node in _nodes_in(statement.body))
            for statement in function.index.statements
        )

    def is_logged(self, function: Function, span: Span) -> bool:
        """Whether a handler around the place, or around the function in a decorator, logs it and lets it go on."""
        around = [
            item
            for item in function.index.statements
            if isinstance(item, ir.Try) and item.handlers and item.body[0].start <= span.start < item.handlers[0].start
        ]
        return any(self._logs_all(statement, function) for statement in around) or any(
            self._logs_all(statement, wrapper)
            for decorator in self._decorators(function)
            for wrapper in decorator.module.functions
            if decorator in wrapper.ancestors()
            for statement in wrapper.index.statements
            if isinstance(statement, ir.Try) and any(isinstance(node, ir.Call) for node in _nodes_in(statement.body))
        )

    def _logs_all(self, statement: ir.Try, function: Function) -> bool:
        return any(
            self._is_among(handler.type, function)
            and any(isinstance(node, ir.Call) and _is_log(node) for node in _nodes_in(handler.body))
            for handler in statement.handlers
        )

    def _decorators(self, function: Function) -> Iterator[Function]:
        """The functions of the project that decorate it."""
        for node in function.ir.decorators:
            callee = node.func if isinstance(node, ir.Call) else node
            for member in members(self._evaluator.value_outside(callee, function)):
                if isinstance(member, FunctionValue | BoundMethod):
                    yield member.function

    def is_guarded_by_decorator(self, function: Function) -> bool:
        """Whether a decorator catches what the function raises: by its wrapper's body, else by its name."""
        for node in function.ir.decorators:
            callee = node.func if isinstance(node, ir.Call) else node
            value = self._evaluator.value_outside(callee, function)
            for member in members(value):
                if full_name(member) in self._evaluator.layout.declared.exception_handlers:
                    return True
                if isinstance(member, FunctionValue | BoundMethod) and self._wrapper_catches(member.function):
                    return True
            last = dotted(callee).rpartition(".")[2].lower()
            if not isinstance(value, FunctionValue) and any(word in last for word in _CATCHING_WORDS):
                return True
        return False

    def _wrapper_catches(self, decorator: Function) -> bool:
        inner = [item for item in decorator.module.functions if decorator in item.ancestors()]
        return any(
            isinstance(statement, ir.Try)
            and self.covers(statement, item)
            and any(isinstance(node, ir.Call) for node in _nodes_in(statement.body))
            for item in inner
            for statement in item.index.statements
        )


def _is_log(call: ir.Call) -> bool:
    """`logger.exception(…)`, `log_error(…)`."""
    words = dotted(call.func).lower().rpartition(".")
    return (words[2] in LOG_METHODS and "log" in words[0]) or words[2].startswith("log_")


def _nodes_in(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Expr]:
    for statement in statements(body):
        for expr in header_exprs(statement):
            yield from walk(expr)


def _raises_again(handler: ir.ExceptHandler) -> bool:
    """Whether the handler lets an exception go on: `raise`, but not one inside a try of its own."""
    stack = list(handler.body)
    while stack:
        statement = stack.pop()
        if isinstance(statement, ir.Raise):
            return True
        if isinstance(statement, ir.Try):
            stack.extend(statement.finalbody)
            continue
        for block in blocks(statement):
            stack.extend(block)
    return False

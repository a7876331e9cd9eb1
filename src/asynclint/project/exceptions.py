"""Whether the exceptions of a function's work can leave it, judged over its whole body and what it calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.flow.traversal import blocks, dotted, header_exprs, statements, walk
from asynclint.knowledge import blocking as knowledge
from asynclint.knowledge.trivial_calls import is_trivial
from asynclint.project.values import (
    BoundMethod,
    External,
    FunctionValue,
    Unknown,
    members,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Function

MAX_DEPTH = 4
"""Calls an exception is followed through."""

_BROAD = frozenset({"Exception", "BaseException", "builtins.Exception", "builtins.BaseException"})
_CATCHING_WORDS = ("catch", "suppress", "swallow", "safe", "guard", "handle_exc", "handle_err", "log_exc", "log_err")
_CLOSERS = frozenset({"close", "aclose", "wait_closed", "disconnect", "shutdown", "gather", "wait"})
"""Last words of calls whose failure loses no work."""

_PRIMITIVES = (
    "asyncio.Queue.", "asyncio.PriorityQueue.", "asyncio.LifoQueue.", "asyncio.Event.", "asyncio.Lock.",
    "asyncio.Condition.", "asyncio.Semaphore.", "asyncio.BoundedSemaphore.", "asyncio.Task.", "asyncio.Future.",
)  # fmt: skip
"""Waiting on these fails in no way that a background function should expect."""

_STANDS_FOR_WORK = frozenset({"time.sleep"})
"""Cannot fail, but a background function that only waits is a placeholder for one that works."""


@dataclass(frozen=True, slots=True, eq=False)
class Escape:
    """Where an exception leaves a function: a statement of it, and through which call, if that is how.

    `certain`: a `raise`, I/O or an await; otherwise a call that is merely not known to be harmless.
    """

    function: Function
    span: Span
    what: str
    then: Escape | None
    certain: bool


class ExceptionSummaries:
    """For each function, the first place from which an exception can escape, or None."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._escapes: dict[int, Escape | None] = {}
        self._active: set[int] = set()

    def escape(self, function: Function, depth: int = 0) -> Escape | None:
        """The first uncovered place of the function; None if all its work is guarded."""
        key = id(function)
        if key in self._escapes:
            return self._escapes[key]
        if key in self._active or depth > MAX_DEPTH or self._is_guarded_by_decorator(function):
            return None
        self._active.add(key)
        try:
            found = self._find(function, depth)
        finally:
            self._active.discard(key)
        if not self._active or found is not None:
            self._escapes[key] = found
        return found

    def _find(self, function: Function, depth: int) -> Escape | None:
        doubtful: Escape | None = None
        guards = any(
            isinstance(statement, ir.Try) and self._covers(statement, function)
            for statement in function.index.statements
        )
        for escape in self._escapes_of(function.body, function, depth):
            if guards and not _is_own(escape):
                # Beside a broad handler, what some sync callee might raise is no reason to say nothing is handled.
                continue
            if escape.certain:
                return escape
            doubtful = doubtful or escape
        return None if guards else doubtful

    # -- statements --------------------------------------------------------------------------------------------

    def _escapes_of(self, body: tuple[ir.Stmt, ...], function: Function, depth: int) -> Iterator[Escape]:
        for statement in body:
            if isinstance(statement, ir.Try):
                yield from self._escapes_of_try(statement, function, depth)
                continue
            if isinstance(statement, ir.With) and self._suppresses(statement, function):
                continue
            if isinstance(statement, ir.Raise):
                span = Span(statement.start, statement.end)
                yield Escape(function, span, f"raises {_exception_name(statement)}", None, certain=True)
                continue
            for expr in header_exprs(statement):
                yield from self._escapes_of_expr(expr, statement, function, depth)
            for block in blocks(statement):
                yield from self._escapes_of(block, function, depth)

    def _escapes_of_try(self, statement: ir.Try, function: Function, depth: int) -> Iterator[Escape]:
        if not self._covers(statement, function):
            yield from self._escapes_of(statement.body, function, depth)
        yield from self._escapes_of(statement.orelse, function, depth)
        yield from self._escapes_of(statement.finalbody, function, depth)

    def _covers(self, statement: ir.Try, function: Function) -> bool:
        """Whether a handler takes every Exception and does not let it go on."""
        return any(
            self._is_broad(handler.type, function) and not _raises_again(handler) for handler in statement.handlers
        )

    def _is_broad(self, node: ir.Expr | None, function: Function) -> bool:
        if node is None:
            return True
        if isinstance(node, ir.Collection):
            return any(self._is_broad(item, function) for item in node.items)
        value = self._evaluator.value(node, function)
        return any(isinstance(member, External) and member.name in _BROAD for member in members(value))

    def _suppresses(self, statement: ir.With, function: Function) -> bool:
        for item in statement.items:
            if not isinstance(item.context, ir.Call):
                continue
            targets = self._evaluator.targets(self._evaluator.value(item.context.func, function))
            for target in targets:
                if isinstance(target, External) and target.name == "contextlib.suppress":
                    return any(self._is_broad(arg, function) for arg in item.context.args)
                if isinstance(target, FunctionValue | BoundMethod) and self._guards_its_body(target.function):
                    return True
        return False

    def _guards_its_body(self, manager: Function) -> bool:
        """A generator-made context manager that yields inside a try which takes everything."""
        return manager.is_generator and any(
            isinstance(statement, ir.Try)
            and self._covers(statement, manager)
            and any(
                isinstance(node, ir.Yield)
                for inner in statements(statement.body)
                for expr in header_exprs(inner)
                for node in walk(expr)
            )
            for statement in manager.index.statements
        )

    # -- calls -------------------------------------------------------------------------------------------------

    def _escapes_of_expr(
        self,
        expr: ir.Expr,
        statement: ir.Stmt,
        function: Function,
        depth: int,
    ) -> Iterator[Escape]:
        for node in walk(expr):
            use = function.index.uses.get(id(node))
            if isinstance(node, ir.Call) and use is not None and not use.deferred:
                yield from self._escapes_of_call(node, statement, function, depth)
            elif isinstance(node, ir.Await) and not isinstance(node.value, ir.Call):
                yield Escape(function, Span(node.start, node.end), "awaits", None, certain=True)

    def _escapes_of_call(
        self,
        node: ir.Call,
        _statement: ir.Stmt,
        function: Function,
        depth: int,
    ) -> Iterator[Escape]:
        awaited = isinstance(function.index.parents.get(id(node)), ir.Await)
        span = Span(node.start, node.end)
        name = dotted(node.func) or "…"
        for target in self._evaluator.targets(self._evaluator.value(node.func, function)):
            match target:
                case FunctionValue(function=callee) | BoundMethod(function=callee):
                    if callee.is_async and not awaited:
                        continue
                    inner = self.escape(callee, depth + 1)
                    if inner is not None:
                        yield Escape(function, span, f"calls `{callee.qualname}`", inner, inner.certain)
                case External(name=external):
                    certain = self._external_may_fail(external, awaited=awaited)
                    if certain is not None:
                        yield Escape(function, span, f"calls `{external}`", None, certain)
                case Unknown() if awaited and name.rpartition(".")[2] not in _CLOSERS:
                    yield Escape(function, span, f"awaits `{name}`", None, certain=True)
                case _:
                    continue

    def _external_may_fail(self, name: str, *, awaited: bool) -> bool | None:
        """True for I/O and awaits, False for code of a library that may do anything, None for what is harmless."""
        if name in _STANDS_FOR_WORK:
            return False
        if is_trivial(name) or name.startswith(_PRIMITIVES) or name.rpartition(".")[2] in _CLOSERS:
            return None
        known = knowledge.lookup(name)
        if known is not None:
            return True if known.tier in {"blocks", "metadata"} else None
        if awaited:
            return True
        return None if _is_class(name) else False

    # -- decorators --------------------------------------------------------------------------------------------

    def _is_guarded_by_decorator(self, function: Function) -> bool:
        """Whether a decorator catches what the function raises: by its wrapper's body, else by its name."""
        for node in function.ir.decorators:
            callee = node.func if isinstance(node, ir.Call) else node
            value = self._evaluator.value_outside(callee, function)
            for member in members(value):
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
            and self._covers(statement, item)
            and any(isinstance(node, ir.Call) for node in _calls_in(statement.body))
            for item in inner
            for statement in item.index.statements
        )


def _is_own(escape: Escape) -> bool:
    """Whether the function itself raises, does I/O or awaits there."""
    return escape.then is None or escape.then.function.is_async


def _calls_in(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Expr]:
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


def _exception_name(statement: ir.Raise) -> str:
    node = statement.exc
    if isinstance(node, ir.Call):
        node = node.func
    return f"`{dotted(node)}`" if node is not None and dotted(node) else "again"


def _is_class(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last[:1].isupper() and knowledge.lookup(name) is None

"""Locks of threads that a coroutine function holds over an `await`.

Followed on the control-flow graph from where the lock is taken to the next `release()` of the same expression.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.control_flow import Kind
from asynclint.flow.suspension import block_suspends, evaluated, suspends, yields
from asynclint.flow.traversal import dotted, header_exprs, statements
from asynclint.knowledge.asyncio_api import REENTRANT_LOCKS, THREAD_LOCKS
from asynclint.knowledge.names import canonical, lineage
from asynclint.project.values import GeneratorValue, Instance, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.flow.control_flow import Node
    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Function

_MARKERS = (b"with ", b".acquire(")


@dataclass(frozen=True, slots=True, eq=False)
class HeldLock:
    """A lock held over a suspension. `taken` is the `with` or the call of `acquire`; `name` as it is written.

    `kind` is the canonical class; `at` is where it is held, an `await` or the header of an async statement.
    """

    taken: ir.With | ir.Call
    name: str
    kind: str
    at: ir.Await | ir.Stmt
    via: Function | None = None
    """The context manager that takes it."""

    @property
    def is_reentrant(self) -> bool:
        """Whether the same thread gets it again: then it keeps no task out."""
        return self.kind in REENTRANT_LOCKS


class HeldLockReader:
    """Finds locks held over suspensions, function by function."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def held(self, function: Function) -> Iterator[HeldLock]:
        """The locks of threads that a coroutine function holds while other tasks may run."""
        data, extent = function.module.data, (function.ir.start, function.ir.end)
        if not function.is_async or not any(data.find(marker, *extent) >= 0 for marker in _MARKERS):
            return
        acquires = data.find(b".acquire(", *extent) >= 0
        for statement in function.index.statements:
            if isinstance(statement, ir.With) and not statement.is_async:
                yield from self._in_with(statement, function)
            elif acquires:
                yield from self._after_acquire(statement, function)

    def _in_with(self, statement: ir.With, function: Function) -> Iterator[HeldLock]:
        if not function.is_generator and not block_suspends(statement.body):
            return
        for item in statement.items:
            kind, via = self._taken_by(item.context, function)
            if not kind:
                continue
            name = dotted(item.context) or dotted(getattr(item.context, "func", item.context))
            at = _suspension_after(_entered(statement, function), statement, name, function)
            if at is not None:
                yield HeldLock(statement, name, kind, at, via)
                return

    def _taken_by(self, node: ir.Expr, function: Function) -> tuple[str, Function | None]:
        """The kind of lock that entering a context manager takes, and the project's generator that does so."""
        for member in members(self._evaluator.value(node, function)):
            match member:
                case GeneratorValue(function=manager, context_manager=True) if not manager.is_async:
                    kind = self._held_at_yield(manager)
                    if kind:
                        return kind, manager
                case _:
                    pass
        return self._kind(node, function), None

    def _held_at_yield(self, manager: Function) -> str:
        for statement in manager.index.statements:
            if isinstance(statement, ir.With) and any(_yields(inner) for inner in statements(statement.body)):
                for item in statement.items:
                    kind = self._kind(item.context, manager)
                    if kind:
                        return kind
        return ""

    def _kind(self, node: ir.Expr, function: Function) -> str:
        """The class of a lock of threads; "" where the value is, or may be, something else."""
        values = members(self._evaluator.value(node, function))
        kinds = [
            canonical(value.cls) if isinstance(value, Instance) and isinstance(value.cls, str) else ""
            for value in values
        ]
        return kinds[0] if kinds and all(THREAD_LOCKS & set(lineage(kind)) for kind in kinds) else ""

    def _after_acquire(self, statement: ir.Stmt, function: Function) -> Iterator[HeldLock]:
        for expr in header_exprs(statement):
            for node in evaluated(expr):
                match node:
                    case ir.Call(func=ir.Attribute(value=lock, attr="acquire"), args=(), keywords=()):
                        kind = self._kind(lock, function)
                        name = dotted(lock)
                        if kind and name:
                            after = [
                                item
                                for taken in function.control_flow.nodes_of(statement)
                                for item in function.control_flow.normal_successors(taken)
                            ]
                            at = _suspension_after(after, None, name, function)
                            if at is not None:
                                yield HeldLock(node, name, kind, at)
                    case _:
                        pass


def _entered(statement: ir.With, function: Function) -> list[Node]:
    flow = function.control_flow
    headers = [node for node in flow.nodes_of(statement) if node.kind is Kind.HEADER]
    return [item for node in headers for item in flow.normal_successors(node)]


def _suspension_after(
    pending: list[Node], block: ir.With | None, name: str, function: Function
) -> ir.Await | ir.Stmt | None:
    """The first suspension that is met before the lock is released, or its block left, in source order."""
    flow = function.control_flow
    seen = set(pending)
    found: list[ir.Await | ir.Stmt] = []
    while pending:
        node = pending.pop()
        if (node.kind is Kind.WITH_EXIT and node.origin is block) or _releases(node, name):
            continue
        if suspends(node) or (function.is_generator and yields(node)):
            at = _place(node)
            if at is not None:
                found.append(at)
                continue
        new = [item for item in flow.normal_successors(node) if item not in seen]
        seen.update(new)
        pending += new
    return min(found, key=lambda item: item.start, default=None)


def _releases(node: Node, name: str) -> bool:
    return any(
        isinstance(part, ir.Call) and isinstance(part.func, ir.Attribute) and dotted(part.func) == f"{name}.release"
        for expr in node.expressions
        for part in evaluated(expr)
    )


def _place(node: Node) -> ir.Await | ir.Stmt | None:
    match node.origin:
        case ir.For(is_async=True) | ir.With(is_async=True):
            return node.origin
        case ir.ExceptHandler() | ir.MatchCase() | None:
            return None
        case statement:
            found = [part for expr in node.expressions for part in evaluated(expr) if isinstance(part, ir.Await)]
            return found[0] if found else statement


def _yields(statement: ir.Stmt) -> bool:
    return any(isinstance(part, ir.Yield) for expr in header_exprs(statement) for part in evaluated(expr))

"""Loops of coroutine functions that can turn without ever giving the event loop its turn.

Two kinds. A loop that never suspends and that nothing in it ends keeps the loop's thread for good. A loop that on some
way through it only looks (at a flag, at the clock, into a queue without waiting) looks at the same thing again at
once. What it waits for cannot come, as nothing else runs; with `await asyncio.sleep(0)` on the way, it takes a whole
processor until that comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from asynclint.flow import ir
from asynclint.flow.control_flow import Kind
from asynclint.flow.suspension import evaluated, suspends, yields
from asynclint.flow.traversal import dotted, statements
from asynclint.knowledge.asyncio_api import SLEEPS
from asynclint.knowledge.names import canonical
from asynclint.project.values import External, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.flow.control_flow import Node
    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Function

_PEEKS = frozenset(
    {
        "empty", "full", "qsize", "is_set", "done", "locked", "is_alive", "is_running", "running", "closed",
        "is_connected", "time", "monotonic", "perf_counter", "get_nowait", "len", "bool", "isinstance", "all", "any",
    },
)  # fmt: skip
"""Last words of calls that answer at once and change nothing (`get_nowait` where it raises, which is the way taken)."""

_LOG_METHODS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log", "trace", "print"})
_LOOKS = (
    ir.Name, ir.Attribute, ir.Constant, ir.Opaque, ir.Compare, ir.BoolOp, ir.UnaryOp, ir.BinOp, ir.Call, ir.Subscript,
    ir.FString, ir.IfExp,
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class BusyLoop:
    """`kind`: "endless" (never suspends, nothing ends it), "waiting" (looks at once again), "polling" (`sleep(0)`)."""

    statement: ir.While
    kind: str


class BusyLoopReader:
    """Finds busy loops, function by function."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def busy(self, function: Function) -> Iterator[BusyLoop]:
        """The busy loops of a coroutine function."""
        if not function.is_async or b"while" not in function.module.data[function.ir.start : function.ir.end]:
            return
        for statement in function.index.statements:
            if isinstance(statement, ir.While):
                kind = _Turns(statement, function, self).kind
                if kind is not None:
                    yield BusyLoop(statement, kind)

    def is_zero_sleep(self, node: ir.Expr, function: Function) -> bool:
        """`await asyncio.sleep(0)`."""
        match node:
            case ir.Await(value=ir.Call(func=func, args=(ir.Constant(value=0 | 0.0),))):
                return any(
                    isinstance(item, External) and canonical(item.name) in SLEEPS
                    for item in members(self._evaluator.value(func, function))
                )
            case _:
                return False


class _At(NamedTuple):
    """A step on a way round a loop, the `if` tests passed before it, and whether something says that it is meant."""

    node: Node
    tests: int
    meant: bool


class _Turns:
    """The ways once round a loop."""

    def __init__(self, loop: ir.While, function: Function, reader: BusyLoopReader) -> None:
        self._loop = loop
        self._function = function
        self._reader = reader
        self._inside = {id(item) for item in statements(loop.body)} | {id(loop)}
        self._assigned = {name for item in statements(loop.body) for name in _bound_by(item)}

    @property
    def kind(self) -> str | None:
        if any(_always_ends(item) for item in self._loop.body):
            return None
        if not isinstance(self._loop.test, ir.Constant) and not self._looks(self._loop.test):
            return None
        if self._is_endless():
            return "endless"
        if self._idles(zero_sleeps=False):
            return "waiting"
        return "polling" if self._idles(zero_sleeps=True) else None

    def _is_endless(self) -> bool:
        """Nothing in the loop suspends, and nothing ends it: no test, no `break`, `return` or `raise`, no exception."""
        if not isinstance(self._loop.test, ir.Constant) or not self._loop.test.value:
            return False
        flow = self._function.control_flow
        ends = (ir.Break, ir.Return, ir.Raise, ir.With, ir.Try, ir.Assert)
        body = list(statements(self._loop.body))
        if not body or any(isinstance(item, ends) for item in body):
            return False
        nodes = [node for item in (*body, self._loop) for node in flow.nodes_of(item)]
        return not any(suspends(node) or yields(node) or _may_stop(node) for node in nodes)

    def _idles(self, *, zero_sleeps: bool) -> bool:
        """Whether a way leads once round the loop on which nothing is done but look."""
        flow = self._function.control_flow
        headers = set(flow.nodes_of(self._loop))
        pending = [_At(item, 0, meant=False) for header in headers for item in flow.normal_successors(header)]
        pending = [at for at in pending if self._is_inside(at.node)]
        seen = set(pending)
        while pending:
            at = pending.pop()
            if at.node in headers:
                # Several tests in a row may leave nothing out: that none of them holds has to be meant to happen.
                if at.meant or at.tests <= 1:
                    return True
                continue
            if not self._is_idle(at.node, zero_sleeps=zero_sleeps):
                continue
            tests = min(at.tests + isinstance(at.node.origin, ir.If), 2)
            meant = at.meant or isinstance(at.node.origin, ir.Continue | ir.ExceptHandler) or _sleeps(at.node)
            new = [following for item in self._next(at.node) if (following := _At(item, tests, meant)) not in seen]
            seen.update(new)
            pending += new
        return False

    def _is_inside(self, node: Node) -> bool:
        return node.origin is None or node.kind is Kind.HANDLER or id(node.origin) in self._inside

    def _next(self, node: Node) -> tuple[Node, ...]:
        """What may come next; where a queue is asked without waiting, that it is empty."""
        flow = self._function.control_flow
        raised = flow.raised_successor(node)
        following = flow.normal_successors(node)
        if any(_asks_queue(expr) for expr in node.expressions):
            following = () if raised is None else (raised,)
        if node.kind is Kind.JOIN:
            following = tuple(item for item in following if item.kind is not Kind.HANDLER or _is_for_empty(item))
        return tuple(item for item in following if self._is_inside(item))

    def _is_idle(self, node: Node, *, zero_sleeps: bool) -> bool:
        """Whether the step changes nothing that a later turn could see."""
        match node.origin:
            case None | ir.Pass() | ir.Continue() | ir.ExceptHandler() | ir.Try():
                return node.kind is not Kind.EXIT and node.kind is not Kind.RAISE_EXIT
            case ir.If(test=test) | ir.While(test=test):
                return self._looks(test)
            case ir.ExprStmt(value=value) if zero_sleeps and self._reader.is_zero_sleep(value, self._function):
                return True
            case ir.ExprStmt(value=ir.Call() as call):
                return _asks_queue(call) or (_last_word(call) in _LOG_METHODS and all(map(self._looks, call.args)))
            case ir.ExprStmt(value=ir.Constant() | ir.Opaque()):
                return True
            case ir.Assign(value=value):
                return _asks_queue(value)
            case _:
                return False

    def _looks(self, test: ir.Expr) -> bool:
        """Whether a test only looks, and at nothing that the loop itself changes."""
        for part in evaluated(test):
            if not isinstance(part, _LOOKS) or isinstance(part, ir.Await):
                return False
            if isinstance(part, ir.Call) and _last_word(part) not in _PEEKS:
                return False
            if isinstance(part, ir.Name | ir.Attribute) and dotted(part) in self._assigned:
                return False
        return True


def _bound_by(statement: ir.Stmt) -> Iterator[str]:
    match statement:
        case ir.Assign(targets=targets):
            yield from (dotted(part) for target in targets for part in evaluated(target))
        case ir.AugAssign(target=target) | ir.AnnAssign(target=target) | ir.For(target=target):
            yield from (dotted(part) for part in evaluated(target))
        case ir.With(items=items):
            for item in items:
                yield from () if item.target is None else (dotted(part) for part in evaluated(item.target))
        case _:
            pass


def _sleeps(node: Node) -> bool:
    return isinstance(node.origin, ir.ExprStmt) and isinstance(node.origin.value, ir.Await)


def _always_ends(statement: ir.Stmt) -> bool:
    return isinstance(statement, ir.Break | ir.Return | ir.Raise)


def _last_word(call: ir.Call) -> str:
    return call.func.attr if isinstance(call.func, ir.Attribute) else dotted(call.func)


def _asks_queue(node: ir.Expr) -> bool:
    return isinstance(node, ir.Call) and _last_word(node) == "get_nowait"


def _is_for_empty(node: Node) -> bool:
    """Whether the handler is for a queue that has nothing."""
    kind = node.origin.type if isinstance(node.origin, ir.ExceptHandler) else None
    options = kind.items if isinstance(kind, ir.Collection) else (kind,)
    return any(
        option is None or dotted(option).rpartition(".")[2] in {"Empty", "QueueEmpty", "Exception"}
        for option in options
    )


_MAY_STOP = frozenset({"next", "exit", "_exit", "popleft", "pop", "abort", "kill", "get_nowait", "recv", "read"})


def _may_stop(node: Node) -> bool:
    """Whether what is called there ends the loop, by an exception at the end of its input, or the process."""
    return any(
        isinstance(part, ir.Call) and _last_word(part) in _MAY_STOP
        for expr in node.expressions
        for part in evaluated(expr)
    )

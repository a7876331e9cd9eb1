"""Coroutine functions that never come to an end by themselves, and the signals that stop some of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from asynclint.flow import ir
from asynclint.flow.traversal import blocks, dotted, header_exprs, statements, walk
from asynclint.knowledge.asyncio_api import CANCELLED_ERRORS
from asynclint.knowledge.fastapi_api import FASTAPI_APPS
from asynclint.knowledge.names import canonical
from asynclint.project.model import Class, Function
from asynclint.project.places import AttributePlace, GlobalPlace, Place, PlaceReader
from asynclint.project.values import ClassValue, Const, Coroutine, External, Instance, Unknown, members

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asynclint.project.inference import Evaluator
    from asynclint.project.scopes import ScopeIndex

MAX_AWAITS = 4
"""Functions that await one another down to the loop; real code has one or two."""

_STOPS = CANCELLED_ERRORS | {"KeyboardInterrupt", "SystemExit", "GeneratorExit"}
"""Exceptions that are the end of the task, not a reason for it to end."""

_ANY_ERROR = frozenset({"Exception", "BaseException"})
_PLAIN = frozenset({"bool", "int", "float", "str"})
_SCOPES = frozenset({"timeout", "timeout_at", "move_on_after", "move_on_at", "fail_after", "fail_at", "CancelScope"})
_SCOPE_CLASSES = frozenset({"anyio.CancelScope", "trio.CancelScope", "asyncio.Timeout"})
_GROUPS = frozenset({"TaskGroup", "create_task_group", "open_nursery"})
_CONNECTION_READS = frozenset(
    {
        "receive", "receive_text", "receive_bytes", "receive_json", "recv", "recv_bytes", "recv_json", "recv_multipart",
        "read", "readline", "readexactly", "readuntil", "read_message", "sock_recv", "accept", "anext", "__anext__",
    },
)  # fmt: skip
"""Methods that raise when the other side goes: a loop over one lives as long as the connection, not for ever."""


@dataclass(frozen=True, slots=True)
class FlagSignal:
    """The loop goes on while the place holds a value that is `going` when taken as true or false."""

    place: Place
    going: bool


@dataclass(frozen=True, slots=True)
class EventSignal:
    """The loop ends when the event in the place is set (or, where it runs while it is set, cleared)."""

    place: Place


@dataclass(frozen=True, slots=True)
class SentinelSignal:
    """The loop ends when it takes this item, None or a name as written, out of the queue in the place."""

    place: Place
    item: str


Signal: TypeAlias = FlagSignal | EventSignal | SentinelSignal


@dataclass(frozen=True, slots=True, eq=False)
class EndlessLoop:
    """A loop that ends only by cancellation or by one of the signals.

    `awaits` leads from the function that was asked about down to the one that holds the loop.
    """

    function: Function
    statement: ir.While
    signals: tuple[Signal, ...]
    awaits: tuple[tuple[Function, ir.Call], ...] = ()


@dataclass(frozen=True, slots=True)
class _Guard:
    """The test under which an exit of a loop is taken, and the outcome that leads there."""

    test: ir.Expr
    outcome: bool


class EndlessLoopReader:
    """Finds the endless loop of a function, its own or one that it awaits."""

    def __init__(self, evaluator: Evaluator, places: PlaceReader) -> None:
        self._evaluator = evaluator
        self._places = places
        self._found: dict[tuple[int, int], tuple[EndlessLoop | None, int]] = {}
        """By the depth too: what is found far down is less, and must not depend on what was asked before."""
        self._active: set[int] = set()
        self._is_circular = False

    def of(self, function: Function, depth: int = 0) -> EndlessLoop | None:
        """The loop that keeps the function from ever returning."""
        key = id(function)
        reads = self._evaluator.reads
        known = self._found.get((key, depth))
        if known is not None:
            reads.mask |= known[1]
            return known[0]
        if key in self._active:
            self._is_circular = True
            return None  # functions that await each other in a circle are not followed
        self._active.add(key)
        before = reads.begin()
        try:
            found = self._own(function) or self._awaited(function, depth)
        finally:
            self._active.discard(key)
            mask = reads.end(before)
        if depth and self._is_circular:
            return found  # asked from elsewhere in the circle, more can be seen
        self._is_circular = False
        self._found[key, depth] = found, mask
        return found

    def _own(self, function: Function) -> EndlessLoop | None:
        if function.is_generator or b"while" not in function.module.data[function.ir.start : function.ir.end]:
            return None
        for statement in function.index.statements:
            if isinstance(statement, ir.While):
                signals = self.signals(statement, function)
                if signals is not None and not self._is_bounded(statement, function):
                    return EndlessLoop(function, statement, signals)
        return None

    def _awaited(self, function: Function, depth: int) -> EndlessLoop | None:
        """A loop in a function that this one awaits as a statement: what follows it is never reached."""
        if depth >= MAX_AWAITS or function.is_generator:
            return None
        for statement in function.index.statements:
            for call in _awaited_calls(statement):
                if self._is_bounded(statement, function):
                    continue
                for member in members(self._evaluator.value(call, function)):
                    callee = member.function if isinstance(member, Coroutine) else None
                    inner = self.of(callee, depth + 1) if callee is not None else None
                    if inner is not None:
                        awaits = ((function, call), *inner.awaits)
                        return EndlessLoop(inner.function, inner.statement, inner.signals, awaits)
        return None

    # -- what ends a loop --------------------------------------------------------------------------------------

    def signals(self, loop: ir.While, function: Function) -> tuple[Signal, ...] | None:
        """What makes the loop end; None where that is more than cancellation and signals that can be followed."""
        if _reads_connection(loop):
            return None
        parts = [self._going_on(loop.test, function, outcome=True)]
        for guard in self._exits(loop.body, function, None, nested=False):
            parts.append(self._stopping(guard, loop, function))
        return _joined(parts)

    def _going_on(self, test: ir.Expr, function: Function, *, outcome: bool) -> tuple[Signal, ...] | None:
        """The signals that can make a test give anything but `outcome`; None where other things can."""
        match test:
            case ir.Constant(value=value) if bool(value) is outcome:
                return ()
            case ir.UnaryOp(op="not", operand=operand):
                return self._going_on(operand, function, outcome=not outcome)
            case ir.BoolOp(op=op, values=values) if (op == "and") is outcome:
                return _joined([self._going_on(value, function, outcome=outcome) for value in values])
            case ir.Call(func=ir.Attribute(value=event, attr="is_set"), args=()):
                place = self._lasting(event, function) or self._of_application(event, function)
                return (EventSignal(place),) if place is not None else None
            case ir.Name() | ir.Attribute():
                place = self._lasting(test, function)
                is_flag = place is not None and self._is_plain(test, function)
                return (FlagSignal(place, outcome),) if place is not None and is_flag else None
            case _:
                return None

    def _stopping(self, guard: _Guard | None, loop: ir.While, function: Function) -> tuple[Signal, ...] | None:
        """The signals that lead to an exit of the loop."""
        match guard:
            case None:
                return None
            case _Guard(ir.Compare(ops=(("is" | "=="),), operands=(ir.Name() as item, sentinel)), True):
                queue = self._taken_from(item, loop, function)
                return (SentinelSignal(queue, item_text(sentinel)),) if queue is not None else None
            case _Guard(test, outcome):
                return self._going_on(test, function, outcome=not outcome)

    def _taken_from(self, item: ir.Name, loop: ir.While, function: Function) -> Place | None:
        """The lasting place of the queue that a local of the loop is taken out of with `await queue.get()`."""
        for binding in function.index.bindings.get(item.id, ()):
            match binding.value:
                case ir.Await(value=ir.Call(func=ir.Attribute(value=queue, attr="get")), start=start):
                    if start > loop.start:
                        return self._lasting(queue, function)
                case _:
                    pass
        return None

    def _lasting(self, node: ir.Expr, function: Function) -> Place | None:
        """The place of a flag that is known to be plain data of the project: not a property, not a parameter."""
        place = self._places.of(node, function)
        match place:
            case GlobalPlace():
                return place
            case AttributePlace(name=name, owner=Class() as owner):
                is_method = self._evaluator.members.method(owner, name) is not None
                return None if is_method else place
            case _:
                return None

    def _of_application(self, node: ir.Expr, function: Function) -> Place | None:
        """The place of what hangs on an application: `app.state.stopping`, `request.app.state.stopping`."""
        match node:
            case ir.Attribute(value=ir.Attribute(value=holder, attr="state")) if self._is_application(holder, function):
                return self._places.of(node, function)
            case _:
                return None

    def _is_application(self, node: ir.Expr, function: Function) -> bool:
        found = members(self._evaluator.value(node, function))
        if all(isinstance(member, Unknown) for member in found):
            return dotted(node).rpartition(".")[2] in {"app", "application"}
        return all(
            isinstance(member, Instance) and isinstance(member.cls, str) and canonical(member.cls) in FASTAPI_APPS
            for member in found
        )

    def _is_plain(self, node: ir.Expr, function: Function) -> bool:
        """Whether only assignment changes the truth of the value: not that of a collection, for one."""
        return all(
            isinstance(member, Const | Unknown) or (isinstance(member, Instance) and member.cls in _PLAIN)
            for member in members(self._evaluator.value(node, function))
        )

    def _exits(
        self,
        body: tuple[ir.Stmt, ...],
        function: Function,
        guard: _Guard | None,
        *,
        nested: bool,
    ) -> Iterator[_Guard | None]:
        """The ways out of a loop, each with the innermost test around it; those taken on cancellation are left out."""
        for statement in body:
            if isinstance(statement, ir.Return) or (isinstance(statement, ir.Break) and not nested):
                yield guard
            in_loop = nested or isinstance(statement, ir.While | ir.For)
            for position, block in enumerate(self._blocks(statement, function)):
                match statement:
                    case ir.If(test=test):
                        inner: _Guard | None = _Guard(test, position == 0)
                    case ir.Match():
                        inner = None
                    case _:
                        inner = guard
                is_orelse = position > 0 and isinstance(statement, ir.While | ir.For)
                yield from self._exits(block, function, inner, nested=nested if is_orelse else in_loop)

    def _blocks(self, statement: ir.Stmt, function: Function) -> tuple[tuple[ir.Stmt, ...], ...]:
        """The blocks of a statement that run without the task being cancelled."""
        if not isinstance(statement, ir.Try):
            return blocks(statement)
        handlers = (item.body for item in statement.handlers if not self._is_for_cancellation(item, function))
        return (statement.body, *handlers, statement.orelse, statement.finalbody)

    def _is_for_cancellation(self, handler: ir.ExceptHandler, function: Function) -> bool:
        """Whether the handler runs only when the task is being cancelled or the program ends."""
        names = self._exception_names(handler, function)
        return bool(names) and names <= _STOPS

    def _exception_names(self, handler: ir.ExceptHandler, function: Function) -> set[str]:
        if handler.type is None:
            return {"BaseException"}
        types = handler.type.items if isinstance(handler.type, ir.Collection) else (handler.type,)
        return {name for item in types for name in self._names(item, function)}

    def _names(self, node: ir.Expr, function: Function) -> Iterator[str]:
        for member in members(self._evaluator.value(node, function)):
            match member:
                case External(name=name):
                    yield canonical(name)
                case ClassValue(cls=cls):
                    yield cls.full_name
                case _:
                    yield dotted(node)

    def _is_bounded(self, statement: ir.Stmt, function: Function) -> bool:
        """Whether something around the statement ends it: a timeout, or a handler for an error that is expected."""
        return any(self._bounds(around, inner, function) for around, inner in _around(statement, function.index))

    def _bounds(self, around: ir.Stmt, inner: ir.Stmt, function: Function) -> bool:
        match around:
            case ir.With(items=items):
                return any(self._is_scope(item, function) for item in items)
            case ir.Try(body=body, handlers=handlers) if inner in body:
                names = {name for handler in handlers for name in self._exception_names(handler, function)}
                return bool(names - _STOPS - _ANY_ERROR)
            case _:
                return False

    def _is_scope(self, item: ir.WithItem, function: Function) -> bool:
        """Whether leaving the block can be forced from outside, by the clock or by whoever holds the scope."""
        if isinstance(item.context, ir.Call):
            name = dotted(item.context.func).rpartition(".")[2]
            return name in _SCOPES or (name in _GROUPS and isinstance(item.target, ir.Attribute))
        values = members(self._evaluator.value(item.context, function))
        return any(isinstance(value, Instance) and value.cls in _SCOPE_CLASSES for value in values)


def _around(statement: ir.Stmt, index: ScopeIndex) -> Iterator[tuple[ir.Stmt, ir.Stmt]]:
    """The statements around one, innermost first, each with the one directly in it."""
    inner = statement
    around = index.enclosing.get(id(inner))
    while around is not None:
        yield around, inner
        inner, around = around, index.enclosing.get(id(around))


def _awaited_calls(statement: ir.Stmt) -> Iterator[ir.Call]:
    """The call that a statement awaits and does nothing else with, or the calls of a gather of that kind."""
    match statement:
        case ir.ExprStmt(value=ir.Await(value=ir.Call() as call)) | ir.Return(value=ir.Await(value=ir.Call() as call)):
            yield call
            if dotted(call.func).rpartition(".")[2] == "gather":
                yield from (arg for arg in call.args if isinstance(arg, ir.Call))
        case _:
            pass


def _reads_connection(loop: ir.While) -> bool:
    for statement in statements(loop.body):
        for expr in header_exprs(statement):
            for node in walk(expr):
                if isinstance(node, ir.Await) and isinstance(node.value, ir.Call):
                    called = [part.func for part in walk(node.value) if isinstance(part, ir.Call)]
                    if any(isinstance(func, ir.Attribute) and func.attr in _CONNECTION_READS for func in called):
                        return True
    return False


def item_text(item: ir.Expr) -> str:
    """An item of a queue as those who put it in and take it out write it; "" where it is made on the spot."""
    return repr(item.value) if isinstance(item, ir.Constant) else dotted(item).rpartition(".")[2]


def _joined(parts: Sequence[tuple[Signal, ...] | None]) -> tuple[Signal, ...] | None:
    """The signals of all parts; None as soon as one part is open."""
    known = [part for part in parts if part is not None]
    return tuple(signal for part in known for signal in part) if len(known) == len(parts) else None

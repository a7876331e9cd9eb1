"""Handlers that catch the cancellation of their own task and let it go on.

A cancelled task gets CancelledError at its next `await`. Caught there, the request is used up: the task goes on as if
nobody had asked. That is harmless where the task ends right after, and right where the code itself cancelled what it
awaits. What is looked for is a loop that takes its next turn. `except Exception` lets CancelledError pass since
Python 3.8.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from asynclint.flow import ir
from asynclint.flow.control_flow import Kind
from asynclint.flow.suspension import awaits_in, block_suspends
from asynclint.flow.traversal import blocks, dotted, header_exprs, statements, walk
from asynclint.knowledge.names import canonical
from asynclint.project.model import Function
from asynclint.project.reads import Answers
from asynclint.project.values import ClassValue, Container, Coroutine, External, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.flow.control_flow import Node
    from asynclint.project.model import Module
    from asynclint.project.project import Project
    from asynclint.project.values import Value

Clause: TypeAlias = ir.ExceptHandler | ir.With
"""An `except`, or a `with suppress(…)`."""

_MARKERS = re.compile(rb"CancelledError|BaseException|except[ \t]*:|get_cancelled_exc_class")
_CLAUSES = re.compile(rb"\b(?:except|suppress)\b")
_ASYNCIO = "asyncio.CancelledError"
_BASE = "BaseException"
_ANYIO = "anyio.get_cancelled_exc_class"
_SUPPRESS = "contextlib.suppress"
_WAITERS = frozenset({"wait", "wait_for", "gather", "shield", "wrap_future", "as_completed"})
_OUTCOMES = frozenset({"result", "exception"})
_ANSWERS = frozenset({"exit", "_exit", "abort", "uncancel", "cancelling", "cancel", "current_task", "exc_info"})
"""Last words of calls by which a handler ends the program, or looks into whose cancellation it has."""

_TELLERS = frozenset({"str", "repr", "type", "print", "isinstance", "format_exc"})
_LOG_METHODS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "trace"})

MAX_AWAITS = 2
"""Coroutines entered in search of the task whose cancellation may be met instead."""


@dataclass(frozen=True, slots=True, eq=False)
class Swallow:
    """A clause after which a cancelled task goes on with a loop.

    `caught` is the exception as its owner names it, "" for a bare `except`. `loop` stands in `function`, which awaits
    the clause's own function with `call` where it is another one. `endless`: only cancellation would have ended it.
    """

    clause: Clause
    caught: str
    function: Function
    loop: ir.While | ir.For
    call: ir.Call | None
    endless: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Guard:
    """A clause that catches cancellation, and what it guards."""

    clause: Clause
    caught: str
    statement: ir.Stmt
    guarded: tuple[ir.Stmt, ...]

    @property
    def body(self) -> tuple[ir.Stmt, ...]:
        """What is done about it."""
        return self.clause.body if isinstance(self.clause, ir.ExceptHandler) else ()

    @property
    def name(self) -> str | None:
        return self.clause.name if isinstance(self.clause, ir.ExceptHandler) else None


class CancellationReader:
    """Finds swallowed cancellations."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._evaluator = project.evaluator
        self._marked: Answers[int, bool] = Answers(project.reads, _is_marked)

    def swallowed(self, function: Function) -> Iterator[Swallow]:
        """The clauses of a coroutine function that let a cancelled task go on with a loop."""
        if not function.is_async or not self._may_catch(function):
            return
        for guard in self._guards(function):
            if _is_called_for(guard, function) or self._awaits_other_tasks(guard.guarded, function, MAX_AWAITS):
                continue
            found = self._in_own_loop(guard, function)
            if found is None and not function.is_generator:
                found = self._in_loop_of_caller(guard, function)
            if found is not None and not self._project.task_lifetimes.is_at_shutdown(function):
                yield found

    def _may_catch(self, function: Function) -> bool:
        """A look at the text: a clause in the function, and the exception anywhere in its module."""
        module = function.module
        if not _CLAUSES.search(module.data, function.ir.start, function.ir.end):
            return False
        return self._marked.of(id(module), module)

    # -- clauses that catch cancellation -----------------------------------------------------------------------

    def _guards(self, function: Function) -> Iterator[_Guard]:
        for statement in function.index.statements:
            match statement:
                case ir.Try(body=body, handlers=handlers) if block_suspends(body):
                    for handler in handlers:
                        caught = self._caught(handler.type, function)
                        if caught is not None:
                            yield _Guard(handler, caught, statement, body)
                            break
                case ir.With(is_async=False, items=items, body=body) if block_suspends(body):
                    for item in items:
                        caught = self._suppressed(item.context, function)
                        if caught is not None:
                            yield _Guard(statement, caught, statement, body)
                case _:
                    pass

    def _caught(self, node: ir.Expr | None, function: Function) -> str | None:
        """The name under which cancellation is caught, "" for a bare `except`; None where it is not, or by hand.

        Who names KeyboardInterrupt beside it writes a prompt: Ctrl-C reaches the main task as its cancellation.
        """
        if node is None:
            return ""
        names = {name for part in _alternatives(node) for name in self._names(part, function)}
        if "KeyboardInterrupt" in names:
            return None
        return next((name for name in (_ASYNCIO, _BASE, _ANYIO) if name in names), None)

    def _names(self, node: ir.Expr, function: Function) -> Iterator[str]:
        callee = node.func if isinstance(node, ir.Call) else node
        for member in members(self._evaluator.value(callee, function)):
            yield from _class_names(member)

    def _suppressed(self, node: ir.Expr, function: Function) -> str | None:
        if not isinstance(node, ir.Call) or dotted(node.func).rpartition(".")[2] != "suppress":
            return None
        value = self._evaluator.value(node.func, function)
        if not isinstance(value, External) or canonical(value.name) != _SUPPRESS:
            return None
        return next((name for arg in node.args if (name := self._caught(arg, function))), None)

    # -- clauses that know what they do ------------------------------------------------------------------------

    def _awaits_other_tasks(self, body: tuple[ir.Stmt, ...], function: Function, depth: int) -> bool:
        """Whether a task or future made elsewhere is awaited: what is caught may be its cancellation."""
        for node in awaits_in(body):
            if not isinstance(node.value, ir.Call) or _waits_for_stored(node.value):
                return True
            if depth and any(
                self._awaits_other_tasks(member.function.body, member.function, depth - 1)
                for member in members(self._evaluator.value(node.value, function))
                if isinstance(member, Coroutine) and member.function is not None
            ):
                return True
        return any(
            isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute) and node.func.attr in _OUTCOMES
            for node in _expressions(body)
            if isinstance(node, ir.Call) and not node.args
        )

    # -- loops that go on --------------------------------------------------------------------------------------

    def _in_own_loop(self, guard: _Guard, function: Function) -> Swallow | None:
        loop = _loop_around(guard.statement, function)
        if loop is None or _leaves(guard.body):
            return None
        goes_on, may_leave = _what_follows(guard.clause, loop, function)
        if not goes_on:
            return None
        endless = False
        if isinstance(loop, ir.While):
            signals = self._project.task_lifetimes.loops.signals(loop, function)
            if signals is None and (may_leave or not _is_plain_test(loop.test, function)):
                return None
            if signals is not None and self._project.task_lifetimes.may_be_signalled(signals, function):
                return None
            endless = signals is not None
        elif may_leave:
            return None
        return Swallow(guard.clause, guard.caught, function, loop, None, endless)

    def _in_loop_of_caller(self, guard: _Guard, function: Function) -> Swallow | None:
        """An endless loop that awaits the function: it returns as if its work were done, and the loop goes on."""
        if _loop_around(guard.statement, function) is not None or not _may_return(guard.clause, function):
            return None
        for scope, call in self._project.callers.of(function):
            if not isinstance(scope, Function) or not _is_awaited_statement(call, scope):
                continue
            loop = _loop_around(scope.index.use(call).statement, scope)
            if not isinstance(loop, ir.While) or self._project.task_lifetimes.is_at_shutdown(scope):
                continue
            signals = self._project.task_lifetimes.loops.signals(loop, scope)
            if signals is not None and not self._project.task_lifetimes.may_be_signalled(signals, scope):
                return Swallow(guard.clause, guard.caught, scope, loop, call, endless=True)
        return None


def _class_names(value: Value) -> Iterator[str]:
    match value:
        case External(name=name):
            yield canonical(name)
        case ClassValue(cls=cls):
            yield cls.full_name
        case Container(items=items):
            for item in items:
                yield from _class_names(item)
        case _:
            pass


def _alternatives(node: ir.Expr) -> tuple[ir.Expr, ...]:
    return node.items if isinstance(node, ir.Collection) else (node,)


def _expressions(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Expr]:
    for statement in statements(body):
        for expr in header_exprs(statement):
            yield from walk(expr)


def _last_word(call: ir.Call) -> str:
    return call.func.attr if isinstance(call.func, ir.Attribute) else dotted(call.func)


def _is_called_for(guard: _Guard, function: Function) -> bool:
    """Whether the clause cleans up, follows a `cancel()` of the function, or deals with what it has caught."""
    return (
        _is_cleanup(guard.statement, function)
        or _cancels_before(guard, function)
        or _deals_with(guard)
        or _sets_what_is_tested(guard.body, function)
    )


def _is_cleanup(statement: ir.Stmt, function: Function) -> bool:
    """Whether the statement stands in a `finally` block or a handler: the exception under way goes on after it."""
    inner, around = statement, function.index.enclosing.get(id(statement))
    while around is not None:
        if isinstance(around, ir.Try) and not any(item is inner for item in (*around.body, *around.orelse)):
            return True
        inner, around = around, function.index.enclosing.get(id(around))
    return False


def _cancels_before(guard: _Guard, function: Function) -> bool:
    """Whether the function itself cancels something before, or in, what is guarded."""
    end = guard.clause.start if isinstance(guard.clause, ir.ExceptHandler) else function.ir.end
    return any(
        isinstance(call.func, ir.Attribute) and call.func.attr == "cancel" and call.start < end
        for call in function.index.calls
    )


def _waits_for_stored(call: ir.Call) -> bool:
    """`gather(*tasks)`, `wait_for(task, 5)`: they pass on the cancellation of what they are given."""
    if _last_word(call).rpartition(".")[2] not in _WAITERS:
        return False
    first = call.args[:1] if _last_word(call).rpartition(".")[2] == "wait_for" else call.args
    return any(not isinstance(arg, ir.Call) for arg in first)


def _deals_with(guard: _Guard) -> bool:
    """Whether the handler raises, ends the program, asks whose cancellation it is, or hands the exception on."""
    for statement in statements(guard.body):
        if isinstance(statement, ir.Raise):
            return True
    for node in _expressions(guard.body):
        if isinstance(node, ir.Call):
            word = _last_word(node).rpartition(".")[2]
            if word in _ANSWERS or (word not in _TELLERS | _LOG_METHODS and _is_given(guard.name, node)):
                return True
    return any(
        isinstance(statement, ir.Assign | ir.AnnAssign) and _is_name(statement.value, guard.name)
        for statement in statements(guard.body)
    )


def _is_given(name: str | None, call: ir.Call) -> bool:
    return any(_is_name(arg, name) for arg in (*call.args, *(keyword.value for keyword in call.keywords)))


def _is_name(node: ir.Expr | None, name: str | None) -> bool:
    return name is not None and isinstance(node, ir.Name) and node.id == name


def _sets_what_is_tested(body: tuple[ir.Stmt, ...], function: Function) -> bool:
    """Whether the handler changes what a test of the function looks at: `stopping = True`, `done.set()`."""
    changed = set(_changed(body))
    if not changed:
        return False
    return any(
        dotted(node) in changed
        for statement in function.index.statements
        if isinstance(statement, ir.If | ir.While)
        for node in walk(statement.test)
        if isinstance(node, ir.Name | ir.Attribute)
    )


def _changed(body: tuple[ir.Stmt, ...]) -> Iterator[str]:
    for statement in statements(body):
        match statement:
            case ir.Assign(targets=targets):
                yield from (name for target in targets if (name := dotted(target)))
            case ir.AugAssign(target=target) | ir.AnnAssign(target=target):
                yield dotted(target)
            case ir.ExprStmt(value=ir.Call(func=ir.Attribute(value=holder, attr="set" | "clear"))):
                yield dotted(holder)
            case _:
                pass


def _loop_around(statement: ir.Stmt, function: Function) -> ir.While | ir.For | None:
    """The innermost loop that repeats the statement."""
    inner, around = statement, function.index.enclosing.get(id(statement))
    while around is not None:
        if isinstance(around, ir.While | ir.For) and any(item is inner for item in around.body):
            return around
        inner, around = around, function.index.enclosing.get(id(around))
    return None


def _leaves(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether some way through a handler leaves the loop around it."""
    for statement in body:
        if isinstance(statement, ir.Return | ir.Break | ir.Raise):
            return True
        inner = blocks(statement)
        if isinstance(statement, ir.While | ir.For):
            if any(isinstance(item, ir.Return) for block in inner for item in statements(block)):
                return True
        elif any(map(_leaves, inner)):
            return True
    return False


def _starts(clause: Clause, function: Function) -> tuple[Node, ...]:
    nodes = function.control_flow.nodes_of(clause)
    return tuple(node for node in nodes if node.kind in {Kind.HANDLER, Kind.WITH_EXIT})


def _what_follows(clause: Clause, loop: ir.While | ir.For, function: Function) -> tuple[bool, bool]:
    """Whether from the clause the next turn of the loop may come, and whether the loop may be left before."""
    flow = function.control_flow
    headers = set(flow.nodes_of(loop))
    inside = {id(item) for item in statements(loop.body)}
    pending = list(_starts(clause, function))
    seen = set(pending)
    goes_on = may_leave = False
    while pending:
        node = pending.pop()
        if node in headers:
            goes_on = True
            continue
        if node is flow.exit or (isinstance(node.origin, ir.Stmt) and id(node.origin) not in inside):
            may_leave = True
            continue
        new = [item for item in flow.normal_successors(node) if item not in seen]
        seen.update(new)
        pending += new
    return goes_on, may_leave


def _may_return(clause: Clause, function: Function) -> bool:
    """Whether the function may return normally from the clause on."""
    flow = function.control_flow
    pending = list(_starts(clause, function))
    seen = set(pending)
    while pending:
        node = pending.pop()
        if node is flow.exit:
            return True
        new = [item for item in flow.normal_successors(node) if item not in seen]
        seen.update(new)
        pending += new
    return False


def _is_plain_test(test: ir.Expr, function: Function) -> bool:
    """Whether only locals decide: nothing that other code could have changed before it cancelled the task."""
    return all(
        isinstance(node, ir.Constant | ir.Compare | ir.BoolOp | ir.UnaryOp | ir.BinOp)
        or (isinstance(node, ir.Name) and function.index.binds(node.id))
        for node in walk(test)
    )


def _is_awaited_statement(call: ir.Call, scope: Function) -> bool:
    around = scope.index.parents.get(id(call))
    return isinstance(around, ir.Await) and isinstance(scope.index.parents.get(id(around)), ir.ExprStmt)


def _is_marked(module: Module) -> bool:
    return _MARKERS.search(module.data) is not None

"""Tasks that outlive the WebSocket connection for which they were started.

When the client goes, the `receive` methods raise WebSocketDisconnect. The ways that exception takes through the route
are followed on its control-flow graph: each has to come to a place that cancels or awaits the task.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.control_flow import Kind
from asynclint.flow.raising import may_suppress
from asynclint.flow.traversal import bound_names, dotted, header_exprs, statements, walk
from asynclint.knowledge.fastapi_api import WEBSOCKET_ENDPOINTS
from asynclint.project.model import Function
from asynclint.project.places import LocalPlace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.flow.control_flow import Node
    from asynclint.project.endless_loops import EndlessLoop
    from asynclint.project.model import Scope
    from asynclint.project.project import Project

_RECEIVES = frozenset({"receive_text", "receive_bytes", "receive_json"})
"""Methods of a WebSocket that raise WebSocketDisconnect. `receive` and `iter_text` end without raising."""

_ITERATES = frozenset({"iter_text", "iter_bytes", "iter_json"})

_SENDS = frozenset({"send_text", "send_bytes", "send_json"})
_NEUTRAL = frozenset({"add_done_callback", "set_name", "get_name", "add", "append", "done", "cancelled"})
"""Methods of tasks, and of collections of them, that end nothing."""

_LOG_METHODS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log", "trace"})
_DISCONNECTS = frozenset({"WebSocketDisconnect", "Exception", "BaseException"})
_OTHER_ERRORS = frozenset(
    {
        "ValueError", "KeyError", "TypeError", "JSONDecodeError", "ValidationError", "TimeoutError", "RuntimeError",
        "ConnectionClosed", "ConnectionClosedOK", "ConnectionClosedError", "OSError", "ConnectionError",
        "CancelledError", "HTTPException", "StopAsyncIteration", "AttributeError", "IndexError", "AssertionError",
    },
)  # fmt: skip
"""They let WebSocketDisconnect pass; what is none of these and unknown may catch it."""


@dataclass(frozen=True, slots=True, eq=False)
class OutlivingTask:
    """A task that goes on when the client has gone.

    `kept` is the local that holds it, "" where nothing does; `ended` says that some other way through the route ends
    it. `sends`: its loop sends to a connection and does not catch that this fails.
    """

    loop: EndlessLoop
    kept: str
    ended: bool
    sends: bool
    in_hook: bool = False
    """It is started in a method of a `WebSocketEndpoint` that ends long before the connection does."""


class ConnectionTaskReader:
    """Follows the tasks that WebSocket routes start."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def outliving(self, task: ir.Call, scope: Scope, function: Function) -> OutlivingTask | None:
        """The task that a call in a WebSocket route makes of the coroutine function, if a disconnect leaves it."""
        lifetimes = self._project.task_lifetimes
        if not isinstance(scope, Function) or not lifetimes.is_for_connection(scope):
            return None
        loop = lifetimes.loops.of(function)
        if loop is None or lifetimes.may_be_signalled(loop.signals, scope):
            return None
        sends = _sends_unguarded(loop)
        in_endpoint = self._is_in_endpoint(scope)
        if in_endpoint and self._ends_with_endpoint(task, scope):
            return None
        ending = lifetimes.ends.of(task, scope)
        name = _local_of(task, scope)
        if ending.end is None:
            if lifetimes.is_started_once(task, scope, ending.stores):
                return None  # the first connection starts it for all of them
            in_hook = in_endpoint and scope.name != "dispatch"
            return OutlivingTask(loop, name or "", ended=False, sends=sends, in_hook=in_hook)
        if name is None or self._is_shared(name, scope):
            return None
        held = _Held(scope, frozenset({name, *_left_over(name, scope)}))
        if held.escapes(scope.index.use(task).statement):
            return OutlivingTask(loop, name, ended=held.is_ended, sends=sends)
        return None

    def _is_in_endpoint(self, scope: Function) -> bool:
        members = self._project.evaluator.members
        return scope.owner is not None and members.is_subclass(scope.owner, WEBSOCKET_ENDPOINTS)

    def _ends_with_endpoint(self, task: ir.Call, scope: Function) -> bool:
        """Whether another method of the endpoint ends the task, say `on_disconnect`."""
        owner, ends = scope.owner, self._project.task_lifetimes.ends.ends(task, scope)
        return any(
            isinstance(end.scope, Function) and end.scope.owner is owner and end.scope is not scope for end in ends
        )

    def _is_shared(self, name: str, scope: Function) -> bool:
        """Whether nested functions see the local too, or it is no local: what they do with it is not followed."""
        if not scope.index.binds(name):
            return True
        mentions = self._project.task_lifetimes.places.mentions(LocalPlace(scope, name))
        return any(mention.scope is not scope for mention in mentions)


def _local_of(task: ir.Expr, scope: Function) -> str | None:
    """The local that holds a task, itself or in a collection."""
    node: ir.Expr | ir.Stmt | None = task
    around = scope.index.parents.get(id(task))
    while isinstance(around, ir.Collection | ir.Comprehension | ir.Starred):
        node, around = around, scope.index.parents.get(id(around))
    match around:
        case ir.Assign(targets=(ir.Name(id=name),)) | ir.AnnAssign(target=ir.Name(id=name)):
            return name
        case ir.Call(func=ir.Attribute(value=ir.Name(id=name), attr="add" | "append")) if node is task:
            return name
        case _:
            return None


def _names_in(expr: ir.Expr) -> set[str]:
    return {node.id for node in walk(expr) if isinstance(node, ir.Name)}


def _left_over(name: str, scope: Function) -> Iterator[str]:
    """What `done, pending = await asyncio.wait(tasks, …)` binds: the tasks that still run are among it."""
    for statement in scope.index.statements:
        if isinstance(statement, ir.Assign) and _waits_for_one(statement.value) and name in _names_in(statement.value):
            for target in statement.targets:
                yield from (item.id for item, _ in bound_names(target))


def _waits_for_one(node: ir.Expr) -> bool:
    """`await asyncio.wait(…, return_when=FIRST_COMPLETED)`: it ends none of the tasks it is given."""
    match node:
        case ir.Await(value=ir.Call(func=func, keywords=keywords)) if dotted(func).rpartition(".")[2] == "wait":
            values = [item.value for item in keywords if item.name in {"return_when", "timeout"}]
            return any(dotted(value).rpartition(".")[2] != "ALL_COMPLETED" for value in values)
        case _:
            return False


def _looks_only(node: ir.Expr, argument: ir.Expr) -> bool:
    """`len(tasks)`, `logger.info("…", task)`."""
    if not isinstance(node, ir.Call) or node.func is argument:
        return False
    name = dotted(node.func)
    return name in {"len", "print", "bool", "id", "repr", "str"} or name.rpartition(".")[2] in _LOG_METHODS


def _gathers(node: ir.Expr) -> bool:
    """`await asyncio.gather(…)`: when one of them fails, the others run on."""
    match node:
        case ir.Await(value=ir.Call(func=func, keywords=())):
            return dotted(func).rpartition(".")[2] == "gather"
        case _:
            return False


class _Held:
    """What a route does with the locals that hold a task."""

    def __init__(self, scope: Function, names: frozenset[str]) -> None:
        self._scope = scope
        self._names = names
        self._receives = any(_calls_any(expr, _RECEIVES | _ITERATES) for expr in _all_expressions(scope))
        self._endings = {
            id(statement)
            for statement in scope.index.statements
            for expr in header_exprs(statement)
            for node in walk(expr)
            if isinstance(node, ir.Name) and node.id in names and self._may_end(node)
        }

    @property
    def is_ended(self) -> bool:
        return bool(self._endings)

    def _may_end(self, node: ir.Name) -> bool:
        parents = self._scope.index.parents
        current: ir.Expr = node
        around = parents.get(id(node))
        match around:
            case ir.Assign(value=value) | ir.AnnAssign(value=value) if value is not node:
                return False
            case ir.Attribute(attr=attr):
                return attr not in _NEUTRAL
            case _:
                pass
        while around is not None and not isinstance(around, ir.Stmt):
            if _waits_for_one(around) or _gathers(around) or _looks_only(around, current):
                return False
            current, around = around, parents.get(id(around))
        return not (isinstance(around, ir.Assign) and any(target is current for target in around.targets))

    def escapes(self, started: ir.Stmt) -> bool:
        """Whether a way leads from the start of the task out of the route, by a disconnect, past all endings."""
        flow = self._scope.control_flow
        pending = [item for node in flow.nodes_of(started) for item in flow.normal_successors(node)]
        seen = set(pending)
        while pending:
            node = pending.pop()
            if node is flow.exit or node is flow.raise_exit:
                return True
            if id(node.origin) in self._endings and node.kind is not Kind.WITH_EXIT:
                continue
            new = [item for item in self._next(node) if item not in seen]
            seen.update(new)
            pending += new
        return False

    def _next(self, node: Node) -> tuple[Node, ...]:
        flow = self._scope.control_flow
        normal, raised = flow.normal_successors(node), flow.raised_successor(node)
        handlers = [item for item in normal if item.kind is Kind.HANDLER]
        if node.kind is Kind.JOIN and handlers:
            return _chosen(handlers) or (() if raised is None else (raised,))
        if node.kind is Kind.WITH_EXIT and normal and raised and _suppresses_others(node):
            return (*normal, raised)
        if not normal:
            return () if raised is None else (raised,)
        return (*normal, raised) if raised is not None and self._may_disconnect(node) else normal

    def _may_disconnect(self, node: Node) -> bool:
        """Whether it is here that the route learns of the disconnect, by an exception."""
        words = _RECEIVES if self._receives else _RECEIVES | _SENDS
        return any(_calls_any(expr, words) or _gathers_held(expr, self._names) for expr in node.expressions)


def _gathers_held(expr: ir.Expr, names: frozenset[str]) -> bool:
    return _gathers(expr) and bool(names & _names_in(expr))


def _all_expressions(scope: Function) -> Iterator[ir.Expr]:
    for statement in scope.index.statements:
        yield from header_exprs(statement)


def _calls_any(expr: ir.Expr, words: frozenset[str]) -> bool:
    return any(
        isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute) and node.func.attr in words
        for node in walk(expr)
    )


def _chosen(handlers: list[Node]) -> tuple[Node, ...]:
    """The handlers that may catch a disconnect, up to the first that surely does."""
    found: list[Node] = []
    for node in handlers:
        kind = node.origin.type if isinstance(node.origin, ir.ExceptHandler) else None
        options = kind.items if isinstance(kind, ir.Collection) else (kind,)
        names = {dotted(option).rpartition(".")[2] if option is not None else "BaseException" for option in options}
        if names & _DISCONNECTS:
            return (*found, node)
        if names - _OTHER_ERRORS:
            found.append(node)
    return tuple(found)


def _suppresses_others(node: Node) -> bool:
    """Whether the block suppresses some exceptions, but not a disconnect."""
    if not isinstance(node.origin, ir.With) or not may_suppress(node.origin):
        return False
    names = {
        dotted(arg).rpartition(".")[2]
        for item in node.origin.items
        if isinstance(item.context, ir.Call)
        for arg in item.context.args
    }
    return names <= _OTHER_ERRORS


def _sends_unguarded(loop: EndlessLoop) -> bool:
    """Whether a failing send ends the loop: the task dies by itself, some time after the disconnect."""
    guarded = {
        id(inner)
        for statement in statements(loop.statement.body)
        if (isinstance(statement, ir.Try) and statement.handlers)
        or (isinstance(statement, ir.With) and may_suppress(statement))
        for inner in statements(statement.body)
    }
    return any(
        id(statement) not in guarded and any(_calls_any(expr, _SENDS) for expr in header_exprs(statement))
        for statement in statements(loop.statement.body)
    )

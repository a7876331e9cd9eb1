"""The control-flow graph of a function body, and what can be asked of its paths.

Built from the end of the body backwards, so that each node is made when its successors are there. What is jumped
through, a `finally` block or the exit of a `with`, is copied for each place the jump goes to: no path through the
graph enters such a block by a `return` and leaves it as if nothing had happened.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

from asynclint.flow import ir
from asynclint.flow.raising import catches_all, may_raise, may_suppress
from asynclint.flow.traversal import header_exprs

if TYPE_CHECKING:
    from collections.abc import Callable


class Kind(Enum):
    """What a node of the graph stands for."""

    ENTRY = auto()
    EXIT = auto()
    """The body is left by `return` or at its end."""
    RAISE_EXIT = auto()
    """An exception leaves the body."""
    STATEMENT = auto()
    """A simple statement or a definition."""
    HEADER = auto()
    """Of a compound statement: the test, the iterable with its targets, the context managers, the subject."""
    CASE = auto()
    """The pattern and guard of a `MatchCase`."""
    HANDLER = auto()
    """An `ExceptHandler` that was chosen."""
    WITH_EXIT = auto()
    """Leaving a `With`, where context managers run code and may await."""
    JOIN = auto()
    """Where paths meet that belong to no place in the source."""


Origin = ir.Stmt | ir.ExceptHandler | ir.MatchCase


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A step of execution. One statement has several nodes if it stands in a `finally` block."""

    kind: Kind
    origin: Origin | None

    @property
    def expressions(self) -> tuple[ir.Expr, ...]:
        """What is evaluated here."""
        if isinstance(self.origin, ir.MatchCase):
            guard = () if self.origin.guard is None else (self.origin.guard,)
            return (*self.origin.exprs, *guard)
        if isinstance(self.origin, ir.ExceptHandler):
            return () if self.origin.type is None else (self.origin.type,)
        if isinstance(self.origin, ir.Match):
            return (self.origin.subject,)
        if self.origin is None or isinstance(self.origin, ir.Try) or self.kind is Kind.WITH_EXIT:
            return ()
        return header_exprs(self.origin)


class ControlFlowGraph:
    """Nodes and edges. An edge is exceptional if it is taken because its node raises."""

    def __init__(
        self, entry: Node, exits: tuple[Node, Node], normal: dict[Node, list[Node]], exceptional: dict[Node, Node]
    ) -> None:
        self.entry = entry
        self.exit, self.raise_exit = exits
        self._normal = {node: tuple(targets) for node, targets in normal.items()}
        self._exceptional = exceptional
        self._by_origin: dict[int, list[Node]] = {}
        for node in self._normal:
            self._by_origin.setdefault(id(node.origin), []).append(node)

    def normal_successors(self, node: Node) -> tuple[Node, ...]:
        """What may come next if the node does not raise."""
        return self._normal[node]

    def successors(self, node: Node) -> tuple[Node, ...]:
        """What may come next."""
        raised = self._exceptional.get(node)
        return self._normal[node] if raised is None else (*self._normal[node], raised)

    def raised_successor(self, node: Node) -> Node | None:
        """What comes next if the node raises; None where it cannot, or is itself the way of an exception."""
        return self._exceptional.get(node)

    def nodes_of(self, origin: Origin) -> tuple[Node, ...]:
        """The nodes of a statement, handler or case, unreachable ones included."""
        return tuple(self._by_origin.get(id(origin), ()))


def some_path_avoids(
    cfg: ControlFlowGraph, start: Node, predicate: Callable[[Node], bool], *, or_raises: bool = False
) -> bool:
    """Whether the body can be left from after `start` without passing a node for which `predicate` holds.

    Left at its normal exit, that is, or with `or_raises` also by an exception. `start` is taken to have completed:
    if it raises, what it does has not happened. (A `raise` statement completes by raising.) A node that `predicate`
    holds for is passed even if it raises.
    """
    pending = list(cfg.normal_successors(start) or cfg.successors(start))
    seen = set(pending)
    while pending:
        node = pending.pop()
        if predicate(node):
            continue
        if node is cfg.exit or (or_raises and node is cfg.raise_exit):
            return True
        new = [successor for successor in cfg.successors(node) if successor not in seen]
        seen.update(new)
        pending += new
    return False


def all_paths_pass(
    cfg: ControlFlowGraph, start: Node, predicate: Callable[[Node], bool], *, or_raises: bool = False
) -> bool:
    """Whether every way out of the body from after `start` passes a node for which `predicate` holds."""
    return not some_path_avoids(cfg, start, predicate, or_raises=or_raises)


def build_cfg(body: tuple[ir.Stmt, ...]) -> ControlFlowGraph:
    """The graph of a function body, or of a module's."""
    return _Builder().build(body)


# --------------------------------------------------------------------------------------------------------------
# Building


@dataclass(frozen=True, slots=True)
class _Jumps:
    """Where a block may be left to. Asked for only when needed, as what lies between is built then."""

    raised: Callable[[], Node]
    returned: Callable[[], Node]
    broken: Callable[[], Node]
    continued: Callable[[], Node]


_MAX_COPIED: Final = 3
"""`finally` blocks within each other whose copies are kept apart; deeper ones are shared, lest they explode."""


class _Builder:
    """Makes the nodes of one body."""

    def __init__(self) -> None:
        self._normal: dict[Node, list[Node]] = {}
        self._exceptional: dict[Node, Node] = {}
        self._finally_depth = 0
        self._exit = self._node(Kind.EXIT, None)
        self._raise_exit = self._node(Kind.RAISE_EXIT, None)
        self._compound: dict[type, Callable[[Any, Node, _Jumps], Node]] = {
            ir.If: self._if,
            ir.While: self._loop,
            ir.For: self._loop,
            ir.With: self._with,
            ir.Try: self._try,
            ir.Match: self._match,
        }

    def build(self, body: tuple[ir.Stmt, ...]) -> ControlFlowGraph:
        # `break` outside a loop is no valid code, but may be met: it then ends the body.
        jumps = _Jumps(lambda: self._raise_exit, lambda: self._exit, lambda: self._exit, lambda: self._exit)
        entry = self._node(Kind.ENTRY, None, self._block(body, self._exit, jumps))
        return ControlFlowGraph(entry, (self._exit, self._raise_exit), self._normal, self._exceptional)

    def _node(self, kind: Kind, origin: Origin | None, *successors: Node, raised: Node | None = None) -> Node:
        node = Node(kind, origin)
        self._normal[node] = list(successors)
        if raised is not None:
            self._exceptional[node] = raised
        return node

    def _header(self, statement: ir.Stmt, jumps: _Jumps, *successors: Node) -> Node:
        raised = jumps.raised() if may_raise(statement) else None
        return self._node(Kind.HEADER, statement, *successors, raised=raised)

    def _block(self, body: tuple[ir.Stmt, ...], after: Node, jumps: _Jumps) -> Node:
        """Build a block that is followed by `after`; its first node."""
        for statement in reversed(body):
            compound = self._compound.get(type(statement))
            after = (compound or self._simple)(statement, after, jumps)
        return after

    def _simple(self, statement: ir.Stmt, after: Node, jumps: _Jumps) -> Node:
        jump = {ir.Return: jumps.returned, ir.Break: jumps.broken, ir.Continue: jumps.continued}.get(type(statement))
        if isinstance(statement, ir.Raise):
            successors: tuple[Node, ...] = ()
        else:
            successors = (after if jump is None else jump(),)
        raised = jumps.raised() if may_raise(statement) else None
        return self._node(Kind.STATEMENT, statement, *successors, raised=raised)

    def _if(self, statement: ir.If, after: Node, jumps: _Jumps) -> Node:
        chain = [statement]  # of `elif`, which may be long: no recursion
        while len(chain[-1].orelse) == 1 and isinstance(last := chain[-1].orelse[0], ir.If):
            chain.append(last)
        otherwise = self._block(chain[-1].orelse, after, jumps)
        for branch in reversed(chain):
            otherwise = self._header(branch, jumps, self._block(branch.body, after, jumps), otherwise)
        return otherwise

    def _loop(self, statement: ir.While | ir.For, after: Node, jumps: _Jumps) -> Node:
        header = self._header(statement, jumps)
        inner = replace(jumps, broken=lambda: after, continued=lambda: header)
        body = self._block(statement.body, header, inner)
        end = self._block(statement.orelse, after, jumps)
        self._normal[header] += (body,) if _is_endless(statement) else (body, end)
        return header

    def _match(self, statement: ir.Match, after: Node, jumps: _Jumps) -> Node:
        otherwise = after
        for case in reversed(statement.cases):
            body = self._block(case.body, after, jumps)
            is_last = case.irrefutable and case.guard is None
            successors = (body,) if is_last else (body, otherwise)
            raised = None if is_last else jumps.raised()
            otherwise = self._node(Kind.CASE, case, *successors, raised=raised)
        return self._header(statement, jumps, otherwise)

    def _with(self, statement: ir.With, after: Node, jumps: _Jumps) -> Node:
        def leave(target: Node) -> Node:
            return self._node(Kind.WITH_EXIT, statement, target, raised=jumps.raised())

        def leave_by_exception() -> Node:
            suppressed = (after,) if may_suppress(statement) else ()
            return self._node(Kind.WITH_EXIT, statement, *suppressed, raised=jumps.raised())

        inner = replace(_through(leave, jumps), raised=_once(leave_by_exception))
        return self._header(statement, jumps, self._block(statement.body, leave(after), inner))

    def _try(self, statement: ir.Try, after: Node, jumps: _Jumps) -> Node:
        outer = jumps
        if statement.finalbody:
            make = self._finally(statement.finalbody, jumps)
            outer = _through(make, jumps)
            after = make(after)
        inner = outer
        if statement.handlers:
            handlers = self._handlers(statement, after, outer)
            inner = replace(outer, raised=lambda: handlers)
        orelse = self._block(statement.orelse, after, outer)
        return self._node(Kind.HEADER, statement, self._block(statement.body, orelse, inner))

    def _finally(self, body: tuple[ir.Stmt, ...], jumps: _Jumps) -> Callable[[Node], Node]:
        """A maker of copies of a `finally` block, each followed by the node it is given."""
        copies: dict[Node | None, Node] = {}
        shared = self._node(Kind.JOIN, None) if self._finally_depth >= _MAX_COPIED else None

        def make(target: Node) -> Node:
            if shared is not None and target not in self._normal[shared]:
                self._normal[shared].append(target)
            end = shared or target
            if end not in copies:
                self._finally_depth += 1
                copies[end] = self._block(body, end, jumps)
                self._finally_depth -= 1
            return copies[end]

        return make

    def _handlers(self, statement: ir.Try, after: Node, jumps: _Jumps) -> Node:
        """Where an exception in the body goes: to one of the handlers, or on."""
        first_nodes: list[Node] = []
        following = after
        for handler in reversed(statement.handlers):
            body = self._block(handler.body, following, jumps)
            first_nodes.append(self._node(Kind.HANDLER, handler, body))
            if statement.is_star:  # a group may have something for later handlers too
                following = self._node(Kind.JOIN, None, *first_nodes, after)
        raised = None if any(map(catches_all, statement.handlers)) else jumps.raised()
        return self._node(Kind.JOIN, None, *reversed(first_nodes), raised=raised)


def _through(make: Callable[[Node], Node], jumps: _Jumps) -> _Jumps:
    """The same jumps, each by way of what `make` builds before its target."""

    def via(jump: Callable[[], Node]) -> Callable[[], Node]:
        return _once(lambda: make(jump()))

    return _Jumps(via(jumps.raised), via(jumps.returned), via(jumps.broken), via(jumps.continued))


def _once(make: Callable[[], Node]) -> Callable[[], Node]:
    made: list[Node] = []

    def get() -> Node:
        if not made:
            made.append(make())
        return made[0]

    return get


def _is_endless(statement: ir.While | ir.For) -> bool:
    return isinstance(statement, ir.While) and isinstance(statement.test, ir.Constant) and bool(statement.test.value)

"""The paths through a body: which assignments a use of a local can see, and what lies between two places.

The control-flow graph of a body is built when the first question about it is asked, and kept for all that follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from asynclint.flow import ir
from asynclint.flow.control_flow import Kind, build_cfg, some_path_avoids
from asynclint.flow.suspension import evaluated, suspends, yields
from asynclint.flow.traversal import header_exprs, walk
from asynclint.project.model import Class, Function, Module
from asynclint.project.reads import Answers, BodyAnswers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.flow.control_flow import ControlFlowGraph, Node
    from asynclint.project.model import Scope
    from asynclint.project.reads import Reads
    from asynclint.project.scopes import Binding

_CONDITIONAL = (ir.BoolOp, ir.IfExp, ir.Comprehension, ir.Lambda, ir.Compare)
"""Parts of them may not be evaluated, or not once."""


class _Step(NamedTuple):
    """An edge, backwards. `raised`: taken because `node` raised, so that what it binds is not bound."""

    node: Node
    raised: bool


class BodyPaths:
    """The graph of one body, with its edges backwards and its reads by name."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.graph: ControlFlowGraph = scope.control_flow if isinstance(scope, Function) else build_cfg(scope.body)

    @cached_property
    def predecessors(self) -> dict[Node, list[_Step]]:
        """The edges backwards, between nodes that can be reached."""
        found: dict[Node, list[_Step]] = {}
        for node in self._reachable:
            for target in self.graph.normal_successors(node):
                found.setdefault(target, []).append(_Step(node, raised=False))
            raised = self.graph.raised_successor(node)
            if raised is not None:
                found.setdefault(raised, []).append(_Step(node, raised=True))
        return found

    @cached_property
    def _reachable(self) -> tuple[Node, ...]:
        pending = [self.graph.entry]
        seen = dict.fromkeys(pending)
        while pending:
            new = [node for node in self.graph.successors(pending.pop()) if node not in seen]
            seen.update(dict.fromkeys(new))
            pending += new
        return tuple(seen)

    @cached_property
    def names(self) -> dict[str, list[ir.Name]]:
        """By name, every place that reads or assigns it, in source order."""
        found: dict[str, list[ir.Name]] = {}
        for statement in self._scope.index.statements:
            for expr in header_exprs(statement):
                for node in walk(expr):
                    if isinstance(node, ir.Name):
                        found.setdefault(node.id, []).append(node)
        return found

    def evaluations(self, statement: ir.Stmt) -> tuple[Node, ...]:
        """The nodes at which the expressions of a statement are evaluated."""
        own = self.graph.nodes_of(statement)
        if isinstance(statement, ir.Match):
            return (*own, *(node for case in statement.cases for node in self.graph.nodes_of(case)))
        if isinstance(statement, ir.Try):
            return tuple(node for handler in statement.handlers for node in self.graph.nodes_of(handler))
        return tuple(node for node in own if node.kind in {Kind.STATEMENT, Kind.HEADER})

    @cached_property
    def may_end(self) -> bool:
        """Whether the body can be left at its end, without a `return`."""
        return some_path_avoids(self.graph, self.graph.entry, lambda node: isinstance(node.origin, ir.Return))


@dataclass(frozen=True, slots=True, eq=False)
class _Definitions:
    """What the nodes of a graph do to one name."""

    bound: dict[Node, list[Binding]]
    uncertain: frozenset[Node]
    """They may leave the name as it was."""


class PathReader:
    """Answers questions about paths; each body's graph is built once."""

    def __init__(self, reads: Reads) -> None:
        self._bodies: BodyAnswers[BodyPaths] = BodyAnswers(reads, BodyPaths)
        self._definitions: Answers[tuple[int, str], _Definitions] = Answers(reads, _read_definitions)
        self._seen: Answers[tuple[int, int], tuple[Binding, ...] | None] = Answers(reads, self._found_definitions)

    def of(self, scope: Scope) -> BodyPaths:
        """The paths through a body."""
        return self._bodies.of(scope)

    def reads(self, name: str, scope: Scope) -> Iterator[ir.Name]:
        """The places in a body that read the local, those aside where a comprehension or lambda has its own."""
        for node in self.of(scope).names.get(name, ()):
            use = scope.index.use(node)
            if not is_target(node, scope) and not any(inner.name == name for inner in use.inner):
                yield node

    def definitions(self, node: ir.Name, scope: Scope) -> tuple[Binding, ...] | None:
        """The bindings whose value a use of a local can see; None where paths do not tell.

        That is so for names of outer bodies, those that other bodies assign, uses in lambdas (which run later) and
        those in a statement that assigns the name in the middle of an expression.
        """
        return self._seen.of((id(scope), id(node)), node, scope)

    def _found_definitions(self, node: ir.Name, scope: Scope) -> tuple[Binding, ...] | None:
        use = scope.index.use_of(node)
        if use is None:
            return None
        for inner in use.inner:
            if inner.name == node.id:
                return (inner,) if inner.kind == "comprehension" else None
        if use.deferred or isinstance(scope, Class) or _is_shared(node.id, scope):
            return None
        if _holds_walrus(use.statement, node.id):
            return None
        return self._reaching(node.id, use.statement, scope)

    def _reaching(self, name: str, statement: ir.Stmt, scope: Scope) -> tuple[Binding, ...] | None:
        paths = self.of(scope)
        known = self._definitions.of((id(scope), name), name, scope, paths)
        found: dict[int, Binding] = {}
        pending = [step for node in paths.evaluations(statement) for step in paths.predecessors.get(node, ())]
        seen = set(pending)
        while pending:
            node, raised = pending.pop()
            bindings = known.bound.get(node)
            if bindings is not None and not raised:
                found.update((id(binding), binding) for binding in bindings)
                if node not in known.uncertain:
                    continue
            new = [step for step in paths.predecessors.get(node, ()) if step not in seen]
            seen.update(new)
            pending += new
        return tuple(sorted((item for item in found.values() if item.kind != "delete"), key=lambda item: item.order))

    # -- between two places ------------------------------------------------------------------------------------

    def some_path_suspends(self, binding: Binding, node: ir.Expr, scope: Scope) -> bool:
        """Whether other tasks may get to run on some path from the binding of a local to the evaluation of `node`."""
        use = scope.index.use_of(node)
        if use is None or binding.statement is None or use.deferred:
            return True
        paths = self.of(scope)
        if binding.statement is use.statement or _suspends_beside(use.statement, node):
            return True
        stops = set(paths.evaluations(binding.statement))
        pending = [step.node for at in paths.evaluations(use.statement) for step in paths.predecessors.get(at, ())]
        seen = set(pending)
        while pending:
            current = pending.pop()
            if current in stops:
                continue
            if suspends(current) or yields(current):
                return True
            new = [step.node for step in paths.predecessors.get(current, ()) if step.node not in seen]
            seen.update(new)
            pending += new
        return False


def _read_definitions(name: str, scope: Scope, paths: BodyPaths) -> _Definitions:
    bound: dict[Node, list[Binding]] = {}
    uncertain: set[Node] = set()
    for binding in scope.index.bindings.get(name, ()):
        for node in _nodes_of(binding, paths):
            bound.setdefault(node, []).append(binding)
            if binding.kind in {"for", "async-for", "match"} or _is_conditional(binding, scope):
                uncertain.add(node)
    return _Definitions(bound, frozenset(uncertain))


def _nodes_of(binding: Binding, paths: BodyPaths) -> tuple[Node, ...]:
    """Where the name gets the value of the binding."""
    if binding.kind == "param":
        return (paths.graph.entry,)
    statement = binding.statement
    if binding.kind == "match" and isinstance(statement, ir.Match):
        cases = (case for case in statement.cases if binding.name in case.names)
        return tuple(node for case in cases for node in paths.graph.nodes_of(case))
    if binding.kind == "except" and isinstance(statement, ir.Try):
        handlers = (handler for handler in statement.handlers if handler.name == binding.name)
        return tuple(node for handler in handlers for node in paths.graph.nodes_of(handler))
    return () if statement is None else paths.evaluations(statement)


def _is_conditional(binding: Binding, scope: Scope) -> bool:
    """Whether the name is bound by `:=` in a part of a statement that may not be evaluated."""
    around = scope.index.parents.get(id(binding.value))
    if not isinstance(around, ir.NamedExpr):
        return False
    current: ir.Expr | ir.Stmt | None = around
    while current is not None:
        if isinstance(current, _CONDITIONAL):
            return True
        current = scope.index.parents.get(id(current))
    return False


def _holds_walrus(statement: ir.Stmt, name: str) -> bool:
    return any(
        isinstance(node, ir.NamedExpr) and node.target.id == name
        for expr in header_exprs(statement)
        for node in walk(expr)
    )


def _is_shared(name: str, scope: Function | Module) -> bool:
    """Whether the name is not a local of the body, or another body may assign it."""
    if isinstance(scope, Module):
        return name not in scope.index.bindings or name in scope.global_writers
    if not scope.index.binds(name):
        return True
    data = scope.module.data
    if data.find(b"nonlocal", scope.ir.start, scope.ir.end) < 0:
        return False
    return any(scope in inner.ancestors() and name in inner.index.nonlocal_names for inner in scope.module.functions)


def is_target(node: ir.Expr, scope: Scope) -> bool:
    """Whether the expression is assigned to, or deleted, rather than read."""
    current: ir.Expr | ir.Stmt = node
    around = scope.index.parents.get(id(node))
    while isinstance(around, ir.Collection | ir.Starred):
        current, around = around, scope.index.parents.get(id(around))
    match around:
        case ir.Assign(targets=targets) | ir.Delete(targets=targets):
            return any(target is current for target in targets)
        case ir.AnnAssign(target=target) | ir.AugAssign(target=target) | ir.For(target=target):
            return target is current
        case ir.NamedExpr(target=target):
            return target is current
        case ir.With(items=items):
            return any(item.target is current for item in items)
        case ir.Comprehension(generators=generators):
            return any(clause.target is current for clause in generators)
        case _:
            return False


def _suspends_beside(statement: ir.Stmt, node: ir.Expr) -> bool:
    """Whether the statement suspends anywhere but around the node, which is evaluated before that."""
    for expr in header_exprs(statement):
        for part in evaluated(expr):
            waits = isinstance(part, ir.Await | ir.Yield | ir.YieldFrom)
            if waits and not any(inner is node for inner in walk(part)):
                return True
    return False

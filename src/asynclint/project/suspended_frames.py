"""Tasks that the frame of a generator holds while it waits at its `yield`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.suspension import yields
from asynclint.project.dispositions import KEEPERS
from asynclint.project.roles import Role

if TYPE_CHECKING:
    from asynclint.flow.control_flow import Node
    from asynclint.project.model import Function
    from asynclint.project.project import Project


def is_kept_while_suspended(project: Project, scope: Function, task: ir.Expr) -> bool:
    """Whether a local has the task when the body hands over at its `yield`, and so until somebody has it go on.

    That is for as long as the application runs in a lifespan, as the request in a dependency, as the `with` block in a
    context manager. At a `yield` all local state is retained, also the bindings of locals (the language reference,
    "Yield expressions").
    """
    name = _local_of(task, scope) if _is_ended_from_outside(project, scope) else None
    statement = scope.index.statement_of(task)
    if name is None or statement is None or scope.index.use(task).deferred:
        return False
    paths = project.paths.of(scope)
    lost = {
        node
        for binding in scope.index.bindings.get(name, ())
        if binding.statement is not None
        for node in paths.evaluations(binding.statement)
    }
    starts = paths.evaluations(statement)
    return bool(starts) and all(_always_yields(scope, node, lost) for node in starts)


def _is_ended_from_outside(project: Project, scope: Function) -> bool:
    """Whether the body is a generator that a framework or a `with` has go on when what it stands around is over."""
    if not scope.is_generator:
        return False
    is_hook = bool(project.roles.of(scope) & {Role.LIFESPAN, Role.DEPENDENCY})
    return is_hook or project.evaluator.calls.is_context_manager(scope)


def _local_of(task: ir.Expr, scope: Function) -> str | None:
    """The local that has the task, or the collection it is put in: `tasks = [task]`, `tasks.append(task)`."""
    parent = scope.index.parents.get(id(task))
    while isinstance(parent, ir.Collection | ir.Comprehension):
        parent = scope.index.parents.get(id(parent))
    match parent:
        case ir.Assign(targets=(ir.Name(id=name),)) | ir.AnnAssign(target=ir.Name(id=name)):
            pass
        case ir.Call(func=ir.Attribute(value=ir.Name(id=name), attr=attr)) if attr in KEEPERS:
            pass
        case _:
            return None
    return name if scope.index.binds(name) else None


def _always_yields(scope: Function, start: Node, lost: set[Node]) -> bool:
    """Whether each way on from a place comes to a `yield` before the end and before the name is bound anew."""
    pending = list(scope.control_flow.normal_successors(start))
    seen = set(pending)
    while pending:
        node = pending.pop()
        if yields(node):
            continue
        if node in lost or node is scope.control_flow.exit:
            return False
        new = [item for item in scope.control_flow.normal_successors(node) if item not in seen]
        seen.update(new)
        pending += new
    return True

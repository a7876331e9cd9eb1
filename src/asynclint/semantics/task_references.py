"""The edits that keep a task alive: a set at module level, or one that is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from asynclint.flow import ir
from asynclint.project.model import Function
from asynclint.semantics.module_head import free_name
from asynclint.semantics.names import local_names
from asynclint.semantics.rewrite import insert_after_imports, keep_task

if TYPE_CHECKING:
    import libcst as cst

    from asynclint.project.model import Module
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.rewrite import Edits
    from asynclint.semantics.syntax import NodeMatch
    from asynclint.semantics.tasks import TaskSite


class KeptInSet(NamedTuple):
    """The name of a set at module level, and the edits that keep a task in it until it is done."""

    name: str
    edits: Edits


def keep_in_set(module: ModuleContext, site: TaskSite) -> KeptInSet | None:
    """For a bare `create_task(…)` statement in a function; None for any other form."""
    scope = site.scope
    if not isinstance(scope, Function) or not isinstance(scope.index.parents.get(id(site.call)), ir.ExprStmt):
        return None
    if site.passed or site.factory.endswith("run_coroutine_threadsafe"):
        return None  # runs in another thread than the loop: a plain set is not safe there
    match: NodeMatch[cst.Call] = module.settle(scope, site.call)  # type: ignore[assignment]
    taken = module.words
    existing = _existing_set(module.module, scope)
    task = free_name("task", taken)
    if existing is not None:
        kept = keep_task(match, task, existing)
        return None if kept is None else KeptInSet(existing, kept)
    name = free_name("background_tasks", taken)
    kept = keep_task(match, task, name)
    declared = insert_after_imports(module.module.data, module.head, f"{name} = set()")
    if kept is None or declared is None or "set" in module.head.bound:
        return None
    return KeptInSet(name, (*declared, *kept))


def _existing_set(module: Module, scope: Function) -> str | None:
    """A module-level set in which the module keeps its tasks already: added to and discarded from somewhere in it."""
    hidden = local_names(scope)
    for name, bindings in module.index.bindings.items():
        if len(bindings) != 1 or bindings[0].block or name in hidden:
            continue
        value = bindings[0].value
        is_set = isinstance(value, ir.Call) and isinstance(value.func, ir.Name) and value.func.id == "set"
        uses = (f"{name}.add(".encode(), f"{name}.discard)".encode())
        if is_set and all(use in module.data for use in uses):
            return name
    return None

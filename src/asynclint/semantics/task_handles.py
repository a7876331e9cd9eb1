"""How code that runs later gets hold of a task: the place that keeps it, and the form in which it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from asynclint.flow import ir
from asynclint.flow.traversal import dotted
from asynclint.project.model import Class, Function
from asynclint.project.places import OUTSIDE, AttributePlace, GlobalPlace
from asynclint.project.roles import Role
from asynclint.project.values import Instance, members

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from asynclint.project.model import Scope
    from asynclint.project.places import Place
    from asynclint.project.project import Project
    from asynclint.project.task_ends import Store
    from asynclint.semantics.tasks import TaskSite

Form: TypeAlias = Literal["task", "tasks", "tasks by key"]

_KEEPING = frozenset({"add", "append"})
_RUNS_FIRST = frozenset({Role.LIFESPAN, Role.STARTUP})


@dataclass(frozen=True, slots=True, eq=False)
class Handle:
    """A place that keeps the task itself, or a collection of tasks; `holder` is the place as the site writes it.

    `is_set`: where the application ends, something is in the place that is a task or such a collection.
    `is_bound`: something is in it, be it None; otherwise the place may not exist.
    """

    place: Place
    holder: ir.Expr
    form: Form
    is_set: bool
    is_bound: bool


def handle_of(project: Project, site: TaskSite, store: Store) -> Handle | None:
    """The handle that a store of the task is; None where it keeps something else that has the task."""
    form = _form(project, site, store)
    if form is None:
        return None
    holder = store.target.value if isinstance(store.target, ir.Subscript) else store.target
    is_bound = _is_bound(project, store, holder)
    return Handle(store.place, holder, form, _is_set(project, site, form, is_bound=is_bound), is_bound)


def local_of(site: TaskSite) -> str | None:
    """The local that the task is assigned to, if that is all that is done with the call, and nothing else binds it."""
    match site.scope.index.parents.get(id(site.call)):
        case ir.Assign(targets=(ir.Name(id=name),), value=value) if value is site.call:
            is_local = isinstance(site.scope, Function) and name not in site.scope.index.global_names
            return name if is_local and len(site.scope.index.bindings.get(name, ())) == 1 else None
        case _:
            return None


def local_collection_of(site: TaskSite, calls: Container[int]) -> str | None:
    """The text for the tasks of the local collection that the task is put into, if it is there from the start.

    `calls` are the ids of the calls that make tasks: a collection that gets anything else is none of tasks.
    """
    index = site.scope.index
    node = _kept_by_local(site) or site.call
    match index.parents.get(id(node)):
        case ir.Call(func=ir.Attribute(value=ir.Name(id=name), attr=attr)) if attr in _KEEPING:
            values = name
        case ir.Collection() | ir.Comprehension() as group if _is_group(group, is_task_of=site.call):
            match index.parents.get(id(group)):
                case ir.Assign(targets=(ir.Name(id=name),)):
                    values = name
                case _:
                    return None
        case ir.Assign(targets=(ir.Subscript(value=ir.Name(id=name)),)):
            values = f"{name}.values()"
        case _:
            return None
    is_local = isinstance(site.scope, Function) and name not in index.global_names | index.nonlocal_names
    bindings = index.bindings.get(name, ())
    if not is_local or len(bindings) != 1 or bindings[0].block or not _begins_as(bindings[0].value, values, site):
        return None
    return values if all(_is_made_by(value, site.scope, calls) for value in _put_into(name, site.scope)) else None


def _kept_by_local(site: TaskSite) -> ir.Expr | None:
    """Where the local that the task is assigned to is put into something, if that is done once."""
    index, local = site.scope.index, local_of(site)
    if local is None:
        return None
    kept = [item for item in index.names.get(local, ()) if _keeps(index.parents.get(id(item)), item)]
    return kept[0] if len(kept) == 1 else None


def _keeps(around: ir.Expr | ir.Stmt | None, node: ir.Expr) -> bool:
    match around:
        case ir.Call(func=ir.Attribute(attr=attr), args=(only,)):
            return only is node and attr in _KEEPING
        case ir.Assign(targets=(ir.Subscript(),), value=value):
            return value is node
        case _:
            return False


def _begins_as(value: ir.Expr | None, values: str, site: TaskSite) -> bool:
    if values.endswith(")"):
        return value is not None and _makes_dict(value) and not getattr(value, "items", ())
    match value:
        case ir.Collection(kind="list" | "set", items=()) | ir.Call(func=ir.Name(id="list" | "set"), args=()):
            return True
        case _:
            return value is not None and _is_group(value, is_task_of=site.call)


def _put_into(name: str, scope: Scope) -> Iterator[ir.Expr | None]:
    """What a collection is given after it was made; None for what is not known."""
    for node in scope.index.names.get(name, ()):
        around = scope.index.parents.get(id(node))
        match around, scope.index.parents.get(id(around)):
            case ir.Attribute(attr=attr), ir.Call(args=args) if attr in _KEEPING:
                yield args[0] if len(args) == 1 else None
            case ir.Attribute(attr="extend" | "update" | "insert" | "setdefault"), ir.Call():
                yield None
            case ir.Subscript() as element, ir.Assign(targets=targets, value=value) if element in targets:
                yield value
            case _:
                pass


def _is_made_by(value: ir.Expr | None, scope: Scope, calls: Container[int]) -> bool:
    if isinstance(value, ir.Name):
        bindings = scope.index.bindings.get(value.id, ())
        value = bindings[0].value if len(bindings) == 1 else None
    return id(value) in calls


# -- the form --------------------------------------------------------------------------------------------------


def _form(project: Project, site: TaskSite, store: Store) -> Form | None:
    if store.scope is not site.scope:
        return None
    local = local_of(site)

    def is_task(node: ir.Expr) -> bool:
        return node is site.call or (isinstance(node, ir.Name) and node.id == local)

    parents = store.scope.index.parents
    around = parents.get(id(store.target))
    match around:
        case ir.Attribute(attr=attr):
            call = parents.get(id(around))
            is_kept = isinstance(call, ir.Call) and len(call.args) == 1 and is_task(call.args[0])
            return "tasks" if is_kept and attr in _KEEPING else None
        case ir.Assign(value=value) | ir.AnnAssign(value=ir.Call() | ir.Name() as value):
            if not is_task(value):
                return "tasks" if _is_group(value, is_task_of=site.call) else None
            if not isinstance(store.target, ir.Subscript):
                return "task"
            return "tasks by key" if _is_dict(project, store.target.value, store) else None
        case _:
            return None


def _is_group(value: ir.Expr, *, is_task_of: ir.Call) -> bool:
    """Whether the value is a display or comprehension of tasks."""
    match value:
        case ir.Collection(kind="list" | "set" | "tuple", items=items):
            return all(isinstance(item, ir.Call) for item in items) and any(item is is_task_of for item in items)
        case ir.Comprehension(kind="list" | "set", elements=(element,)):
            return element is is_task_of
        case _:
            return False


def _is_dict(project: Project, node: ir.Expr, store: Store) -> bool:
    values = members(project.evaluator.value(node, store.scope))
    return any(isinstance(item, Instance) and item.cls in {"dict", "builtins.dict"} for item in values) or any(
        _makes_dict(value) for value in _assigned(project, store.place)
    )


def _makes_dict(value: ir.Expr) -> bool:
    if isinstance(value, ir.Call):
        return dotted(value.func).rpartition(".")[2] in {"dict", "defaultdict", "OrderedDict"}
    return isinstance(value, ir.Dict)


# -- what is in the place --------------------------------------------------------------------------------------


def _assigned(project: Project, place: Place) -> list[ir.Expr]:
    """What is assigned to the place as such, anywhere."""
    found: list[ir.Expr] = []
    for node, scope in project.task_lifetimes.places.mentions(place):
        match scope.index.parents.get(id(node)):
            case ir.Assign(targets=targets, value=value) if any(target is node for target in targets):
                found.append(value)
            case ir.AnnAssign(target=target, value=value) if target is node and value is not None:
                found.append(value)
            case _:
                pass
    return found


def _is_bound(project: Project, store: Store, holder: ir.Expr) -> bool:
    """Whether the place surely exists when the application ends."""
    match store.place:
        case GlobalPlace(module=module, name=name):
            return any(item.value is not None and not item.block for item in module.index.bindings.get(name, ()))
        case AttributePlace(owner=Class() as owner, name=name):
            return any(
                _is_constructor(scope) and not scope.index.use(node).block
                for node, scope in project.task_lifetimes.places.mentions(store.place)
                if _is_target(node, scope)
            ) or any(
                binding.value is not None
                for entry in project.evaluator.members.mro(owner)
                if isinstance(entry, Class)
                for binding in entry.index.bindings.get(name, ())
            )
        case AttributePlace(owner=owner) if owner == OUTSIDE and isinstance(holder, ir.Attribute):
            return any(
                _runs_first(project, scope) and not scope.index.use(node).block
                for node, scope in project.task_lifetimes.places.mentions(store.place)
                if _is_target(node, scope)
            )
        case _:
            return False


def _is_constructor(scope: Scope) -> bool:
    return isinstance(scope, Function) and scope.owner is not None and scope.name == "__init__"


def _runs_first(project: Project, scope: Scope) -> bool:
    return isinstance(scope, Function) and bool(project.roles.of(scope) & _RUNS_FIRST)


def _is_target(node: ir.Expr, scope: Scope) -> bool:
    match scope.index.parents.get(id(node)):
        case ir.Assign(targets=targets):
            return any(target is node for target in targets)
        case ir.AnnAssign(target=target, value=value):
            return target is node and value is not None
        case _:
            return False


def _is_set(project: Project, site: TaskSite, form: Form, *, is_bound: bool) -> bool:
    """Whether no None can be in the place: the site runs before all else, or a collection is there from the start."""
    if form != "task":
        return is_bound
    use = site.scope.index.use_of(site.call)
    runs_first = _runs_first(project, site.scope) or _is_constructor(site.scope)
    return runs_first and use is not None and not use.block

"""Collections that live as long as the process, are given tasks again and again, and never let go of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import dotted
from asynclint.knowledge import blocking as knowledge
from asynclint.knowledge.classes import WEAK_COLLECTIONS
from asynclint.knowledge.fastapi_api import FASTAPI_APPS
from asynclint.project.model import Class, Function, Module
from asynclint.project.places import OUTSIDE, AttributePlace, GlobalPlace, LocalPlace
from asynclint.project.reads import Answers
from asynclint.project.roles import Role
from asynclint.project.values import Coroutine, External, Instance, TaskValue, Value, members

if TYPE_CHECKING:
    from asynclint.project.model import Scope
    from asynclint.project.places import Mention, Place
    from asynclint.project.project import Project

_ADDS = frozenset({"add", "append", "appendleft"})
_READS = frozenset({"get", "values", "items", "keys", "copy", "__len__", "__contains__", "setdefault"}) | _ADDS
_LOOKERS = frozenset(
    {"len", "bool", "list", "tuple", "sorted", "any", "all", "sum", "str", "repr", "print", "isinstance"}
)
_AWAITERS = frozenset({"gather", "wait", "as_completed", "wait_for"})
_ONCE = frozenset({Role.LIFESPAN, Role.STARTUP, Role.SHUTDOWN})
_STARTS = frozenset({"__init__", "__post_init__", "__new__", "__aenter__", "__enter__", "main"})
_OFTEN = frozenset(
    {Role.ROUTE, Role.WEBSOCKET, Role.DEPENDENCY, Role.BACKGROUND, Role.MIDDLEWARE, Role.EXCEPTION_HANDLER}
)
MAX_CALLERS = 6
"""Calls between what clients or loops run and the code that keeps the task."""


@dataclass(frozen=True, slots=True, eq=False)
class LeakingRegistry:
    """A collection that keeps every task it was ever given.

    `store` is the `.add(task)` or `.append(task)` (None where the task is put under a key), `target` the collection as
    written there, `task` the local that the task is kept in as well.
    """

    store: ir.Call | None
    target: ir.Expr
    is_set: bool
    task: str | None


class TaskRegistries:
    """Answers for each task whether the collection that keeps it leaks."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._leaks: Answers[Place, bool] = Answers(project.reads, self._is_leaking)

    def leaking(self, task: ir.Call, scope: Scope) -> LeakingRegistry | None:
        """The collection, if it is known, in which the task of a call stays for ever after it is done."""
        if not isinstance(scope, Function):
            return None
        found = _registry_of(task, scope)
        if found is None or not isinstance(found.target, ir.Name | ir.Attribute) or _has_callback(found, task, scope):
            return None
        place = self._project.task_lifetimes.places.of(found.target, scope)
        if place is None or isinstance(place, LocalPlace) or self._runs_for_ever(task, scope):
            return None
        return found if self._leaks.of(place, place) and self._runs_often(scope) else None

    def _is_leaking(self, place: Place) -> bool:
        return self._is_lasting(place) and self._only_grows(place) and not self._lets_go_by_itself(place)

    def _runs_for_ever(self, task: ir.Call, scope: Function) -> bool:
        """Whether the task has no end after which it could be removed."""
        for member in members(self._project.evaluator.value(task, scope)):
            coroutine = member.coroutine if isinstance(member, TaskValue) else None
            function = coroutine.function if isinstance(coroutine, Coroutine) else None
            if function is not None and self._project.task_lifetimes.loops.of(function) is not None:
                return True
        return False

    # -- how often ---------------------------------------------------------------------------------------------

    def _runs_often(self, function: Function) -> bool:
        """Whether clients, or a loop, have the function run any number of times."""
        waiting, seen = [(function, 0)], {function}
        while waiting:
            current, depth = waiting.pop()
            roles = self._project.roles.of(current)
            if roles & _ONCE or current.name in _STARTS:
                continue
            if roles & _OFTEN:
                return True
            for caller, _ in self._project.callers.of(current) if depth < MAX_CALLERS else ():
                if isinstance(caller, Function) and caller not in seen:
                    seen.add(caller)
                    waiting.append((caller, depth + 1))
        return False

    # -- how long ----------------------------------------------------------------------------------------------

    def _is_lasting(self, place: Place) -> bool:
        match place:
            case GlobalPlace(module=module, name=name):
                return bool(module.index.bindings.get(name)) and name not in module.global_writers
            case AttributePlace(owner=Class() as owner):
                return self._is_singleton(owner)
            case AttributePlace(owner=owner) if owner == OUTSIDE:
                return self._is_state(place)
            case _:
                return False

    def _is_singleton(self, cls: Class) -> bool:
        """Whether every object of the class is made at module level, or kept by the application."""
        found = False
        for scope, call in self._project.calls_named(frozenset({cls.name})):
            values = members(self._project.evaluator.value(call, scope))
            if not any(isinstance(item, Instance) and item.cls is cls for item in values):
                continue
            if not isinstance(scope, Module):
                return False
            found = True
        return found

    def _is_state(self, place: AttributePlace) -> bool:
        """`app.state.tasks`."""
        for node, scope in self._project.task_lifetimes.places.mentions(place):
            match node:
                case ir.Attribute(value=ir.Attribute(value=holder, attr="state")):
                    values = members(self._project.evaluator.value(holder, scope))
                    if any(isinstance(item, Instance) and _is_app(item) for item in values):
                        return True
                case _:
                    pass
        return False

    # -- what lets go ------------------------------------------------------------------------------------------

    def _lets_go_by_itself(self, place: Place) -> bool:
        """Whether the collection is weak, or a deque with a limit."""
        for node, scope in self._project.task_lifetimes.places.mentions(place):
            match scope.index.parents.get(id(node)):
                case ir.Assign(targets=targets, value=ir.Call() as made) if any(target is node for target in targets):
                    pass
                case ir.AnnAssign(target=target, value=ir.Call() as made) if target is node:
                    pass
                case _:
                    continue
            if any(_is_bounded(item, made) for item in self._targets(made, scope)):
                return True
        return False

    def _targets(self, call: ir.Call, scope: Scope) -> tuple[Value, ...]:
        return self._project.evaluator.targets(self._project.evaluator.value(call.func, scope))

    def _only_grows(self, place: Place) -> bool:
        return not any(self._may_remove(mention) for mention in self._project.task_lifetimes.places.mentions(place))

    def _may_remove(self, mention: Mention) -> bool:
        """Whether a use of the collection may take finished tasks out while the application runs."""
        node, scope = mention
        return not _leaves_as_is(node, scope) and not self._is_at_the_end(scope, 0)

    def _is_at_the_end(self, scope: Scope, depth: int) -> bool:
        """Whether only the end of the application runs the body: what is removed there has grown until then."""
        if not isinstance(scope, Function):
            return False
        if self._project.roles.of(scope):
            return not self._project.roles.of(scope) - {Role.LIFESPAN, Role.SHUTDOWN}
        if depth > MAX_CALLERS or not self._project.task_lifetimes.is_at_shutdown(scope):
            return False
        callers = self._project.callers.of(scope)
        return bool(callers) and all(self._is_at_the_end(caller, depth + 1) for caller, _ in callers)


def _is_bounded(target: Value, made: ir.Call) -> bool:
    if not isinstance(target, External):
        return False
    limits = (*made.args[1:2], *(keyword.value for keyword in made.keywords if keyword.name == "maxlen"))
    is_limited = any(not isinstance(limit, ir.Constant) or limit.value is not None for limit in limits)
    return target.name in WEAK_COLLECTIONS or (target.name == "collections.deque" and is_limited)


def _is_app(value: Instance) -> bool:
    return isinstance(value.cls, str) and knowledge.canonical(value.cls) in FASTAPI_APPS


def _registry_of(task: ir.Call, scope: Function) -> LeakingRegistry | None:
    """The collection to which the task is added, at once or by way of a local."""
    match scope.index.parents.get(id(task)):
        case ir.Call() as store:
            return _added(store, task, None)
        case ir.Assign(targets=(ir.Subscript() as target,)):
            return _keyed(target, None)
        case ir.Assign(targets=(ir.Name(id=name),)) | ir.AnnAssign(target=ir.Name(id=name)):
            return _of_local(name, scope) if len(scope.index.bindings.get(name, ())) == 1 else None
        case _:
            return None


def _of_local(name: str, scope: Function) -> LeakingRegistry | None:
    for call in scope.index.calls:
        node = call.args[0] if len(call.args) == 1 else None
        if isinstance(node, ir.Name) and node.id == name and (found := _added(call, node, name)) is not None:
            return found
    for statement in scope.index.statements:
        match statement:
            case ir.Assign(targets=(ir.Subscript() as target,), value=ir.Name(id=kept)) if kept == name:
                return _keyed(target, name)
            case _:
                pass
    return None


def _keyed(target: ir.Subscript, task: str | None) -> LeakingRegistry | None:
    """Under a key that is the same each time, there is one task at most."""
    if isinstance(target.index, ir.Constant):
        return None
    return LeakingRegistry(None, target.value, is_set=False, task=task)


def _added(store: ir.Call, node: ir.Expr, task: str | None) -> LeakingRegistry | None:
    if not isinstance(store.func, ir.Attribute) or store.func.attr not in _ADDS or store.args[0] is not node:
        return None
    return LeakingRegistry(store, store.func.value, is_set=store.func.attr == "add", task=task)


def _has_callback(registry: LeakingRegistry, task: ir.Call, scope: Function) -> bool:
    """Whether the task is given a callback, which may remove it: `discard`, a lambda, or a function that does."""
    return any(
        isinstance(call.func, ir.Attribute)
        and call.func.attr == "add_done_callback"
        and (call.func.value is task or registry.task is None or dotted(call.func.value) == registry.task)
        for call in scope.index.calls
    )


def _leaves_as_is(node: ir.Expr, scope: Scope) -> bool:
    """Whether a use surely keeps what is in the collection: it reads, counts, awaits or adds."""
    parent = scope.index.parents.get(id(node))
    match parent:
        case ir.Attribute(attr=attr):
            around = scope.index.parents.get(id(parent))
            return attr in _READS and isinstance(around, ir.Call) and around.func is parent
        case ir.Subscript(value=value):
            return value is not node or not _replaces(parent, scope)
        case ir.Call(func=func):
            return func is not node and dotted(func).rpartition(".")[2] in _LOOKERS | _AWAITERS
        case ir.Starred():
            around = scope.index.parents.get(id(parent))
            return isinstance(around, ir.Call) and dotted(around.func).rpartition(".")[2] in _AWAITERS
        case ir.For(iter=iterated):
            return iterated is node
        case ir.Assign(targets=targets):
            return _is_first(scope) and any(target is node for target in targets)
        case ir.AnnAssign(target=target):
            return target is node and _is_first(scope)
        case ir.Comprehension(generators=generators):
            return any(clause.iter is node for clause in generators)
        case ir.Compare() | ir.UnaryOp() | ir.If() | ir.While() | ir.FString():
            return True
        case _:
            return False


def _replaces(element: ir.Subscript, scope: Scope) -> bool:
    """`del tasks[key]`, or `tasks[:] = …`, which puts others in the place of some."""
    match scope.index.parents.get(id(element)):
        case ir.Delete():
            return True
        case ir.Assign(targets=targets):
            is_slice = isinstance(element.index, ir.Collection) and element.index.kind == "slice"
            return is_slice and any(target is element for target in targets)
        case _:
            return False


def _is_first(scope: Scope) -> bool:
    """Whether the body gives names and attributes their first values."""
    return not isinstance(scope, Function) or scope.name in _STARTS

"""BackgroundTasks objects whose tasks never run, because nothing takes them to a response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.flow.traversal import header_exprs, walk
from asynclint.knowledge.fastapi_api import BACKGROUND_PARAMETER
from asynclint.project.model import Class, Function
from asynclint.project.places import AttributePlace, LocalPlace
from asynclint.project.roles import BACKGROUND_TASKS, Role
from asynclint.project.sites import argument_for
from asynclint.project.values import BoundMethod, External, FunctionValue, Instance, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Scope
    from asynclint.project.places import Mention, Place
    from asynclint.semantics.module_context import ModuleContext

MAX_DEPTH: Final = 3
"""Functions that the object is handed through."""

_RESPONSES = frozenset({"fastapi.Response", "starlette.responses.Response"})


@dataclass(frozen=True, slots=True, eq=False)
class DetachedTasks:
    """Background tasks that go nowhere.

    `how` is "built" (an object of its own), "rebound" (it takes the place of the injected one), "websocket" (injected
    where there is no response), "response" (attached to the injected response, of which only headers and status are
    used) or "depends". `node` or else `span` is the place, `added` are the `add_task` calls.
    """

    how: str
    scope: Scope
    name: str
    node: ir.Expr | None
    span: Span
    added: tuple[Mention, ...] = ()


def detached_tasks(module: ModuleContext) -> Iterator[DetachedTasks]:
    """The defects of this module, in no order."""
    if b"BackgroundTask" not in module.module.data and b".background" not in module.module.data:
        return
    yield from _built(module)
    for function in module.module.functions:
        yield from _injected_in_vain(module, function)
        yield from _by_depends(module, function)


# -- objects of one's own --------------------------------------------------------------------------------------------


def _built(module: ModuleContext) -> Iterator[DetachedTasks]:
    if module.is_test:  # where handlers are called by hand
        return
    names = frozenset({"BackgroundTasks", *_aliases(module)})
    for scope, call in module.project.module_calls_named(module.module, names):
        if not _is_background_tasks(module, call, scope):
            continue
        place = _place_of(module, call, scope)
        if place is None:
            continue
        name, is_rebound = _name_of(place), _is_parameter(place)
        if is_rebound and _is_never_needed(module, call, scope, name):
            continue
        added = _only_added(module, place, 0)
        if added:
            how = "rebound" if is_rebound else "built"
            yield DetachedTasks(how, scope, name, call, Span(call.start, call.end), added)


def _aliases(module: ModuleContext) -> Iterator[str]:
    """Names under which the module imports the class."""
    for name, bindings in module.module.index.bindings.items():
        if any(isinstance(item.source, ir.Alias) and item.source.name == "BackgroundTasks" for item in bindings):
            yield name


def _is_background_tasks(module: ModuleContext, call: ir.Call, scope: Scope) -> bool:
    targets = module.project.evaluator.targets(module.project.evaluator.value(call.func, scope))
    return bool(targets) and all(isinstance(item, External) and item.name in BACKGROUND_TASKS for item in targets)


def _place_of(module: ModuleContext, call: ir.Call, scope: Scope) -> Place | None:
    """Where the new object is put: a local, a global, or an attribute of the project's own objects."""
    parent = scope.index.parents.get(id(call))
    if isinstance(parent, ir.BoolOp):  # `tasks = tasks or BackgroundTasks()`
        parent = scope.index.parents.get(id(parent))
    target = parent.targets[0] if isinstance(parent, ir.Assign) and len(parent.targets) == 1 else None
    if isinstance(parent, ir.AnnAssign):
        target = parent.target
    if not isinstance(target, ir.Name | ir.Attribute):
        return None
    place = module.project.places.of(target, scope)
    if isinstance(place, AttributePlace):
        return place if isinstance(place.owner, Class) else None
    return place


def _name_of(place: Place) -> str:
    return place.name


def _is_parameter(place: Place) -> bool:
    return isinstance(place, LocalPlace) and any(param.name == place.name for param in place.function.ir.params)


def _only_added(module: ModuleContext, place: Place, depth: int) -> tuple[Mention, ...]:
    """The `add_task` calls on the object, if nothing else that could run its tasks is done with it."""
    added: list[Mention] = []
    for mention in module.project.places.mentions(place):
        use = _use(module, mention, depth)
        if use == "added":
            added.append(mention)
        elif use != "none":
            return ()
    return tuple(added)


def _use(module: ModuleContext, mention: Mention, depth: int) -> str:
    """What one mention does with the object: "added", "none", or anything else that may run the tasks."""
    node, scope = mention
    parent = scope.index.parents.get(id(node))
    match parent:
        case ir.Assign(targets=targets) if any(target is node for target in targets):
            return "none"
        case ir.AnnAssign(target=target) if target is node:
            return "none"
        case ir.Attribute(attr="add_task"):
            return "added"
        case ir.If() | ir.IfExp() | ir.BoolOp() | ir.Compare() | ir.UnaryOp():
            return "none" if _is_only_tested(parent, node, scope) else "other"
        case ir.Call():
            return _given_to(module, parent, node, scope, depth)
        case _:
            return "other"


def _is_only_tested(parent: ir.Expr | ir.Stmt, node: ir.Expr, scope: Scope) -> bool:
    if isinstance(parent, ir.If):
        return True
    if isinstance(parent, ir.IfExp):
        return parent.test is node
    if isinstance(parent, ir.BoolOp):
        # `tasks = tasks or BackgroundTasks()` keeps it where it was.
        around = scope.index.parents.get(id(parent))
        return isinstance(around, ir.If | ir.Assign)
    return True


def _given_to(module: ModuleContext, call: ir.Call, node: ir.Expr, scope: Scope, depth: int) -> str:
    """A function of the project that only adds tasks, or nothing, to what it is given."""
    if call.func is node or depth >= MAX_DEPTH:
        return "other"
    targets = module.project.evaluator.targets(module.project.evaluator.value(call.func, scope))
    uses = set()
    for target in targets:
        if not isinstance(target, FunctionValue | BoundMethod) or target.function.is_stub:
            return "other"
        function = target.function
        bound = isinstance(target, BoundMethod)
        param = next(
            (
                param
                for param in function.ir.params
                if argument_for(function, param.name, call, skips_first=bound) is node
            ),
            None,
        )
        if param is None or function.ir.is_generator:
            return "other"
        for mention in module.project.places.mentions(LocalPlace(function, param.name)):
            uses.add(_use(module, mention, depth + 1))
    return "none" if uses <= {"added", "none"} else "other"


def _is_never_needed(module: ModuleContext, call: ir.Call, scope: Scope, name: str) -> bool:
    """Whether the object is made only where FastAPI gave none, which it always does, whatever the default is.

    Observed with 0.105 to 0.165.
    """
    if not isinstance(scope, Function) or not module.project.roles.of(scope) & {Role.ROUTE, Role.DEPENDENCY}:
        return False
    param = next(param for param in scope.ir.params if param.name == name)
    if not _is_of(module, scope, param, BACKGROUND_TASKS):
        return False
    current: ir.Expr | ir.Stmt | None = scope.index.parents.get(id(call))
    while isinstance(current, ir.IfExp | ir.BoolOp):
        if _reads(current, name):
            return True
        current = scope.index.parents.get(id(current))
    around = scope.index.enclosing.get(id(scope.index.use(call).statement))
    return isinstance(around, ir.If) and _reads(around.test, name)


def _reads(expr: ir.Expr, name: str) -> bool:
    return any(isinstance(node, ir.Name) and node.id == name for node in walk(expr))


# -- injected in vain ------------------------------------------------------------------------------------------------


def _injected_in_vain(module: ModuleContext, function: Function) -> Iterator[DetachedTasks]:
    roles = module.project.roles.of(function)
    if Role.WEBSOCKET in roles and Role.ROUTE not in roles:
        for param in function.ir.params:
            if _is_of(module, function, param, BACKGROUND_TASKS):
                added = _only_added(module, LocalPlace(function, param.name), 0)
                if added:
                    span = Span(param.start, param.start + len(param.name.encode()))
                    yield DetachedTasks("websocket", function, param.name, None, span, added)
    if Role.ROUTE in roles or Role.DEPENDENCY in roles:
        for param in function.ir.params:
            if _is_of(module, function, param, _RESPONSES):
                yield from _on_response(function, param.name)


def unused_parameters(module: ModuleContext) -> Iterator[tuple[Function, ir.Param]]:
    """The BackgroundTasks that handlers of this module ask for and never mention."""
    if b"BackgroundTasks" not in module.module.data:
        return
    for function in module.module.functions:
        if function.is_stub or Role.ROUTE not in module.project.roles.of(function):
            continue
        for param in function.ir.params:
            is_asked_for = not param.name.startswith("_") and _is_of(module, function, param, BACKGROUND_TASKS)
            if is_asked_for and any(module.project.loans.depends(param, function)):
                continue  # a dependency adds to them
            if is_asked_for and not _is_mentioned(module, function, param.name):
                yield function, param


def _is_mentioned(module: ModuleContext, function: Function, name: str) -> bool:
    """Whether the body reads the name, or all of its names at once."""
    mentions = module.project.places.mentions(LocalPlace(function, name))
    takes_all = any(
        isinstance(call.func, ir.Name) and call.func.id in {"locals", "vars"} for call in function.index.calls
    )
    return bool(mentions) or takes_all


def _is_of(module: ModuleContext, function: Function, param: ir.Param, names: frozenset[str]) -> bool:
    if param.annotation is None:
        return False
    around = function.owner or function.parent
    return any(
        isinstance(member, Instance) and member.cls in names
        for member in members(module.project.evaluator.annotations.read(param.annotation, around))
    )


def _on_response(function: Function, name: str) -> Iterator[DetachedTasks]:
    """`response.background = …` on the injected response, if that is not what the handler returns."""
    if len(function.index.bindings.get(name, ())) != 1 or _is_returned(function, name):
        return
    for statement in function.index.statements:
        if not isinstance(statement, ir.Assign) or isinstance(statement.value, ir.Constant):
            continue
        for target in statement.targets:
            match target:
                case ir.Attribute(attr=attr, value=ir.Name(id=holder)) if attr == BACKGROUND_PARAMETER:
                    if holder == name:
                        yield DetachedTasks("response", function, name, target, Span(target.start, target.end))
                case _:
                    pass


def _is_returned(function: Function, name: str) -> bool:
    """Whether the object may be what is sent: returned, or handed to something that may return it."""
    for statement in function.index.statements:
        for expr in header_exprs(statement):
            for node in walk(expr):
                if isinstance(node, ir.Name) and node.id == name:
                    parent = function.index.parents.get(id(node))
                    if not isinstance(parent, ir.Attribute):
                        return True
    return False


def _by_depends(module: ModuleContext, function: Function) -> Iterator[DetachedTasks]:
    """`Depends(BackgroundTasks)`."""
    around = function.owner or function.parent
    for param in function.ir.params:
        for node in (param.default, param.annotation):
            for part in walk(node) if node is not None else ():
                if isinstance(part, ir.Call) and part.args and module.project.roles.is_dependency(part, around):
                    value = module.project.evaluator.value(part.args[0], around)
                    if any(_names_background_tasks(member) for member in members(value)):
                        yield DetachedTasks("depends", function, param.name, None, Span(part.start, part.end))


def _names_background_tasks(value: object) -> bool:
    return isinstance(value, External) and value.name in BACKGROUND_TASKS

"""Tasks and futures that are used as the result they will have, or asked for it before they can have one.

A use counts if on every path to it the local holds a task that the same body made. That is enough for what a task can
never do (be indexed, added, serialised); to ask for its result is wrong as long as the body has not suspended since.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import dotted, walk
from asynclint.knowledge.asyncio_api import FUTURE_ATTRIBUTES, GROUP_TASK_FACTORIES, RESULT_READERS, TASK_FACTORIES
from asynclint.knowledge.coroutines import is_coroutine_function
from asynclint.project.model import Class, Function
from asynclint.project.values import Coroutine, External, TaskValue, members
from asynclint.semantics.tasks import imported_as, returns_value
from asynclint.semantics.value_uses import Usage, ValueUse, is_returned_by_route, use_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Scope
    from asynclint.project.scopes import Binding
    from asynclint.semantics.module_context import ModuleContext


class Made(enum.Enum):
    """What a call makes."""

    TASK = "task"
    FUTURE = "future"
    THREAD_FUTURE = "thread future"
    """A `concurrent.futures.Future`, whose `result()` waits."""


_MAKERS = {
    **dict.fromkeys(TASK_FACTORIES | GROUP_TASK_FACTORIES, Made.TASK),
    "asyncio.run_coroutine_threadsafe": Made.THREAD_FUTURE,
    "asyncio.gather": Made.FUTURE,
    "asyncio.shield": Made.FUTURE,
    "asyncio.AbstractEventLoop.run_in_executor": Made.FUTURE,
}
for _name in ("anyio.abc.TaskGroup.start", "anyio.abc.TaskGroup.start_soon"):
    _MAKERS.pop(_name)  # they return no task

_NAMES = frozenset(name.rpartition(".")[2] for name in _MAKERS)
_NEVER = frozenset(
    {
        Usage.CONTAINER, Usage.ARITHMETIC, Usage.INDEX, Usage.CALL, Usage.ITERATION, Usage.CONTEXT, Usage.UNPACKING,
        Usage.MAPPING, Usage.SIZE, Usage.CONVERSION, Usage.SERIALISATION, Usage.ORDERING,
    },
)  # fmt: skip
"""What raises with any task."""

_THREAD_FUTURE_ATTRIBUTES = frozenset({"running", "set_running_or_notify_cancel"})
_MAX_DEPTH = 4


@dataclass(frozen=True, slots=True, eq=False)
class TaskMisuse:
    """A use of a task. `node` is what the finding stands on: the task, or the call of `result` or `exception`.

    `name` is the function that the task runs, "" where that is not known; `reader` the method that is called too early;
    `returned` says that a route returns the task.
    """

    scope: Scope
    node: ir.Expr
    made: Made
    name: str
    use: ValueUse | None = None
    reader: str = ""
    returned: bool = False


def misuses(module: ModuleContext) -> Iterator[TaskMisuse]:
    """Every task made in the module that is used as its result in the body that makes it."""
    names = _NAMES | imported_as(module, _NAMES)
    for scope, call in module.project.module_calls_named(module.module, names):
        made = _made_by(module, scope, call)
        use = scope.index.use(call)
        if made is None or isinstance(scope, Class) or use.deferred:
            continue
        direct = _misuse(module, call, call, scope, made)
        if direct is not None:
            yield direct
            continue
        for read in _reads(module, scope, call):
            found = _misuse(module, read, call, scope, made)
            if found is not None:
                yield found


def _made_by(module: ModuleContext, scope: Scope, call: ir.Call) -> Made | None:
    evaluator = module.project.evaluator
    targets = evaluator.targets(evaluator.value(call.func, scope))
    found = {_MAKERS.get(target.name) if isinstance(target, External) else None for target in targets}
    made = found.pop() if len(found) == 1 else None
    if made is None or not call.args or isinstance(scope.index.parents.get(id(call)), ir.Await):
        return None
    names = {target.name for target in targets if isinstance(target, External)}
    if "asyncio.ensure_future" in names and not _is_coroutine(module, call.args[0], scope):
        return None  # a future is given back as it is
    return made


def _is_coroutine(module: ModuleContext, node: ir.Expr, scope: Scope) -> bool:
    value = module.project.evaluator.value(node, scope)
    if all(isinstance(member, Coroutine) for member in members(value)):
        return True
    if not isinstance(node, ir.Call):
        return False
    targets = module.project.evaluator.targets(module.project.evaluator.value(node.func, scope))
    return bool(targets) and all(
        isinstance(target, External) and is_coroutine_function(target.name) for target in targets
    )


# -- reads of the task -----------------------------------------------------------------------------------------------


def _reads(module: ModuleContext, scope: Scope, call: ir.Call) -> Iterator[ir.Name]:
    """The reads of locals that certainly hold a task of the body, and that of the call on some path."""
    parent = scope.index.parents.get(id(call))
    statement = scope.index.statement_of(call)
    targets: tuple[ir.Expr, ...] = ()
    match parent:
        case ir.Assign(targets=found, value=value) if value is call:
            targets = found
        case ir.AnnAssign(target=target, value=value) | ir.NamedExpr(target=target, value=value) if value is call:
            targets = (target,)
        case ir.Comprehension(elements=(element,), kind=kind) if element is call and kind != "generator":
            yield from _reads_of_elements(module, scope, parent)
            return
        case _:
            return
    for target in targets:
        if isinstance(target, ir.Name) and statement is not None:
            for read in module.project.paths.reads(target.id, scope):
                definitions = module.project.paths.definitions(read, scope) or ()
                is_seen = any(binding.statement is statement for binding in definitions)
                if is_seen and all(_binds_task(module, binding, scope, 0) for binding in definitions):
                    yield read


def _reads_of_elements(module: ModuleContext, scope: Scope, collection: ir.Comprehension) -> Iterator[ir.Name]:
    """`tasks = [create_task(f(x)) for x in xs]`, `for task in tasks`: the reads of `task`."""
    for names in module.project.paths.of(scope).names.values():
        for read in names:
            use = scope.index.use(read)
            inner = next((binding for binding in use.inner if binding.name == read.id), None)
            definitions: tuple[Binding, ...] | None = (inner,) if inner is not None else None
            if definitions is None and any(item.kind == "for" for item in scope.index.bindings.get(read.id, ())):
                definitions = module.project.paths.definitions(read, scope)
            if definitions and all(_iterates(module, binding, scope, collection) for binding in definitions):
                yield read


def _iterates(module: ModuleContext, binding: Binding, scope: Scope, collection: ir.Comprehension) -> bool:
    """Whether a loop variable takes its values from the collection."""
    source = binding.value
    if (
        binding.kind not in {"for", "comprehension"}
        or binding.path
        or (binding.kind == "comprehension" and binding.index)
    ):
        return False
    if source is collection:
        return True
    if not isinstance(source, ir.Name):
        return False
    definitions = module.project.paths.definitions(source, scope)
    return bool(definitions) and all(item.value is collection and not item.path for item in definitions or ())


def _binds_task(module: ModuleContext, binding: Binding, scope: Scope, depth: int) -> bool:
    if binding.kind not in {"assign", "annotation"} or binding.path or depth > _MAX_DEPTH:
        return False
    value = binding.value
    return isinstance(value, ir.Call) and _made_by(module, scope, value) is not None


# -- uses ------------------------------------------------------------------------------------------------------------


def _misuse(module: ModuleContext, node: ir.Expr, call: ir.Call, scope: Scope, made: Made) -> TaskMisuse | None:
    name = _function_name(module, call, scope)
    if is_returned_by_route(module, node, scope) and not scope.index.use(node).deferred:
        return TaskMisuse(scope, node, made, name, returned=True)
    use = use_of(module, node, scope)
    if use is None:
        return None
    reader = _reader(node, use, scope)
    if reader is not None:
        if made is Made.THREAD_FUTURE or not _is_too_early(module, node, call, scope):
            return None
        return TaskMisuse(scope, reader, made, name, use, use.detail)
    return TaskMisuse(scope, node, made, name, use) if _is_wrong(module, use, node, call, scope, made) else None


def _reader(node: ir.Expr, use: ValueUse, scope: Scope) -> ir.Call | None:
    """`task.result()`."""
    attribute = scope.index.parents.get(id(node))
    around = scope.index.parents.get(id(attribute))
    is_reader = use.usage is Usage.ATTRIBUTE and use.detail in RESULT_READERS
    return around if is_reader and isinstance(around, ir.Call) and around.func is attribute else None


def _is_wrong(  # noqa: PLR0913 - each is a fact of the use
    module: ModuleContext, use: ValueUse, node: ir.Expr, call: ir.Call, scope: Scope, made: Made
) -> bool:
    match use.usage:
        case Usage.ATTRIBUTE:
            known = FUTURE_ATTRIBUTES | (_THREAD_FUTURE_ATTRIBUTES if made is Made.THREAD_FUTURE else frozenset())
            is_stored = _is_stored(node, scope)
            return use.detail not in known and not use.detail.startswith("_") and not is_stored
        case Usage.COMPARISON:
            parent = scope.index.parents.get(id(node))
            return isinstance(parent, ir.Compare) and _compares_value(parent)
        case Usage.FORMAT:
            function = _function(module, call, scope)
            return function is not None and returns_value(module, function)
        case _:
            return use.usage in _NEVER


def _is_stored(node: ir.Expr, scope: Scope) -> bool:
    attribute = scope.index.parents.get(id(node))
    around = scope.index.parents.get(id(attribute))
    match around:
        case ir.Assign(targets=targets):
            return any(target is attribute for target in targets)
        case ir.AugAssign() | ir.AnnAssign() | ir.Delete():
            return True
        case _:
            return False


def _compares_value(parent: ir.Compare) -> bool:
    """`task > other`, `task == "ready"`; two tasks may be compared by identity."""
    if not {"==", "!="}.issuperset(parent.ops):
        return True
    return any(isinstance(item, ir.Constant) and item.value is not None for item in parent.operands)


def _is_too_early(module: ModuleContext, node: ir.Expr, call: ir.Call, scope: Scope) -> bool:
    """Whether no path from where the task is made to the use lets the loop run in between."""
    if b"eager_" in module.module.data or not isinstance(scope, Function):
        return False
    if _is_guarded(node, scope):
        return False
    if node is call:
        return True
    if not scope.is_async or not isinstance(node, ir.Name):
        return False  # `loop.run_until_complete(…)` may stand between
    binding = _binding_of(module, node, scope)
    return binding is not None and not module.project.paths.some_path_suspends(binding, node, scope)


def _binding_of(module: ModuleContext, node: ir.Name, scope: Scope) -> Binding | None:
    """The one statement that makes the tasks which the local, or what it loops over, holds."""
    definitions = module.project.paths.definitions(node, scope)
    if definitions is None or len(definitions) != 1:
        return None
    binding = definitions[0]
    if binding.kind in {"for", "comprehension"}:
        return _binding_of(module, binding.value, scope) if isinstance(binding.value, ir.Name) else None
    return binding


def _is_guarded(node: ir.Expr, scope: Scope) -> bool:
    """Whether `done()` is asked around the use, or InvalidStateError caught."""
    use = scope.index.use(node)
    current: ir.Expr | ir.Stmt | None = scope.index.parents.get(id(node))
    while isinstance(
        current, ir.IfExp | ir.BoolOp | ir.Attribute | ir.Call | ir.Compare | ir.UnaryOp | ir.Comprehension
    ):
        if _asks_done(current):
            return True
        current = scope.index.parents.get(id(current))
    statement: ir.Stmt | None = use.statement
    while statement is not None:
        match statement:
            case ir.If(test=test) | ir.While(test=test) if _asks_done(test):
                return True
            case ir.Try(handlers=handlers) if any(_catches_state(handler) for handler in handlers):
                return True
            case _:
                statement = scope.index.enclosing.get(id(statement))
    return any(isinstance(other.func, ir.Attribute) and other.func.attr == "done" for other in scope.index.calls)


def _asks_done(node: ir.Expr) -> bool:
    return any(isinstance(part, ir.Attribute) and part.attr in {"done", "cancelled"} for part in walk(node))


def _catches_state(handler: ir.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any("InvalidStateError" in dotted(part) for part in walk(handler.type))


# -- what the task runs ----------------------------------------------------------------------------------------------


def _function(module: ModuleContext, call: ir.Call, scope: Scope) -> Function | None:
    for member in members(module.project.evaluator.value(call, scope)):
        coroutine = member.coroutine if isinstance(member, TaskValue) else None
        if isinstance(coroutine, Coroutine) and coroutine.function is not None:
            return coroutine.function
    return None


def _function_name(module: ModuleContext, call: ir.Call, scope: Scope) -> str:
    function = _function(module, call, scope)
    return "" if function is None else function.qualname

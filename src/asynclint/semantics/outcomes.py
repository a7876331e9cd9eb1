"""Results and failures of several pieces of work that nobody looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import children, dotted, statements, walk
from asynclint.knowledge.offloading import OFFLOADERS
from asynclint.project.dispositions import Fate
from asynclint.project.model import Class, Function
from asynclint.project.paths import is_target
from asynclint.project.roles import Role
from asynclint.project.sites import argument_at
from asynclint.project.values import BoundMethod, Coroutine, External, FunctionValue, PartialValue, TaskValue, members
from asynclint.semantics.tasks import imported_as

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.exceptions import Escape
    from asynclint.project.model import Scope
    from asynclint.project.values import Value
    from asynclint.semantics.module_context import ModuleContext

GATHER = "asyncio.gather"
WAIT = "asyncio.wait"
EXECUTOR = "asyncio.AbstractEventLoop.run_in_executor"

_NAMES = frozenset({"gather", "shield", "run_in_executor", "wait"})
_FUTURES = frozenset({GATHER, "asyncio.shield", EXECUTOR})
"""They return a future at once. (What returns a coroutine, as `to_thread` does, never starts if it is dropped.)"""

_ENDINGS = frozenset(
    {
        "cancel", "close", "aclose", "stop", "shutdown", "cleanup", "clean", "teardown", "disconnect", "dispose",
        "terminate", "kill", "drain", "aexit", "exit", "finish", "finalize", "quit", "abort", "unload", "destroy",
        "release", "reset", "clear", "join",
    },
)  # fmt: skip
"""Words of names of functions that end things: whoever ends something has no use for how it failed."""

_QUIET_METHODS = frozenset(
    {"cancel", "done", "cancelled", "add", "append", "discard", "remove", "set_name", "get_name"}
)
_MAX_DEPTH = 4


@dataclass(frozen=True, slots=True, eq=False)
class Unobserved:
    """A call whose outcome nobody sees.

    `name` is the canonical name of what is called. `escape` is where an exception leaves the function that runs; None
    where the call returns a future that is dropped and its function is not known, or not asked for.
    """

    scope: Scope
    call: ir.Call
    name: str
    escape: Escape | None


def unobserved(module: ModuleContext) -> Iterator[Unobserved]:
    """Dropped futures, `gather(return_exceptions=True)` and `wait` whose values are not looked at."""
    for scope, call in module.project.module_calls_named(module.module, _NAMES | imported_as(module, _NAMES)):
        name = _called(module, scope, call)
        if name is None or isinstance(scope, Class):
            continue
        around = scope.index.parents.get(id(call))
        if not isinstance(around, ir.Await):
            found = _dropped(module, scope, call, name) if name in _FUTURES else None
        elif name == GATHER:
            found = _collected(module, scope, call, around)
        else:
            found = _waited(module, scope, call, around) if name == WAIT else None
        if found is not None:
            yield found


def _called(module: ModuleContext, scope: Scope, call: ir.Call) -> str | None:
    evaluator = module.project.evaluator
    names = [
        target.name if isinstance(target, External) else ""
        for target in evaluator.targets(evaluator.value(call.func, scope))
    ]
    return names[0] if names and all(name == names[0] for name in names) and names[0] else None


# -- dropped ---------------------------------------------------------------------------------------------------------


def _dropped(module: ModuleContext, scope: Scope, call: ir.Call, name: str) -> Unobserved | None:
    if module.project.dispositions.of(call, scope).fate is not Fate.DROPPED or (not call.args and not call.keywords):
        return None
    if name != EXECUTOR:
        return Unobserved(scope, call, name, None)
    callee = argument_at(call, OFFLOADERS[EXECUTOR])
    if callee is None:
        return None
    function = _function(module.project.evaluator.value(callee, scope))
    escape = None if function is None else module.project.exceptions.escape(function)
    # What the thread does may be nobody's business as long as it cannot fail.
    return Unobserved(scope, call, name, escape) if escape is not None and escape.certain else None


def _function(value: Value) -> Function | None:
    """The one function of the project that the value is."""
    match value:
        case FunctionValue(function=function) | BoundMethod(function=function):
            return function
        case PartialValue(target=target):
            return _function(target)
        case _:
            return None


# -- gather and wait -------------------------------------------------------------------------------------------------


def _collected(module: ModuleContext, scope: Scope, call: ir.Call, around: ir.Await) -> Unobserved | None:
    """`await gather(…, return_exceptions=True)` whose list nobody reads."""
    returns = any(
        keyword.name == "return_exceptions" and isinstance(keyword.value, ir.Constant) and keyword.value.value is True
        for keyword in call.keywords
    )
    if not returns or not _is_ignored(module, scope, around) or _ends_things(module, scope, call):
        return None
    if any(isinstance(argument, ir.Name | ir.Attribute | ir.Subscript) for argument in call.args):
        return None  # waits for the end of a task, whose outcome others may look at
    work = [item for argument in call.args for item in _work(module, argument, scope, 0)]
    return _failing(module, scope, call, GATHER, work)


def _waited(module: ModuleContext, scope: Scope, call: ir.Call, around: ir.Await) -> Unobserved | None:
    """`await wait(tasks)` after which nobody looks at a task that is done."""
    if not call.args or not _done_is_ignored(module, scope, around) or _ends_things(module, scope, call):
        return None
    names = set(_holders(call.args[0]))
    if any(_is_looked_at(module, name, scope, call) for name in names):
        return None
    return _failing(module, scope, call, WAIT, list(_work(module, call.args[0], scope, 0)))


def _failing(
    module: ModuleContext, scope: Scope, call: ir.Call, name: str, work: list[Function | None]
) -> Unobserved | None:
    """The finding, if all the work is known and some of it lets exceptions out that it is not meant to end with."""
    functions = [item for item in work if item is not None]
    if len(functions) != len(work) or any(_ends_by_name(item) for item in functions):
        return None
    escapes = [module.project.exceptions.escape(function) for function in functions]
    certain = [escape for escape in escapes if escape is not None and escape.certain]
    return Unobserved(scope, call, name, certain[0]) if certain else None


def _is_ignored(module: ModuleContext, scope: Scope, node: ir.Await) -> bool:
    parent = scope.index.parents.get(id(node))
    match parent:
        case ir.ExprStmt():
            return True
        case ir.Assign(targets=(ir.Name(id=name),)) | ir.AnnAssign(target=ir.Name(id=name)):
            return _is_never_read(module, name, scope)
        case _:
            return False


def _done_is_ignored(module: ModuleContext, scope: Scope, node: ir.Await) -> bool:
    parent = scope.index.parents.get(id(node))
    match parent:
        case ir.Assign(targets=(ir.Collection(items=(ir.Name(id=done), ir.Name())),)):
            return _is_never_read(module, done, scope)
        case _:
            return _is_ignored(module, scope, node)


def _is_never_read(module: ModuleContext, name: str, scope: Scope) -> bool:
    if not isinstance(scope, Function) or not scope.index.binds(name):
        return False
    captured = any(
        scope in inner.ancestors() and scope.module.data.find(name.encode(), inner.ir.start, inner.ir.end) >= 0
        for inner in scope.module.functions
    )
    return not captured and not any(True for _ in module.project.paths.reads(name, scope))


def _holders(node: ir.Expr) -> Iterator[str]:
    """The names through which the tasks of the expression can be reached: what makes one gives no name to it."""
    match node:
        case ir.Name(id=name):
            yield name
        case ir.Call(func=ir.Name(id="list" | "set" | "tuple"), args=parts):
            yield from (name for part in parts for name in _holders(part))
        case ir.Call(func=ir.Attribute(value=receiver, attr="values" | "copy" | "union")):
            yield from _holders(receiver)
        case ir.Call():
            return
        case _:
            yield from (name for part in children(node) for name in _holders(part))


def _is_looked_at(module: ModuleContext, name: str, scope: Scope, call: ir.Call) -> bool:
    """Whether a name in the argument of `wait` is used for more than to make, cancel and count tasks."""
    inside = {id(node) for node in walk(call)}
    for node in module.project.paths.of(scope).names.get(name, ()):
        if id(node) in inside or is_target(node, scope):
            continue
        parent = scope.index.parents.get(id(node))
        if isinstance(parent, ir.Attribute) and parent.attr in _QUIET_METHODS:
            continue
        if isinstance(parent, ir.While | ir.If | ir.UnaryOp | ir.BoolOp):
            continue
        if isinstance(parent, ir.Call) and dotted(parent.func) == "len":
            continue
        if not isinstance(parent, ir.Call) or parent.func is not node:
            return True
    return False


# -- what is not meant to be seen ------------------------------------------------------------------------------------


def _ends_things(module: ModuleContext, scope: Scope, call: ir.Call) -> bool:
    """Whether the place is one where things end: after a cancel, in a cleanup, in a function named so."""
    if not isinstance(scope, Function):
        return True
    roles = module.project.roles.of(scope)
    if roles & {Role.SHUTDOWN, Role.LIFESPAN} or scope.is_generator:
        return True
    if any(_ends_by_name(function) for function in (scope, *scope.ancestors())):
        return True
    if any(other.start < call.start and "cancel" in _last_name(other) for other in scope.index.calls):
        return True
    return _is_in_cleanup(scope, call)


def _is_in_cleanup(scope: Function, call: ir.Call) -> bool:
    use = scope.index.use(call)
    current: ir.Stmt | None = use.statement
    while current is not None:
        around = scope.index.enclosing.get(id(current))
        if isinstance(around, ir.Try):
            cleanup = (around.finalbody, *(handler.body for handler in around.handlers))
            if any(item is use.statement for body in cleanup for item in statements(body)):
                return True
        current = around
    return False


def _ends_by_name(function: Function) -> bool:
    return bool(_ENDINGS & set(function.name.lower().strip("_").split("_")))


def _last_name(call: ir.Call) -> str:
    return call.func.attr if isinstance(call.func, ir.Attribute) else getattr(call.func, "id", "")


# -- the work --------------------------------------------------------------------------------------------------------


def _work(module: ModuleContext, node: ir.Expr, scope: Scope, depth: int) -> Iterator[Function | None]:
    """The project functions whose coroutines or tasks the expression holds; None for anything that is not known."""
    match node:
        case ir.Starred(value=value):
            yield from _work(module, value, scope, depth)
        case ir.Collection(items=items):
            for item in items:
                yield from _work(module, item, scope, depth)
        case ir.Comprehension(elements=(*_, element)):
            yield from _work(module, element, scope, depth)
        case ir.Dict(values=values):
            for value in values:
                yield from _work(module, value, scope, depth)
        case ir.Call(func=ir.Name(id="list" | "set" | "tuple"), args=(inner,)):
            yield from _work(module, inner, scope, depth)
        case ir.Call(func=ir.Attribute(value=ir.Name() as name, attr="values")):
            yield from _work(module, name, scope, depth)
        case ir.Name() if depth < _MAX_DEPTH:
            yield from _work_of_local(module, node, scope, depth + 1)
        case _:
            yield _coroutine_function(module.project.evaluator.value(node, scope))


def _work_of_local(module: ModuleContext, node: ir.Name, scope: Scope, depth: int) -> Iterator[Function | None]:
    """What a local is bound to, and what is appended to it."""
    definitions = module.project.paths.definitions(node, scope)
    if not definitions:
        yield None
    for binding in definitions or ():
        if binding.kind not in {"assign", "annotation"} or binding.path or binding.value is None:
            yield None
        else:
            yield from _work(module, binding.value, scope, depth)
    for read in module.project.paths.reads(node.id, scope):
        parent = scope.index.parents.get(id(read))
        around = scope.index.parents.get(id(parent))
        if isinstance(parent, ir.Attribute) and parent.attr in {"append", "add"} and isinstance(around, ir.Call):
            for argument in around.args:
                yield from _work(module, argument, scope, depth)


def _coroutine_function(value: Value) -> Function | None:
    found: list[Function | None] = []
    for member in members(value):
        match member:
            case Coroutine(function=function):
                found.append(function)
            case TaskValue(coroutine=coroutine):
                found.append(_coroutine_function(coroutine))
            case _:
                return None
    return found[0] if found else None

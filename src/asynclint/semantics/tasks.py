"""Tasks and coroutine objects: where they are made, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import dotted
from asynclint.knowledge.asyncio_api import TASK_FACTORIES
from asynclint.knowledge.coroutines import is_coroutine_function
from asynclint.project.dispositions import Disposition, Fate
from asynclint.project.model import Function
from asynclint.project.roles import Role
from asynclint.project.values import NONE, BoundMethod, Const, Coroutine, External, FunctionValue, Unknown, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Scope
    from asynclint.project.values import Value
    from asynclint.semantics.module_context import ModuleContext

_FACTORY_NAMES = frozenset({"create_task", "ensure_future", "run_coroutine_threadsafe", "Task"})
_ACTIONS = frozenset(
    {
        "send", "notify", "log", "track", "record", "publish", "emit", "audit", "save", "store", "write", "update",
        "delete", "remove", "refresh", "warm", "flush", "sync", "process", "run", "handle", "cleanup", "clean", "close",
        "start", "stop", "schedule", "dispatch", "broadcast", "push", "post", "put", "set", "add", "insert", "upsert",
        "execute", "do", "perform", "trigger", "enqueue", "submit", "report", "ping", "touch", "mark", "invalidate",
        "expire", "prune", "purge", "consume", "listen", "monitor", "watch", "poll", "deliver", "commit", "on", "main",
        "index", "ingest", "import", "export", "archive", "backup", "upload", "register", "unregister", "init",
        "initialize", "setup", "prepare", "shutdown", "increment", "decrement", "cache", "preload", "background",
        "worker", "job", "task", "loop", "serve", "forward", "relay", "stream", "capture", "collect", "call", "apply",
    },
)  # fmt: skip
"""First words of names whose work is the reason to call them: a task of these is fire-and-forget."""

_RETRIEVALS = (
    "get", "fetch", "load", "read", "find", "query", "lookup", "compute", "calculate", "calc", "count", "search",
    "retrieve", "resolve", "generate", "build", "make", "create", "predict", "infer", "parse", "download", "list",
    "select", "check", "validate", "verify", "evaluate", "estimate", "analyze", "analyse", "translate", "summarize",
)  # fmt: skip
"""First words of names whose result is the reason to call them."""


@dataclass(frozen=True, slots=True, eq=False)
class TaskSite:
    """A call that makes a task. `factory` is the canonical callable, `function` the project's coroutine function."""

    scope: Scope
    call: ir.Call
    factory: str
    coroutine: ir.Expr | None
    function: Function | None
    disposition: Disposition

    @property
    def is_dropped(self) -> bool:
        """Nothing that outlives the frame keeps the task."""
        return self.disposition.fate is not Fate.KEPT


def task_sites(module: ModuleContext) -> Iterator[TaskSite]:
    """Every task made in the module by asyncio's own factories, whatever the receiver is called."""
    for scope, call in module.project.module_calls_named(module.module, _FACTORY_NAMES | _aliases(module)):
        factory = task_factory(module, scope, call)
        if factory is None:
            continue
        coroutine = _coroutine_argument(call)
        function = _coroutine_function(module, scope, coroutine)
        disposition = module.project.dispositions.of(call, scope)
        yield TaskSite(scope, call, factory, coroutine, function, disposition)


def handed_on_sites(module: ModuleContext) -> Iterator[TaskSite]:
    """Calls of the project's own helpers that make a task, keep nothing of it and return it."""
    spawners = module.project.task_spawners
    for scope, call in module.project.module_calls_named(module.module, frozenset(item.name for item in spawners)):
        targets = module.project.evaluator.targets(module.project.evaluator.value(call.func, scope))
        functions = [target.function for target in targets if isinstance(target, FunctionValue | BoundMethod)]
        if functions and len(functions) == len(targets) and all(function in spawners for function in functions):
            disposition = module.project.dispositions.of(call, scope)
            yield TaskSite(scope, call, functions[0].qualname, None, None, disposition)


def _aliases(module: ModuleContext) -> frozenset[str]:
    """Names under which the module imports a factory: `from asyncio import create_task as spawn`."""
    found = set()
    for name, bindings in module.module.index.bindings.items():
        for binding in bindings:
            if isinstance(binding.source, ir.Alias) and binding.source.name in _FACTORY_NAMES:
                found.add(name)
    return frozenset(found)


def task_factory(module: ModuleContext, scope: Scope, call: ir.Call) -> str | None:
    """The canonical factory a call runs; None for groups, project functions and anything unknown."""
    evaluator = module.project.evaluator
    targets = evaluator.targets(evaluator.value(call.func, scope))
    names = [target.name for target in targets if isinstance(target, External)]
    if names and len(names) == len(targets):
        return names[0] if all(name in TASK_FACTORIES for name in names) else None
    if any(not isinstance(target, Unknown) for target in targets):
        return None
    return _by_receiver_name(call)


def _by_receiver_name(call: ir.Call) -> str | None:
    """`self.loop.create_task(…)` on an unknown receiver: a loop by its name, since no other class is called so."""
    if not isinstance(call.func, ir.Attribute) or call.func.attr != "create_task":
        return None
    receiver = dotted(call.func.value).rpartition(".")[2]
    is_loop = receiver in {"loop", "_loop", "event_loop", "_event_loop"}
    return "asyncio.AbstractEventLoop.create_task" if is_loop else None


def _coroutine_argument(call: ir.Call) -> ir.Expr | None:
    if call.args and not isinstance(call.args[0], ir.Starred):
        return call.args[0]
    for keyword in call.keywords:
        if keyword.name in {"coro", "coro_or_future"}:
            return keyword.value
    return None


def _coroutine_function(module: ModuleContext, scope: Scope, node: ir.Expr | None) -> Function | None:
    if node is None:
        return None
    value = module.project.evaluator.value(node, scope)
    return value.function if isinstance(value, Coroutine) else None


# -- the result of a task --------------------------------------------------------------------------------------------


def is_awaited_result(module: ModuleContext, site: TaskSite) -> bool:
    """Whether the response was meant to wait for the task: made on its way, of a function that is asked for a value."""
    return (
        isinstance(site.scope, Function)
        and site.function is not None
        and not site.disposition.callbacks
        and _first_word(site.function) not in _ACTIONS
        and returns_value(module, site.function)
        and site.scope in module.project.response_functions
    )


def is_surely_retrieval(function: Function) -> bool:
    """Whether the name leaves no doubt that the function is called for its result."""
    return _first_word(function) in _RETRIEVALS


def _first_word(function: Function) -> str:
    name = function.name.lstrip("_")
    return name.removeprefix("async_").removeprefix("a_").partition("_")[0].lower()


def returns_value(module: ModuleContext, function: Function) -> bool:
    """Whether awaiting the function gives something other than None or a truth value."""
    if function.is_generator:
        return False
    returned = [
        statement.value
        for statement in function.index.statements
        if isinstance(statement, ir.Return) and statement.value is not None
    ]
    values = [module.project.evaluator.value(node, function) for node in returned]
    return any(not _is_flag(value) for value in values)


def _is_flag(value: Value) -> bool:
    return all(
        member == NONE or (isinstance(member, Const) and isinstance(member.value, bool)) for member in members(value)
    )


# -- coroutine objects -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class CoroutineSite:
    """A call of an async function whose coroutine object is dropped. `name` is the callee's qualified name."""

    scope: Scope
    call: ir.Call
    name: str
    how: str


_TRANSPARENT = frozenset(
    {
        "staticmethod", "classmethod", "functools.wraps", "abc.abstractmethod", "typing.override", "typing.final",
        "typing.no_type_check", "typing_extensions.override", "typing_extensions.final", "tenacity.retry",
        "backoff.on_exception",
    },
)  # fmt: skip


def dropped_coroutines(module: ModuleContext) -> Iterator[CoroutineSite]:
    """Calls of async functions, of any module, whose result nobody awaits."""
    scopes: tuple[Scope, ...] = (module.module, *module.module.classes, *module.module.functions)
    for scope in scopes:
        for call in scope.index.calls:
            if not _may_drop(scope, call) or not _may_be_async(module, scope, call.func):
                continue
            name = _coroutine_name(module, scope, call)
            if name is None:
                continue
            how = _loss(module, scope, call)
            if how is not None:
                yield CoroutineSite(scope, call, name, how)


def _may_drop(scope: Scope, call: ir.Call) -> bool:
    """Whether what stands around the call leaves it possible at all that its value is lost."""
    parent = scope.index.parents.get(id(call))
    return not isinstance(parent, ir.Await | ir.Attribute | ir.YieldFrom | ir.Yield | ir.Compare | ir.BinOp)


def _may_be_async(module: ModuleContext, scope: Scope, callee: ir.Expr) -> bool:
    """A look at the callee's last name, before the costlier question what it means."""
    names = module.project.coroutine_names
    if isinstance(callee, ir.Attribute):
        return callee.attr in names
    if not isinstance(callee, ir.Name):
        return False
    if callee.id in names:
        return True
    bindings = scope.index.bindings.get(callee.id) or module.module.index.bindings.get(callee.id, [])
    return any(
        binding.kind in {"assign", "annotation"}
        or (isinstance(binding.source, ir.Alias) and binding.source.name in names)
        for binding in bindings
    )


def _coroutine_name(module: ModuleContext, scope: Scope, call: ir.Call) -> str | None:
    """The name of what is called, if every alternative is certainly an async function."""
    evaluator = module.project.evaluator
    targets = evaluator.targets(evaluator.value(call.func, scope))
    names: list[str] = []
    for target in targets:
        match target:
            case External(name=name) if is_coroutine_function(name):
                names.append(name)
            case FunctionValue(function=function) | BoundMethod(function=function):
                if not _gives_coroutine(module, function):
                    return None
                names.append(function.qualname)
            case _:
                return None
    return names[0] if names else None


def _gives_coroutine(module: ModuleContext, function: Function) -> bool:
    """Whether calling the function certainly gives a coroutine: it is async, or hands on that of one that is."""
    if function.is_generator or not _has_plain_decorators(module, function):
        return False
    if function.is_async:
        return True
    # A declared Awaitable may be a task, which runs by itself: what is returned has to be seen.
    returned = module.project.evaluator.returned_by_body(function)
    return all(isinstance(member, Coroutine) and member.function is not None for member in members(returned))


def _has_plain_decorators(module: ModuleContext, function: Function) -> bool:
    """Whether calling the decorated function certainly gives a coroutine, as calling the bare one would."""
    if module.project.roles.of(function):
        return True
    for node in function.ir.decorators:
        callee = node.func if isinstance(node, ir.Call) else node
        value = module.project.evaluator.value_outside(callee, function)
        if isinstance(value, External) and value.name in _TRANSPARENT:
            continue
        if getattr(value, "function", None) is not None:
            continue  # a decorator of the project: inference has seen that it keeps the kind
        return False
    return True


def _loss(module: ModuleContext, scope: Scope, call: ir.Call) -> str | None:
    disposition = module.project.dispositions.of(call, scope)
    if disposition.fate is Fate.DROPPED:
        return disposition.how
    by_route = (
        disposition.how == "returned"
        and isinstance(scope, Function)
        and Role.ROUTE in module.project.roles.of(scope)
        and not _use_is_deferred(scope, call)
    )
    return "returned by a route" if by_route else None


def _use_is_deferred(scope: Scope, call: ir.Call) -> bool:
    use = scope.index.uses.get(id(call))
    return use is not None and use.deferred


def is_in_async(scope: Scope) -> bool:
    """Whether the body belongs to an async function, so that `await` may stand in it."""
    return isinstance(scope, Function) and scope.is_async

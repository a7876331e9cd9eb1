"""Tasks: where they are made, and what becomes of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import dotted
from asynclint.knowledge.asyncio_api import TASK_FACTORIES, loop_callback
from asynclint.knowledge.callables import CallableParameter
from asynclint.project.dispositions import Disposition, Fate
from asynclint.project.model import Function
from asynclint.project.sites import argument_at
from asynclint.project.values import (
    NONE,
    BoundMethod,
    Const,
    Coroutine,
    External,
    FunctionValue,
    TaskValue,
    Unknown,
    members,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Scope
    from asynclint.project.values import Value
    from asynclint.semantics.module_context import ModuleContext

_FACTORY_CALLERS = frozenset({"call_soon", "call_soon_threadsafe", "call_later", "call_at", "map"})
_SHORTHAND = re.compile(rb"^[ \t]*(\w+) *= *(?:[\w.]+\.)?(\w+) *$", re.MULTILINE)
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

_HEDGES = frozenset({"maybe", "try", "attempt", "ensure", "auto", "launch", "spawn", "fire", "kick", "lazy"})
"""First words that say the work may as well not happen, or happens by itself."""

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
    passed: bool = False
    """The call has the factory called by somebody else: `loop.call_soon(asyncio.create_task, f())`."""

    @property
    def is_dropped(self) -> bool:
        """Nothing that outlives the frame keeps the task."""
        return self.disposition.fate is not Fate.KEPT


def task_sites(module: ModuleContext) -> Iterator[TaskSite]:
    """Every task made in the module by asyncio's own factories, whatever the receiver is called."""
    for scope, call in module.project.module_calls_named(
        module.module, _FACTORY_NAMES | imported_as(module, _FACTORY_NAMES)
    ):
        factory = task_factory(module, scope, call)
        coroutine = _coroutine_argument(call)
        if factory is None or (factory == _MAY_TAKE_A_FUTURE and _is_kept_future(module, scope, coroutine)):
            continue
        function = _coroutine_function(module, scope, coroutine)
        disposition = module.project.dispositions.of(call, scope)
        yield TaskSite(scope, call, factory, coroutine, function, disposition)


_MAY_TAKE_A_FUTURE = "asyncio.ensure_future"
"""Given a future or task it returns that very object, and makes none (asyncio.ensure_future)."""

_KEEPERS = frozenset({"add", "append", "put", "put_nowait", "setdefault"})


def _is_kept_future(module: ModuleContext, scope: Scope, argument: ir.Expr | None) -> bool:
    """Whether the argument is a task, or may be one, that the body keeps elsewhere."""
    if not isinstance(argument, ir.Name):
        return False
    values = members(module.project.evaluator.value(argument, scope))
    if any(isinstance(value, TaskValue) for value in values):
        return True
    if any(isinstance(value, Coroutine) for value in values):
        return False
    return any(
        isinstance(call.func, ir.Attribute)
        and call.func.attr in _KEEPERS
        and not scope.index.uses[id(call)].deferred
        and any(isinstance(arg, ir.Name) and arg.id == argument.id for arg in call.args)
        for call in scope.index.calls
    )


def passed_on_sites(module: ModuleContext) -> Iterator[TaskSite]:
    """Calls that are given a factory to call: the loop drops the task, `map` collects the tasks."""
    for scope, call in module.project.module_calls_named(module.module, _FACTORY_CALLERS):
        evaluator = module.project.evaluator
        for target in evaluator.targets(evaluator.value(call.func, scope)):
            if not isinstance(target, External):
                continue
            is_map = target.name == "map"
            parameter = CallableParameter(0) if is_map else loop_callback(target.name)
            callee = None if parameter is None else argument_at(call, parameter)
            factory = None if callee is None else _factory_of(module, scope, callee)
            if factory is None or callee is None:
                continue
            given = [argument for argument in call.args if argument is not callee]
            function = None if is_map else _coroutine_function(module, scope, given[-1] if given else None)
            dropped = Disposition(Fate.DROPPED, how="lambda")
            disposition = module.project.dispositions.of(call, scope) if is_map else dropped
            if not is_map or not isinstance(scope.index.parents.get(id(call)), ir.ExprStmt):
                yield TaskSite(scope, call, factory, None, function, disposition, passed=True)


def _factory_of(module: ModuleContext, scope: Scope, callee: ir.Expr) -> str | None:
    """The factory that a callable is; a `create_task` of what is called a loop is one by its name."""
    evaluator = module.project.evaluator
    targets = evaluator.targets(evaluator.value(callee, scope))
    names = [target.name for target in targets if isinstance(target, External)]
    if names and len(names) == len(targets):
        return names[0] if all(name in TASK_FACTORIES for name in names) else None
    is_unknown = all(isinstance(target, Unknown) for target in targets)
    return _by_receiver_name(callee) if is_unknown else None


def handed_on_sites(module: ModuleContext) -> Iterator[TaskSite]:
    """Calls of the project's own helpers that make a task, keep nothing of it and return it."""
    spawners = module.project.task_spawners
    for scope, call in module.project.module_calls_named(module.module, frozenset(item.name for item in spawners)):
        targets = module.project.evaluator.targets(module.project.evaluator.value(call.func, scope))
        functions = [target.function for target in targets if isinstance(target, FunctionValue | BoundMethod)]
        if functions and len(functions) == len(targets) and all(function in spawners for function in functions):
            disposition = module.project.dispositions.of(call, scope)
            yield TaskSite(scope, call, functions[0].qualname, None, None, disposition)


def imported_as(module: ModuleContext, names: frozenset[str]) -> frozenset[str]:
    """What the module calls the things of some names: `from asyncio import create_task as spawn`, `s = create_task`."""
    found = set()
    for name, bindings in module.module.index.bindings.items():
        for binding in bindings:
            if isinstance(binding.source, ir.Alias) and binding.source.name in names:
                found.add(name)
    # `spawn = loop.create_task`, in any body
    found |= {match[1].decode() for match in _SHORTHAND.finditer(module.module.data) if match[2].decode() in names}
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
    return _by_receiver_name(call.func)


def _by_receiver_name(callee: ir.Expr) -> str | None:
    """`self.loop.create_task` on an unknown receiver: a loop by its name, since no other class is called so."""
    if not isinstance(callee, ir.Attribute) or callee.attr != "create_task":
        return None
    receiver = dotted(callee.value).rpartition(".")[2]
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
        and not site.passed
        and not site.disposition.callbacks
        and not _is_action(_first_word(site.function))
        and returns_value(module, site.function)
        and site.scope in module.project.response_functions
    )


def _is_action(word: str) -> bool:
    """Whether a function of such a first word is run for what it does: also `maybe_…`, and what is done once more."""
    again = word.removeprefix("re") if word.startswith("re") and word != "research" else ""
    return word in _ACTIONS or word in _HEDGES or again in _ACTIONS or again in _RETRIEVALS


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


def is_in_async(scope: Scope) -> bool:
    """Whether the body belongs to an async function, so that `await` may stand in it."""
    return isinstance(scope, Function) and scope.is_async

"""Tasks: where they are made, and what becomes of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asynclint.flow import ir
from asynclint.flow.control_flow import some_path_avoids
from asynclint.flow.traversal import dotted
from asynclint.knowledge.asyncio_api import TASK_FACTORIES, loop_callback
from asynclint.knowledge.callables import CallableParameter
from asynclint.knowledge.names import lineage
from asynclint.project.dispositions import Disposition, Fate
from asynclint.project.model import Function
from asynclint.project.roles import Role
from asynclint.project.sites import argument_at
from asynclint.project.suspended_frames import is_kept_while_suspended
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

    from asynclint.flow.control_flow import Node
    from asynclint.project.model import Scope
    from asynclint.project.scopes import Binding
    from asynclint.project.values import Value
    from asynclint.semantics.module_context import ModuleContext

_FACTORY_CALLERS = frozenset({"call_soon", "call_soon_threadsafe", "call_later", "call_at", "map"})
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

_RETRIEVALS = frozenset(
    {
        "get", "fetch", "load", "read", "find", "query", "lookup", "count", "search", "retrieve", "resolve", "list",
        "select", "check", "validate", "verify", "is", "has", "can",
    },
)  # fmt: skip
"""First words of names whose result is the only reason to call them."""

_PRODUCTIONS = frozenset(
    {
        "compute", "calculate", "calc", "generate", "build", "make", "create", "predict", "infer", "parse", "download",
        "evaluate", "estimate", "analyze", "analyse", "translate", "summarize",
    },
)  # fmt: skip
"""First words of names whose result is the reason to call them, unless they put it somewhere themselves."""


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
        and not scope.index.use(call).deferred
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
    for scope, call in module.project.module_calls_named(module.module, module.project.task_spawner_names):
        targets = module.project.evaluator.targets(module.project.evaluator.value(call.func, scope))
        functions = [target.function for target in targets if isinstance(target, FunctionValue | BoundMethod)]
        if functions and len(functions) == len(targets) and all(function in spawners for function in functions):
            disposition = module.project.dispositions.of(call, scope)
            yield TaskSite(scope, call, functions[0].qualname, None, None, disposition)


def imported_as(module: ModuleContext, names: frozenset[str]) -> frozenset[str]:
    """What the module calls the things of some names: `from asyncio import create_task as spawn`, `s = create_task`."""
    aliases = (module.module.import_aliases(name) for name in names)
    words = module.module.ir.words
    present = (name for name in names if name in words)
    return frozenset().union(*aliases, *(_shorthands(module.module.data, name.encode()) for name in present))


_SHORTHAND: Final = re.compile(
    rb"^[ \t]*(\w+) *= *(?:(?:functools\.)?partial\( *)?(?:[\w.]+\.)?(\w+) *(?:$|[,)])", re.MULTILINE
)
"""`spawn = loop.create_task`, `spawn = partial(create_task, name="x")`."""


def _shorthands(data: bytes, word: bytes) -> Iterator[str]:
    """The names, in any body, that something of this last name is given."""
    place = data.find(word)
    while place >= 0:
        found = _SHORTHAND.match(data, data.rfind(b"\n", 0, place) + 1)
        if found is not None and found[2] == word:
            yield found[1].decode()
        place = data.find(word, place + len(word))


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


# -- what keeps a task that the body drops ---------------------------------------------------------------------------

_QUEUE_PUT = "asyncio.Queue.put"
"""A task that waits here is kept by the queue, whose list of waiting putters leads to it."""

_LOOP_RUNNERS = frozenset({"run_forever", "run_until_complete"})


def is_kept_anyway(module: ModuleContext, site: TaskSite) -> bool:
    """Whether something holds the task until it is done, although the code around the call drops it."""
    return module.project.has_keeping_task_factory or _waits_for_queue(module, site) or _is_kept_by_frame(module, site)


def _waits_for_queue(module: ModuleContext, site: TaskSite) -> bool:
    if not isinstance(site.coroutine, ir.Call):
        return False
    evaluator = module.project.evaluator
    targets = evaluator.targets(evaluator.value(site.coroutine.func, site.scope))
    return bool(targets) and all(isinstance(item, External) and _is_queue_put(item.name) for item in targets)


def _is_queue_put(name: str) -> bool:
    owner, _, method = name.rpartition(".")
    return any(f"{base}.{method}" == _QUEUE_PUT for base in lineage(owner))


def _is_kept_by_frame(module: ModuleContext, site: TaskSite) -> bool:
    """Whether a local holds the task, in a body that goes on as long as the event loop does."""
    scope = site.scope
    if isinstance(scope, Function) and is_kept_while_suspended(module.project, scope, site.call):
        return True
    binding = _binding(site) if isinstance(scope, Function) else None
    if binding is None or binding.statement is None or not isinstance(scope, Function):
        return False
    if not scope.is_async:
        return any(_last_name(call) in _LOOP_RUNNERS and call.start > site.call.start for call in scope.index.calls)
    nodes = module.project.paths.of(scope).evaluations(binding.statement)
    is_endless = bool(nodes) and not any(some_path_avoids(scope.control_flow, node, _nothing) for node in nodes)
    return is_endless or module.project.task_lifetimes.is_run_to_end(scope)


def _binding(site: TaskSite) -> Binding | None:
    """The only value of the local that gets the task, if it is bound once."""
    scope, parent = site.scope, site.scope.index.parents.get(id(site.call))
    while isinstance(parent, ir.Collection | ir.Comprehension):
        parent = scope.index.parents.get(id(parent))
    match parent:
        case ir.Assign(targets=(ir.Name(id=name),)) | ir.AnnAssign(target=ir.Name(id=name)):
            bindings = scope.index.bindings.get(name, [])
            is_only = len(bindings) == 1 and not any(step.loop for step in bindings[0].block)
            return bindings[0] if is_only else None
        case _:
            return None


def _last_name(call: ir.Call) -> str:
    return call.func.attr if isinstance(call.func, ir.Attribute) else ""


def _nothing(_: Node) -> bool:
    return False


# -- the result of a task --------------------------------------------------------------------------------------------


def is_awaited_result(module: ModuleContext, site: TaskSite) -> bool:
    """Whether the response was meant to wait for the task: made on its way, of a function that is asked for a value."""
    return (
        isinstance(site.scope, Function)
        and site.function is not None
        and not site.passed
        and not site.disposition.callbacks
        and not _is_action(site.function)
        and returns_value(module, site.function)
        and (_first_word(site.function.name) in _RETRIEVALS or not _is_job(site.function, site.disposition.how))
        and site.scope in module.project.response_functions
    )


def answers(module: ModuleContext, site: TaskSite) -> tuple[ir.Return | None, ...] | None:
    """How the route that makes the task may end after that; None for its end without a `return`.

    None in place of all of them where the body that makes the task is no route.
    """
    scope, statement = site.scope, site.scope.index.statement_of(site.call)
    if not isinstance(scope, Function) or Role.ROUTE not in module.project.roles.of(scope) or statement is None:
        return None
    if isinstance(statement, ir.Return):
        return (statement,)
    cfg = scope.control_flow
    pending = list(module.project.paths.of(scope).evaluations(statement))
    seen = set(pending)
    while pending:
        current = pending.pop()
        if isinstance(current.origin, ir.Return):
            continue
        new = [node for node in cfg.normal_successors(current) if node not in seen]
        seen.update(new)
        pending += new
    found = {id(node.origin): node.origin for node in seen if isinstance(node.origin, ir.Return)}
    at_end = (None,) if cfg.exit in seen else ()
    return (*sorted(found.values(), key=lambda item: item.start), *at_end)


def _is_action(function: Function) -> bool:
    """Whether the name says that the function is run for what it does: also `maybe_…`, `reload_…`, `get_and_store`."""
    word = _first_word(function.name)
    again = word.removeprefix("re") if word.startswith("re") and word != "research" else ""
    also = [_first_word(part) for part in function.name.split("_and_")[1:]]
    is_repeated = again in _ACTIONS | _RETRIEVALS | _PRODUCTIONS
    return word in _HEDGES or is_repeated or any(item in _ACTIONS for item in (word, *also))


def is_surely_retrieval(function: Function) -> bool:
    """Whether the name leaves no doubt that the function is called for its result."""
    return _first_word(function.name) in _RETRIEVALS | _PRODUCTIONS


def _first_word(name: str) -> str:
    return name.lstrip("_").removeprefix("async_").removeprefix("a_").partition("_")[0].lower()


def _is_job(function: Function, how: str) -> bool:
    """Whether the function leaves its work somewhere itself, or only says that it is done and nobody takes that."""
    index = function.index
    returned = [item.value for item in index.statements if isinstance(item, ir.Return) and item.value is not None]
    return (
        (how == "statement" and all(_is_constant(value) for value in returned))
        or any(_first_word(_last_name(call)) in _STORING for call in index.calls)
        or any(_is_outside(target, function) for item in index.statements for target in _targets(item))
    )


_STORING = frozenset(
    {
        "save", "store", "write", "publish", "send", "emit", "push", "put", "insert", "upsert", "update", "commit",
        "upload", "export", "enqueue", "notify", "delete", "remove",
    },
)  # fmt: skip


def _is_constant(node: ir.Expr) -> bool:
    match node:
        case ir.Constant():
            return True
        case ir.Dict(values=items) | ir.Collection(items=items):
            return all(_is_constant(item) for item in items)
        case _:
            return False


def _targets(statement: ir.Stmt) -> tuple[ir.Expr, ...]:
    match statement:
        case ir.Assign(targets=targets):
            return targets
        case ir.AugAssign(target=target) | ir.AnnAssign(target=target):
            return (target,)
        case _:
            return ()


def _is_outside(target: ir.Expr, function: Function) -> bool:
    """Whether what is assigned to is an attribute or item of something that the function did not make."""
    while isinstance(target, ir.Attribute | ir.Subscript):
        target = target.value
        if isinstance(target, ir.Name):
            bindings = function.index.bindings.get(target.id, [])
            return not bindings or any(binding.kind == "param" for binding in bindings)
    return False


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

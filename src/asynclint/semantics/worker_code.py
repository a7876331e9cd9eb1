"""Calls that need a running event loop, in functions that run in a worker thread.

Each call is followed backwards through the plain functions that call its function, to one that FastAPI or the project
runs in a thread. A step is taken only where nothing around it asks for the loop, or catches that there is none.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asynclint.flow import ir
from asynclint.flow.control_flow import all_paths_pass
from asynclint.flow.traversal import dotted, statements, walk
from asynclint.knowledge.fastapi_api import HTTP_ROUTE_DECORATORS
from asynclint.project.model import Function
from asynclint.project.roles import Role
from asynclint.project.thread_functions import given_to_thread
from asynclint.project.values import BoundMethod, External, FunctionValue
from asynclint.semantics.tasks import imported_as

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Scope
    from asynclint.project.project import Project
    from asynclint.semantics.module_context import ModuleContext

MAX_STEPS: Final = 5
"""Calls between the function that runs in a thread and the call that needs the loop."""

_NEED_LOOP: Final = frozenset(
    {
        "asyncio.create_task", "asyncio.ensure_future", "asyncio.gather", "asyncio.get_event_loop",
        "asyncio.get_running_loop", "asyncio.current_task", "asyncio.all_tasks",
    },
)  # fmt: skip
_OWN_LOOP_IS_ENOUGH: Final = frozenset({"asyncio.get_event_loop", "asyncio.ensure_future", "asyncio.gather"})
"""A loop that was set for the thread does for these, running or not."""

_NAMES = frozenset(name.rpartition(".")[2] for name in _NEED_LOOP)
_SETS_LOOP = frozenset({"set_event_loop", "run_until_complete", "run_forever", "Runner"})
_IN_WORKER = {
    Role.ROUTE: "a plain `def` route",
    Role.DEPENDENCY: "a plain `def` dependency",
    Role.BACKGROUND: "a plain `def` background function",
    Role.EXCEPTION_HANDLER: "a plain `def` exception handler",
}
_SAME_KIND = frozenset({"staticmethod", "classmethod", "functools.lru_cache", "functools.cache", "functools.wraps"})
_LOOP_WORDS = ("loop", "running", "thread", "async")
_WIDE = frozenset({"Exception", "BaseException"})


@dataclass(frozen=True, slots=True, eq=False)
class LooplessCall:
    """A call of `name` in a worker thread: `reason` says why `root` runs there, `steps` are the calls from there."""

    scope: Scope
    call: ir.Call
    name: str
    root: str
    reason: str
    steps: tuple[tuple[Function, ir.Call], ...]


def loopless_calls(module: ModuleContext) -> Iterator[LooplessCall]:
    """Every call of the module that asks for a loop in a thread that has none."""
    for scope, call in module.project.module_calls_named(module.module, _NAMES | imported_as(module, _NAMES)):
        name = _needs_loop(module, scope, call)
        if name is None:
            continue
        use = scope.index.use(call)
        if use.deferred:
            receiver = _offloaded_lambda(module, scope, call)
            if receiver is not None:
                yield LooplessCall(scope, call, name, "the lambda", f"`{receiver}` runs it in a thread", ())
        elif isinstance(scope, Function) and not scope.is_async and not _is_guarded(scope, call):
            found = _way_to_worker(module, scope, call, name)
            if found is not None:
                root, reason, steps = found
                yield LooplessCall(scope, call, name, root.name, reason, steps)


def _needs_loop(module: ModuleContext, scope: Scope, call: ir.Call) -> str | None:
    evaluator = module.project.evaluator
    targets = evaluator.targets(evaluator.value(call.func, scope))
    names = {target.name if isinstance(target, External) else "" for target in targets}
    name = names.pop() if len(names) == 1 else ""
    if name not in _NEED_LOOP or any(keyword.name == "loop" for keyword in call.keywords):
        return None
    if name in {"asyncio.current_task", "asyncio.all_tasks"} and call.args:
        return None
    if name in {"asyncio.ensure_future", "asyncio.gather"} and not _makes_coroutine(module, scope, call):
        return None
    return name


def _makes_coroutine(module: ModuleContext, scope: Scope, call: ir.Call) -> bool:
    """Whether the first argument is the call of an async function: a future brings its own loop."""
    first = call.args[0] if call.args else None
    return any(site.node is first and site.scope is scope for site in module.coroutine_sites)


def _offloaded_lambda(module: ModuleContext, scope: Scope, call: ir.Call) -> str | None:
    """The offloader that is given the lambda whose body the call is."""
    around = scope.index.parents.get(id(call))
    receiver = scope.index.parents.get(id(around))
    if not isinstance(around, ir.Lambda) or around.body is not call or not isinstance(receiver, ir.Call):
        return None
    found = given_to_thread(module.project, scope, receiver)
    return found[0] if found is not None and found[1] is around else None


# -- the way back to a thread ----------------------------------------------------------------------------------------


def _way_to_worker(
    module: ModuleContext, function: Function, needing: ir.Call, name: str
) -> tuple[Function, str, tuple[tuple[Function, ir.Call], ...]] | None:
    project = module.project
    waiting: deque[tuple[Function, tuple[tuple[Function, ir.Call], ...]]] = deque([(function, ())])
    seen = {id(function)}
    while waiting:
        current, steps = waiting.popleft()
        if name in _OWN_LOOP_IS_ENOUGH and _sets_loop(current):
            continue
        reason = _runs_in_worker(module, current)
        if reason is not None:
            return current, reason, steps
        here = steps[0][1] if steps else needing
        if len(steps) >= MAX_STEPS or not _always_runs(project, current, here):
            continue  # on what the caller gave may depend whether it needs a loop
        for scope, call in project.callers.of(current):
            if not isinstance(scope, Function) or scope.is_async or id(scope) in seen:
                continue
            if scope.index.use(call).deferred or _is_guarded(scope, call) or not _is_sure(project, scope, call):
                continue
            seen.add(id(scope))
            waiting.append((scope, ((scope, call), *steps)))
    return None


def _always_runs(project: Project, function: Function, call: ir.Call) -> bool:
    """Whether the function does not come to its end without the call."""
    current = function.index.parents.get(id(call))
    while current is not None:
        if isinstance(current, ir.IfExp | ir.BoolOp | ir.Comprehension):
            return False
        current = function.index.parents.get(id(current))
    paths = project.paths.of(function)
    nodes = set(paths.evaluations(function.index.use(call).statement))
    return all_paths_pass(paths.graph, paths.graph.entry, nodes.__contains__)


def _is_sure(project: Project, scope: Scope, call: ir.Call) -> bool:
    targets = project.evaluator.targets(project.evaluator.value(call.func, scope))
    return len(targets) == 1 and isinstance(targets[0], FunctionValue | BoundMethod)


def _runs_in_worker(module: ModuleContext, function: Function) -> str | None:
    """Why the function runs in a worker thread; None where it does not, or also in other roles."""
    project = module.project
    roles = project.roles.of(function)
    if roles:
        known = [_IN_WORKER[role] for role in sorted(roles, key=lambda role: role.value) if role in _IN_WORKER]
        is_plain = not (function.is_generator and Role.ROUTE in roles) and _keeps_kind(project, function)
        return f"`{function.name}` is {known[0]}" if len(known) == len(roles) and is_plain else None
    offloader = project.thread_of(function)
    return None if offloader is None else f"`{offloader}` runs `{function.name}` in a thread"


def _keeps_kind(project: Project, function: Function) -> bool:
    """Whether every decorator is known to leave a plain function a plain one."""
    if not isinstance(project.evaluator.definition(function), FunctionValue):
        return False
    for node in function.ir.decorators:
        callee = node.func if isinstance(node, ir.Call) else node
        if isinstance(callee, ir.Attribute) and callee.attr in HTTP_ROUTE_DECORATORS | {"exception_handler"}:
            continue
        value = project.evaluator.value_outside(callee, function)
        if isinstance(value, External) and (value.name in _SAME_KIND or value.name.startswith("contextlib.")):
            continue
        if not isinstance(value, FunctionValue):
            return False
        wrapper = project.evaluator.calls.wrapper(value.function, factory=isinstance(node, ir.Call))
        if wrapper is None or wrapper.is_async:
            return False
    return True


def _sets_loop(function: Function) -> bool:
    data = function.module.data
    return any(data.find(word.encode(), function.ir.start, function.ir.end) >= 0 for word in _SETS_LOOP)


# -- guards ----------------------------------------------------------------------------------------------------------


def _is_guarded(scope: Function, call: ir.Call) -> bool:
    """Whether something around the call asks whether there is a loop, or makes do without one."""
    current: ir.Expr | ir.Stmt | None = scope.index.parents.get(id(call))
    while isinstance(current, ir.IfExp | ir.BoolOp):
        if _asks_for_loop(current):
            return True
        current = scope.index.parents.get(id(current))
    statement: ir.Stmt | None = scope.index.use(call).statement
    inner = statement
    while statement is not None:
        match statement:
            case ir.If(test=test) | ir.While(test=test) if _asks_for_loop(test):
                return True
            case ir.Try(body=body, handlers=handlers) if _is_in(inner, body):
                if any(_makes_do(handler) for handler in handlers):
                    return True
            case ir.Try(handlers=handlers) if any(_is_in(inner, handler.body) for handler in handlers):
                return True  # what was tried first did not work: nobody knows where this runs
            case _:
                pass
        statement = scope.index.enclosing.get(id(statement))
    return False


def _is_in(statement: ir.Stmt | None, body: tuple[ir.Stmt, ...]) -> bool:
    return any(item is statement for item in statements(body))


def _asks_for_loop(test: ir.Expr) -> bool:
    for part in walk(test):
        name = part.id if isinstance(part, ir.Name) else part.attr if isinstance(part, ir.Attribute) else ""
        if name != "asyncio" and any(word in name.lower() for word in _LOOP_WORDS):
            return True
    return False


def _makes_do(handler: ir.ExceptHandler) -> bool:
    """Whether the handler is there for a missing loop, rather than to report any failure."""
    if handler.type is None:
        return True
    names = {dotted(part).rpartition(".")[2] for part in walk(handler.type)}
    if names & {"RuntimeError"}:
        return True
    if not names & _WIDE:
        return False
    raises = any(isinstance(item, ir.Raise) for item in statements(handler.body))
    return not raises

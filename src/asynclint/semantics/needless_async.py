"""Routes and dependencies that are coroutine functions without need."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Applicability
from asynclint.flow import ir
from asynclint.knowledge.fastapi_api import HTTP_ROUTE_DECORATORS
from asynclint.project.roles import Role
from asynclint.project.values import (
    BoundMethod,
    ClassValue,
    Coroutine,
    External,
    FunctionValue,
    TaskValue,
    Unknown,
    members,
)
from asynclint.semantics import references, rewrite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import Fix
    from asynclint.project.model import Function
    from asynclint.semantics.module_context import ModuleContext

MAX_CALLS = 4
"""Calls followed in search of code that needs the event loop."""

_LOOP = re.compile(
    rb"\b(?:create_task|ensure_future|get_running_loop|get_event_loop|current_task|all_tasks|call_soon|call_later|"
    rb"run_coroutine_threadsafe|run_in_executor|add_done_callback|ContextVar|contextvars|set_result|put_nowait)\b"
)
"""What works in the thread of the event loop only, or is seen there only."""


def needless(module: ModuleContext) -> Iterator[Function]:
    """The async routes and dependencies of the module that never await and would work as `def`."""
    for function in module.module.functions:
        if is_needless(module, function):
            yield function


def is_needless(module: ModuleContext, function: Function) -> bool:
    """Whether it is a route or dependency that is async, never awaits, and would work as `def`."""
    return _never_awaits(module, function) and _would_work(module, function)


def plain_fixes(module: ModuleContext, function: Function) -> Iterator[Fix]:
    """`async def f()` → `def f()`."""
    edits = rewrite.drop_async(module.module.data, function.ir.start)
    if edits is not None:
        yield module.fix(Applicability.UNSAFE, "make it a `def`, which FastAPI runs in a thread", edits)


def _never_awaits(module: ModuleContext, function: Function) -> bool:
    if not function.is_async or function.ir.has_await or function.is_generator or function.owner is not None:
        return False
    return module.project.roles.of(function) in _ONLY


_ONLY = (frozenset({Role.ROUTE}), frozenset({Role.DEPENDENCY}))


def _would_work(module: ModuleContext, function: Function) -> bool:
    return (
        any(_does_work(module, call, function) for call in function.index.calls)
        and not function.is_stub
        and all(name.rpartition(".")[2] in HTTP_ROUTE_DECORATORS for name in function.decorator_names)
        and not _is_wrapped_by_project(module, function)
        and not _needs_loop(module, function)
        and not references.is_called_by_project(module.project, function)
    )


def _is_wrapped_by_project(module: ModuleContext, function: Function) -> bool:
    """Whether a router of the project's own takes the route: it may await what it is given."""
    evaluator = module.project.evaluator
    for node in function.ir.decorators:
        value = evaluator.value_outside(node.func if isinstance(node, ir.Call) else node, function)
        if any(isinstance(member, FunctionValue | BoundMethod) for member in members(value)):
            return True
    return False


def _needs_loop(module: ModuleContext, function: Function) -> bool:
    """Whether the body, or what it calls, uses the loop of its thread, or makes coroutines; unknown calls may."""
    if _LOOP.search(function.module.data, function.ir.start, function.ir.end):
        return True
    for call in function.index.calls:
        values = members(module.project.evaluator.value(call, function))
        if any(isinstance(value, Coroutine | TaskValue) for value in values) or _may_need_loop(module, call, function):
            return True
    waiting, seen = [(function, 0)], {function}
    while waiting:
        current, depth = waiting.pop()
        if _LOOP.search(current.module.data, current.ir.start, current.ir.end):
            return True
        for site in module.project.call_sites.sites(current) if depth < MAX_CALLS else ():
            for callee in site.functions:
                if callee not in seen and not callee.is_async:
                    seen.add(callee)
                    waiting.append((callee, depth + 1))
    return False


def _does_work(module: ModuleContext, call: ir.Call, function: Function) -> bool:
    """Whether more is called than a class: to make a response or an exception takes no thread."""
    targets = module.project.evaluator.targets(module.project.evaluator.value(call.func, function))
    return any(
        not isinstance(target, ClassValue | External)
        or (isinstance(target, External) and not target.name.rpartition(".")[2][:1].isupper())
        for target in targets
    )


def _may_need_loop(module: ModuleContext, call: ir.Call, function: Function) -> bool:
    """Whether what is called is of asyncio, or nothing is known of it."""
    targets = module.project.evaluator.targets(module.project.evaluator.value(call.func, function))
    return any(
        isinstance(target, Unknown) or (isinstance(target, External) and target.name.startswith("asyncio."))
        for target in targets
    )

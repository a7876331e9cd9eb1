"""Routes and dependencies that are coroutine functions without need, and those that block for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Applicability
from asynclint.knowledge.fastapi_api import HTTP_ROUTE_DECORATORS
from asynclint.project.roles import Role
from asynclint.project.values import ClassValue, Coroutine, External, TaskValue, Unknown, members
from asynclint.semantics import references, rewrite
from asynclint.semantics.offloaders import needs_its_thread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import Fix
    from asynclint.flow import ir
    from asynclint.project.model import Function
    from asynclint.semantics.blocking import BlockingFinding
    from asynclint.semantics.module_context import ModuleContext

MAX_CALLS = 4
"""Calls followed in search of code that needs the event loop."""

_SLEEP = "ASL201"
"""The rule for sleeps, which are better slept on the loop than in a thread."""

_LOOP = re.compile(
    rb"\b(?:create_task|ensure_future|get_running_loop|get_event_loop|current_task|all_tasks|call_soon|call_later|"
    rb"run_coroutine_threadsafe|run_in_executor|add_done_callback|ContextVar|contextvars|set_result|put_nowait)\b"
)
"""What works in the thread of the event loop only, or is seen there only."""


def needless(module: ModuleContext) -> Iterator[Function]:
    """The async routes and dependencies of the module that never await and would work as `def`."""
    for function in module.module.functions:
        if _never_awaits(module, function) and _would_work(module, function):
            yield function


def better_plain(module: ModuleContext) -> frozenset[Function]:
    """Those of them that hold the event loop up, by more than a sleep or a question to the file system."""
    if module.is_test:
        return frozenset()
    found: dict[Function, list[BlockingFinding]] = {}
    for finding in module.blocking_findings:
        if _never_awaits(module, finding.function):
            found.setdefault(finding.function, []).append(finding)
    return frozenset(
        function
        for function, findings in found.items()
        if any(map(_is_worth_a_thread, findings)) and _may_change_thread(findings) and _would_work(module, function)
    )


def plain_fixes(module: ModuleContext, function: Function) -> Iterator[Fix]:
    """`async def f()` → `def f()`."""
    edits = rewrite.drop_async(module.module.data, function.ir.start)
    if edits is not None:
        yield module.fix(Applicability.UNSAFE, "make it a `def`, which FastAPI runs in a thread", edits)


def _is_worth_a_thread(finding: BlockingFinding) -> bool:
    return finding.family.rule != _SLEEP and finding.waits and not finding.is_brief


def _may_change_thread(findings: list[BlockingFinding]) -> bool:
    """Whether what belongs to a thread is made in this very call, as a connection is."""
    bound = {finding.witness.call.name for finding in findings if needs_its_thread(finding.witness.call.name)}
    libraries = {name.partition(".")[0] for name in bound}
    return all(f"{library}.connect" in bound for library in libraries)


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
        and not _needs_loop(module, function)
        and not references.is_called_by_project(module.project, function)
    )


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

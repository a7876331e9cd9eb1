"""A lock of threads that is held over an `await`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics.clauses import header_span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import ChainStep, Diagnostic
    from asynclint.project.held_locks import HeldLock
    from asynclint.project.model import Function
    from asynclint.semantics.module_context import ModuleContext


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Every lock of the threading and multiprocessing modules that other tasks can find taken."""
    for function in module.module.functions:
        for held in module.project.held_locks.held(function):
            yield module.diagnostic(
                RULE,
                function,
                _span(module, function, held),
                _message(held),
                severity=_severity(module, held),
                confidence=Confidence.MEDIUM if held.is_reentrant else None,
                cause="" if held.via is None else f"ASL211:{held.via.full_name}",
                chain=_steps(module, function, held),
            )


def _severity(module: ModuleContext, held: HeldLock) -> Severity | None:
    if module.is_test:
        return Severity.NOTE
    # It hangs nothing, and may be meant to keep out other threads only.
    return Severity.WARNING if held.is_reentrant else None


def _span(module: ModuleContext, function: Function, held: HeldLock) -> Span:
    if isinstance(held.taken, ir.With):
        return header_span(module.module.data, held.taken)
    return module.span_of(function, held.taken)


def _message(held: HeldLock) -> str:
    lock = (
        f"`{held.name}`, a `{held.kind}`,"
        if held.via is None
        else f"the `{held.kind}` that `{held.via.qualname}` takes"
    )
    if held.is_reentrant:
        # All tasks run in one thread, which may take a reentrant lock again (threading.RLock).
        outcome = "other tasks of this thread get it too, so that it protects nothing from them, and other threads wait"
    else:
        outcome = (
            "a task that has to wait for it stops the whole event loop, and with it the task that would release it"
        )
    over = _over(held)
    return f"{lock} is held over {over}: {outcome}; use `{_async_twin(held)}`, or release it before {over}"


def _over(held: HeldLock) -> str:
    match held.at:
        case ir.Await():
            return "an `await`"
        case ir.For():
            return "an `async for`"
        case ir.With():
            return "an `async with`"
        case _:
            return "a `yield`"


def _async_twin(held: HeldLock) -> str:
    name = held.kind.rpartition(".")[2]
    return f"asyncio.{'Lock' if name == 'RLock' else name}"


def _steps(module: ModuleContext, function: Function, held: HeldLock) -> Iterator[ChainStep]:
    match held.at:
        case ir.Await(start=start, end=end):
            span = Span(start, end)
        case ir.For() | ir.With() as statement:
            span = header_span(module.module.data, statement)
        case statement:
            span = Span(statement.start, statement.start + 1)
    yield module.step(function.module, span, "other tasks run here while it is held")


RULE = Rule(
    code="ASL211",
    name="lock-across-await",
    summary="a lock of threads that is held over an `await`",
    rationale=(
        "At an `await` the event loop runs other tasks in the same thread. If one of them takes the same "
        "`threading.Lock`, it blocks that thread, and with it the task that would release the lock: the process hangs "
        "for good. A reentrant lock is worse in another way: its owner is the thread, so every task gets it at the "
        "same time. Locks of asyncio suspend the task instead. Not reported: a lock that is released before the "
        "`await`, and one that is only tried with `acquire(blocking=False)`."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ with lock: ━━ await save() ┄┄┄┄┄┄┄┄ waits for the loop, for ever
request B                       ━━ with lock: ━━━ holds the loop's only thread, for ever
""",
    limits=(
        "Locks that are handed in as untyped parameters.",
        "Whether two tasks ever want the lock at the same moment.",
    ),
    examples=(
        Example(
            bad="""\
import asyncio
import threading

lock = threading.Lock()
balances = {"a": 100, "b": 0}


async def transfer(amount: int) -> None:
    with lock:  # expect: ASL211
        balances["a"] -= amount
        await asyncio.sleep(0)
        balances["b"] += amount
""",
            good="""\
import asyncio

lock = asyncio.Lock()
balances = {"a": 100, "b": 0}


async def transfer(amount: int) -> None:
    async with lock:
        balances["a"] -= amount
        await asyncio.sleep(0)
        balances["b"] += amount
""",
        ),
    ),
    check=check,
)

"""A task that is cancelled and not awaited, although its cleanup takes time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.flow.traversal import dotted
from asynclint.rulekit.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import Diagnostic
    from asynclint.project.cancelled_tasks import CancelledTask
    from asynclint.semantics.module_context import ModuleContext


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Every `.cancel()` at the end of the application of a task whose cleanup awaits and that nobody awaits."""
    if module.is_test or b".cancel" not in module.module.data:
        return
    for task in module.project.cancelled_tasks.of(module.module):
        owner = task.function.module
        start = task.cleanup.start
        line = owner.data[start:].partition(b"\n")[0].rstrip(b" \t\r")
        yield module.diagnostic(
            RULE,
            task.scope,
            module.span_of(task.scope, task.call),
            _message(task),
            chain=[module.step(owner, Span(start, start + len(line)), f"`{task.function.qualname}` cleans up here")],
        )


def _message(task: CancelledTask) -> str:
    if task.closed is not None:
        before = f"`{dotted(task.closed.func)}()` may run before it"
    else:
        before = "the application ends before it is through"
    name = _receiver(task.call)
    return (
        f"`cancel()` only asks `{task.function.name}` to end, and nothing awaits that: its cleanup awaits, and "
        f"{before}; follow up with `await asyncio.gather({name}, return_exceptions=True)`"
    )


def _receiver(call: ir.Call) -> str:
    return (dotted(call.func.value) if isinstance(call.func, ir.Attribute) else "") or "task"


RULE = Rule(
    code="ASL402",
    name="cancel-not-awaited",
    summary="a task that is cancelled and not awaited, although its cleanup takes time",
    rationale=(
        "`task.cancel()` returns at once; CancelledError is raised in the task when the event loop next runs it, and a "
        "`finally` or `async with` that awaits needs more turns of the loop. The lifespan's exit does not wait for "
        "that: on SIGTERM uvicorn then dies by the signal, and the cleanup stays undone half-way. Where the code "
        "goes on to close a connection that the task cleans up with, the cleanup fails. Awaiting the task after "
        "`cancel()` is what ends it; `gather` with `return_exceptions=True` keeps its CancelledError out of the way."
    ),
    severity=Severity.WARNING,
    confidence=Confidence.HIGH,
    timeline="""\
lifespan   ━━ task.cancel() ━━ await pool.close() ━━ process ends
task                     ┄┄━━ finally: await flush() ✗ the pool is closed
""",
    limits=(
        "Tasks whose cleanup does not await: they end in one turn of the loop.",
        "Cancellations outside the end of the application.",
    ),
    settings=("shutdown-hooks",),
    examples=(
        Example(
            bad="""\
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

events: asyncio.Queue[str] = asyncio.Queue()
saved: list[str] = []


async def save(batch: list[str]) -> None:
    await asyncio.sleep(0.01)
    saved.extend(batch)


async def record_events() -> None:
    batch: list[str] = []
    try:
        while True:
            batch.append(await events.get())
    finally:
        await save(batch)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    recorder = asyncio.create_task(record_events())
    yield
    recorder.cancel()  # expect: ASL402


app = FastAPI(lifespan=lifespan)
""",
            good="""\
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

events: asyncio.Queue[str] = asyncio.Queue()
saved: list[str] = []


async def save(batch: list[str]) -> None:
    await asyncio.sleep(0.01)
    saved.extend(batch)


async def record_events() -> None:
    batch: list[str] = []
    try:
        while True:
            batch.append(await events.get())
    finally:
        await save(batch)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    recorder = asyncio.create_task(record_events())
    yield
    recorder.cancel()
    await asyncio.gather(recorder, return_exceptions=True)


app = FastAPI(lifespan=lifespan)
""",
        ),
    ),
    check=check,
)

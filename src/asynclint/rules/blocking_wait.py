"""Waiting for a thread or process in the event-loop thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import blocking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import Diagnostic
    from asynclint.semantics.module_context import ModuleContext


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Every site of loop code whose nearest blocking call is of this family."""
    return blocking.diagnostics(module, RULE)


RULE = Rule(
    code="ASL207",
    name="blocking-wait",
    summary="waiting for a thread or process in the event-loop thread",
    rationale=(
        "Joins, thread-side queues, events and futures wait until some other thread acts. On the event loop "
        "every request of the worker waits with them, and if that other thread needs the loop to go on, both "
        "wait for ever. asyncio has a twin for each of these that waits without holding the thread."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ queue.get() ━━━━━━━━━━━━━━━━━━━━━━━━━▶ 200
request B     ┄┄ waits, and has not even begun ┄┄┄┄━━▶ 200, if the item ever comes
""",
    limits=(
        *blocking.LIMITS,
        "A lock that every holder only holds for work in memory: it is left alone on purpose.",
    ),
    settings=blocking.SETTINGS,
    examples=(
        Example(
            bad="""\
import queue
import threading

jobs: queue.Queue[str] = queue.Queue()
ready = threading.Event()


async def next_job() -> str:
    ready.wait()  # expect: ASL207
    return jobs.get()  # expect: ASL207
""",
            good="""\
import asyncio
import queue

from fastapi import FastAPI

app = FastAPI()
jobs: asyncio.Queue[str] = asyncio.Queue()
results: queue.Queue[str] = queue.Queue()


@app.get("/next")
async def next_job() -> str:
    return await jobs.get()


@app.get("/result")
async def result() -> str:
    try:
        return results.get_nowait()
    except queue.Empty:
        return ""
""",
        ),
        Example(
            bad="""\
import threading

from fastapi import FastAPI

app = FastAPI()
ready = threading.Event()


@app.get("/ready")
async def is_ready() -> bool:
    return ready.wait(5)  # expect: ASL207
""",
            good="""\
import threading

from fastapi import FastAPI

app = FastAPI()
ready = threading.Event()


@app.get("/ready")
def is_ready() -> bool:
    return ready.wait(5)
""",
        ),
    ),
    check=check,
    fix_safety=(
        "UNSAFE: a route or dependency that never awaits becomes a `def`, which FastAPI runs in a thread, several "
        "requests at a time. Nothing else is changed."
    ),
)

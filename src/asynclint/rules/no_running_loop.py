"""A call that needs a running event loop, in a thread that has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.core.span import Span
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import worker_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import ChainStep, Diagnostic
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.worker_code import LooplessCall


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Tasks made, and loops asked for, in code that FastAPI or the project runs in a worker thread."""
    for item in worker_code.loopless_calls(module):
        yield module.diagnostic(
            RULE,
            item.scope,
            module.span_of(item.scope, item.call),
            _message(item),
            chain=_chain(module, item),
        )


def _message(item: LooplessCall) -> str:
    way_out = (
        "make the function `async def`"
        if item.reason.endswith(("route", "dependency", "function", "handler"))
        else "use `asyncio.run_coroutine_threadsafe` with the application's loop"
    )
    through = f", which gets here in {len(item.steps)} calls" if len(item.steps) > 1 else ""
    through = ", which calls this" if len(item.steps) == 1 else through
    return (
        f"`{item.name}` raises RuntimeError in a worker thread, where no event loop runs: {item.reason}{through}; "
        f"{way_out}"
    )


def _chain(module: ModuleContext, item: LooplessCall) -> Iterator[ChainStep]:
    """From the function that runs in the thread down to the call."""
    if not item.steps:
        return
    root, _ = item.steps[0]
    yield module.step(root.module, root.name_span, f"`{root.name}` runs in a worker thread")
    for function, call in item.steps:
        yield module.step(function.module, Span(call.start, call.end), f"`{function.name}` calls this")


RULE = Rule(
    code="ASL108",
    name="no-running-loop",
    summary="a call that needs a running event loop, in a worker thread",
    rationale=(
        "FastAPI runs plain `def` routes, dependencies and background functions in a thread pool. No event loop runs "
        "in those threads: `create_task`, `get_running_loop` and `get_event_loop` raise RuntimeError there. The "
        "request ends with status 500, and the coroutine that was to become a task is never run. The same holds for "
        "functions given to `to_thread`, an executor or a Thread."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
event loop     ━━ runs `async def` routes ━━━━━━━━━━━━━━━━━━━━
worker thread  ━━ def notify(): create_task(…) ✗ RuntimeError: no running event loop ▶ 500
""",
    limits=(
        "Functions that both threads call: reported is what certainly runs in a worker.",
        "Threads started by libraries that asynclint does not know.",
    ),
    settings=(
        "offload-functions",
        "route-decorators",
    ),
    examples=(
        Example(
            bad="""\
import asyncio
import logging

from fastapi import FastAPI

app = FastAPI()
logger = logging.getLogger(__name__)
running: set[asyncio.Task[None]] = set()


async def audit(user: str) -> None:
    logger.info("seen %s", user)


def start_audit(user: str) -> None:
    task = asyncio.create_task(audit(user))  # expect: ASL108
    running.add(task)
    task.add_done_callback(running.discard)


@app.post("/visit/{user}")
def visit(user: str) -> None:
    start_audit(user)
""",
            good="""\
import asyncio
import logging

from fastapi import FastAPI

app = FastAPI()
logger = logging.getLogger(__name__)
running: set[asyncio.Task[None]] = set()


async def audit(user: str) -> None:
    logger.info("seen %s", user)


def start_audit(user: str) -> None:
    task = asyncio.create_task(audit(user))
    running.add(task)
    task.add_done_callback(running.discard)


@app.post("/visit/{user}")
async def visit(user: str) -> None:
    start_audit(user)
""",
        ),
    ),
    check=check,
)

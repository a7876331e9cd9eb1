"""A task that outlives the WebSocket connection it was started for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics.clauses import header_span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import Diagnostic
    from asynclint.project.connection_tasks import OutlivingTask
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.tasks import TaskSite


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Every endless task of a WebSocket route that some way out of the route leaves running."""
    if module.is_test or b"websocket" not in module.module.data.lower():
        return
    for site in module.task_sites:
        if site.function is not None:
            task = module.project.connection_tasks.outliving(site.call, site.scope, site.function)
            if task is not None:
                yield _diagnostic(module, site, task)


def _diagnostic(module: ModuleContext, site: TaskSite, task: OutlivingTask) -> Diagnostic:
    loop = task.loop
    owner = loop.function.module
    return module.diagnostic(
        RULE,
        site.scope,
        module.span_of(site.scope, site.call),
        _message(site, task),
        confidence=Confidence.MEDIUM if task.sends or loop.signals else None,
        chain=[module.step(owner, header_span(owner.data, loop.statement), "this loop has no end of its own")],
    )


def _message(site: TaskSite, task: OutlivingTask) -> str:
    name = site.function.name if site.function is not None else task.loop.function.name
    until = (
        "runs on until its next send fails" if task.sends else "runs on for ever, one task more with every connection"
    )
    if task.in_hook:
        return (
            f"nothing ends the task of `{name}` when the client disconnects: it {until}; keep it on `self`, cancel it "
            "in `on_disconnect` and await it"
        )
    if not task.kept:
        return (
            f"nothing ends the task of `{name}` when the client disconnects: it {until}; keep it, cancel it in a "
            "`finally` of this route and await it"
        )
    left = "a disconnect leaves this route past the place that ends" if task.ended else "nothing ends"
    return (
        f"{left} the task of `{name}`: it {until}; cancel `{task.kept}` in a `finally` around what receives, "
        "and await it"
    )


RULE = Rule(
    code="ASL406",
    name="websocket-task-leak",
    summary="a task that outlives the WebSocket connection it was started for",
    rationale=(
        "When the client goes, `receive_text()` and its like raise WebSocketDisconnect in the route. A task that was "
        "started beside it with `create_task` is not told: it runs on, holds what belongs to the connection, and "
        "takes items from queues and subscriptions that nobody will get. There is one more with every connection. "
        "Only a `finally` (or a TaskGroup) ends it on every way out; code after a loop that receives is never reached, "
        "and `asyncio.wait` and a failing `asyncio.gather` leave the other tasks running."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
client A   ━━ connects ━━ goes
  send_prices    ━━┄┄━━┄┄━━┄┄━━┄┄━━┄┄━━┄┄━━ still runs, for nobody
client B                  ━━ connects ━━ goes
  send_prices                   ━━┄┄━━┄┄━━┄┄━━ and another one
""",
    limits=(
        "Tasks that end by themselves after a while.",
        "Routes of frameworks other than FastAPI and Starlette.",
    ),
    settings=(
        "route-decorators",
        "task-keepers",
    ),
    examples=(
        Example(
            bad="""\
import asyncio

from fastapi import FastAPI, WebSocket

app = FastAPI()
readings: list[int] = []


async def sample() -> None:
    while True:
        readings.append(len(readings))
        await asyncio.sleep(0.01)


@app.websocket("/readings")
async def watch(websocket: WebSocket) -> None:
    await websocket.accept()
    sampler = asyncio.create_task(sample())  # expect: ASL406
    while True:
        await websocket.receive_text()
        await websocket.send_json(readings[-10:])
    sampler.cancel()
""",
            good="""\
import asyncio

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
readings: list[int] = []


async def sample() -> None:
    while True:
        readings.append(len(readings))
        await asyncio.sleep(0.01)


@app.websocket("/readings")
async def watch(websocket: WebSocket) -> None:
    await websocket.accept()
    sampler = asyncio.create_task(sample())
    try:
        while True:
            await websocket.receive_text()
            await websocket.send_json(readings[-10:])
    except WebSocketDisconnect:
        pass
    finally:
        sampler.cancel()
        await asyncio.gather(sampler, return_exceptions=True)
""",
        ),
    ),
    check=check,
)

"""An endless task that nothing ends when the application shuts down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.flow.traversal import dotted
from asynclint.project.roles import Role
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import shutdown_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import ChainStep, Diagnostic
    from asynclint.project.task_lifetimes import UnendedTask
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.tasks import TaskSite

_OTHER_LOOP = "asyncio.run_coroutine_threadsafe"
"""It starts a task on the loop of another thread, which lives and dies apart from the application."""


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Every task that loops without end and that no code of the project cancels, signals or awaits."""
    if module.is_test:
        return
    for site in module.task_sites:
        if site.function is not None and site.factory != _OTHER_LOOP:
            task = module.project.task_lifetimes.unended(site.call, site.scope, site.function)
            if task is not None:
                yield _diagnostic(module, site, task)


def _diagnostic(module: ModuleContext, site: TaskSite, task: UnendedTask) -> Diagnostic:
    return module.diagnostic(
        RULE,
        site.scope,
        module.span_of(site.scope, site.call),
        _message(module, site, task),
        confidence=None if task.is_certain else Confidence.MEDIUM,
        chain=_steps(module, task),
        fixes=[fix for fix in (shutdown_code.shown_end(module, site, task),) if fix is not None],
    )


def _message(module: ModuleContext, site: TaskSite, task: UnendedTask) -> str:
    name = site.function.name if site.function is not None else task.loop.function.name
    cause, remedy = _cause(task)
    # Facts 7.2 and 7.3: SIGTERM kills the process after the lifespan's exit; the task gets no CancelledError.
    return (
        f"`{name}` loops for ever and {cause}: when the server stops, the task is killed in the middle of its work and "
        f"its `finally` blocks do not run; {remedy} {_where(module, task)}"
    )


def _cause(task: UnendedTask) -> tuple[str, str]:
    """Why nothing ends the task, and the way out."""
    kept = _kept_in(task)
    if task.idle is not None:
        return f"nothing calls `{task.idle.qualname}`, which would end it", f"call `{task.idle.qualname}`"
    if task.stopper is not None:
        return f"only requests call `{task.stopper.qualname}`, which ends it", f"call `{task.stopper.qualname}`"
    if kept and task.asked is not None:
        return f"only requests end `{kept}`", "cancel it and await it"
    if kept:
        return f"nothing cancels or awaits `{kept}`", "cancel it and await it"
    return "nothing keeps its task to cancel it", "keep the task, cancel it and await it"


def _kept_in(task: UnendedTask) -> str:
    """The first place that keeps the task, as it is written there."""
    return next((text for store in task.stores if (text := _text(store.target))), "")


def _text(target: ir.Expr) -> str:
    match target:
        case ir.Subscript(value=value):
            return f"{dotted(value)}[…]"
        case _:
            return dotted(target)


def _where(module: ModuleContext, task: UnendedTask) -> str:
    if task.closer is not None:
        return f"in `{task.closer.qualname}`"
    hooks = module.project.roles.functions(Role.LIFESPAN, Role.SHUTDOWN)
    if len(hooks) != 1:
        return "when the application shuts down"
    is_lifespan = Role.LIFESPAN in module.project.roles.of(hooks[0])
    return f"after the `yield` of `{hooks[0].name}`" if is_lifespan else f"in `{hooks[0].name}`"


def _steps(module: ModuleContext, task: UnendedTask) -> Iterator[ChainStep]:
    for function, call in task.loop.awaits:
        yield module.step(function.module, Span(call.start, call.end), f"`{function.qualname}` awaits this")
    loop = task.loop.statement
    owner = task.loop.function.module
    header = owner.data[loop.start : loop.body[0].start].partition(b"\n")[0].partition(b"#")[0].rstrip(b" \t\r:")
    yield module.step(owner, Span(loop.start, loop.start + len(header)), "this loop has no end of its own")
    if task.closer is not None:
        closer = task.closer
        yield module.step(closer.module, closer.name_span, f"`{closer.qualname}` leaves the task running")
    if task.idle is not None:
        yield module.step(task.idle.module, task.idle.name_span, f"nothing calls `{task.idle.qualname}`")
    elif task.asked is not None:
        asked = task.asked
        yield module.step(asked.module, asked.name_span, f"`{asked.qualname}` ends it, and only requests come here")


_GUIDE = """
## The code for your project

With `--output-format full`, and on the HTML page, each finding shows where your project would end the task: in its
lifespan, in its shutdown handler, or in the method that ends the object which keeps the task; a project that has none
of these is shown a new one. For the first example:

```text
  fix: cancel it and await it after the `yield` of `lifespan` (shown only)
    18   async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    19       app.state.expiry = asyncio.create_task(expire_sessions())  # ASL401
    20 -     yield
       +     try:
       +         yield
       +     finally:
       +         app.state.expiry.cancel()
       +         await asyncio.gather(app.state.expiry, return_exceptions=True)
    21
    22
```

No option applies it: only you know what else has to end before the task, and after it. JSON has it under `fixes` with
the applicability `display`; SARIF in the property `shownFixes`, because tools apply what stands in `fixes` there.

## What is lost

Of a task that nobody cancels, by the way in which the server ends:

- SIGTERM to uvicorn 0.29 or later, as systemd, Kubernetes and `docker stop` send it: the task is killed after the
  lifespan's exit, with no `CancelledError`, no `finally`, and no line in the log.
- `--workers 2` or more, SIGTERM or Ctrl-C: the same in every worker.
- Ctrl-C of a single process, or SIGTERM where uvicorn is process 1 of a container: the task is cancelled, but after the
  lifespan's exit, when pools and clients are closed; what it raises then is only logged.
- Other code closes the loop: `Task was destroyed but it is pending!`

uvicorn waits for requests and their background functions before it runs the lifespan's exit, never for tasks.
`cancel()` alone only asks: a task that is not awaited after it has not run its `finally` when the lifespan goes on to
close the pool (ASL402).

## A complete lifespan for one task

```python
import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

batch: list[str] = []


async def save() -> None:
    await asyncio.sleep(0)
    print(f"saved {len(batch)} events")
    batch.clear()


async def save_events() -> None:
    try:
        while True:
            await asyncio.sleep(10)
            await save()
    finally:
        await save()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    saver = asyncio.create_task(save_events())
    try:
        yield
    finally:
        saver.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await saver
        # close here what the task uses


app = FastAPI(lifespan=lifespan)
```

## A complete lifespan for a set of tasks

Every task takes itself out of the set when it is done (ASL405), so that the set holds what still runs.

```python
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

watchers: set[asyncio.Task[None]] = set()


async def watch(topic: str) -> None:
    try:
        while True:
            await asyncio.sleep(10)
            print(f"looked at {topic}")
    finally:
        await asyncio.sleep(0)
        print(f"left {topic}")


def start_watching(topic: str) -> None:
    watcher = asyncio.create_task(watch(topic))
    watchers.add(watcher)
    watcher.add_done_callback(watchers.discard)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    start_watching("orders")
    try:
        yield
    finally:
        running = list(watchers)
        for watcher in running:
            watcher.cancel()
        await asyncio.gather(*running, return_exceptions=True)


app = FastAPI(lifespan=lifespan)


@app.post("/topics/{topic}")
async def add_topic(topic: str) -> None:
    start_watching(topic)
```

## A complete lifespan for a dict of tasks by key

```python
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

sessions: dict[str, asyncio.Task[None]] = {}


async def keep_alive(session: str) -> None:
    try:
        while True:
            await asyncio.sleep(10)
            print(f"{session} is alive")
    finally:
        await asyncio.sleep(0)
        print(f"{session} is closed")


async def end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await end(list(sessions.values()))
        sessions.clear()


app = FastAPI(lifespan=lifespan)


@app.post("/sessions/{session}")
async def open_session(session: str) -> None:
    if session not in sessions:
        sessions[session] = asyncio.create_task(keep_alive(session))


@app.delete("/sessions/{session}")
async def close_session(session: str) -> None:
    task = sessions.pop(session, None)
    if task is not None:
        await end([task])
```
"""

RULE = Rule(
    code="ASL401",
    name="task-not-cancelled-on-shutdown",
    summary="an endless task that nothing ends when the application shuts down",
    rationale=(
        "Tasks made with `create_task` are not waited for at shutdown. uvicorn runs the lifespan's exit and then, on "
        "SIGTERM, dies by the signal: such a task gets no CancelledError, its `finally` blocks never run, and what it "
        "was writing stays half written, without a word in the log. Where the tasks are cancelled after all, on Ctrl-C "
        "or as process 1 of a container, that happens after the lifespan's exit, when the pools and clients they use "
        "are closed already. The lifespan's exit is the one place where a task can be ended cleanly everywhere: cancel "
        "it there, and then await it before closing what it uses, since `cancel()` alone only asks."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
watch      ━━┄┄━━┄┄━━┄┄ writes a row ━━┄✗ killed, its `finally` does not run
server                       SIGTERM ━━ lifespan exit ━━ process ends
""",
    limits=(
        "Tasks ended by code that is not resolved, or by a signal from another process.",
        "Whether the work may be cut off anywhere: then suppress it with that as the reason.",
    ),
    fix_safety=(
        "The code that would end the task is shown and never applied: only the project knows what has to end first, "
        "and how long that may take. It stands in the `finally` around the `yield` of the project's own lifespan, in "
        "its shutdown handler, or in the method that ends the object which has the task. Where there is none of these, "
        "a lifespan is written, beside startup handlers a shutdown handler. Nothing is shown where the place of the "
        "task, or that of its end, is not sure."
    ),
    settings=(
        "shutdown-hooks",
        "task-keepers",
    ),
    examples=(
        Example(
            bad="""\
import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

logger = logging.getLogger(__name__)


async def expire_sessions() -> None:
    while True:
        await asyncio.sleep(60)
        logger.info("removing expired sessions")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.expiry = asyncio.create_task(expire_sessions())  # expect: ASL401
    yield


app = FastAPI(lifespan=lifespan)
""",
            good="""\
import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

logger = logging.getLogger(__name__)


async def expire_sessions() -> None:
    while True:
        await asyncio.sleep(60)
        logger.info("removing expired sessions")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    expiry = asyncio.create_task(expire_sessions())
    try:
        yield
    finally:
        expiry.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await expiry


app = FastAPI(lifespan=lifespan)
""",
        ),
        Example(
            bad="""\
import asyncio
import logging

from fastapi import FastAPI

app = FastAPI()
logger = logging.getLogger(__name__)
monitors: dict[str, asyncio.Task[None]] = {}


async def monitor(session: str) -> None:
    while True:
        await asyncio.sleep(1)
        logger.info("session %s is alive", session)


@app.post("/monitors/{session}")
async def start_monitor(session: str) -> None:
    if session not in monitors:
        monitors[session] = asyncio.create_task(monitor(session))  # expect: ASL401


@app.delete("/monitors/{session}")
async def stop_monitor(session: str) -> None:
    monitors.pop(session).cancel()
""",
            good="""\
import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

logger = logging.getLogger(__name__)
monitors: dict[str, asyncio.Task[None]] = {}


async def monitor(session: str) -> None:
    while True:
        await asyncio.sleep(1)
        logger.info("session %s is alive", session)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    running = list(monitors.values())
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


app = FastAPI(lifespan=lifespan)


@app.post("/monitors/{session}")
async def start_monitor(session: str) -> None:
    if session not in monitors:
        monitors[session] = asyncio.create_task(monitor(session))


@app.delete("/monitors/{session}")
async def stop_monitor(session: str) -> None:
    monitors.pop(session).cancel()
""",
        ),
    ),
    check=check,
    guide=_GUIDE,
)

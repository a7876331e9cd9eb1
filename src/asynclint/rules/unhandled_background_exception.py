"""Background work whose exceptions nobody catches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Applicability, Confidence, Severity
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import background, exception_guards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import Diagnostic, Fix
    from asynclint.semantics.background import UnguardedWork
    from asynclint.semantics.module_context import ModuleContext


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Functions given to `add_task`, and fire-and-forget tasks, that let exceptions of their work escape."""
    if module.is_test:  # TestClient raises what a background function raises (facts 2.3), and no client is told
        return
    for work in background.unguarded_work(module):
        is_logged = module.project.exceptions.is_logged(work.escape)
        yield module.diagnostic(
            RULE,
            work.scope,
            module.span_of(work.scope, work.call),
            _message(module, work, is_logged=is_logged),
            severity=Severity.NOTE if is_logged and not work.more_follow else None,
            confidence=Confidence.HIGH if work.escape.certain else Confidence.MEDIUM,
            chain=background.escape_steps(module, work.escape),
            cause=f"ASL301:{work.function.full_name}",
            fixes=[] if is_logged else _fixes(module, work),
        )


def _fixes(module: ModuleContext, work: UnguardedWork) -> Iterator[Fix]:
    edits = exception_guards.guard_function(module, work.function)
    if edits is not None:
        yield module.fix(Applicability.UNSAFE, f"catch and log exceptions in `{work.function.name}`", edits)


def _message(module: ModuleContext, work: UnguardedWork, *, is_logged: bool) -> str:
    name = work.function.name
    source = background.first_source(module, work.escape)
    if is_logged:
        end = "the background functions after it are skipped" if work.more_follow else "it is logged a second time"
        return (
            f"what `{name}` raises in the background is logged and raised again, and nothing catches it then (it "
            f"{source}): {end}; leave out the `raise` behind the log"
        )
    if work.is_task:
        end = "the failure is at best a line in the log when the task is destroyed"
    elif work.more_follow:
        end = "the client has its 200 already, and the background functions after it are skipped"
    else:
        end = "the client has its 200 already and nobody is told"
    return (
        f"nothing catches what `{name}` raises in the background (it {source}): {end}; "
        f"catch and log exceptions in `{name}`"
    )


_GUIDE = """
## When a durable queue is the right answer

A handler that logs makes a failure visible. It does not make the work happen. Background functions and tasks live in
the memory of one process, and end with it:

- they are waited for when the server is told to stop, but not when it is killed, runs out of memory, or is given less
  time than they take (uvicorn's `timeout_graceful_shutdown`, Kubernetes' grace period);
- nothing tries again, and nothing knows afterwards that they were to run;
- they take the thread pool and the event loop of the process that answers requests.

Give the work to a queue that keeps it outside of the process (arq, taskiq or SAQ where it is async; Celery, RQ or
Dramatiq where it is not) if any of this holds:

- it must happen even if this process dies: payments, orders, what somebody is told to rely on;
- it is to be tried again later when it fails;
- it runs longer than a deployment may wait, or at a time of its own;
- it works instead of waiting: images, reports, models;
- somebody has to see what is waiting, running and failed.

For what may be lost once in a while, such as a cache to be warmed, a metric, or a mail that the user can ask for again,
a background function with a handler that logs is enough.

```python
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from arq import ArqRedis, create_pool
from arq.connections import RedisSettings
from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    queue: ArqRedis = await create_pool(RedisSettings())
    app.state.queue = queue
    yield
    await queue.aclose()


app = FastAPI(lifespan=lifespan)


@app.post("/orders/{order}/payment", status_code=202)
async def pay(order: int) -> None:
    await app.state.queue.enqueue_job("charge", order)
```

Publishing needs care as well. `enqueue_job` of arq and `kiq` of taskiq are coroutines: without `await` nothing is
published (ASL104). `delay` and `apply_async` of Celery, `enqueue` of RQ and `send` of Dramatiq wait for the broker, and
in an async function the event loop waits with them (ASL206); a `def` route keeps it free, and so does
`await asyncio.to_thread(send.delay, …)`.
"""

RULE = Rule(
    code="ASL301",
    name="unhandled-background-exception",
    summary="background work whose exceptions nobody catches",
    rationale=(
        "A background function runs after the response was sent. When it raises, the client keeps its 200, the work is "
        "left undone, every later background function of the same request is skipped, and all there is to see is a "
        "traceback in the server's log. A task that nobody awaits says even less, and says it late. Whatever can fail "
        "in the background has to be caught and reported there. Where it is logged and raised again, that is a note, "
        "as long as no other background function of the request is skipped for it."
    ),
    severity=Severity.WARNING,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━▶ 200
  send_confirmation  ━━┄┄✗ ConnectionError: a traceback in the log, no mail
  write_audit            never runs, it was next
request B     ━━▶ 200, in the belief that A was told
""",
    limits=(
        "Libraries whose errors the tables do not know: a handler for any class of the library covers all of them.",
        "Awaited calls that are not resolved: a handler for a class of any library covers them.",
        "Whether a monitoring library picks up what the server logs.",
    ),
    settings=(
        "exception-handling-decorators",
        "background-runners",
    ),
    examples=(
        Example(
            bad="""\
import smtplib

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


def send_mail(to: str) -> None:
    with smtplib.SMTP("mail.example") as server:
        server.sendmail("shop@example.org", to, "Welcome")


@app.post("/register")
async def register(email: str, background_tasks: BackgroundTasks) -> None:
    background_tasks.add_task(send_mail, email)  # expect: ASL301
""",
            good="""\
import logging
import smtplib

from fastapi import BackgroundTasks, FastAPI

logger = logging.getLogger(__name__)

app = FastAPI()


def send_mail(to: str) -> None:
    try:
        with smtplib.SMTP("mail.example") as server:
            server.sendmail("shop@example.org", to, "Welcome")
    except Exception:
        logger.exception("send_mail failed")


@app.post("/register")
async def register(email: str, background_tasks: BackgroundTasks) -> None:
    background_tasks.add_task(send_mail, email)
""",
        ),
    ),
    check=check,
    guide=_GUIDE,
    fix_safety=(
        "UNSAFE: the body of the function is put into `try` and `except Exception` with `logger.exception`, using the "
        "module's logger or adding one. What failed loudly now fails in the log, and later background functions run. "
        "Offered where the function stands in the same file, is neither decorated nor a generator, and is never called "
        "otherwise."
    ),
)

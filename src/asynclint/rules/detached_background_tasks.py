"""Background tasks that are added to an object which no response carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.core.span import Span
from asynclint.project.model import module_of
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import detached_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import ChainStep, Diagnostic
    from asynclint.semantics.detached_tasks import DetachedTasks
    from asynclint.semantics.module_context import ModuleContext


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """BackgroundTasks of one's own that are only added to, and injected ones where nothing runs them."""
    for item in detached_tasks.detached_tasks(module):
        span = item.span
        if item.node is not None:
            span = module.span_of(item.scope, item.node, "attribute" if item.how == "response" else "call")
        yield module.diagnostic(RULE, item.scope, span, _message(item), chain=_steps(module, item))


def _message(item: DetachedTasks) -> str:
    match item.how:
        case "rebound":
            return (
                f"`{item.name}` is no longer the object that FastAPI injects and runs: tasks added to it from here on "
                "never run; leave the parameter as it is"
            )
        case "websocket":
            return (
                f"the tasks added to `{item.name}` never run: background tasks belong to a response, and a WebSocket "
                "has none; await the work, or start it with `asyncio.create_task` and keep the task"
            )
        case "response":
            return (
                f"this background work never runs: of the injected `{item.name}` FastAPI uses the status, headers and "
                "cookies only; add it to a BackgroundTasks parameter, or return a response with `background=`"
            )
        case "depends":
            return (
                "BackgroundTasks is no dependency: by version FastAPI refuses to start, or never runs the tasks; "
                f"declare `{item.name}: BackgroundTasks`"
            )
        case _:
            return (
                f"the tasks added to `{item.name}` never run: no response carries it; declare it as a parameter of the "
                "handler, or return a response with it as `background=`"
            )


def _steps(module: ModuleContext, item: DetachedTasks) -> Iterator[ChainStep]:
    for node, scope in item.added:
        parent = scope.index.parents.get(id(node))
        call = scope.index.parents.get(id(parent))
        start, end = getattr(call, "start", None), getattr(call, "end", None)
        if start is not None and end is not None:
            owner = module_of(scope)
            yield module.step(owner, Span(start, end), "this task never runs")


RULE = Rule(
    code="ASL303",
    name="detached-background-tasks",
    summary="background tasks added to an object that no response carries",
    rationale=(
        "BackgroundTasks is but a list. What runs it is the response it is attached to: FastAPI does that for the "
        "object that it injects into a handler or dependency. An object built by oneself, or put in the place of the "
        "injected one, has no response until it is given as `background=`; a WebSocket has no response at all; and of "
        "an injected `Response` only the status, headers and cookies are used. In each case the handler answers 200, "
        "the tasks never run, and nothing says so."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ tasks = BackgroundTasks() ━━ tasks.add_task(send) ━━▶ 200
  send                               never runs
request B       ━━ looks for what send should have written: it is not there
""",
    limits=("BackgroundTasks objects that are handed to code which is not resolved.",),
    settings=("fastapi-version",),
    examples=(
        Example(
            bad="""\
import logging

from fastapi import BackgroundTasks, FastAPI

logger = logging.getLogger(__name__)

app = FastAPI()


def send_receipt(order: int) -> None:
    logger.error("receipt for %d", order)


@app.post("/orders/{order}")
async def pay(order: int) -> str:
    background_tasks = BackgroundTasks()  # expect: ASL303
    background_tasks.add_task(send_receipt, order)
    return "paid"
""",
            good="""\
import logging

from fastapi import BackgroundTasks, FastAPI

logger = logging.getLogger(__name__)

app = FastAPI()


def send_receipt(order: int) -> None:
    logger.error("receipt for %d", order)


@app.post("/orders/{order}")
async def pay(order: int, background_tasks: BackgroundTasks) -> str:
    background_tasks.add_task(send_receipt, order)
    return "paid"
""",
        ),
    ),
    check=check,
)

"""Background tasks of a request that never run, because no response carries them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.core.span import Span
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import lost_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import ChainStep, Diagnostic
    from asynclint.semantics.lost_tasks import LostTask
    from asynclint.semantics.module_context import ModuleContext


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """`add_task` before a raise out of the handler, beside another `background=`, or behind a dependency's `yield`."""
    for lost in lost_tasks.lost_tasks(module):
        yield module.diagnostic(
            RULE,
            lost.scope,
            module.span_of(lost.scope, lost.call),
            _message(lost),
            severity=Severity.ERROR if lost.always else Severity.WARNING,
            confidence=Confidence.HIGH if lost.always else Confidence.MEDIUM,
            chain=_steps(module, lost),
        )


def _message(lost: LostTask) -> str:
    match lost.how:
        case "override":
            return (
                "this task never runs: the response is returned with a `background=` of its own, so that FastAPI drops "
                "the injected tasks; pass them as its `background=`, or add that work to them"
            )
        case "exit":
            return (
                "this task never runs: the code after `yield` runs once the response and its background tasks are "
                "through; do the work here, or add the task before the `yield`"
            )
    what = f"`{name}`" if (name := lost_tasks.exception_name(lost.raised[0])) else "an exception"
    if lost.always:
        return (
            f"this task never runs: {what} is raised after it, and a request that ends in an exception drops its "
            "background tasks; do the work before raising, or return the error as a response"
        )
    return (
        f"this task never runs where {what} is raised after it: a request that ends in an exception drops its "
        "background tasks without a word; add it once nothing can be raised any more, or do the work at once"
    )


def _steps(module: ModuleContext, lost: LostTask) -> Iterator[ChainStep]:
    for raised in lost.raised:
        name = lost_tasks.exception_name(raised)
        what = f"raises `{name}`" if name else "raises an exception"
        yield module.step(raised.function.module, lost_tasks.place(raised), f"`{raised.function.qualname}` {what} here")
    if lost.response is not None:
        span = Span(lost.response.start, lost.response.end)
        yield module.step(lost.scope.module, span, "this response has background work of its own")


RULE = Rule(
    code="ASL305",
    name="lost-background-tasks",
    summary="background tasks that never run, because no response carries them",
    rationale=(
        "FastAPI hands the injected background tasks to the response that a handler returns, and they run once it is "
        "sent. A handler that raises returns none: what is sent then comes from an exception handler, and the tasks "
        "are dropped without a word in any log, those that were to report this very failure too. They are dropped as "
        "well where the handler returns a response with a `background=` of its own, and where a dependency adds them "
        "after its `yield`, when they are through (only FastAPI 0.106 to 0.117 ran that code before the response)."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ add_task(report) ━━ raise HTTPException ▶ 409
  report                      never runs
request B  ━━ add_task(report) ━━▶ 200
  report                          ━━ runs
""",
    limits=(
        "Exceptions raised by code which is not resolved.",
        "Exception handlers of your own that carry the tasks over to their response.",
    ),
    settings=("fastapi-version",),
    examples=(
        Example(
            bad="""\
import logging

from fastapi import BackgroundTasks, FastAPI, HTTPException

logger = logging.getLogger(__name__)

app = FastAPI()


def report_failure(order: int, reason: str) -> None:
    logger.error("order %d failed: %s", order, reason)


def charge(order: int) -> str:
    if order < 0:
        raise ValueError("no such order")
    return "paid"


@app.post("/orders/{order}")
async def pay(order: int, background_tasks: BackgroundTasks) -> str:
    try:
        return charge(order)
    except ValueError as error:
        background_tasks.add_task(report_failure, order, str(error))  # expect: ASL305
        raise HTTPException(status_code=400, detail="not paid") from error
""",
            good="""\
import logging

from fastapi import BackgroundTasks, FastAPI, status
from fastapi.responses import JSONResponse

logger = logging.getLogger(__name__)

app = FastAPI()


def report_failure(order: int, reason: str) -> None:
    logger.error("order %d failed: %s", order, reason)


def charge(order: int) -> str:
    if order < 0:
        raise ValueError("no such order")
    return "paid"


@app.post("/orders/{order}", response_model=None)
async def pay(order: int, background_tasks: BackgroundTasks) -> str | JSONResponse:
    try:
        return charge(order)
    except ValueError as error:
        background_tasks.add_task(report_failure, order, str(error))
        return JSONResponse({"detail": "not paid"}, status_code=status.HTTP_400_BAD_REQUEST)
""",
        ),
    ),
    check=check,
)

"""HTTPException raised in background work, where no client is left to get it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.core.span import Span
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import background_raises

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import ChainStep, Diagnostic
    from asynclint.semantics.background_raises import BackgroundRaise
    from asynclint.semantics.module_context import ModuleContext


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """`raise HTTPException` that leaves a function which only ever runs in the background."""
    for item in background_raises.background_raises(module):
        yield module.diagnostic(
            RULE, item.scope, background_raises.place(item.statement), _message(item), chain=_steps(module, item)
        )


def _message(item: BackgroundRaise) -> str:
    return (
        f"`{item.root.name}` runs after the response was sent: no client gets this HTTPException, the log shows "
        "RuntimeError in its place, and later background tasks are skipped; log the failure and record it where the "
        "client can ask for it, or raise an exception of your own"
    )


def _steps(module: ModuleContext, item: BackgroundRaise) -> Iterator[ChainStep]:
    for function, call in item.calls:
        yield module.step(function.module, Span(call.start, call.end), f"`{function.qualname}` calls this")


RULE = Rule(
    code="ASL306",
    name="http-exception-in-background",
    summary="`HTTPException` raised in background work, where no client is left to get it",
    rationale=(
        "A background function runs when the client has its answer: an HTTPException raised there changes no status "
        "and no body. Starlette finds that the response has started, and raises RuntimeError in its place, so that the "
        "log does not even say what went wrong; the background functions after it are skipped. What is wrong with a "
        "request has to be found out before it is answered, and what goes wrong later has to be recorded."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ add_task(reserve) ━━▶ 200
  reserve                          ━━✗ HTTPException(409): RuntimeError in the log
  later background functions         never run
request B  ━━ asks for the reservation ▶ 404
""",
    limits=("Functions that are also called from a handler: there the exception reaches a client.",),
    settings=("background-runners",),
    examples=(
        Example(
            bad="""\
from fastapi import BackgroundTasks, FastAPI, HTTPException

app = FastAPI()
stock = {1: 3}
reserved: list[int] = []


def reserve(item: int) -> None:
    if item not in stock:
        raise HTTPException(status_code=404, detail="no such item")  # expect: ASL306
    reserved.append(item)


@app.post("/items/{item}")
async def order(item: int, background_tasks: BackgroundTasks) -> None:
    background_tasks.add_task(reserve, item)  # expect: ASL301
""",
            good="""\
from fastapi import BackgroundTasks, FastAPI, HTTPException

app = FastAPI()
stock = {1: 3}
reserved: list[int] = []


def reserve(item: int) -> None:
    reserved.append(item)


@app.post("/items/{item}")
async def order(item: int, background_tasks: BackgroundTasks) -> None:
    if item not in stock:
        raise HTTPException(status_code=404, detail="no such item")
    background_tasks.add_task(reserve, item)
""",
        ),
    ),
    check=check,
)

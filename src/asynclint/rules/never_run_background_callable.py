"""Background work that is scheduled in a form in which it never runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import background_callables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import ChainStep, Diagnostic
    from asynclint.semantics.background_callables import VainCallable
    from asynclint.semantics.module_context import ModuleContext


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Sync callables that return a coroutine, generators, classes, task factories and tasks given to `add_task`."""
    for item in background_callables.vain_callables(module):
        yield module.diagnostic(
            RULE,
            item.scope,
            module.span_of(item.scope, item.call),
            _message(item),
            chain=_steps(module, item),
        )


def _message(item: VainCallable) -> str:
    match item.how:
        case "coroutine" if item.function is not None and not item.function.is_async:
            return (
                f"the work never runs: `{item.name}` is sync, and nobody awaits the coroutine that it returns; make it "
                "`async` and await the coroutine in it"
            )
        case "coroutine":
            return (
                f"the work never runs: what is called here is sync, and nobody awaits the coroutine of `{item.name}` "
                f"that it returns; pass `{item.name}` itself and its arguments"
            )
        case "generator":
            return (
                f"the work never runs: `{item.name}` is a generator function, and calling it only makes a generator "
                "that nobody iterates over; pass a function without `yield`"
            )
        case "class":
            return (
                f"`{item.name}` has an async `__call__`: each new instance is awaited, which raises TypeError after "
                "the response; pass an instance"
            )
        case "factory":
            return (
                f"the work never runs: `{item.name}` is called in a worker thread, where no event loop runs, and "
                "raises RuntimeError; pass the async function itself and its arguments"
            )
        case "task":
            return (
                "a task is not a function: it runs at once, and calling it after the response raises TypeError; pass "
                "the async function itself and its arguments"
            )
        case _:
            return (
                f"`{item.name}` returns None: awaiting it raises TypeError, and the client gets 500; call it without "
                "`await`"
            )


def _steps(module: ModuleContext, item: VainCallable) -> Iterator[ChainStep]:
    if item.function is not None:
        what = {"generator": "is a generator", "coroutine": "makes the coroutine"}.get(item.how, "is awaited")
        if not item.function.is_async or item.how == "generator":
            yield module.step(item.function.module, item.function.name_span, f"`{item.function.qualname}` {what}")


RULE = Rule(
    code="ASL307",
    name="never-run-background-callable",
    summary="background work that is scheduled in a form in which it never runs",
    rationale=(
        "A background task is called once, after the response: awaited if it is an async function (or an instance with "
        "an async `__call__`), in a worker thread otherwise. A lambda or function that returns a coroutine is not "
        "async, so the coroutine is thrown away; a generator function only makes a generator, without even a warning. "
        "A class whose instances are async callables is taken for one itself. And `asyncio.create_task` finds no event "
        "loop in the thread. In each case the client has its 200, and the work is not done."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ add_task(lambda: send(order)) ━━▶ 200
  lambda                                     ━━ makes a coroutine, and it is thrown away
request B     ━━ the same ━━▶ 200, and nothing was sent for either
""",
    limits=("Callables that are picked at run time.",),
    settings=("background-runners",),
    examples=(
        Example(
            bad="""\
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()
sent: list[str] = []


async def send(to: str) -> None:
    sent.append(to)


@app.post("/register")
async def register(email: str, background_tasks: BackgroundTasks) -> None:
    background_tasks.add_task(lambda: send(email))  # expect: ASL307
""",
            good="""\
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()
sent: list[str] = []


async def send(to: str) -> None:
    sent.append(to)


@app.post("/register")
async def register(email: str, background_tasks: BackgroundTasks) -> None:
    background_tasks.add_task(send, email)
""",
        ),
    ),
    check=check,
)

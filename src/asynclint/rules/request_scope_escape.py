"""Objects of a request in the hands of work that goes on without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.core.span import Span
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import request_escape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import ChainStep, Diagnostic
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.request_escape import EscapingObject


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Sessions, uploads and request bodies given to tasks, or to background functions that run too late for them."""
    for item in request_escape.escaping_objects(module):
        certain = item.loan.kind not in {"request", "websocket"}
        yield module.diagnostic(
            RULE,
            item.scope,
            module.span_of(item.scope, item.call),
            _message(item),
            severity=Severity.NOTE if item.is_open else Severity.ERROR,
            confidence=Confidence.HIGH if certain else Confidence.MEDIUM,
            chain=_steps(module, item),
        )


def _message(item: EscapingObject) -> str:
    work = f"`{item.function.name}`" if item.function is not None else "the work"
    match item.loan.kind:
        case "upload":
            when = "when the request ends" if item.is_task else "before background tasks run"
            return (
                f"the uploaded file `{item.name}` is closed {when}: {work} finds it closed; read it here and pass the "
                "content, or a copy on disk"
            )
        case "request":
            return (
                f"the body of `{item.name}` cannot be read any more once the request is answered: {work} gets "
                "ClientDisconnect; read it here and pass the data"
            )
    if item.is_open:
        return (
            f"`{item.name}` stays open until all background tasks of the request are through: other requests have to "
            f"do without its connection for as long; let {work} open its own"
        )
    if not item.is_task:
        when = "before background tasks run"
    elif item.loan.kind == "websocket":
        when = "when the connection ends, which does not wait for this task"
    else:
        when = "when the request ends, which does not wait for this task"
    what = f"what `{item.name}` holds" if item.loan.attribute else f"`{item.name}`"
    return f"{what} is closed {when}: {work} finds it closed; let {work} open its own"


def _steps(module: ModuleContext, item: EscapingObject) -> Iterator[ChainStep]:
    for function, call in item.loan.steps:
        yield module.step(function.module, Span(call.start, call.end), f"`{function.qualname}` hands it on")
    handler = item.loan.handler
    param = next((param for param in handler.ir.params if param.name == item.loan.param), None)
    if param is not None and handler is not item.scope:
        span = Span(param.start, param.start + len(param.name.encode()))
        yield module.step(handler.module, span, f"`{handler.qualname}` receives it")
    closing = item.loan.closing
    if closing is not None:
        yield module.step(closing.function.module, closing.span, f"`{closing.function.qualname}` closes it")


RULE = Rule(
    code="ASL304",
    name="request-scope-escape",
    summary="objects of a request in the hands of work that goes on without it",
    rationale=(
        "What a dependency yields is closed when the request is over, and so are uploaded files. A task made with "
        "`create_task` is not waited for, in any version of FastAPI: it finds its session closed in the middle of its "
        "work, or opens a connection on it that nobody gives back. Background tasks run before the exit code of "
        'dependencies only in FastAPI up to 0.105 and from 0.118; in between, and with `scope="function"`, they find '
        "everything closed as well. Where they do not, the connection is held until the last of them is through, which "
        "is worth a note. The body of a request cannot be read at all once the response is sent."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ create_task(save(db)) ━━▶ 200, db is closed
  save                           ━━┄┄┄┄✗ the connection is closed
request B                              ━━ perhaps gets the connection that save still holds
""",
    limits=(
        (
            "Objects that reach the task inside another one, such as a repository that keeps the session, unless the "
            "class is known."
        ),
        "Dependencies that hand out something without closing it.",
    ),
    settings=(
        "fastapi-version",
        "background-runners",
    ),
    examples=(
        Example(
            bad="""\
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()
running: set[asyncio.Task[None]] = set()
stored: list[int] = []


class Store:
    def __init__(self) -> None:
        self.is_open = True

    async def save(self, order: int) -> None:
        await asyncio.sleep(0)
        if self.is_open:
            stored.append(order)

    def close(self) -> None:
        self.is_open = False


@asynccontextmanager
async def open_store() -> AsyncIterator[Store]:
    store = Store()
    try:
        yield store
    finally:
        store.close()


async def get_store() -> AsyncIterator[Store]:
    async with open_store() as store:
        yield store


async def save_later(store: Store, order: int) -> None:
    await store.save(order)


@app.post("/orders/{order}")
async def create(order: int, store: Annotated[Store, Depends(get_store)]) -> None:
    task = asyncio.create_task(save_later(store, order))  # expect: ASL304
    running.add(task)
    task.add_done_callback(running.discard)
""",
            good="""\
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

app = FastAPI()
running: set[asyncio.Task[None]] = set()
stored: list[int] = []


class Store:
    def __init__(self) -> None:
        self.is_open = True

    async def save(self, order: int) -> None:
        await asyncio.sleep(0)
        if self.is_open:
            stored.append(order)

    def close(self) -> None:
        self.is_open = False


@asynccontextmanager
async def open_store() -> AsyncIterator[Store]:
    store = Store()
    try:
        yield store
    finally:
        store.close()


async def save_later(order: int) -> None:
    async with open_store() as store:
        await store.save(order)


@app.post("/orders/{order}")
async def create(order: int) -> None:
    task = asyncio.create_task(save_later(order))
    running.add(task)
    task.add_done_callback(running.discard)
""",
        ),
    ),
    check=check,
)

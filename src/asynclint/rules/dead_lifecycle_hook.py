"""Startup or shutdown code that never runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.rulekit.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import Diagnostic
    from asynclint.project.lifecycle_hooks import DeadHook
    from asynclint.semantics.module_context import ModuleContext

_BECAUSE = {
    "lifespan": "this application is made with `lifespan=`",
    "assigned": "this application is given another lifespan",
    "mounted": "a mounted application gets no startup and shutdown",
    "included": "this FastAPI leaves out the lifespan of an included router",
}


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Every hook of an application of this project that the framework ignores."""
    data = module.module.data
    if module.is_test or (b"on_event" not in data and b"lifespan" not in data and b"add_event_handler" not in data):
        return
    for hook in module.project.lifecycle_hooks.dead(module.module):
        by = module.step(hook.by_module, hook.by, _BECAUSE[hook.reason])
        yield module.diagnostic(RULE, hook.scope, hook.span, _message(hook), chain=[by])


def _message(hook: DeadHook) -> str:
    match hook.reason:
        case "lifespan":
            return (
                f"`{hook.name}` never runs: an application that is given `lifespan=` ignores its event handlers, "
                "without a word; move the code into the lifespan"
            )
        case "assigned":
            return (
                f"`{hook.name}` never runs: an application whose `lifespan_context` is replaced ignores its event "
                "handlers, without a word; move the code into the lifespan"
            )
        case "mounted":
            return (
                f"`{hook.name}` never runs: the lifespan of a mounted application is not entered; enter it in that of "
                "the outer application, `async with inner.router.lifespan_context(inner)`"
            )
        case _:
            return (
                f"`{hook.name}` never runs: FastAPI before 0.112.2 does not enter the lifespan of an included router; "
                "give it to the application"
            )


RULE = Rule(
    code="ASL404",
    name="dead-lifecycle-hook",
    summary="startup or shutdown code that never runs",
    rationale=(
        "An application is started and stopped in one way only. Given `lifespan=`, FastAPI ignores what `on_event`, "
        "`add_event_handler`, `on_startup=` and `on_shutdown=` register on the same application: no error, no "
        "warning, the code just does not run, and the pool it should open is missing on the first request. The same "
        "goes for the lifespan of an application that is mounted on another, and before FastAPI 0.112.2 for that of "
        "an included router."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
server     ━━ lifespan enters ━━ ready
  warm_cache     never runs
request A                        ━━ cache["prices"] ✗ KeyError ▶ 500
""",
    limits=("Applications that are put together by code which is not resolved.",),
    settings=("fastapi-version",),
    examples=(
        Example(
            bad="""\
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

started: list[str] = []


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    started.append("database")
    yield


app = FastAPI(lifespan=lifespan)


@app.on_event("startup")  # expect: ASL404
async def warm_cache() -> None:
    started.append("cache")
""",
            good="""\
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

started: list[str] = []


async def warm_cache() -> None:
    started.append("cache")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    started.append("database")
    await warm_cache()
    yield


app = FastAPI(lifespan=lifespan)
""",
        ),
        Example(
            bad="""\
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

started: list[str] = []


@asynccontextmanager
async def admin_lifespan(app: FastAPI) -> AsyncIterator[None]:
    started.append("admin")
    yield


admin = FastAPI(lifespan=admin_lifespan)  # expect: ASL404
app = FastAPI()
app.mount("/admin", admin)
""",
            good="""\
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

started: list[str] = []


@asynccontextmanager
async def admin_lifespan(app: FastAPI) -> AsyncIterator[None]:
    started.append("admin")
    yield


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with admin.router.lifespan_context(admin):
        yield


admin = FastAPI(lifespan=admin_lifespan)
app = FastAPI(lifespan=lifespan)
app.mount("/admin", admin)
""",
        ),
    ),
    check=check,
)

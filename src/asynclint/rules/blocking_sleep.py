"""A call that sleeps in the event-loop thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import blocking, blocking_fixes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import Diagnostic
    from asynclint.semantics.module_context import ModuleContext


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Every site of loop code whose nearest blocking call is of this family."""
    return blocking.diagnostics(module, RULE, blocking_fixes.sleep_fixes)


RULE = Rule(
    code="ASL201",
    name="blocking-sleep",
    summary="a call that sleeps in the event-loop thread",
    rationale=(
        "`time.sleep` and its like stop the whole thread. On the event loop that is every request, websocket "
        "and background task of the worker: none of them moves until the sleep is over. `await "
        "asyncio.sleep(…)` pauses the one coroutine and lets the others run."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ time.sleep(1) ━━━━━━━━━━━━━━━━━━━━━━━▶ 200
request B     ┄┄ waits, and has not even begun ┄┄┄┄━━▶ 200, a second late
""",
    limits=blocking.LIMITS,
    settings=blocking.SETTINGS,
    examples=(
        Example(
            bad="""\
import time

from fastapi import FastAPI

app = FastAPI()


def wait_for_printer() -> None:
    time.sleep(0.5)


@app.post("/print")
async def print_receipt() -> dict[str, str]:
    time.sleep(1)  # expect: ASL201
    wait_for_printer()  # expect: ASL201
    return {"status": "printed"}
""",
            good="""\
import asyncio
import time

from fastapi import FastAPI

app = FastAPI()


def wait_for_printer() -> None:
    time.sleep(0.5)


@app.post("/print")
async def print_receipt() -> dict[str, str]:
    await asyncio.sleep(1)
    await asyncio.to_thread(wait_for_printer)
    return {"status": "printed"}


@app.post("/reprint")
def reprint_receipt() -> dict[str, str]:
    time.sleep(1)
    return {"status": "printed"}
""",
        ),
        Example(
            bad="""\
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/slow")
async def slow() -> dict[str, str]:
    time.sleep(5)  # expect: ASL201
    return {"status": "done"}
""",
            good="""\
import asyncio
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/slow")
async def slow() -> dict[str, str]:
    await asyncio.sleep(5)
    return {"status": "done"}
""",
        ),
    ),
    check=check,
    fix_safety=(
        "`time.sleep(x)` in an async function becomes `await asyncio.sleep(x)`. SAFE in a route, dependency or "
        "background function that the project never calls itself, for a number that is not negative, as a statement "
        "under nothing but `if`, where before it only locals were set or nothing follows it: there no other task can "
        "see a half-done change. UNSAFE elsewhere, because others may run, and this one may be cancelled, in the "
        "middle of what was one step before. Not offered inside a sync `with`, which may hold a lock."
    ),
)

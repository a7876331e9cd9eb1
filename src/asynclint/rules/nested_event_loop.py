"""An event loop started from code that already runs on one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import blocking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import Diagnostic
    from asynclint.semantics.module_context import ModuleContext


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Every site of loop code whose nearest blocking call is of this family."""
    return blocking.diagnostics(module, RULE)


RULE = Rule(
    code="ASL210",
    name="nested-event-loop",
    summary="an event loop started from code that already runs on one",
    rationale=(
        "`asyncio.run` and `run_until_complete` refuse to start while a loop runs in the same thread: the "
        "call raises RuntimeError, and the coroutine it was given never runs. In code that is already on the "
        "loop, await the coroutine."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ asyncio.run(fetch()) ✗ RuntimeError: a loop is running already ▶ 500
  fetch                             never runs
request B                              ━━▶ 200
""",
    limits=(
        *blocking.LIMITS[:2],
        "Whether `nest_asyncio` is applied: it lets the call through, and then all requests wait for it.",
    ),
    settings=blocking.SETTINGS,
    examples=(
        Example(
            bad="""\
import asyncio

from fastapi import FastAPI

app = FastAPI()


async def fetch() -> int:
    return 1


def fetch_sync() -> int:
    return asyncio.run(fetch())


@app.get("/total")
async def total() -> int:
    return asyncio.run(fetch()) + 1  # expect: ASL210


@app.get("/double")
async def double() -> int:
    return fetch_sync() * 2  # expect: ASL210
""",
            good="""\
import asyncio

from fastapi import FastAPI

app = FastAPI()


async def fetch() -> int:
    return 1


@app.get("/total")
async def total() -> int:
    return await fetch() + 1


if __name__ == "__main__":
    print(asyncio.run(fetch()))
""",
        ),
    ),
    check=check,
)

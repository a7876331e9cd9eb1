"""Waiting for a person in the event-loop thread."""

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
    code="ASL209",
    name="blocking-input",
    summary="waiting for a person in the event-loop thread",
    rationale=(
        "`input`, prompts and debuggers wait for somebody to type. In a server nobody does, and on the event "
        "loop every request waits until then."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ input() ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━▶ 200
request B     ┄┄ waits, and has not even begun ┄┄┄┄━━▶ 200, once somebody has pressed Enter
""",
    limits=blocking.LIMITS,
    settings=blocking.SETTINGS,
    examples=(
        Example(
            bad="""\
async def confirm() -> bool:
    answer = input("Drop all tables? ")  # expect: ASL209
    return answer == "yes"
""",
            good="""\
import asyncio


async def confirm() -> bool:
    answer = await asyncio.to_thread(input, "Drop all tables? ")
    return answer == "yes"
""",
        ),
        Example(
            bad="""\
from fastapi import FastAPI

app = FastAPI()


@app.get("/name")
async def name() -> str:
    return input("Name: ")  # expect: ASL209
""",
            good="""\
from fastapi import FastAPI

app = FastAPI()


@app.get("/name")
def name() -> str:
    return input("Name: ")
""",
        ),
    ),
    check=check,
    fix_safety=(
        "UNSAFE: a route or dependency that never awaits becomes a `def`, which FastAPI runs in a thread, several "
        "requests at a time. Nothing else is changed."
    ),
)

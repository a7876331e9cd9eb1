"""Long computation in the event-loop thread."""

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
    return blocking.diagnostics(module, RULE, blocking_fixes.thread_fixes)


RULE = Rule(
    code="ASL208",
    name="blocking-cpu",
    summary="long computation in the event-loop thread",
    rationale=(
        "Password hashing, image work and model inference keep the processor busy for a tenth of a second or "
        "more. On the event loop nothing else runs meanwhile, so a few sign-ins a second are enough to stop a "
        "worker. In a thread it goes on beside the event loop, since these libraries release Python's lock while they "
        "compute."
    ),
    severity=Severity.WARNING,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ bcrypt.hashpw(…) ━━━━━━━━━━━━━━━━━━━━▶ 200
request B     ┄┄ waits, and has not even begun ┄┄┄┄━━▶ 200, late by one hash
""",
    limits=(
        *blocking.LIMITS,
        "Loops and calculations of your own, however long they take.",
    ),
    settings=blocking.SETTINGS,
    examples=(
        Example(
            bad="""\
import bcrypt
from fastapi import FastAPI, Request

app = FastAPI()


def matches(password: str, stored: bytes) -> bool:
    return bcrypt.checkpw(password.encode(), stored)


@app.post("/login")
async def login(request: Request) -> bool:
    password = (await request.body()).decode()
    stored = bcrypt.hashpw(b"secret", bcrypt.gensalt())  # expect: ASL208
    return matches(password, stored)  # expect: ASL208
""",
            good="""\
import asyncio

import bcrypt
from fastapi import FastAPI

app = FastAPI()


@app.post("/login")
async def login(password: str, stored: str) -> bool:
    return await asyncio.to_thread(bcrypt.checkpw, password.encode(), stored.encode())
""",
        ),
    ),
    check=check,
    fix_safety=(
        "UNSAFE: a route or dependency that never awaits becomes a `def`, which FastAPI runs in a thread, several "
        "requests at a time. In other async functions a single call becomes `await asyncio.to_thread(…)`, or goes "
        "through what the project offloads with already. There other tasks may run where none could before, "
        "cancelling does not stop the thread, and what is called must not depend on its thread. "
        "Not offered for libraries that keep state by thread (torch, tensorflow), or while a thread lock is "
        "held. "
        "Calls through functions of the project are not changed."
    ),
)

"""Waiting for another process in the event-loop thread."""

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
    code="ASL205",
    name="blocking-subprocess",
    summary="waiting for another process in the event-loop thread",
    rationale=(
        "`subprocess.run` and its like return when the other program ends. On the event loop every request of "
        "the worker waits for that program. asyncio starts processes and waits for them without holding the "
        "thread."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ subprocess.run(…) ━━━━━━━━━━━━━━━━━━━▶ 200
request B     ┄┄ waits, and has not even begun ┄┄┄┄━━▶ 200, late by one run of the program
""",
    limits=blocking.LIMITS,
    settings=blocking.SETTINGS,
    examples=(
        Example(
            bad="""\
import subprocess

from fastapi import FastAPI

app = FastAPI()


def convert(name: str) -> bytes:
    process = subprocess.Popen(["convert", name, "-"], stdout=subprocess.PIPE)
    output, _ = process.communicate()
    return output


@app.get("/version")
async def version() -> str:
    done = subprocess.run(["git", "describe"], capture_output=True, check=True)  # expect: ASL205
    return done.stdout.decode()


async def image(name: str) -> bytes:
    return convert(name)  # expect: ASL205
""",
            good="""\
import asyncio

from fastapi import FastAPI

app = FastAPI()


@app.get("/version")
async def version() -> str:
    process = await asyncio.create_subprocess_exec("git", "describe", stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    return output.decode()
""",
        ),
    ),
    check=check,
    fix_safety=(
        "UNSAFE: a route or dependency that never awaits becomes a `def`, which FastAPI runs in a thread, several "
        "requests at a time. In other async functions a single call becomes `await asyncio.to_thread(…)`, or goes "
        "through what the project offloads with already. There other tasks may run where none could before, "
        "cancelling does not stop the thread, and what is called must not depend on its thread. "
        "Not offered for `Popen`, whose process is waited for afterwards, or while a thread lock is held. "
        "Calls through functions of the project are not changed."
    ),
)

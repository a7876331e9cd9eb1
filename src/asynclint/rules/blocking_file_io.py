"""File access in the event-loop thread."""

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
    code="ASL204",
    name="blocking-file-io",
    summary="file access in the event-loop thread",
    rationale=(
        "Opening, reading and writing files waits for the disk, or for the network behind a mounted volume. "
        "Mostly that is short, but it has no bound: a slow volume, a large file or a cold cache stops every "
        "request of the worker. Cheap questions about a file (does it exist, how large is it) are reported as "
        "notes."
    ),
    severity=Severity.WARNING,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ open(…).read() ━━━━━━━━━━━━━━━━━━━━━━▶ 200
request B     ┄┄ waits, and has not even begun ┄┄┄┄━━▶ 200, late by one read
""",
    limits=(
        *blocking.LIMITS,
        "Work on a file that another function opened: the file is reported once, where it is opened.",
        (
            "Questions about a file (`exists`, `stat`) that a helper asks: only those of the async function itself are "
            "reported."
        ),
    ),
    settings=blocking.SETTINGS,
    examples=(
        Example(
            bad="""\
import json
from pathlib import Path

from fastapi import FastAPI, UploadFile

app = FastAPI()


def load_settings(path: Path) -> dict[str, str]:
    return json.loads(path.read_text())


@app.get("/settings")
async def settings() -> dict[str, str]:
    return load_settings(Path("settings.json"))  # expect: ASL204


@app.post("/upload")
async def upload(file: UploadFile) -> None:
    body = await file.read()
    with open("upload.bin", "wb") as target:  # expect: ASL204
        target.write(body)
""",
            good="""\
import asyncio
import json
from pathlib import Path

import anyio
from fastapi import FastAPI

app = FastAPI()


def load_settings(path: Path) -> dict[str, str]:
    return json.loads(path.read_text())


@app.get("/settings")
async def settings() -> dict[str, str]:
    return await asyncio.to_thread(load_settings, Path("settings.json"))


@app.post("/upload")
async def upload(body: bytes) -> None:
    async with await anyio.open_file("upload.bin", "wb") as target:
        await target.write(body)
""",
        ),
    ),
    check=check,
    fix_safety=(
        "UNSAFE: a route or dependency that never awaits becomes a `def`, which FastAPI runs in a thread, several "
        "requests at a time. In other async functions a single call becomes `await asyncio.to_thread(…)`, or goes "
        "through what the project offloads with already. There other tasks may run where none could before, "
        "cancelling does not stop the thread, and what is called must not depend on its thread. "
        "Not offered for `open` and its like, whose file is worked on afterwards, and for cheap questions "
        "about a file. "
        "Calls through functions of the project are not changed."
    ),
)

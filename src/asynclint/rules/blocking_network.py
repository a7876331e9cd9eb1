"""Synchronous network traffic in the event-loop thread."""

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
    code="ASL206",
    name="blocking-network",
    summary="synchronous network traffic in the event-loop thread",
    rationale=(
        "Sockets, name look-ups, mail, queues and cloud SDKs wait for the network inside the call. On the "
        "event loop every other request of the worker waits with them, for as long as the time-out of the "
        "library, which is often a minute."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ s3.get_object(…) ━━━━━━━━━━━━━━━━━━━━▶ 200
request B     ┄┄ waits, and has not even begun ┄┄┄┄━━▶ 200, late by one transfer
""",
    limits=blocking.LIMITS,
    settings=blocking.SETTINGS,
    examples=(
        Example(
            bad="""\
import smtplib

import boto3
from fastapi import FastAPI, Request

app = FastAPI()
s3 = boto3.client("s3")


def send(text: str) -> None:
    with smtplib.SMTP("mail.example") as server:
        server.sendmail("a@example.org", "b@example.org", text)


@app.post("/files/{name}")
async def store(name: str, request: Request) -> None:
    s3.put_object(Bucket="files", Key=name, Body=await request.body())  # expect: ASL206
    send(f"stored {name}")  # expect: ASL206
""",
            good="""\
import asyncio

import boto3
from fastapi import FastAPI

app = FastAPI()
s3 = boto3.client("s3")


@app.post("/files/{name}")
async def store(name: str, body: bytes) -> str:
    await asyncio.to_thread(s3.put_object, Bucket="files", Key=name, Body=body)
    return s3.generate_presigned_url("get_object", Params={"Bucket": "files", "Key": name})
""",
        ),
    ),
    check=check,
    fix_safety=(
        "UNSAFE: a route or dependency that never awaits becomes a `def`, which FastAPI runs in a thread, several "
        "requests at a time. In other async functions a single call becomes `await asyncio.to_thread(…)`, or goes "
        "through what the project offloads with already. There other tasks may run where none could before, "
        "cancelling does not stop the thread, and what is called must not depend on its thread. "
        "Not offered in the head of a `with`, or while a thread lock is held. "
        "Calls through functions of the project are not changed."
    ),
)

"""A synchronous HTTP request in the event-loop thread."""

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
    code="ASL202",
    name="blocking-http",
    summary="a synchronous HTTP request in the event-loop thread",
    rationale=(
        "A synchronous HTTP client waits for the network inside the call. On the event loop nothing else runs "
        "meanwhile, so one slow upstream server stops every request of the worker, the health check included. "
        "Use the client's async twin, or run the call in a thread."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ requests.get(…) ━━━━━━━━━━━━━━━━━━━━━▶ 200
request B     ┄┄ waits, and has not even begun ┄┄┄┄━━▶ 200, late by one answer of the other server
""",
    limits=blocking.LIMITS,
    settings=blocking.SETTINGS,
    examples=(
        Example(
            bad="""\
import httpx
import requests
from fastapi import FastAPI, Request

app = FastAPI()
client = httpx.Client()


class Rates:
    def __init__(self) -> None:
        self.session = requests.Session()

    def latest(self) -> dict[str, float]:
        return self.session.get("https://rates.example/latest").json()


@app.post("/price")
async def price(request: Request) -> dict[str, object]:
    asked = await request.json()
    status = requests.get("https://status.example").status_code  # expect: ASL202
    book = client.get("https://books.example").json()  # expect: ASL202
    return {"asked": asked, "status": status, "book": book, "rates": Rates().latest()}  # expect: ASL202
""",
            good="""\
import httpx
from fastapi import FastAPI

app = FastAPI()


@app.get("/price")
async def price() -> dict[str, object]:
    async with httpx.AsyncClient() as client:
        response = await client.get("https://books.example")
    return {"book": response.json()}
""",
        ),
        Example(
            bad="""\
import requests
from fastapi import FastAPI

app = FastAPI()


@app.get("/weather/{city}")
async def weather(city: str) -> dict[str, object]:
    return requests.get("https://weather.example", params={"q": city}, timeout=5).json()  # expect: ASL202
""",
            good="""\
import requests
from fastapi import FastAPI

app = FastAPI()


@app.get("/weather/{city}")
def weather(city: str) -> dict[str, object]:
    return requests.get("https://weather.example", params={"q": city}, timeout=5).json()
""",
        ),
        Example(
            bad="""\
import requests
from fastapi import FastAPI, Request

app = FastAPI()


@app.post("/weather")
async def weather(request: Request) -> dict[str, object]:
    place = await request.json()
    return requests.get("https://weather.example", params=place, timeout=5).json()  # expect: ASL202
""",
            good="""\
import asyncio
import requests
from fastapi import FastAPI, Request

app = FastAPI()


@app.post("/weather")
async def weather(request: Request) -> dict[str, object]:
    place = await request.json()
    return (await asyncio.to_thread(requests.get, "https://weather.example", params=place, timeout=5)).json()
""",
        ),
    ),
    check=check,
    fix_safety=(
        "UNSAFE: a route or dependency that never awaits becomes a `def`, which FastAPI runs in a thread, several "
        "requests at a time. In other async functions a single call becomes `await asyncio.to_thread(…)`, or goes "
        "through what the project offloads with already. There other tasks may run where none could before, "
        "cancelling does not stop the thread, and what is called must not depend on its thread. "
        "Not offered where the body is streamed afterwards, or while a thread lock is held. "
        "Calls through functions of the project are not changed."
    ),
)

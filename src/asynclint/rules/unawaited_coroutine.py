"""A coroutine that is made and never awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Applicability, Confidence, Severity
from asynclint.flow import ir
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import coroutines, rewrite, tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from asynclint.core.diagnostic import Diagnostic, Fix
    from asynclint.semantics.coroutines import CoroutineSite
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.syntax import NodeMatch

_CONSEQUENCE = {
    "returned by a route": "FastAPI does not await what a route returns and answers 500",
    "local collection": "nothing awaits the collection it is put in, so its body never runs",
    "unused local": "nothing awaits the local that holds it, so its body never runs",
    "argument": "the call it is passed to does not await it, so its body never runs",
}


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Calls of async functions whose coroutine is dropped, or returned to FastAPI."""
    for site in coroutines.dropped_coroutines(module):
        consequence = _CONSEQUENCE.get(site.how, "its body never runs")
        match = module.settle(site.scope, site.node, "call" if isinstance(site.node, ir.Call) else "attribute")
        fixes = tuple(_fixes(module, site, match))
        what = "the call" if isinstance(site.node, ir.Call) else "it"
        remedy = f"put `await` before {what}" if fixes else "await it in an async function"
        yield module.diagnostic(
            RULE,
            site.scope,
            match.span,
            f"`{site.name}` is async and its coroutine is never awaited: {consequence}; {remedy}",
            fixes=fixes,
        )


def _fixes(module: ModuleContext, site: CoroutineSite, match: NodeMatch[cst.BaseExpression]) -> Iterator[Fix]:
    edits = rewrite.insert_await(match, in_async=tasks.is_in_async(site.scope))
    if edits is not None:
        yield module.fix(Applicability.UNSAFE, "await the coroutine", edits)


RULE = Rule(
    code="ASL104",
    name="unawaited-coroutine",
    summary="a coroutine that is made and never awaited",
    rationale=(
        "Calling an async function runs none of its body: it makes a coroutine object that runs when it is awaited or "
        "made a task. Dropped, it does nothing at all. The mail is not sent, the row is not written, the caller gets "
        "no error; at best a RuntimeWarning stands in the log when the object is destroyed."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ send_mail(user) makes an object ━━ drops it ━━▶ 200, no mail
request B       ━━ send_mail(user) makes an object ━━ drops it ━━▶ 200, no mail
  log                                                   RuntimeWarning, perhaps, without a traceback
""",
    limits=(
        "Async functions of libraries, but for those of asyncio and a few others that the tables know.",
        "Coroutines kept in an attribute or handed to a function that is not resolved: they may be awaited there.",
    ),
    examples=(
        Example(
            bad="""\
from fastapi import FastAPI

app = FastAPI()


class Mailer:
    async def send(self, to: str) -> None:
        print("mail to", to)


mailer = Mailer()


async def load(name: str) -> str:
    return name


@app.post("/invite")
async def invite(to: str) -> None:
    mailer.send(to)  # expect: ASL104


@app.get("/name")
async def name() -> str:
    return load("a")  # expect: ASL104
""",
            good="""\
from fastapi import FastAPI

app = FastAPI()


class Mailer:
    async def send(self, to: str) -> None:
        print("mail to", to)


mailer = Mailer()


async def load(name: str) -> str:
    return name


@app.post("/invite")
async def invite(to: str) -> None:
    await mailer.send(to)


@app.get("/name")
async def name() -> str:
    return await load("a")
""",
        ),
    ),
    check=check,
    fix_safety=(
        "UNSAFE: `await` is inserted where the enclosing function is async. Code that never ran begins to run, and may "
        "raise."
    ),
)

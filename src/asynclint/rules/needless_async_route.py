"""A route or dependency that is async and never awaits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.project.roles import Role
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import needless_async

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import Diagnostic
    from asynclint.semantics.module_context import ModuleContext


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Every async route and dependency without `await` that would work as `def`."""
    for function in needless_async.needless(module) if not module.is_test else ():
        kind = "route" if Role.ROUTE in module.project.roles.of(function) else "dependency"
        yield module.diagnostic(
            RULE,
            function,
            function.name_span,
            f"`{function.name}` never awaits: as an async {kind} it runs on the event loop, where whatever it calls "
            "holds up every other request of this worker; make it a plain `def`, which FastAPI runs in a thread",
            fixes=needless_async.plain_fixes(module, function),
        )


RULE = Rule(
    code="ASL213",
    name="needless-async-route",
    summary="a route or dependency that is async and never awaits",
    rationale=(
        "FastAPI runs `async def` on the event loop and `def` in a pool of 40 threads. A function that never awaits "
        "gains nothing from the loop, and the first blocking call that somebody adds to it, or to what it calls, "
        "stops all requests of the worker. For a few quick statements the loop is the cheaper place, which is why "
        "this rule is off unless it is asked for; bodies that call nothing are not reported."
    ),
    severity=Severity.NOTE,
    confidence=Confidence.MEDIUM,
    timeline="""\
async def  request A  ━━ json.dumps(…) ━━▶ 200
           request B     ┄┄┄┄┄┄┄┄┄┄┄┄┄┄━━ json.dumps(…) ━━▶ 200
def        request A  ━━ json.dumps(…) ━━▶ 200   (worker thread)
           request B  ━━ json.dumps(…) ━━▶ 200   (another one)
""",
    limits=(
        "Whether the body is quick: for a few statements the event loop is the cheaper place.",
        "Routes that must run on the loop because of what libraries do in them.",
    ),
    settings=("route-decorators",),
    default=False,
    examples=(
        Example(
            bad="""\
import json

from fastapi import FastAPI

app = FastAPI()


@app.get("/settings")
async def settings() -> str:  # expect: ASL213
    return json.dumps({"theme": "dark"})
""",
            good="""\
import json

from fastapi import FastAPI

app = FastAPI()


@app.get("/settings")
def settings() -> str:
    return json.dumps({"theme": "dark"})
""",
        ),
    ),
    check=check,
    fix_safety=(
        "UNSAFE: the body moves to a thread, where several requests run it at the same time and context variables that "
        "it sets are not seen by others. Not offered where it, or what it calls, uses the event loop."
    ),
)

"""A background function that is called instead of handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from asynclint.core.diagnostic import Applicability, Confidence, Severity
from asynclint.flow.traversal import dotted
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import background, rewrite

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from asynclint.core.diagnostic import Diagnostic, Fix
    from asynclint.semantics.background import CalledTooEarly
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.syntax import NodeMatch


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """`add_task(f(x))` and `BackgroundTask(f(x))` where `f` certainly returns no callable."""
    for early in background.called_too_early(module):
        if early.is_async:
            what = "only makes a coroutine, and calling that fails after the response"
        else:
            what = "runs it on the spot, before the response, and calling its result fails afterwards"
        yield module.diagnostic(
            RULE,
            early.scope,
            module.span_of(early.scope, early.call),
            f"`{_word(early)}` needs the function itself: `{early.name}(…)` {what}; pass `{early.name}` and its "
            "arguments separately",
            fixes=_fixes(module, early),
        )


def _word(early: CalledTooEarly) -> str:
    return dotted(early.call.func).rpartition(".")[2]


def _fixes(module: ModuleContext, early: CalledTooEarly) -> Iterator[Fix]:
    match = cast("NodeMatch[cst.Call]", module.settle(early.scope, early.inner))
    edits = rewrite.pass_call_as_arguments(match)
    if edits is not None:
        yield module.fix(Applicability.UNSAFE, f"pass `{early.name}` and its arguments", edits)


RULE = Rule(
    code="ASL302",
    name="background-call-not-passed",
    summary="a background function that is called instead of handed over",
    rationale=(
        "`add_task(f(x))` calls `f` first. A sync `f` does its work on the event loop while the client waits; an async "
        "one does nothing. After the response FastAPI tries to call what came back, which is no function: the log "
        "shows a TypeError, and the background functions added later are skipped."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ add_task(note(order)) runs note at once ━━━━━━▶ 200
                                                            ━━✗ TypeError: its result is called
request B     ┄┄┄┄┄┄ waits while note runs on the loop ┄┄┄┄┄━━▶ 200
""",
    limits=("Calls whose result may be a function: what cannot be resolved is left alone.",),
    settings=("background-runners",),
    examples=(
        Example(
            bad="""\
import logging

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()
logger = logging.getLogger(__name__)


async def notify(user: str, text: str) -> None:
    logger.info("%s: %s", user, text)


@app.post("/message/{user}")
async def message(user: str, tasks: BackgroundTasks) -> None:
    tasks.add_task(notify(user, text="hello"))  # expect: ASL302
""",
            good="""\
import logging

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()
logger = logging.getLogger(__name__)


async def notify(user: str, text: str) -> None:
    logger.info("%s: %s", user, text)


@app.post("/message/{user}")
async def message(user: str, tasks: BackgroundTasks) -> None:
    tasks.add_task(notify, user, text="hello")
""",
        ),
    ),
    check=check,
    fix_safety=(
        "UNSAFE: the evident intent, but the body moves from before the response (for a sync function, on the event "
        "loop) to after it."
    ),
)

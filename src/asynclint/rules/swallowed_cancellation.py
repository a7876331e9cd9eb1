"""A task that goes on with its loop after it was cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics.clauses import header_span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import ChainStep, Diagnostic
    from asynclint.project.cancellation import Swallow
    from asynclint.project.model import Function
    from asynclint.semantics.module_context import ModuleContext


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Every clause that catches a task's own cancellation where a loop then takes its next turn."""
    if module.is_test:
        return
    for function in module.module.functions:
        for swallow in module.project.cancellation.swallowed(function):
            yield module.diagnostic(
                RULE,
                function,
                header_span(module.module.data, swallow.clause),
                _message(swallow),
                confidence=None if swallow.endless else Confidence.MEDIUM,
                chain=_steps(module, function, swallow),
            )


def _message(swallow: Swallow) -> str:
    is_suppress = isinstance(swallow.clause, ir.With)
    clause = f"suppress({swallow.caught})" if is_suppress else f"except {swallow.caught}".rstrip()
    loop = "the loop" if swallow.call is None else f"the loop of `{swallow.function.qualname}`"
    # A cancelled task gets CancelledError once: asyncio forgets the request when it is delivered (Task.cancel).
    outcome = (
        "the task cannot be cancelled, and whoever awaits it after `cancel()` waits for ever"
        if swallow.endless
        else "`cancel()` costs the task one turn and does not end it"
    )
    remedy = "let the cancellation pass" if is_suppress else "re-raise it with `raise`"
    if not is_suppress and swallow.caught in {"", "BaseException"}:
        remedy = "catch `Exception`, which lets the cancellation pass"
    return f"`{clause}` swallows the cancellation and {loop} goes on: {outcome}; {remedy}"


def _steps(module: ModuleContext, function: Function, swallow: Swallow) -> Iterator[ChainStep]:
    owner = swallow.function.module
    if swallow.call is not None:
        call = Span(swallow.call.start, swallow.call.end)
        yield module.step(owner, call, f"`{swallow.function.qualname}` awaits `{function.qualname}` here")
    yield module.step(owner, header_span(owner.data, swallow.loop), "this loop takes its next turn")


RULE = Rule(
    code="ASL403",
    name="swallowed-cancellation",
    summary="a task that goes on with its loop after it was cancelled",
    rationale=(
        "`task.cancel()` raises CancelledError in the task, once, at the `await` it stands at. A handler that catches "
        "it and lets the loop go on uses the request up: the task runs on, and code that awaits it after `cancel()`, "
        "such as a lifespan's exit, never comes back; the server hangs until it is killed. `except Exception` does "
        "not catch CancelledError, but `except BaseException` and a bare `except` do. A handler may clean up, and then "
        "has to `raise`. Not reported: a task that ends right after, and code that awaits what it cancelled itself."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
lifespan   ━━ task.cancel() ━━ await task ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ waits for ever
task                     ┄┄━━ except CancelledError: pass ━━┄┄━━┄┄━━ goes on
""",
    limits=(
        "Cancellations swallowed in functions of libraries.",
        "A flag that ends the loop and is set in code that is not resolved.",
    ),
    examples=(
        Example(
            bad="""\
import asyncio
import logging

logger = logging.getLogger(__name__)


async def refresh_prices() -> None:
    await asyncio.sleep(10)


async def keep_prices_fresh() -> None:
    while True:
        try:
            await refresh_prices()
        except asyncio.CancelledError:  # expect: ASL403
            logger.info("cancelled")
        except Exception:
            logger.exception("the prices are stale")
""",
            good="""\
import asyncio
import logging

logger = logging.getLogger(__name__)


async def refresh_prices() -> None:
    await asyncio.sleep(10)


async def keep_prices_fresh() -> None:
    while True:
        try:
            await refresh_prices()
        except asyncio.CancelledError:
            logger.info("cancelled")
            raise
        except Exception:
            logger.exception("the prices are stale")
""",
        ),
        Example(
            bad="""\
import asyncio
import logging

logger = logging.getLogger(__name__)


async def send_heartbeat() -> None:
    try:
        await asyncio.sleep(10)
    except:  # expect: ASL403
        logger.warning("no heartbeat")


async def heartbeats() -> None:
    while True:
        await send_heartbeat()
""",
            good="""\
import asyncio
import logging

logger = logging.getLogger(__name__)


async def send_heartbeat() -> None:
    try:
        await asyncio.sleep(10)
    except Exception:
        logger.warning("no heartbeat")


async def heartbeats() -> None:
    while True:
        await send_heartbeat()
""",
        ),
    ),
    check=check,
)

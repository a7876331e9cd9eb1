"""The outcome of several pieces of work that nobody looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import background, outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import ChainStep, Diagnostic
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.outcomes import Unobserved


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Futures that are dropped, and collected results and exceptions that are not read."""
    for item in outcomes.unobserved(module):
        yield module.diagnostic(
            RULE,
            item.scope,
            module.span_of(item.scope, item.call),
            _message(item),
            severity=Severity.NOTE if module.is_test and item.escape is not None else None,
            chain=_chain(module, item),
        )


def _message(item: Unobserved) -> str:
    failing = "" if item.escape is None else f"`{item.escape.function.name}`"
    if item.name == outcomes.EXECUTOR:
        return (
            f"nobody looks at the future of `{item.name}`: what {failing} raises in its thread is at best a line in "
            "the log when the future is destroyed; await the future, or keep it and read its exception"
        )
    if item.name == outcomes.WAIT:
        return (
            f"nobody looks at the tasks that `{item.name}` gives back as done: what {failing} raises stays in its task "
            "and leaves no trace; call `result()` on each of them"
        )
    if failing:
        return (
            f"nobody reads what `{item.name}` with `return_exceptions=True` returns: what {failing} raises is in there "
            "and leaves no trace; look for exceptions among the results"
        )
    return (
        f"nobody awaits the future of `{item.name}`: the function goes on before the work is done, and sees neither "
        "results nor failures; put `await` before the call"
    )


def _chain(module: ModuleContext, item: Unobserved) -> Iterator[ChainStep]:
    if item.escape is not None:
        yield from background.escape_steps(module, item.escape)


RULE = Rule(
    code="ASL107",
    name="unobserved-result",
    summary="results or exceptions of concurrent work that nobody looks at",
    rationale=(
        "`asyncio.gather` returns a future at once: without `await`, the function goes on while the work is still "
        "running, and nobody learns how it ended. With `return_exceptions=True` the exceptions are values in the list "
        "it returns, and `asyncio.wait` leaves them in the tasks: if nobody reads them, a failure leaves no trace. "
        "Tests look at what the work was for: exceptions that are not read are notes there."
    ),
    severity=Severity.WARNING,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ gather(push(1), push(2), return_exceptions=True) ┄┄┄┄━━▶ 200
  push(1)                                          ━━┄┄━━ done
  push(2)                                          ━━┄┄✗ ConnectionError, in a list nobody reads
request B        ━━ reads what push(2) should have written: it is not there
""",
    limits=(
        "Results that are kept and read only on some paths.",
        "Whether a failure matters: work that may fail in silence is suppressed with a reason.",
    ),
    examples=(
        Example(
            bad="""\
import asyncio
import logging

import httpx

logger = logging.getLogger(__name__)


async def sync_user(user: int) -> None:
    async with httpx.AsyncClient() as client:
        response = await client.put(f"https://example.org/users/{user}")
    response.raise_for_status()


async def sync_users(users: list[int]) -> None:
    await asyncio.gather(*[sync_user(user) for user in users], return_exceptions=True)  # expect: ASL107


async def sync_both() -> None:
    asyncio.gather(sync_user(1), sync_user(2))  # expect: ASL107
""",
            good="""\
import asyncio
import logging

import httpx

logger = logging.getLogger(__name__)


async def sync_user(user: int) -> None:
    async with httpx.AsyncClient() as client:
        response = await client.put(f"https://example.org/users/{user}")
    response.raise_for_status()


async def sync_users(users: list[int]) -> None:
    results = await asyncio.gather(*[sync_user(user) for user in users], return_exceptions=True)
    for user, result in zip(users, results, strict=True):
        if isinstance(result, BaseException):
            logger.error("user %s was not synced", user, exc_info=result)


async def sync_both() -> None:
    await asyncio.gather(sync_user(1), sync_user(2))
""",
        ),
    ),
    check=check,
)

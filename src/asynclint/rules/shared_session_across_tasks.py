"""A database session or connection that several tasks use at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.core.span import Span
from asynclint.project.model import module_of
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import shared_connections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import ChainStep, Diagnostic
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.shared_connections import SharedConnection


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """One AsyncSession, connection or cursor in the hands of tasks that run beside each other."""
    for item in shared_connections.shared_connections(module):
        yield module.diagnostic(
            RULE,
            item.scope,
            module.span_of(item.scope, item.call),
            _message(item),
            chain=_steps(module, item),
        )


def _message(item: SharedConnection) -> str:
    who = "every round of the loop" if item.first is item.call else "several tasks"
    return (
        f"`{item.name}` is used by {who} at the same time, and one {item.kind} does one thing at a time: it fails, or "
        "mixes up transactions; give each task its own, or await one after the other"
    )


def _steps(module: ModuleContext, item: SharedConnection) -> Iterator[ChainStep]:
    if item.first is not item.call:
        span = Span(item.first.start, item.first.end)
        yield module.step(module_of(item.scope), span, "the first use")
    for use in item.uses:
        yield module.step(use.function.module, use.span, f"`{use.function.qualname}` uses it here")


RULE = Rule(
    code="ASL309",
    name="shared-session-across-tasks",
    summary="a database session or connection that several tasks use at the same time",
    rationale=(
        "A connection carries one conversation with the database, and an AsyncSession one transaction. Two tasks that "
        "use the same one at once get in each other's way: asyncpg answers that another operation is in progress, "
        "SQLAlchemy that the session is in a state that allows no such step; or, worse, one task commits or rolls back "
        "what the other has half done. It depends on timing, so tests with a fast database do not show it. Each task "
        "needs a session of its own, or they have to take turns."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
task A   ━━ session.execute(…) ┄┄┄┄┄┄✗ another operation is in progress
task B      ━━ session.execute(…) ┄┄┄┄ or works in the transaction of A
""",
    limits=(
        "Sessions inside other objects, unless the class is known.",
        "Whether the tasks overlap in time: they are reported if they can.",
    ),
    examples=(
        Example(
            bad="""\
import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def count(session: AsyncSession, table: str) -> int:
    result = await session.execute(text(f"select count(*) from {table}"))
    return int(result.scalar_one())


async def totals(session: AsyncSession) -> list[int]:
    return await asyncio.gather(
        count(session, "orders"),
        count(session, "customers"),  # expect: ASL309
    )
""",
            good="""\
import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


async def count(sessions: async_sessionmaker[AsyncSession], table: str) -> int:
    async with sessions() as session:
        result = await session.execute(text(f"select count(*) from {table}"))
        return int(result.scalar_one())


async def totals(sessions: async_sessionmaker[AsyncSession]) -> list[int]:
    return await asyncio.gather(
        count(sessions, "orders"),
        count(sessions, "customers"),
    )
""",
        ),
    ),
    check=check,
)

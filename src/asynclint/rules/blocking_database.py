"""A synchronous database call in the event-loop thread."""

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
    code="ASL203",
    name="blocking-database",
    summary="a synchronous database call in the event-loop thread",
    rationale=(
        "A synchronous driver or ORM session waits for the database inside the call. On the event loop every "
        "other request of the worker waits with it, and a pool that is exhausted by those requests may never "
        "be refilled. Use the async driver or session, a plain `def` route, or a thread."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ cursor.execute(…) ━━━━━━━━━━━━━━━━━━━▶ 200
request B     ┄┄ waits, and has not even begun ┄┄┄┄━━▶ 200, late by one query
""",
    limits=(
        *blocking.LIMITS,
        "Lazy loading of ORM attributes (`order.customer.name`), which may query the database.",
    ),
    settings=blocking.SETTINGS,
    examples=(
        Example(
            bad="""\
import sqlite3

from fastapi import Depends, FastAPI
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

app = FastAPI()
factory = sessionmaker()


def get_session():
    with factory() as session:
        yield session


@app.get("/users")
async def users(session: Session = Depends(get_session)) -> list[str]:
    rows = session.execute(text("select name from users"))  # expect: ASL203
    return [row.name for row in rows]


async def count() -> int:
    connection = sqlite3.connect("app.db")  # expect: ASL203
    return connection.total_changes
""",
            good="""\
from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

app = FastAPI()
factory = async_sessionmaker()


async def get_session():
    async with factory() as session:
        yield session


@app.get("/users")
async def users(session: AsyncSession = Depends(get_session)) -> list[str]:
    rows = await session.execute(text("select name from users"))
    return [row.name for row in rows]
""",
        ),
    ),
    check=check,
    fix_safety=(
        "UNSAFE: a route or dependency that never awaits becomes a `def`, which FastAPI runs in a thread, several "
        "requests at a time. In other async functions a single call becomes `await asyncio.to_thread(…)`, or goes "
        "through what the project offloads with already. There other tasks may run where none could before, "
        "cancelling does not stop the thread, and what is called must not depend on its thread. "
        "Not offered for libraries whose connections belong to a thread (sqlite3, Django, peewee), or while "
        "a thread lock is held. "
        "Calls through functions of the project are not changed."
    ),
)

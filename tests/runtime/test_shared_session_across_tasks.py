"""ASL309 at run time: one AsyncSession in two tasks, on a real database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from asynclint.rules.shared_session_across_tasks import RULE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from asynclint.rulekit.rule import Rule

pytest.importorskip("aiosqlite")
pool = pytest.importorskip("sqlalchemy.pool")
sqlalchemy_asyncio = pytest.importorskip("sqlalchemy.ext.asyncio")


async def totals(module: dict[str, Any], path: str, *, shared: bool) -> Any:
    # Without a pool each session opens its connection when it is first used, and has to wait for that.
    engine = sqlalchemy_asyncio.create_async_engine(f"sqlite+aiosqlite:///{path}", poolclass=pool.NullPool)
    async with engine.begin() as connection:
        for table in ("orders", "customers"):
            await connection.execute(module["text"](f"create table {table} (id integer)"))
    sessions = sqlalchemy_asyncio.async_sessionmaker(engine)
    if not shared:
        return await module["totals"](sessions)
    async with sessions() as session:
        found = await asyncio.gather(module["totals"](session), return_exceptions=True)
        await asyncio.sleep(0.05)  # the other task is still at work
        return found[0]


def test_the_remedy(load: Callable[[Rule, str], dict[str, Any]], tmp_path: Path) -> None:
    assert asyncio.run(totals(load(RULE, "good"), f"{tmp_path}/db", shared=False)) == [0, 0]


def test_the_defect(load: Callable[[Rule, str], dict[str, Any]], tmp_path: Path) -> None:
    failure = asyncio.run(totals(load(RULE, "bad"), f"{tmp_path}/db", shared=True))
    assert "concurrent operations are not permitted" in str(failure)

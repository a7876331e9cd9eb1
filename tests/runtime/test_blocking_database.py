"""ASL203 at run time: while a query runs, the loop stands still."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import Pool

from asynclint.rules.blocking_database import RULE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.runtime.conftest import Load, Witness


@pytest.fixture
def database(tmp_path: Path, witness: Witness) -> Iterator[str]:
    """A database whose `users` are found only after the witness was asked."""

    @event.listens_for(Pool, "connect")
    def connect(connection: Any, _: object) -> None:
        connection.create_function("slow_name", 0, lambda: "a" if witness.ask() else "b")

    path = tmp_path / "app.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("create view users as select slow_name() as name")
    yield str(path)
    event.remove(Pool, "connect", connect)


def test_a_session_on_the_loop(load: Load, witness: Witness, database: str) -> None:
    module = load(RULE, "bad")
    # The dependency opens the session in a worker thread, the route uses it on the loop.
    engine = create_engine(f"sqlite:///{database}", connect_args={"check_same_thread": False})
    module["factory"].configure(bind=engine)
    assert witness.request(module["app"], "GET", "/users").json() == ["b"]
    assert witness.turned == [False]
    engine.dispose()


def test_an_async_session(load: Load, witness: Witness, database: str) -> None:
    module = load(RULE, "good")
    engine = create_async_engine(f"sqlite+aiosqlite:///{database}")
    module["factory"].configure(bind=engine)

    async def ask() -> Any:
        async with module["factory"]() as session:
            names = await module["users"](session)
        await engine.dispose()
        return names

    assert witness.run(ask) == ["a"]
    assert witness.turned == [True]


@pytest.mark.parametrize("side", ["bad", "fixed"])
def test_a_connection(side: str, load: Load, witness: Witness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that waits to be opened, as one on a slow disk does."""
    monkeypatch.chdir(tmp_path)
    opened = sqlite3.connect

    def watched(path: str) -> sqlite3.Connection:
        witness.ask()
        return opened(path)

    monkeypatch.setattr(sqlite3, "connect", watched)
    assert witness.run(load(RULE, side)["count"]) == 0
    assert witness.turned == [False]

"""Database sessions and connections that serve one task at a time.

SQLAlchemy: "the AsyncSession object is a mutable, stateful object which represents a single, stateful database
transaction in progress", so that concurrent tasks "should use a separate AsyncSession per individual task" (Session
Basics, "Is the Session thread-safe? Is AsyncSession safe to share in concurrent tasks?"). asyncpg raises
InterfaceError, "another operation is in progress"; aiomysql mixes up its packets. Connections of psycopg and aiosqlite
are not here: they queue what concurrent tasks ask of them.
"""

from __future__ import annotations

from typing import Final

SINGLE_TASK_CONNECTIONS: Final = frozenset(
    {
        "aiomysql.Connection",
        "aiomysql.Cursor",
        "aiomysql.connection.Connection",
        "aiomysql.cursors.Cursor",
        "aiomysql.cursors.DictCursor",
        "asyncmy.Connection",
        "asyncmy.connection.Connection",
        "asyncmy.cursors.Cursor",
        "asyncmy.cursors.DictCursor",
        "asyncpg.Connection",
        "asyncpg.connection.Connection",
        "asyncpg.pool.PoolConnectionProxy",
        "sqlalchemy.ext.asyncio.AsyncConnection",
        "sqlalchemy.ext.asyncio.AsyncSession",
        "sqlmodel.ext.asyncio.session.AsyncSession",
    }
)
"""Classes of such objects, canonical."""

CONNECTION_PACKAGES: Final = (b"sqlalchemy", b"sqlmodel", b"asyncpg", b"aiomysql", b"asyncmy")
"""The packages that they come from, as they stand in the text of a module."""

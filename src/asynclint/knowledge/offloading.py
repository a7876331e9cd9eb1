"""Callables that run a callable they are given somewhere else than where they are called.

All names are canonical (see `asynclint.knowledge.names`).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from asynclint.knowledge.callables import CallableParameter

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIRST_FUNC = CallableParameter(0, "func")
_SECOND_FUNC = CallableParameter(1, "func")

OFFLOADERS: Final[Mapping[str, CallableParameter]] = MappingProxyType(
    {
        "_thread.start_new_thread": CallableParameter(0),
        "anyio.to_interpreter.run_sync": _FIRST_FUNC,
        "anyio.to_process.run_sync": _FIRST_FUNC,
        "anyio.to_thread.run_sync": _FIRST_FUNC,
        "apscheduler.schedulers.background.BackgroundScheduler.add_job": _FIRST_FUNC,
        "asyncio.AbstractEventLoop.run_in_executor": _SECOND_FUNC,
        "asyncio.to_thread": _FIRST_FUNC,
        "concurrent.futures.Executor.map": CallableParameter(0, "fn"),
        "concurrent.futures.Executor.submit": CallableParameter(0, "fn"),
        "langchain_core.runnables.config.run_in_executor": _SECOND_FUNC,
        "multiprocessing.Process": CallableParameter(1, "target"),
        "multiprocessing.pool.Pool.apply": _FIRST_FUNC,
        "multiprocessing.pool.Pool.apply_async": _FIRST_FUNC,
        "multiprocessing.pool.Pool.imap": _FIRST_FUNC,
        "multiprocessing.pool.Pool.imap_unordered": _FIRST_FUNC,
        "multiprocessing.pool.Pool.map": _FIRST_FUNC,
        "multiprocessing.pool.Pool.map_async": _FIRST_FUNC,
        "multiprocessing.pool.Pool.starmap": _FIRST_FUNC,
        "multiprocessing.pool.Pool.starmap_async": _FIRST_FUNC,
        "starlette.concurrency.run_in_threadpool": _FIRST_FUNC,
        "threading.Thread": CallableParameter(1, "target"),
        "threading.Timer": CallableParameter(1, "function"),
    }
)
"""They run the argument in a worker thread or process: their documentation in the standard library, AnyIO and
Starlette. (What `multiprocessing.pool.Pool.map` is given runs elsewhere too, though the call itself waits for it.)"""

AWAITED_OFFLOADERS: Final = frozenset(
    {
        "anyio.to_thread.run_sync",
        "asyncio.AbstractEventLoop.run_in_executor",
        "asyncio.to_thread",
        "starlette.concurrency.run_in_threadpool",
    }
)
"""Those of `OFFLOADERS` whose result is awaited, and then is what the callable returned."""

ITERATOR_OFFLOADERS: Final[Mapping[str, CallableParameter]] = MappingProxyType(
    {
        "fastapi.concurrency.contextmanager_in_threadpool": CallableParameter(0, "cm"),
        "starlette.concurrency.iterate_in_threadpool": CallableParameter(0, "iterator"),
    }
)
"""They turn the steps of a sync iterator, or the two halves of a sync context manager, into calls in the thread pool:
starlette/concurrency.py and fastapi/concurrency.py."""

OFFLOADING_WRAPPERS: Final[Mapping[str, CallableParameter]] = MappingProxyType(
    {
        "asgiref.sync.SyncToAsync": _FIRST_FUNC,
        "asgiref.sync.sync_to_async": _FIRST_FUNC,
        "asyncer.asyncify": CallableParameter(0, "function"),
        "channels.db.database_sync_to_async": _FIRST_FUNC,
    }
)
"""Called with a sync function, also as a decorator, they give an async one that runs it in a worker thread. (Django's
`database_sync_to_async` is asgiref's `SyncToAsync` with the connections closed afterwards.)"""

GREENLET_RUNNERS: Final[Mapping[str, CallableParameter]] = MappingProxyType(
    {
        "sqlalchemy.ext.asyncio.AsyncConnection.run_sync": CallableParameter(0, "fn"),
        "sqlalchemy.ext.asyncio.AsyncSession.run_sync": CallableParameter(0, "fn"),
    }
)
"""They run the argument on the event loop's thread, but in a greenlet in which the sync SQLAlchemy calls suspend
instead of blocking (SQLAlchemy, "Running Synchronous Methods and Functions under asyncio"). All else in it blocks."""

LOOP_RUNNERS: Final[Mapping[str, CallableParameter]] = MappingProxyType(
    {
        "anyio.from_thread.run": _FIRST_FUNC,
        "anyio.from_thread.run_sync": _FIRST_FUNC,
        "asyncio.AbstractEventLoop.call_soon_threadsafe": CallableParameter(0, "callback"),
    }
)
"""The way back: called in a worker thread, they run the argument on the event loop's thread."""

INTERCHANGEABLE: Final = frozenset(
    {"starlette.concurrency.run_in_threadpool", "anyio.to_thread.run_sync", "asyncio.to_thread"}
)
"""Those that async code may use instead of each other."""

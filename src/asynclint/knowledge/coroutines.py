"""Async methods and functions of libraries whose coroutine is easily forgotten, by canonical name.

The source of each is the library's own documentation: asyncio (Streams, Synchronization Primitives, Queues), Starlette
and FastAPI (requests, websockets, uploads), HTTPX, SQLAlchemy's asyncio extension, redis-py, asyncpg, aiosqlite,
Motor, and the job queues arq, taskiq and SAQ.
Only what is declared `async def` stands here; what returns a task or a context manager does not.
"""

from __future__ import annotations

from typing import Final

from asynclint.knowledge.names import canonical, lineage

COROUTINE_FUNCTIONS: Final = frozenset(
    {
        "anyio.sleep",
        "anyio.to_thread.run_sync",
        "arq.create_pool",
        "asyncio.create_subprocess_exec",
        "asyncio.create_subprocess_shell",
        "asyncio.open_connection",
        "asyncio.sleep",
        "asyncio.start_server",
        "asyncio.to_thread",
        "asyncio.wait",
        "asyncio.wait_for",
        "starlette.concurrency.run_in_threadpool",
    }
)

_HTTP = frozenset({"aclose", "delete", "get", "head", "options", "patch", "post", "put", "request", "send"})
_SESSION = frozenset(
    {"close", "commit", "delete", "execute", "flush", "get", "merge", "refresh", "rollback", "scalar", "scalars"}
)
_REDIS = frozenset(
    {"aclose", "delete", "expire", "get", "hget", "hset", "incr", "lpush", "ping", "publish", "rpush", "sadd", "set"}
)

COROUTINE_METHODS: Final = {
    "asyncio.Condition": frozenset({"acquire", "wait", "wait_for"}),
    "asyncio.Event": frozenset({"wait"}),
    "asyncio.Lock": frozenset({"acquire"}),
    "asyncio.Queue": frozenset({"get", "join", "put"}),
    "asyncio.Semaphore": frozenset({"acquire"}),
    "arq.ArqRedis": _REDIS | {"enqueue_job"},
    "arq.jobs.Job": frozenset({"abort", "info", "result", "result_info", "status"}),
    "asyncpg.Connection": frozenset({"close", "execute", "executemany", "fetch", "fetchrow", "fetchval"}),
    "fastapi.Request": frozenset({"body", "close", "form", "is_disconnected", "json"}),
    "fastapi.UploadFile": frozenset({"close", "read", "seek", "write"}),
    "fastapi.WebSocket": frozenset(
        {
            "accept",
            "close",
            "receive",
            "receive_bytes",
            "receive_json",
            "receive_text",
            "send",
            "send_bytes",
            "send_json",
            "send_text",
        }
    ),
    "httpx.AsyncClient": _HTTP,
    "redis.asyncio.Redis": _REDIS,
    "saq.Queue": frozenset({"apply", "enqueue"}),
    "sqlalchemy.ext.asyncio.AsyncConnection": frozenset({"close", "commit", "execute", "rollback", "run_sync"}),
    "sqlalchemy.ext.asyncio.AsyncEngine": frozenset({"dispose"}),
    "sqlalchemy.ext.asyncio.AsyncSession": _SESSION | {"run_sync"},
    "taskiq.AsyncBroker": frozenset({"shutdown", "startup"}),
    "taskiq.AsyncTaskiqDecoratedTask": frozenset({"kiq"}),
    "taskiq.AsyncTaskiqTask": frozenset({"get_progress", "get_result", "is_ready", "wait_result"}),
    "taskiq.kicker.AsyncKicker": frozenset({"kiq"}),
}
"""Methods by class."""

LAST_NAMES: Final = frozenset(
    {name.rpartition(".")[2] for name in COROUTINE_FUNCTIONS}.union(*COROUTINE_METHODS.values())
)
"""The last part of each name: a look at that is cheaper than asking what a call means."""


def is_coroutine_function(name: str) -> bool:
    """Whether calling `name` (a function, or `Class.method`) gives a coroutine that has to be awaited."""
    name = canonical(name)
    if name in COROUTINE_FUNCTIONS:
        return True
    owner, _, method = name.rpartition(".")
    return any(method in COROUTINE_METHODS.get(class_name, ()) for class_name in lineage(owner))

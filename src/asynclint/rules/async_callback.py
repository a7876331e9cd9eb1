"""An async function where a plain one is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.knowledge.sync_callbacks import Outcome
from asynclint.project.model import Function
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics.async_callbacks import async_callbacks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import Diagnostic
    from asynclint.core.span import Span
    from asynclint.semantics.async_callbacks import AsyncCallback
    from asynclint.semantics.module_context import ModuleContext

_EFFECT = {
    Outcome.THREAD: (
        "`{receiver}` calls the async `{name}` in a worker thread, where that only makes a coroutine: its body never "
        "runs; await it on the event loop, or give a plain function"
    ),
    Outcome.LOOP: (
        "the event loop calls the async `{name}` that `{receiver}` is given, and drops its coroutine: its body never "
        "runs; give a plain function that makes a task of it and keeps the task"
    ),
    Outcome.DROPPED: (
        "`{receiver}` calls the async `{name}` and drops its coroutine: its body never runs; give a plain function"
    ),
    Outcome.TRUTH: (
        "`{receiver}` tests the coroutine of `{name}`: that is always true, so nothing is decided; await the answers "
        "first"
    ),
    Outcome.ORDER: "`{receiver}` compares the coroutines of `{name}`: that raises TypeError; await the keys first",
    Outcome.VALUE: (
        "`{receiver}` takes the coroutine of `{name}` for its result: its body never runs; give a plain function"
    ),
    Outcome.REUSED: (
        "`{receiver}` keeps the coroutine of `{name}`, which can be awaited once only: the second caller gets "
        "RuntimeError; keep the awaited result instead"
    ),
}


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Async functions handed to threads, loop callbacks, predicates, keys and other callers that do not await."""
    for callback in async_callbacks(module):
        message = _EFFECT[callback.outcome].format(receiver=callback.receiver, name=callback.name)
        yield module.diagnostic(RULE, callback.scope, _span(module, callback), message)


def _span(module: ModuleContext, callback: AsyncCallback) -> Span:
    if isinstance(callback.node, Function):
        return callback.node.name_span
    return module.span_of(callback.scope, callback.node)


RULE = Rule(
    code="ASL106",
    name="async-callback",
    summary="an async function where a plain one is called",
    rationale=(
        "A thread, an executor, a loop callback, a signal handler, `filter` and `sorted` call a function and take what "
        "it returns. An async function returns a coroutine object and runs nothing: the callback never happens, the "
        "filter keeps everything, the worker answers with the coroutine. There is no error, at best a "
        "RuntimeWarning when the object is destroyed. A cache keeps the coroutine, and a coroutine can be awaited "
        "only once."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
event loop    ━━ await to_thread(is_active, user) ━━┄┄┄┄┄┄┄┄━━ gets a coroutine: always true
worker thread                               ━━ is_active(user) makes a coroutine, runs none of it
""",
    limits=(
        "Callbacks of libraries that asynclint does not know.",
        "Callables that are picked at run time, from a dictionary or by `getattr`.",
    ),
    examples=(
        Example(
            bad="""\
import asyncio
import functools
import logging

logger = logging.getLogger(__name__)


async def is_active(user: str) -> bool:
    await asyncio.sleep(0)
    return user != "guest"


async def log_end(task: asyncio.Task[None]) -> None:
    logger.info("%s is done", task.get_name())


@functools.lru_cache
async def settings() -> dict[str, int]:  # expect: ASL106
    return {"limit": 3}


async def active(users: list[str]) -> list[str]:
    return list(filter(is_active, users))  # expect: ASL106


async def work(task: asyncio.Task[None]) -> bool:
    task.add_done_callback(log_end)  # expect: ASL106
    return await asyncio.to_thread(is_active, "guest")  # expect: ASL106
""",
            good="""\
import asyncio
import logging

logger = logging.getLogger(__name__)
_settings: dict[str, int] = {}


async def is_active(user: str) -> bool:
    await asyncio.sleep(0)
    return user != "guest"


def log_end(task: asyncio.Task[None]) -> None:
    logger.info("%s is done", task.get_name())


async def settings() -> dict[str, int]:
    if not _settings:
        _settings["limit"] = 3
    return _settings


async def active(users: list[str]) -> list[str]:
    return [user for user in users if await is_active(user)]


async def work(task: asyncio.Task[None]) -> bool:
    task.add_done_callback(log_end)
    return await is_active("guest")
""",
        ),
    ),
    check=check,
)

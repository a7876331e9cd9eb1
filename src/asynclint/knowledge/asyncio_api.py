"""The asyncio and AnyIO callables that rules ask about, by canonical name.

The source of each set is the standard library's documentation of asyncio (Coroutines and Tasks, Event Loop, Futures)
and the AnyIO API reference, unless another one is named.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from asynclint.knowledge.callables import CallableParameter

if TYPE_CHECKING:
    from collections.abc import Mapping

LOOP_CLASS: Final = "asyncio.AbstractEventLoop"
TASK_CLASS: Final = "asyncio.Task"

TASK_FACTORIES: Final = frozenset(
    {
        "asyncio.AbstractEventLoop.create_task",
        "asyncio.Task",
        "asyncio.create_task",
        "asyncio.ensure_future",
        "asyncio.run_coroutine_threadsafe",
    }
)
"""They schedule a coroutine and return a task (or future) that nobody but the caller keeps alive: "the event loop only
keeps weak references to tasks" (asyncio.create_task)."""

TASK_GROUP_CLASSES: Final = frozenset(
    {
        "anyio.abc.TaskGroup",
        "asyncio.TaskGroup",
        "quattro.TaskGroup",
        "taskgroup.TaskGroup",
    }
)
"""They keep, await and cancel the tasks started in them. `anyio.create_task_group` returns the first; the last two are
the ports of `asyncio.TaskGroup` to older Pythons."""

GROUP_TASK_FACTORIES: Final = frozenset(
    {
        "anyio.abc.TaskGroup.start",
        "anyio.abc.TaskGroup.start_soon",
        "asyncio.TaskGroup.create_task",
        "quattro.TaskGroup.create_task",
        "taskgroup.TaskGroup.create_task",
    }
)
"""They start a task that its group keeps and awaits: the result may be dropped."""

AWAITERS: Final = frozenset(
    {
        "asyncio.AbstractEventLoop.run_until_complete",
        "asyncio.Runner.run",
        "asyncio.as_completed",
        "asyncio.gather",
        "asyncio.run",
        "asyncio.shield",
        "asyncio.wait",
        "asyncio.wait_for",
        "asyncio.wrap_future",
    }
)
"""They take awaitables and wait for them, once they are awaited (or run) themselves."""

LOOP_STARTERS: Final = frozenset(
    {
        "anyio.run",
        "asyncio.AbstractEventLoop.run_until_complete",
        "asyncio.Runner.run",
        "asyncio.run",
        "uvloop.run",
    }
)
"""They run an event loop until one coroutine has ended."""

COMMAND_DECORATORS: Final = frozenset({"asyncclick.command", "asyncclick.group"})
"""They make a command of a coroutine function, and run it on a loop of its own."""

COLLECTION_AWAITERS: Final = frozenset({"asyncio.as_completed", "asyncio.wait"})
"""Those of `AWAITERS` that take one iterable of awaitables instead of awaitables."""

COROUTINE_SINKS: Final = (
    AWAITERS
    | TASK_FACTORIES
    | {
        "asyncio.TaskGroup.create_task",
        "quattro.TaskGroup.create_task",
        "taskgroup.TaskGroup.create_task",
    }
)
"""What may be given a coroutine object, which is then not lost."""

RESULTS_TO_OBSERVE: Final = frozenset(
    {
        "anyio.to_thread.run_sync",
        "asyncio.AbstractEventLoop.run_in_executor",
        "asyncio.gather",
        "asyncio.run_coroutine_threadsafe",
        "asyncio.shield",
        "asyncio.to_thread",
        "asyncio.wait",
        "asyncio.wait_for",
        "starlette.concurrency.run_in_threadpool",
    }
)
"""What they return must be awaited or kept: dropped, the work is never done (coroutines) or its failure never seen."""

SLEEPS: Final = frozenset({"anyio.sleep", "anyio.sleep_until", "asyncio.sleep"})
"""They suspend the calling task for a time."""

LOOP_CALLBACKS: Final[Mapping[str, CallableParameter]] = MappingProxyType(
    {
        "anyio.from_thread.run_sync": CallableParameter(0, "func"),
        "asyncio.AbstractEventLoop.add_reader": CallableParameter(1, "callback"),
        "asyncio.AbstractEventLoop.add_signal_handler": CallableParameter(1, "callback"),
        "asyncio.AbstractEventLoop.add_writer": CallableParameter(1, "callback"),
        "asyncio.AbstractEventLoop.call_at": CallableParameter(1, "callback"),
        "asyncio.AbstractEventLoop.call_later": CallableParameter(1, "callback"),
        "asyncio.AbstractEventLoop.call_soon": CallableParameter(0, "callback"),
        "asyncio.AbstractEventLoop.call_soon_threadsafe": CallableParameter(0, "callback"),
        "asyncio.AbstractEventLoop.set_exception_handler": CallableParameter(0, "handler"),
        "asyncio.Future.add_done_callback": CallableParameter(0, "fn"),
    }
)
"""They have the event loop call a plain function on its own thread. (Task inherits from Future.)"""


def loop_callback(name: str) -> CallableParameter | None:
    """The parameter of a callable that the event loop will call; None for a callable that is not among them."""
    return LOOP_CALLBACKS.get(name.replace("asyncio.Task.", "asyncio.Future."))


SYNC_CALLBACKS: Final[Mapping[str, CallableParameter]] = MappingProxyType(
    {
        **LOOP_CALLBACKS,
        "atexit.register": CallableParameter(0, "func"),
        "concurrent.futures.Future.add_done_callback": CallableParameter(0, "fn"),
        "filter": CallableParameter(0),
        "functools.reduce": CallableParameter(0),
        "heapq.nlargest": CallableParameter(2, "key"),
        "heapq.nsmallest": CallableParameter(2, "key"),
        "itertools.accumulate": CallableParameter(1, "func"),
        "itertools.dropwhile": CallableParameter(0),
        "itertools.filterfalse": CallableParameter(0),
        "itertools.groupby": CallableParameter(1, "key"),
        "itertools.takewhile": CallableParameter(0),
        "list.sort": CallableParameter(None, "key"),
        "max": CallableParameter(None, "key"),
        "min": CallableParameter(None, "key"),
        "signal.signal": CallableParameter(1),
        "sorted": CallableParameter(None, "key"),
        "weakref.finalize": CallableParameter(1),
    }
)
"""They call their argument and use, or drop, what it returns: a coroutine would never run. `map` is not among them:
the coroutines it makes may be awaited one by one, or gathered."""

NEEDS_RUNNING_LOOP: Final = frozenset(
    {
        "asyncio.all_tasks",
        "asyncio.create_task",
        "asyncio.current_task",
        "asyncio.ensure_future",
        "asyncio.get_event_loop",
        "asyncio.get_running_loop",
        "asyncio.timeout",
        "asyncio.timeout_at",
    }
)
"""Called in a thread without a running event loop, they raise RuntimeError (`get_event_loop`: in any thread but the
main one; observed in AnyIO worker threads on Python 3.11 to 3.13)."""

LOOP_GETTERS: Final = frozenset({"asyncio.get_event_loop", "asyncio.get_running_loop", "asyncio.new_event_loop"})
"""They return an event loop."""

CANCELLED_ERRORS: Final = frozenset({"asyncio.CancelledError", "concurrent.futures.CancelledError"})
"""What a cancelled task gets. Both names, since they were one class before Python 3.8 and are taken for each other."""

FUTURE_ATTRIBUTES: Final = frozenset(
    {
        "add_done_callback",
        "cancel",
        "cancelled",
        "cancelling",
        "done",
        "exception",
        "get_context",
        "get_coro",
        "get_loop",
        "get_name",
        "get_stack",
        "print_stack",
        "remove_done_callback",
        "result",
        "set_exception",
        "set_name",
        "set_result",
        "uncancel",
    }
)
"""The public attributes of asyncio.Future and asyncio.Task. Any other one asks the task for what its result has."""

RESULT_READERS: Final = frozenset({"exception", "result"})
"""Methods of a future that read its outcome, and so mark its exception as seen."""

ASYNC_LOCKS: Final = frozenset(
    {
        "anyio.Condition",
        "anyio.Lock",
        "anyio.Semaphore",
        "asyncio.BoundedSemaphore",
        "asyncio.Condition",
        "asyncio.Lock",
        "asyncio.Semaphore",
    }
)
"""Locks that suspend the task which waits for them, and may be held over an `await`."""

THREAD_LOCKS: Final = frozenset(
    {
        "multiprocessing.synchronize.BoundedSemaphore",
        "multiprocessing.synchronize.Condition",
        "multiprocessing.synchronize.Lock",
        "multiprocessing.synchronize.RLock",
        "multiprocessing.synchronize.Semaphore",
        "threading.BoundedSemaphore",
        "threading.Condition",
        "threading.Lock",
        "threading.RLock",
        "threading.Semaphore",
    }
)
"""Locks that block the thread which waits for them, and must not be held over an `await`."""

REENTRANT_LOCKS: Final = frozenset({"multiprocessing.synchronize.RLock", "threading.Condition", "threading.RLock"})
"""Those of `THREAD_LOCKS` that the thread which has them gets again: they keep no other task of its loop out."""

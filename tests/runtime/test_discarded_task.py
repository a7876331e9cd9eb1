"""ASL101 at run time: the event loop holds tasks only weakly, so a dropped one can vanish before it is done."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import pytest

from asynclint.rules.discarded_task import RULE

if TYPE_CHECKING:
    from tests.runtime.conftest import Load


async def _waits_for(future: asyncio.Future[None]) -> None:
    await future


async def _start(keep: set[asyncio.Task[None]] | None) -> weakref.ref[asyncio.Task[None]]:
    # Nothing but the task itself leads to what it waits for: as with a connection that only the task uses.
    task = asyncio.create_task(_waits_for(asyncio.get_running_loop().create_future()))
    if keep is not None:
        keep.add(task)
        task.add_done_callback(keep.discard)
    reference = weakref.ref(task)
    del task
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return reference


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_dropped_task_is_collected() -> None:
    async def main() -> bool:
        reference = await _start(None)
        gc.collect()
        return reference() is None

    assert asyncio.run(main())


def test_a_kept_task_is_not() -> None:
    async def main() -> bool:
        keep: set[asyncio.Task[None]] = set()
        reference = await _start(keep)
        gc.collect()
        return reference() is not None and len(keep) == 1

    assert asyncio.run(main())


async def _survivors(module: dict[str, Any]) -> tuple[int, int]:
    """How many of the tasks that a request started live through a collection, and how many are kept when all is done.

    Each waits for something that nothing but it refers to.
    """
    waiting: list[weakref.ref[asyncio.Future[None]]] = []

    async def audit(_user: str) -> None:
        future = asyncio.get_running_loop().create_future()
        waiting.append(weakref.ref(future))
        await future

    module["audit"] = audit
    await module["visit"]("a")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gc.collect()
    alive = [future for reference in waiting if (future := reference()) is not None]
    for future in alive:
        future.set_result(None)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    kept = module.get("running", module.get("background_tasks", ()))
    return len(alive), len(kept)


# One of the two tasks of the bad example has a fix.
@pytest.mark.parametrize(("side", "alive"), [("bad", 0), ("fixed", 1), ("good", 1)])
def test_the_example(side: str, alive: int, load: Load) -> None:
    assert asyncio.run(_survivors(load(RULE, side))) == (alive, 0)


Start = Callable[[Coroutine[Any, Any, None]], object]


def _dropped(work: Coroutine[Any, Any, None]) -> None:
    _ = asyncio.create_task(work)  # noqa: RUF006 - what is shown


def _in_a_local_list(work: Coroutine[Any, Any, None]) -> None:
    tasks = []
    tasks.append(asyncio.create_task(work))


def _with_a_callback(work: Coroutine[Any, Any, None]) -> None:
    asyncio.create_task(work).add_done_callback(print)


def _on_the_loop(work: Coroutine[Any, Any, None]) -> None:
    asyncio.get_running_loop().create_task(work)


def _ensured(work: Coroutine[Any, Any, None]) -> None:
    asyncio.ensure_future(work)  # noqa: RUF006 - what is shown


def _from_a_thread(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run_coroutine_threadsafe(work, asyncio.get_running_loop())


_weak: weakref.WeakSet[asyncio.Task[None]] = weakref.WeakSet()


def _in_a_weak_set(work: Coroutine[Any, Any, None]) -> None:
    _weak.add(asyncio.create_task(work))


async def _end_of_task(start: Start) -> str:
    """What becomes of a task that waits for what only its own frame refers to."""
    seen: list[str] = []

    async def work() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        except GeneratorExit:
            seen.append("GeneratorExit")
            raise
        finally:
            seen.append("finally")
        seen.append("the rest")

    kept = start(work())
    for _ in range(3):
        await asyncio.sleep(0)
    gc.collect()
    found = " ".join(seen) or "running"
    del kept
    return found


@pytest.mark.parametrize(
    "start", [_dropped, _in_a_local_list, _with_a_callback, _on_the_loop, _ensured, _from_a_thread, _in_a_weak_set]
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_rest_of_its_work_never_happens(start: Start) -> None:
    assert asyncio.run(_end_of_task(start)) == "GeneratorExit finally"


def test_a_local_keeps_it_as_long_as_the_frame_lives() -> None:
    assert asyncio.run(_end_of_task(asyncio.create_task)) == "running"


def test_a_task_factory_may_keep_it() -> None:
    kept = []

    def factory(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> Any:
        task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **options)
        kept.append(task)
        return task

    async def main() -> str:
        asyncio.get_running_loop().set_task_factory(factory)
        return await _end_of_task(_dropped)

    assert asyncio.run(main()) == "running"
    assert kept


def test_a_queue_keeps_the_task_that_waits_to_put() -> None:
    async def main() -> list[int]:
        queue: asyncio.Queue[int] = asyncio.Queue(1)
        asyncio.run_coroutine_threadsafe(queue.put(1), asyncio.get_running_loop())
        asyncio.run_coroutine_threadsafe(queue.put(2), asyncio.get_running_loop())
        for _ in range(3):
            await asyncio.sleep(0)
        gc.collect()
        return [await queue.get(), await queue.get()]

    assert asyncio.run(main()) == [1, 2]

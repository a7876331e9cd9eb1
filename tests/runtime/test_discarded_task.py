"""ASL101 at run time: the event loop holds tasks only weakly, so a dropped one can vanish before it is done."""

from __future__ import annotations

import asyncio
import gc
import weakref
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

"""ASL101 at run time: the event loop holds tasks only weakly, so a dropped one can vanish before it is done."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest


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

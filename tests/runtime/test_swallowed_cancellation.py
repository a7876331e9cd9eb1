"""A loop that swallows CancelledError outlives `cancel()`; whoever awaits it then waits for ever."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from asynclint.rules.swallowed_cancellation import RULE

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tests.runtime.conftest import Load, Served, Source

    Loop = Callable[[list[int]], Coroutine[None, None, None]]

TURNS = 5
"""After as many the loops end, so that the test does."""


async def named(turns: list[int]) -> None:
    while len(turns) < TURNS:
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            turns.append(-1)
        turns.append(len(turns))


async def bare(turns: list[int]) -> None:
    while len(turns) < TURNS:
        try:
            await asyncio.sleep(0.01)
        except:  # noqa: E722
            turns.append(-1)
        turns.append(len(turns))


async def suppressed(turns: list[int]) -> None:
    while len(turns) < TURNS:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0.01)
        turns.append(len(turns))


async def in_a_helper(turns: list[int]) -> None:
    async def turn() -> None:
        try:
            await asyncio.sleep(0.01)
        except BaseException:  # noqa: BLE001
            turns.append(-1)

    while len(turns) < TURNS:
        await turn()
        turns.append(len(turns))


async def only_exceptions(turns: list[int]) -> None:
    while len(turns) < TURNS:
        try:
            await asyncio.sleep(0.01)
        except Exception:  # noqa: BLE001
            turns.append(-1)
        turns.append(len(turns))


async def raised_again(turns: list[int]) -> None:
    while len(turns) < TURNS:
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            turns.clear()
            raise
        turns.append(len(turns))


async def cancel(loop: Loop) -> tuple[bool, list[int]]:
    """Whether the task was cancelled in the end, and the turns it took."""
    turns: list[int] = []
    task = asyncio.create_task(loop(turns))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    return task.cancelled(), turns


@pytest.mark.parametrize("loop", [named, bare, suppressed, in_a_helper])
def test_it_goes_on(loop: Loop) -> None:
    cancelled, turns = asyncio.run(cancel(loop))
    assert not cancelled
    assert len(turns) >= TURNS


@pytest.mark.parametrize("loop", [only_exceptions, raised_again])
def test_it_ends(loop: Loop) -> None:
    assert asyncio.run(cancel(loop)) == (True, [])


class StopError(BaseException):
    """What no handler of the examples catches outside the step that is replaced."""


@pytest.mark.parametrize(("side", "ends"), [("bad", False), ("good", True)])
@pytest.mark.parametrize(
    ("number", "name", "step"), [(0, "keep_prices_fresh", "refresh_prices"), (1, "heartbeats", "send_heartbeat")]
)
def test_the_example(side: str, ends: bool, number: int, name: str, step: str, load: Load) -> None:
    module = load(RULE, side, number, {"sleep(10)": "sleep(0.01)"})

    async def stop() -> None:
        raise StopError

    async def main() -> bool:
        task = asyncio.create_task(module[name]())
        await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=0.1)
        module[step] = stop
        await asyncio.wait([task])
        assert task.cancelled() or isinstance(task.exception(), StopError)
        return bool(done)

    assert asyncio.run(main()) is ends


SERVED = """

from contextlib import asynccontextmanager
from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    tasks = {asyncio.create_task(work(), name=work.__name__) for work in (keep_prices_fresh, heartbeats)}
    yield
    for task in tasks:
        task.cancel()
    done, pending = await asyncio.wait(tasks, timeout=0.3)
    print(*(f"{task.get_name()} has ended" for task in done), sep="\\n")


app = FastAPI(lifespan=lifespan)
"""


@pytest.mark.parametrize(
    ("side", "printed"), [("bad", set()), ("good", {"keep_prices_fresh has ended", "heartbeats has ended"})]
)
def test_under_a_server_that_gets_sigterm(side: str, printed: set[str], source: Source, served: Served) -> None:
    """The tasks go on after `cancel()`; a lifespan that waits for them without a limit never comes to its end."""
    module = source(RULE, side, 0) + source(RULE, side, 1) + SERVED
    assert set(served(module).strip().splitlines()) == printed

"""ASL106 at run time: what callers of plain functions do with an async one."""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, field_validator

from asynclint.rules.async_callback import RULE

if TYPE_CHECKING:
    from collections.abc import Callable

    from asynclint.rulekit.rule import Rule

    Load = Callable[[Rule, str], dict[str, Any]]

pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ran: list[str] = []


async def work(*_: Any) -> str:
    ran.append("work")
    return "done"


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    ran.clear()


@pytest.mark.parametrize(("side", "kept"), [("bad", ["a", "guest"]), ("good", ["a"])])
def test_the_example(side: str, kept: list[str], load: Load, caplog: pytest.LogCaptureFixture) -> None:
    names = load(RULE, side)
    is_bad = side == "bad"
    assert asyncio.run(names["active"](["a", "guest"])) == kept

    async def main() -> Any:
        task = asyncio.create_task(asyncio.sleep(0), name="nap")
        answer = await names["work"](task)
        await task
        await asyncio.sleep(0)
        return answer

    with caplog.at_level("INFO"):
        answer = asyncio.run(main())
    assert inspect.iscoroutine(answer) if is_bad else answer is False
    assert ("nap is done" in caplog.text) is not is_bad

    async def twice() -> None:
        await names["settings"]()
        await names["settings"]()

    if is_bad:
        with pytest.raises(RuntimeError, match="already awaited"):
            asyncio.run(twice())
    else:
        asyncio.run(twice())


@pytest.mark.parametrize("offload", [asyncio.to_thread, run_in_threadpool])
def test_a_worker_gives_back_the_coroutine(offload: Callable[..., Any]) -> None:
    async def main() -> Any:
        return await offload(work)

    assert inspect.iscoroutine(asyncio.run(main()))
    assert not ran


def test_a_thread_and_an_executor_do_not_run_it() -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    with ThreadPoolExecutor(1) as pool:
        assert inspect.iscoroutine(pool.submit(work).result())
    assert not ran


@pytest.mark.parametrize("method", ["call_soon", "call_soon_threadsafe"])
def test_the_loop_drops_it(method: str) -> None:
    async def main() -> None:
        getattr(asyncio.get_running_loop(), method)(work)
        await asyncio.sleep(0.01)

    asyncio.run(main())
    assert not ran


def test_predicates_and_keys() -> None:
    async def refuse(_: int) -> bool:
        return False

    never: Any = refuse
    add: Any = _add

    assert list(filter(never, [1, 2])) == [1, 2]
    assert any(map(never, [1]))
    with pytest.raises(TypeError):
        sorted([2, 1], key=never)
    with pytest.raises(TypeError):
        functools.reduce(add, [1, 2, 3]) + 1


async def _add(one: int, other: int) -> int:
    return one + other


def test_pydantic_takes_the_coroutine_for_the_value() -> None:
    class Item(BaseModel):
        name: str

        @field_validator("name")
        @classmethod
        async def has_name(cls, name: str) -> str:
            raise ValueError(name)

    assert inspect.iscoroutine(Item(name="").name)

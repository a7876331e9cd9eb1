"""ASL103 at run time: what a task does in the place of its result."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from asynclint.rules.task_used_as_result import RULE

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from asynclint.rulekit.rule import Rule

    Load = Callable[[Rule, str], dict[str, Any]]
    Request = Callable[..., httpx.Response]


async def one() -> int:
    await asyncio.sleep(0)
    return 1


@pytest.mark.parametrize(("side", "status"), [("bad", 500), ("fixed", 200), ("good", 200)])
@pytest.mark.parametrize("path", ["/names/1", "/users/1"])
def test_the_example(side: str, status: int, path: str, load: Load, request_to: Request) -> None:
    assert request_to(load(RULE, side)["app"], "GET", path).status_code == status


@pytest.mark.parametrize(
    ("use", "raised"),
    [
        (lambda it: it["a"], TypeError),
        (lambda it: it.get("a"), AttributeError),
        (len, TypeError),
        (list, RuntimeError),
        (int, TypeError),
        (json.dumps, TypeError),
        (lambda it: it(), TypeError),
        (lambda it: it + 1, TypeError),
        (lambda it: it > 1, TypeError),
        (lambda it: 2 in it, RuntimeError),
    ],
)
def test_it_raises(use: Callable[[Any], Any], raised: type[Exception]) -> None:
    async def main() -> None:
        task = asyncio.create_task(one())
        with pytest.raises(raised):
            use(task)

    asyncio.run(main())


@pytest.mark.parametrize("make", [asyncio.create_task, asyncio.ensure_future, asyncio.gather])
@pytest.mark.parametrize("reader", ["result", "exception"])
def test_a_result_asked_for_too_early(make: Callable[[Any], Any], reader: str) -> None:
    async def main() -> None:
        future = make(one())
        with pytest.raises(asyncio.InvalidStateError):
            getattr(future, reader)()
        await future
        getattr(future, reader)()

    asyncio.run(main())


def test_an_executor_does_not_make_it_earlier() -> None:
    async def main() -> None:
        done = asyncio.Event()
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(None, lambda: loop.call_soon_threadsafe(done.set))
        with pytest.raises(asyncio.InvalidStateError):
            future.result()
        await future

    asyncio.run(main())


def test_it_reads_as_a_task_and_equals_no_value() -> None:
    async def main() -> None:
        task: Any = asyncio.create_task(one())
        assert f"{task}".startswith("<Task pending")
        await task
        assert task != 1

    asyncio.run(main())


def test_a_future_that_is_done_has_no_items() -> None:
    async def main() -> None:
        both: Any = asyncio.gather(one(), one())
        await both
        assert list(both) == []
        assert 1 not in both
        with pytest.raises(ValueError, match="not enough values"):
            _, _ = both

    asyncio.run(main())

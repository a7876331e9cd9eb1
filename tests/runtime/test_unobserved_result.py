"""ASL107 at run time: what becomes of results and exceptions that nobody reads."""

from __future__ import annotations

import asyncio
import gc
import logging
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from asynclint.rules.unobserved_result import RULE

if TYPE_CHECKING:
    from collections.abc import Callable

    from asynclint.rulekit.rule import Rule

    Load = Callable[[Rule, str], dict[str, Any]]


async def fails(text: str = "no answer") -> None:
    await asyncio.sleep(0)
    raise ValueError(text)


@pytest.mark.parametrize(("side", "logged"), [("bad", ""), ("good", "user 1 was not synced")])
def test_the_example(
    side: str, logged: str, load: Load, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: Any, **__: Any) -> None:
        raise httpx.ConnectError("refused")

    monkeypatch.setattr(httpx.AsyncClient, "put", refuse)
    names = load(RULE, side)
    asyncio.run(names["sync_users"]([1]))
    gc.collect()
    assert caplog.messages == ([logged] if logged else [])


def test_gather_returns_before_the_work_is_done() -> None:
    done: list[int] = []

    async def work(number: int) -> None:
        await asyncio.sleep(0)
        done.append(number)

    async def main() -> list[int]:
        future = asyncio.gather(work(1), work(2))
        before = list(done)
        await future
        return before

    assert asyncio.run(main()) == []
    assert done == [1, 2]


@pytest.mark.parametrize("is_read", [False, True])
def test_wait_does_not_raise(is_read: bool, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        done, _ = await asyncio.wait({asyncio.create_task(fails())})
        if is_read:
            done.pop().result()

    if is_read:
        with pytest.raises(ValueError, match="no answer"):
            asyncio.run(main())
    else:
        with caplog.at_level(logging.ERROR):
            asyncio.run(main())
            gc.collect()
        assert "Task exception was never retrieved" in caplog.text


def test_exceptions_among_the_results_leave_no_trace(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> Any:
        return await asyncio.gather(fails(), return_exceptions=True)

    with caplog.at_level(logging.DEBUG, logger="asyncio"):
        (result,) = asyncio.run(main())
        assert isinstance(result, ValueError)
        del result
        gc.collect()
    assert "never retrieved" not in caplog.text


def test_a_failure_in_an_executor_is_seen_when_the_future_goes(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise ValueError

    async def main() -> None:
        asyncio.get_running_loop().run_in_executor(None, fail)
        await asyncio.sleep(0.05)
        gc.collect()

    with caplog.at_level(logging.ERROR):
        asyncio.run(main())
    assert "Future exception was never retrieved" in caplog.text

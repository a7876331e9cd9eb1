"""ASL108 at run time: what asks for an event loop fails in the threads of FastAPI and of the project."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import BackgroundTasks, Depends, FastAPI

from asynclint.rules.no_running_loop import RULE

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from asynclint.rulekit.rule import Rule

    Load = Callable[[Rule, str], dict[str, Any]]
    Request = Callable[..., httpx.Response]

pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.mark.parametrize(("side", "status"), [("bad", 500), ("good", 200)])
def test_the_example(side: str, status: int, load: Load, request_to: Request) -> None:
    assert request_to(load(RULE, side)["app"], "POST", "/visit/a").status_code == status


async def nothing() -> None: ...


CALLS: list[Callable[[], Any]] = [
    lambda: asyncio.create_task(nothing()),
    lambda: asyncio.ensure_future(nothing()),
    lambda: asyncio.gather(nothing()),
    asyncio.get_running_loop,
    asyncio.get_event_loop,
    asyncio.current_task,
    asyncio.all_tasks,
]


@pytest.mark.parametrize("call", CALLS)
def test_each_call_raises_in_a_route_a_dependency_and_a_background_function(
    call: Callable[[], Any], request_to: Request
) -> None:
    app = FastAPI()
    raised: list[str] = []

    def attempt() -> None:
        try:
            call()
        except RuntimeError as error:
            raised.append(str(error))

    @app.get("/")
    def read(tasks: BackgroundTasks, _: None = Depends(attempt)) -> None:  # noqa: FAST002
        attempt()
        tasks.add_task(attempt)

    assert request_to(app, "GET", "/").status_code == 200
    assert len(raised) == 3
    assert all("no running event loop" in text or "no current event loop" in text for text in raised)


@pytest.mark.parametrize("call", CALLS)
def test_each_call_raises_in_a_thread(call: Callable[[], Any]) -> None:
    async def main() -> None:
        with pytest.raises(RuntimeError):
            await asyncio.to_thread(call)

    asyncio.run(main())


def test_a_loop_of_its_own_is_enough_to_be_asked_for() -> None:
    found: list[Any] = []

    def run() -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        found.append(asyncio.get_event_loop() is loop)
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            found.append("not running")
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [True, "not running"]

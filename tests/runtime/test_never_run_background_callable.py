"""ASL307 at run time: background work in forms in which it never runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import BackgroundTasks, FastAPI

from asynclint.rules.never_run_background_callable import RULE

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    import httpx

    from asynclint.rulekit.rule import Rule

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")

done: list[str] = []


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    done.clear()


async def work() -> None:
    done.append("work")


def make() -> Coroutine[Any, Any, None]:
    return work()


def generate() -> Iterator[None]:
    done.append("generate")
    yield


class Worker:
    async def __call__(self) -> None:
        done.append("worker")


@pytest.mark.parametrize(("side", "sent"), [("bad", []), ("good", ["x"])])
def test_the_example(
    side: str, sent: list[str], load: Callable[[Rule, str], dict[str, Any]], request_to: Callable[..., httpx.Response]
) -> None:
    module = load(RULE, side)
    response = request_to(module["app"], "POST", "/register", params={"email": "x"})
    assert response.status_code == 200
    assert module["sent"] == sent


@pytest.mark.parametrize(
    ("callee", "expected"),
    [(make, []), (generate, []), (Worker, []), (work, ["work"]), (Worker(), ["worker"])],
    ids=["coroutine", "generator", "class", "async function", "instance"],
)
def test_callables(callee: Any, expected: list[str], request_to: Callable[..., httpx.Response]) -> None:
    app = FastAPI()

    @app.get("/")
    async def read(tasks: BackgroundTasks) -> None:
        tasks.add_task(callee)

    assert request_to(app, "GET", "/").status_code == 200
    assert done == expected


def test_awaited(request_to: Callable[..., httpx.Response]) -> None:
    app = FastAPI()

    @app.get("/")
    async def read(tasks: BackgroundTasks) -> None:
        await tasks.add_task(work)  # type: ignore[func-returns-value, misc]

    assert request_to(app, "GET", "/").status_code == 500


def test_a_factory_of_tasks(request_to: Callable[..., httpx.Response]) -> None:
    app = FastAPI()
    coroutine = work()

    @app.get("/")
    async def read(tasks: BackgroundTasks) -> None:
        tasks.add_task(asyncio.create_task, coroutine)

    assert request_to(app, "GET", "/").status_code == 200
    coroutine.close()
    assert not done

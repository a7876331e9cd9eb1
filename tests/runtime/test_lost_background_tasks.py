"""ASL305 at run time: which background tasks of a request are dropped."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import BackgroundTasks, Depends, FastAPI
from fastapi.responses import JSONResponse
from starlette.background import BackgroundTask

from asynclint.rules.lost_background_tasks import RULE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import httpx

    from asynclint.rulekit.rule import Rule

    Load = Callable[[Rule, str], dict[str, Any]]
    Request = Callable[..., httpx.Response]


@pytest.mark.parametrize(("side", "reported"), [("bad", False), ("good", True)])
def test_the_example(
    side: str,
    reported: bool,
    load: Load,
    request_to: Request,
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = load(RULE, side)["app"]
    with caplog.at_level(logging.ERROR):
        response = request_to(app, "POST", "/orders/-1")
    assert (response.status_code, response.json()) == (400, {"detail": "not paid"})
    assert ("order -1 failed" in caplog.text) is reported


@pytest.mark.parametrize(("own", "ran"), [(False, ["injected"]), (True, ["own"])])
def test_another_background(own: bool, ran: list[str], request_to: Request) -> None:
    app = FastAPI()
    done: list[str] = []

    @app.get("/")
    async def read(tasks: BackgroundTasks) -> Any:
        tasks.add_task(done.append, "injected")
        return JSONResponse({}, background=BackgroundTask(done.append, "own") if own else None)

    assert request_to(app, "GET", "/").status_code == 200
    assert done == ran


def test_added_behind_the_yield_of_a_dependency(request_to: Request) -> None:
    app = FastAPI()
    done: list[str] = []

    async def dependency(tasks: BackgroundTasks) -> AsyncIterator[None]:
        tasks.add_task(done.append, "before")
        yield
        tasks.add_task(done.append, "after")

    @app.get("/", dependencies=[Depends(dependency)])
    async def read() -> None: ...

    assert request_to(app, "GET", "/").status_code == 200
    assert done == ["before"]


def test_added_behind_the_yield_of_a_dependency_that_ends_with_the_function(
    request_to: Request,
) -> None:
    app = FastAPI()
    done: list[str] = []

    async def dependency(tasks: BackgroundTasks) -> AsyncIterator[None]:
        yield
        tasks.add_task(done.append, "after")

    @app.get("/", dependencies=[Depends(dependency, scope="function")])
    async def read() -> None: ...

    assert request_to(app, "GET", "/").status_code == 200
    assert done == ["after"]

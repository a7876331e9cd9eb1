"""ASL105 at run time: what a coroutine object does in the place of the value it would give."""

from __future__ import annotations

import asyncio
import json
import operator
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import Depends, FastAPI

from asynclint.rules.coroutine_as_value import RULE

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


@pytest.mark.parametrize(("side", "check", "shown"), [("bad", 500, 500), ("fixed", 403, 200), ("good", 403, 200)])
def test_the_example(side: str, check: int, shown: int, load: Load, request_to: Request) -> None:
    app = load(RULE, side)["app"]
    assert request_to(app, "DELETE", "/users/a?user=guest").status_code == check
    assert request_to(app, "GET", "/users/a").status_code == shown


async def _make(value: Any) -> Any:
    return value


def _load(value: Any = 1) -> Any:
    """A coroutine, of which type checkers know nothing."""
    return _make(value)


@pytest.mark.parametrize("value", [False, 0, "", None, []])
def test_it_is_always_true_and_never_none(value: Any) -> None:
    coroutine = _load(value)
    assert bool(coroutine)
    assert coroutine is not None
    assert coroutine != value
    assert not asyncio.run(coroutine)


def test_an_open_permission_check(request_to: Request) -> None:
    app = FastAPI()

    async def is_admin() -> bool:
        return False

    @app.get("/")
    async def read() -> dict[str, bool]:
        return {"admin": bool(is_admin())}

    assert request_to(app, "GET", "/").json() == {"admin": True}


def test_it_reads_as_an_object(request_to: Request) -> None:
    app = FastAPI()

    @app.get("/")
    async def read() -> str:
        return str(f"{_load()} %s {{}}".format(_load()) % _load())

    response = request_to(app, "GET", "/")
    assert response.status_code == 200
    assert response.text.count("<coroutine object _make") == 3


@pytest.mark.parametrize(
    ("use", "raised"),
    [
        (lambda it: it["a"], TypeError),
        (operator.attrgetter("name"), AttributeError),
        (len, TypeError),
        (list, TypeError),
        (int, TypeError),
        (json.dumps, TypeError),
        (lambda it: it(), TypeError),
        (lambda it: it + 1, TypeError),
        (lambda it: -it, TypeError),
        (lambda it: 1 in it, TypeError),
        (lambda it: it < 1, TypeError),
        (lambda it: sorted([it, _load()]), TypeError),
    ],
)
def test_it_raises(use: Callable[[Any], Any], raised: type[Exception]) -> None:
    with pytest.raises(raised):
        use(_load())


def test_it_is_no_context_manager_and_no_async_iterable() -> None:
    async def enter() -> None:
        async with _load():
            pass

    async def iterate() -> None:
        async for _ in _load():
            pass

    for use in (enter, iterate):
        with pytest.raises(TypeError):
            asyncio.run(use())


def test_tests_over_many_are_always_true() -> None:
    assert all(_load(False) for _ in range(3))
    assert list(filter(lambda it: _load(it > 5), range(3))) == [0, 1, 2]


@pytest.mark.parametrize(("is_async", "admin"), [(False, True), (True, False)])
def test_what_a_sync_dependency_returns_is_not_awaited(is_async: bool, admin: bool, request_to: Request) -> None:
    app = FastAPI()

    async def load() -> bool:
        return False

    async def awaited() -> bool:
        return await load()

    def returned() -> Any:
        return load()

    @app.get("/")
    async def read(given: Any = Depends(awaited if is_async else returned)) -> dict[str, bool]:  # noqa: B008, FAST002
        return {"admin": bool(given)}

    assert request_to(app, "GET", "/").json() == {"admin": admin}

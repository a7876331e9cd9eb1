"""Requests to real FastAPI applications."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from asynclint.rulekit.expectations import as_shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asynclint.rulekit.rule import Rule

    Load = Callable[[Rule, str], dict[str, Any]]
    Request = Callable[..., httpx.Response]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests lose coroutines and tasks on purpose; Python complains of them where nobody can catch it."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))


@pytest.fixture(autouse=True)
def lost_objects_are_collected() -> Iterator[None]:
    """Before the next test, which would be blamed for what this one has lost."""
    yield
    gc.collect()


@pytest.fixture
def load() -> Load:
    """Runs the "bad" or the "good" side of the first example of a rule as a module, and gives its globals."""

    def run(rule: Rule, side: str) -> dict[str, Any]:
        example = rule.examples[0]
        source = as_shown(example.bad) if side == "bad" else example.good
        namespace: dict[str, Any] = {"__name__": f"{rule.name}_{side}"}
        exec(compile(source, f"<{rule.name}, {side}>", "exec"), namespace)
        return namespace

    return run


@pytest.fixture
def request_to() -> Request:
    """Sends one request to an application; when it returns, the background tasks are through as well."""

    async def send(app: Any, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, **options)

    def run(app: Any, method: str, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(send(app, method, path, options))

    return run

"""Requests to real FastAPI applications."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from asynclint.rulekit.expectations import as_shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from asynclint.rulekit.rule import Rule

    Load = Callable[[Rule, str], dict[str, Any]]
    Request = Callable[..., httpx.Response]


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

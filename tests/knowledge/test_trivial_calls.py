"""Calls that need no exception handling."""

from __future__ import annotations

import pytest

from asynclint.knowledge.blocking import lookup
from asynclint.knowledge.trivial_calls import TRIVIAL_FUNCTIONS, TRIVIAL_METHODS, is_trivial


@pytest.mark.parametrize(
    "name",
    ["print", "builtins.len", "logging.Logger.exception", "asyncio.tasks.sleep", "datetime.datetime.now", "dict.get"],
)
def test_trivial(name: str) -> None:
    assert is_trivial(name)


@pytest.mark.parametrize("name", ["int", "json.loads", "dict.pop", "list.remove", "requests.get", "str.encode", "next"])
def test_not_trivial(name: str) -> None:
    assert not is_trivial(name)


def test_nothing_trivial_waits_for_the_outside() -> None:
    methods = {f"{owner}.{method}" for owner, methods in TRIVIAL_METHODS.items() for method in methods}
    blocking = {name for name in TRIVIAL_FUNCTIONS | methods if lookup(name) is not None}

    assert blocking == {"time.sleep"}

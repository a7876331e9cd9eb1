"""ASL210 at run time: in a thread that runs a loop no second one can be run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from asynclint.rules.nested_event_loop import RULE

if TYPE_CHECKING:
    from tests.runtime.conftest import Load, Request


pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")


@pytest.mark.parametrize("path", ["/total", "/double"])
def test_a_loop_in_a_loop(path: str, load: Load, request_to: Request) -> None:
    assert request_to(load(RULE, "bad")["app"], "GET", path).status_code == 500


def test_the_reason(load: Load) -> None:
    with pytest.raises(RuntimeError, match=r"cannot be called from a running event loop"):
        asyncio.run(load(RULE, "bad")["total"]())


def test_awaiting(load: Load, request_to: Request) -> None:
    assert request_to(load(RULE, "good")["app"], "GET", "/total").json() == 2

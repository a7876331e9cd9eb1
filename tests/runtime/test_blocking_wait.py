"""ASL207 at run time: what waits for a thread keeps the whole loop waiting."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from asynclint.rules.blocking_wait import RULE

if TYPE_CHECKING:
    from tests.runtime.conftest import Load, Witness


def test_an_event_and_a_queue(load: Load, witness: Witness) -> None:
    module = load(RULE, "bad")

    def work() -> None:
        witness.ask()
        module["ready"].set()
        witness.ask()
        module["jobs"].put("a job")

    async def wait() -> Any:
        threading.Thread(target=work, daemon=True).start()
        return await module["next_job"]()

    assert witness.run(wait) == "a job"
    assert witness.turned == [False, False]


def test_a_queue_of_asyncio(load: Load, witness: Witness) -> None:
    module = load(RULE, "good")

    def work(loop: asyncio.AbstractEventLoop) -> None:
        witness.ask()
        loop.call_soon_threadsafe(module["jobs"].put_nowait, "a job")

    async def wait() -> Any:
        threading.Thread(target=work, args=[asyncio.get_running_loop()], daemon=True).start()
        return await module["next_job"]()

    assert witness.run(wait) == "a job"
    assert witness.turned == [True]


def test_a_queue_that_is_only_asked(load: Load, witness: Witness) -> None:
    module = load(RULE, "good")
    assert witness.run(module["result"]) == ""


@pytest.mark.parametrize(("side", "turned"), [("bad", False), ("fixed", True), ("good", True)])
def test_a_route(side: str, turned: bool, load: Load, witness: Witness) -> None:
    module = load(RULE, side, number=1)

    class Watched(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            witness.ask()
            self.set()
            return super().wait(timeout)

    module["ready"] = Watched()
    assert witness.request(module["app"], "GET", "/ready").json() is True
    assert witness.turned == [turned]

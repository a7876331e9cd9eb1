"""ASL201 at run time: while a route sleeps, the loop stands still."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from asynclint.rules.blocking_sleep import RULE

if TYPE_CHECKING:
    from tests.runtime.conftest import Load, Witness


@pytest.fixture(autouse=True)
def real_sleep_is_watched(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop is asked in the middle of every `time.sleep`, which is real but short."""
    sleep = time.sleep

    def watched(seconds: float) -> None:
        sleep(min(seconds, 0.01))
        witness.ask()

    monkeypatch.setattr(time, "sleep", watched)


@pytest.mark.parametrize(("side", "turned"), [("bad", [False, False]), ("fixed", [False]), ("good", [True])])
def test_direct_and_through_a_helper(side: str, turned: list[bool], load: Load, witness: Witness) -> None:
    app = load(RULE, side)["app"]
    assert witness.request(app, "POST", "/print").json() == {"status": "printed"}
    assert witness.turned == turned


@pytest.mark.parametrize(("side", "turned"), [("bad", [False]), ("fixed", []), ("good", [])])
def test_a_slow_route(side: str, turned: list[bool], load: Load, witness: Witness) -> None:
    app = load(RULE, side, number=1, replaced={"sleep(5)": "sleep(0.05)"})["app"]
    assert witness.request(app, "GET", "/slow").json() == {"status": "done"}
    assert witness.turned == turned


def test_a_plain_route_sleeps_in_a_thread(load: Load, witness: Witness) -> None:
    assert witness.request(load(RULE, "good")["app"], "POST", "/reprint").status_code == 200
    assert witness.turned == [True]

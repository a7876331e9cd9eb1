"""ASL202 at run time: while a server thinks about its answer, the loop stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asynclint.rules.blocking_http import RULE

if TYPE_CHECKING:
    from tests.runtime.conftest import Load, Witness


@pytest.mark.parametrize(
    ("side", "method", "turned"),
    [("bad", "POST", [False] * 3), ("fixed", "POST", [True, True, False]), ("good", "GET", [True])],
)
def test_functions_clients_and_helpers(
    side: str, method: str, turned: list[bool], load: Load, witness: Witness, server: str
) -> None:
    names = ["books"] if side == "good" else ["books", "status", "rates"]
    app = load(RULE, side, replaced={f"https://{name}.example": server for name in names})["app"]
    assert witness.request(app, method, "/price", json={}).json()["book"] == {}
    assert witness.turned == turned


@pytest.mark.parametrize(("side", "turned"), [("bad", False), ("fixed", True), ("good", True)])
@pytest.mark.parametrize(("number", "method", "path"), [(1, "GET", "/weather/bonn"), (2, "POST", "/weather")])
def test_plain_routes_and_threads(
    side: str, turned: bool, number: int, method: str, path: str, load: Load, witness: Witness, server: str
) -> None:
    app = load(RULE, side, number, {"https://weather.example": server})["app"]
    assert witness.request(app, method, path, json={}).json() == {}
    assert witness.turned == [turned]

"""ASL209 at run time: while somebody makes up their mind, the loop stands still."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from asynclint.rules.blocking_input import RULE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.runtime.conftest import Load, Witness


@pytest.fixture
def keyboard(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Thread]:
    """Somebody who types once the loop was asked; to be started when the question is about to come."""
    reader, writer = os.pipe()

    def answer() -> None:
        witness.ask()
        os.write(writer, b"yes\n")

    with open(reader) as stdin:  # noqa: PTH123
        monkeypatch.setattr("sys.stdin", stdin)
        yield threading.Thread(target=answer, daemon=True)
    os.close(writer)


@pytest.mark.parametrize(("side", "turned"), [("bad", False), ("good", True)])
def test_a_question(side: str, turned: bool, load: Load, witness: Witness, keyboard: threading.Thread) -> None:
    confirm = load(RULE, side)["confirm"]

    async def ask() -> Any:
        keyboard.start()
        return await confirm()

    assert witness.run(ask) is True
    assert witness.turned == [turned]


@pytest.mark.parametrize(("side", "turned"), [("bad", False), ("fixed", True), ("good", True)])
def test_a_route(side: str, turned: bool, load: Load, witness: Witness, keyboard: threading.Thread) -> None:
    module = load(RULE, side, number=1)

    def asked(prompt: str) -> str:
        keyboard.start()
        return input(prompt)

    module["input"] = asked
    assert witness.request(module["app"], "GET", "/name").json() == "yes"
    assert witness.turned == [turned]

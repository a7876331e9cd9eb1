"""ASL209 at run time: while somebody makes up their mind, the loop stands still."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from asynclint.rules.blocking_input import RULE

if TYPE_CHECKING:
    from tests.runtime.conftest import Load, Witness


@pytest.mark.parametrize(("side", "turned"), [("bad", False), ("good", True)])
def test_a_question(side: str, turned: bool, load: Load, witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    confirm = load(RULE, side)["confirm"]

    def answer() -> None:
        witness.ask()
        os.write(writer, b"yes\n")

    async def ask() -> Any:
        threading.Thread(target=answer, daemon=True).start()
        return await confirm()

    with open(reader) as keyboard:  # noqa: PTH123
        monkeypatch.setattr("sys.stdin", keyboard)
        assert witness.run(ask) is True
    os.close(writer)
    assert witness.turned == [turned]

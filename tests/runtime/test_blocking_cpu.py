"""ASL208 at run time: while a password is hashed, the loop stands still."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any

import bcrypt
import pytest

from asynclint.rules.blocking_cpu import RULE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.runtime.conftest import Load, Witness

salt_really, hash_really = bcrypt.gensalt, bcrypt.hashpw


@pytest.fixture(autouse=True)
def hashing_is_watched(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop is asked in the middle of what the library really does, made cheap."""
    monkeypatch.setattr(bcrypt, "gensalt", functools.partial(bcrypt.gensalt, rounds=4))
    for name in ("hashpw", "checkpw"):
        monkeypatch.setattr(bcrypt, name, _watched(getattr(bcrypt, name), witness))


def _watched(function: Callable[..., Any], witness: Witness) -> Callable[..., Any]:
    def watched(*args: Any) -> Any:
        witness.ask()
        return function(*args)

    return watched


@pytest.mark.parametrize(("side", "turned"), [("bad", [False, False]), ("fixed", [True, False])])
def test_hashing_on_the_loop(side: str, turned: list[bool], load: Load, witness: Witness) -> None:
    assert witness.request(load(RULE, side)["app"], "POST", "/login", content=b"secret").json() is True
    assert witness.turned == turned


def test_hashing_in_a_thread(load: Load, witness: Witness) -> None:
    stored = bcrypt.hashpw(b"secret", bcrypt.gensalt()).decode()
    witness.turned.clear()
    app = load(RULE, "good")["app"]
    assert witness.request(app, "POST", "/login", params={"password": "secret", "stored": stored}).json() is True
    assert witness.turned == [True]


def test_a_hash_takes_long_enough_to_be_felt() -> None:
    started = time.perf_counter()
    hash_really(b"secret", salt_really())
    assert time.perf_counter() - started > 0.02

"""Cache files are believed only where this user wrote them."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from asynclint.caching.seal import KEY_VARIABLE, Seal, seal_of_user

if TYPE_CHECKING:
    from pathlib import Path


def test_what_was_sealed_is_opened() -> None:
    seal = Seal(b"key")
    assert seal.opened(seal.sealed(b"data", "files"), "files") == b"data"
    assert seal.opened(seal.sealed(b"", "files"), "files") == b""


def test_nothing_else_is_believed() -> None:
    seal = Seal(b"key")
    sealed = seal.sealed(b"data", "files")
    assert seal.opened(sealed, "results") is None
    assert Seal(b"other key").opened(sealed, "files") is None
    assert seal.opened(b"", "files") is None
    assert seal.opened(b"data", "files") is None
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        assert seal.opened(bytes(changed), "files") is None
        assert seal.opened(sealed[:place], "files") is None


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(KEY_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_the_key_of_a_user_is_made_once_and_is_theirs_alone(home: Path) -> None:
    first, second = seal_of_user(), seal_of_user()
    assert first is not None
    assert second is not None
    assert second.opened(first.sealed(b"data", "files"), "files") == b"data"
    (key,) = (home / "asynclint").iterdir()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.stat().st_size == 32


def test_a_broken_key_is_replaced(home: Path) -> None:
    (home / "asynclint").mkdir()
    (home / "asynclint/cache.key").write_bytes(b"short")
    assert seal_of_user() is not None
    assert (home / "asynclint/cache.key").stat().st_size == 32


@pytest.mark.skipif(os.name == "nt", reason="folders of Windows have no modes")
def test_without_a_place_for_a_key_there_is_no_cache(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "file"))
    assert seal_of_user() is None
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert seal_of_user() is None


def test_machines_may_share_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "secret of CI")
    seal = seal_of_user()
    assert seal is not None
    assert Seal(b"secret of CI").opened(seal.sealed(b"data", "files"), "files") == b"data"

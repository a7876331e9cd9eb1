"""Marks on cache files, so that one that came with a checkout, or was broken, is not believed."""

from __future__ import annotations

import hashlib
import hmac
import os
import sys

KEY_VARIABLE = "ASYNCLINT_CACHE_KEY"
"""An environment variable with a secret text: machines that have the same one believe each other's caches."""

_MAGIC = b"asynclint cache 1\n"
_MAC_SIZE = 16
_KEY_SIZE = 32


class Seal:
    """Signs data with a key that only this user has.

    The keyed hash is checked before anything is decoded: whoever can write the folder, but not read the key, can
    neither feed a decoder nor make findings disappear.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.blake2b(key, digest_size=_KEY_SIZE).digest()

    def sealed(self, data: bytes, purpose: str) -> bytes:
        """The data with its mark. `purpose` says what it is, so that no part can stand in the place of another."""
        return _MAGIC + self._mac(data, purpose) + data

    def opened(self, sealed: bytes, purpose: str) -> bytes | None:
        """What was sealed; None where the mark is missing, of another user, or of other data."""
        start = len(_MAGIC) + _MAC_SIZE
        data = sealed[start:]
        if not sealed.startswith(_MAGIC) or not hmac.compare_digest(
            sealed[len(_MAGIC) : start], self._mac(data, purpose)
        ):
            return None
        return data

    def _mac(self, data: bytes, purpose: str) -> bytes:
        person = hashlib.blake2b(purpose.encode(), digest_size=16).digest()
        return hashlib.blake2b(data, digest_size=_MAC_SIZE, key=self._key, person=person).digest()


def seal_of_user() -> Seal | None:
    """The seal of this user, whose key is made when first needed; None where no key can be kept."""
    given = os.environ.get(KEY_VARIABLE)
    if given:
        return Seal(given.encode())
    folder = folder_of_user()
    key = None if folder is None else _kept_key(folder)
    return None if key is None else Seal(key)


def folder_of_user() -> str | None:
    """Where programs keep what they can make again: the XDG base directories, and their like elsewhere."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - pathlib takes 5 ms
    return f"{base}/asynclint" if base and os.path.isabs(base) else None  # noqa: PTH117 - as above


def _kept_key(folder: str) -> bytes | None:
    file = f"{folder}/cache.key"
    try:
        return _read_key(file) or _made_key(folder, file)
    except OSError:
        return None


def _read_key(file: str) -> bytes | None:
    try:
        with open(file, "rb") as stream:  # noqa: PTH123 - as above
            key = stream.read(_KEY_SIZE + 1)
    except FileNotFoundError:
        return None
    return key if len(key) == _KEY_SIZE else None


def _made_key(folder: str, file: str) -> bytes | None:
    """A new key. Two runs may make one at once: the one that is there in the end is that of both."""
    os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103 - as above
    temporary = f"{file}.{os.getpid()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(os.urandom(_KEY_SIZE))
    os.replace(temporary, file)  # noqa: PTH105 - as above
    return _read_key(file)

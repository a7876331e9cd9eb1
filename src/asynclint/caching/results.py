"""What was found in the files of a project, by everything that it depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from asynclint.core.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from asynclint.caching.folder import CacheFolder
    from asynclint.caching.naming import Naming

KEPT = 8
"""States of a project (branches that are switched between, sets of rules) whose results are kept."""

_SUFFIX = ".results"


class ResultStore:
    """Outcomes by the absolute path of their file. `key` stands for the project's files and all settings."""

    def __init__(self, folder: CacheFolder, naming: Naming, key: bytes) -> None:
        self._folder = folder
        self._naming = naming
        self._name = f"{key.hex()}{_SUFFIX}"
        self._known = _decoded(folder.read(self._name))

    def get(self, paths: Collection[str]) -> dict[str, Outcome] | None:
        """The outcomes of these files; None unless there is one of each."""
        found = {path: self.outcome_of(path) for path in paths}
        known = {path: outcome for path, outcome in found.items() if outcome is not None}
        return known if len(known) == len(found) else None

    def outcome_of(self, path: str) -> Outcome | None:
        """The outcome of a file; None if it is not known."""
        encoded = self._known.get(self._naming.of(path))
        try:
            return None if encoded is None else _OUTCOME.decode(encoded)
        except msgspec.DecodeError:
            return None

    def take(self, other: ResultStore, names: Iterable[str]) -> None:
        """Take over outcomes that hold for these files still, by the names of the files."""
        self._known |= {name: other._known[name] for name in names if name in other._known}

    def save(self, outcomes: Mapping[str, Outcome]) -> None:
        """Add the outcomes of files to those that are known."""
        encoded = ((self._naming.of(path), _encoded(outcome)) for path, outcome in outcomes.items())
        new = {name: outcome for name, outcome in encoded if outcome is not None}
        self._folder.write(self._name, _ENCODER.encode({**self._known, **new}))
        self._folder.keep_newest(_SUFFIX, KEPT)


_ENCODER = msgspec.msgpack.Encoder()
_OUTCOMES = msgspec.msgpack.Decoder(dict[str, msgspec.Raw])
_OUTCOME = msgspec.msgpack.Decoder(Outcome)


def _encoded(outcome: Outcome) -> msgspec.Raw | None:
    try:
        return msgspec.Raw(_ENCODER.encode(outcome))
    except UnicodeEncodeError:  # it names a file whose name is no text: found anew each time
        return None


def _decoded(data: bytes | None) -> dict[str, msgspec.Raw]:
    try:
        return {} if data is None else _OUTCOMES.decode(data)
    except msgspec.DecodeError:
        return {}

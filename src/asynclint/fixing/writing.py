"""Files that may be changed, and the changes written to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from asynclint.core.diagnostic import CheckError
from asynclint.source.replacing import UnwritableFile, in_encoding_of, replace_text, why_not_replaceable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NOT_FIXED = "not-fixed"
"""The code of the error that says that a file was left alone."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file whose text becomes another: its shown name, its path, and both texts as UTF-8 without BOM."""

    shown: str
    path: str
    before: bytes
    after: bytes


def as_in_file(change: Change) -> tuple[bytes, bytes]:
    """Both texts in the encoding of the file, with its byte order mark."""
    try:
        return in_encoding_of(change.path, change.before), in_encoding_of(change.path, change.after)
    except UnwritableFile:
        return change.before, change.after


@dataclass(slots=True)
class Gate:
    """Lets those files through that can be written, and keeps for each other one the error that says why not."""

    path_of: Callable[[str], str]
    _errors: dict[str, CheckError | None] = field(default_factory=dict)

    def admits(self, shown: str) -> bool:
        if shown not in self._errors:
            reason = why_not_replaceable(self.path_of(shown))
            self._errors[shown] = None if reason is None else _error(shown, reason)
        return self._errors[shown] is None

    @property
    def errors(self) -> list[CheckError]:
        return [error for error in self._errors.values() if error is not None]


def write_changes(changes: Iterable[Change]) -> tuple[tuple[Change, ...], list[CheckError]]:
    """Replace each file, or leave it alone and say why; those that were written, and the errors of the others."""
    written: list[Change] = []
    errors: list[CheckError] = []
    for change in changes:
        try:
            replace_text(change.path, change.before, change.after)
            written.append(change)
        except UnwritableFile as error:
            errors.append(_error(change.shown, str(error)))
    return tuple(written), errors


def _error(shown: str, reason: str) -> CheckError:
    return CheckError(NOT_FIXED, shown, f"not fixed: the file {reason}")

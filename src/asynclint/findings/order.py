"""The order in which findings are reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asynclint.core.diagnostic import CheckError, Diagnostic


def ordered(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By file, place and code, whatever order they were found in."""
    return tuple(sorted(diagnostics, key=_diagnostic_key))


def ordered_errors(errors: Iterable[CheckError]) -> tuple[CheckError, ...]:
    """By file, place and code; what is said twice is kept once."""
    return tuple(sorted(dict.fromkeys(errors), key=_error_key))


def _diagnostic_key(diagnostic: Diagnostic) -> tuple[object, ...]:
    where = diagnostic.location
    return where.path, where.start, diagnostic.code, where.end, diagnostic.message


def _error_key(error: CheckError) -> tuple[object, ...]:
    start = error.location.start if error.location else (0, 0)
    return error.filename, start, error.code, error.message

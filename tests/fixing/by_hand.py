"""Findings and texts written by hand."""

from __future__ import annotations

from asynclint.core.diagnostic import Applicability, Confidence, Diagnostic, Edit, Fix, Report, Severity
from asynclint.core.span import Location, Position, Span
from asynclint.fixing.choice import Repair

SAFE = Applicability.SAFE


def place(start: int, end: int, path: str = "a.py") -> Location:
    return Location(path, Span(start, end), Position(1, start + 1), Position(1, end + 1))


def edit(start: int, end: int, content: str, path: str = "a.py") -> Edit:
    return Edit(place(start, end, path), content)


def finding(start: int, end: int, *fixes: Fix, code: str = "ASL900", path: str = "a.py") -> Diagnostic:
    return Diagnostic(code, "name", Severity.ERROR, Confidence.HIGH, "message", place(start, end, path), fixes=fixes)


def repair(*edits: Edit, code: str = "ASL900") -> Repair:
    first = edits[0].location
    fix = Fix(SAFE, "mend it", edits)
    return Repair(finding(*first.span, fix, code=code, path=first.path), fix)


def report(*diagnostics: Diagnostic) -> Report:
    return Report(diagnostics, (), 1, 0, 0, ())


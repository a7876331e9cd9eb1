"""Findings and fixes made by hand."""

from __future__ import annotations

import pytest

from asynclint.core.diagnostic import Applicability, Confidence, Diagnostic, Edit, Fix, Report, Severity
from asynclint.core.span import Location, Position, Span
from asynclint.fixing.choice import Repair


class Maker:
    """Makes them in one file, on one line, as far as nothing else is said."""

    def edit(self, start: int, end: int, content: str, path: str = "a.py") -> Edit:
        return Edit(self._place(start, end, path), content)

    def finding(self, start: int, end: int, *fixes: Fix, code: str = "ASL900", path: str = "a.py") -> Diagnostic:
        place = self._place(start, end, path)
        return Diagnostic(code, "name", Severity.ERROR, Confidence.HIGH, "message", place, fixes=fixes)

    def fix(self, *edits: Edit, applicability: Applicability = Applicability.SAFE) -> Fix:
        return Fix(applicability, "mend it", edits)

    def repair(self, *edits: Edit) -> Repair:
        fix = self.fix(*edits)
        first = edits[0].location
        return Repair(self.finding(*first.span, fix, path=first.path), fix)

    def report(self, *diagnostics: Diagnostic) -> Report:
        return Report(diagnostics, (), 1, 0, 0, ())

    def _place(self, start: int, end: int, path: str) -> Location:
        return Location(path, Span(start, end), Position(1, start + 1), Position(1, end + 1))


@pytest.fixture
def make() -> Maker:
    return Maker()

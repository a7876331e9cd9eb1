"""The files that findings speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Diagnostic, SourceText
from asynclint.source.paths import resolved

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asynclint.core.diagnostic import CheckError
    from asynclint.core.span import Location
    from asynclint.project.indexing import IndexedFile


def sources_of(
    diagnostics: Iterable[Diagnostic], errors: Iterable[CheckError], files: Iterable[IndexedFile]
) -> tuple[SourceText, ...]:
    """Those of the files in which a finding or an error has a place."""
    shown = {place.path for diagnostic in diagnostics for place in places_of(diagnostic)}
    shown.update(error.filename for error in errors)
    return tuple(SourceText(file.display, resolved(file.path), file.data) for file in files if file.display in shown)


def places_of(diagnostic: Diagnostic) -> Iterator[Location]:
    """Every place that a finding speaks of: its own, those of its chain and of its fixes."""
    yield diagnostic.location
    yield from (step.location for step in diagnostic.chain)
    yield from (edit.location for fix in diagnostic.fixes for edit in fix.edits)

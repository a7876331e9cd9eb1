"""What tells a finding of this run from others in the next one, after lines have moved."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asynclint.core.diagnostic import Diagnostic


def with_fingerprints(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The same findings, in the same order, with their fingerprints.

    A fingerprint is made of the rule, the function around, the text of the first line without its spacing, and a
    count among findings of one file that are equal in these. Neither the row nor the file's name is part of it, and
    it does not depend on which other files were checked. The findings must come in their reported order.
    """
    seen: Counter[tuple[str, str]] = Counter()
    marked: list[Diagnostic] = []
    for diagnostic in diagnostics:
        identity = "\n".join((diagnostic.code, diagnostic.symbol, _normalised_text(diagnostic)))
        place = (diagnostic.location.path, identity)
        fingerprint = _digest(f"{identity}\n{seen[place]}")
        seen[place] += 1
        marked.append(dataclasses.replace(diagnostic, fingerprint=fingerprint))
    return tuple(marked)


def _normalised_text(diagnostic: Diagnostic) -> str:
    lines = diagnostic.location.lines
    return " ".join(lines[0].split()) if lines else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]

"""Findings that have one thing to mend."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asynclint.core.diagnostic import Diagnostic

FEW = 3
"""So many findings of one cause are still shown one by one."""


def grouped(diagnostics: Iterable[Diagnostic]) -> tuple[tuple[Diagnostic, ...], ...]:
    """Groups of findings of one rule with the same cause where they are more than a few; all others alone.

    A group stands where its first finding stood. The gravest finding leads it, of several the one nearest to the
    cause; the others follow in their order.
    """
    items = tuple(diagnostics)
    sizes = Counter((item.code, item.cause) for item in items if item.cause)
    groups: dict[object, list[Diagnostic]] = {}
    for place, item in enumerate(items):
        key = (item.code, item.cause)
        groups.setdefault(key if sizes[key] > FEW else place, []).append(item)
    return tuple(_led(group) for group in groups.values())


def _led(group: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    first = min(range(len(group)), key=lambda place: (group[place].severity.rank, len(group[place].chain)))
    return group[first], *group[:first], *group[first + 1 :]

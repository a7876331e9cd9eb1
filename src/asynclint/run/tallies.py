"""Numbers by name, added up over processes and projects."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Number = TypeVar("Number", int, float)


def added_up(tallies: Iterable[Mapping[str, Number]]) -> dict[str, Number]:
    """The sum of each name's numbers, names in the order they come up."""
    found: dict[str, Number] = {}
    for tally in tallies:
        for name, number in tally.items():
            found[name] = found[name] + number if name in found else number
    return found

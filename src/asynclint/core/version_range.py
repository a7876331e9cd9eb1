"""Ranges of versions, as requirements of pip and poetry write them: `>=0.100,<0.116`, `~=0.115.2`, `^0.115`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Version = tuple[int, int, int]

ANY = 10**6
"""Above every number that a version has."""

NEWEST: Version = (ANY, ANY, ANY)
"""Above every release."""


class VersionsByFolder(NamedTuple):
    """What configurations give as versions, by absolute folder, for the folders where they say something."""

    fastapi: Mapping[str, str] = MappingProxyType({})
    python: Mapping[str, str] = MappingProxyType({})


_OLDEST: Version = (0, 0, 0)
_CLAUSE = re.compile(
    r"(===|==|~=|!=|<=|>=|<|>|=|\^|~)?\s*v?(\d+(?:\.\d+)*)(\.\*)?"
    r"(?:[-_.]?(?:alpha|beta|preview|post|pre|rev|rc|dev|a|b|c|r)[-_.]?\d*)*+(?:\+[\w.]+)?",
    re.IGNORECASE,
)
_LONGEST = 1_000
"""Characters of a specifier. Longer ones are nobody's, and take long to read."""


@dataclass(frozen=True, slots=True)
class VersionRange:
    """The versions from `low` up to and without `high`, less the `excluded` ranges."""

    low: Version = _OLDEST
    high: Version = NEWEST
    excluded: tuple[VersionRange, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether there is only one."""
        return self.high == _after(self.low)

    @property
    def newest(self) -> Version:
        """The largest; a part that is left open is `ANY`."""
        return _before(self.high)

    def __contains__(self, version: Version) -> bool:
        return self.low <= version < self.high and not any(version in item for item in self.excluded)

    def __and__(self, other: VersionRange) -> VersionRange:
        return VersionRange(max(self.low, other.low), min(self.high, other.high), (*self.excluded, *other.excluded))


def read_ranges(text: str) -> tuple[VersionRange, ...]:
    """The alternatives that a specifier allows, split at `||`; none if it makes no sense or allows nothing.

    It comes from files of the project, so nothing in it may take long: what repeats itself is read once (`*+`).
    """
    if len(text) > _LONGEST:
        return ()
    ranges = [_intersection(part) for part in text.split("||")]
    return tuple(item for item in ranges if item is not None and item.low < item.high) if None not in ranges else ()


def read_version(text: str) -> Version | None:
    """The numbers a version begins with: `1.2rc1` is (1, 2, 0)."""
    found = re.match(r"\s*v?(\d+(?:\.\d+)*)", text)
    return _padded(_numbers(found[1])) if found else None


def _intersection(text: str) -> VersionRange | None:
    result = VersionRange()
    clauses = re.split(r"\s*,\s*|(?<=[\w*])\s+(?=[<>=~!^])", text.strip().strip("()"))
    for clause in clauses:
        if clause in ("", "*"):
            continue
        found = _CLAUSE.fullmatch(clause.strip())
        if found is None:
            return None
        result &= _range(found[1] or "==", _numbers(found[2]), wildcard=found[3] is not None)
    return result


def _range(operator: str, numbers: tuple[int, ...], *, wildcard: bool) -> VersionRange:
    version = _padded(numbers)
    match operator:
        case ">=":
            return VersionRange(low=version)
        case ">":
            return VersionRange(low=_after(version))
        case "<":
            return VersionRange(high=version)
        case "<=":
            return VersionRange(high=_after(version))
        case "~=":
            return VersionRange(version, _bumped(numbers, max(len(numbers) - 2, 0)))
        case "~":
            return VersionRange(version, _bumped(numbers, min(len(numbers) - 1, 1)))
        case "^":
            leading = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
            return VersionRange(version, _bumped(numbers, leading))
    one = VersionRange(version, _bumped(numbers, len(numbers) - 1) if wildcard else _after(version))
    return VersionRange(excluded=(one,)) if operator == "!=" else one


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(min(int(part[:9]), ANY - 1) for part in text.split("."))[:3]


def _padded(numbers: tuple[int, ...]) -> Version:
    major, minor, micro = (*numbers, 0, 0, 0)[:3]
    return major, minor, micro


def _bumped(numbers: tuple[int, ...], place: int) -> Version:
    return _padded((*numbers[:place], numbers[place] + 1))


def _after(version: Version) -> Version:
    return version[0], version[1], version[2] + 1


def _before(version: Version) -> Version:
    major, minor, micro = version
    if version == NEWEST:
        return NEWEST
    if micro:
        return major, minor, micro - 1
    return (major, minor - 1, ANY) if minor else (major - 1, ANY, ANY)

"""Lists of rules as options take them."""

from __future__ import annotations


def listed(values: tuple[str, ...]) -> tuple[str, ...]:
    """`--select A,B --select C` as one list."""
    return tuple(item.strip() for value in values for item in value.split(",") if item.strip())

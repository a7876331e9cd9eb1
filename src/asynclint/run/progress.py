"""Progress, and its opposite."""

from __future__ import annotations


def silent(stage: str, done: int, total: int) -> None:
    """Progress nobody looks at."""

"""Programs that hypothesmith writes, from Python's grammar and from libcst's nodes."""

from __future__ import annotations

import warnings

from hypothesis import HealthCheck, Phase, given, seed, settings


def foreign_programs(number: int, count: int) -> list[str]:
    """So many programs, the same for a number wherever the same hypothesis is installed; nine in ten from the grammar."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it imports is not up to date with itself
        import hypothesmith  # noqa: PLC0415 - it takes a second, and one layer needs it
    found: list[str] = []
    for strategy, portion in (
        (hypothesmith.from_grammar(), count - count // 10),
        (hypothesmith.from_node(), count // 10),
    ):

        @seed(number)
        @settings(
            max_examples=portion,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def gather(text: str) -> None:
            found.append(text)

        gather()
    return found[:count]

"""Work split between two processes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from asynclint.project.forking import LITTLE, in_halves

if TYPE_CHECKING:
    from collections.abc import Sequence

ITEMS = list(range(9))
SIZES = [LITTLE] * 8 + [8 * LITTLE]


def test_what_is_soon_done_is_not_split() -> None:
    assert in_halves(list, ITEMS, [1] * 9, parallel=True) == [ITEMS]
    assert in_halves(list, ITEMS[:1], [LITTLE], parallel=True) == [[0]]
    assert in_halves(list, ITEMS, SIZES, parallel=False) == [ITEMS]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")  # the test runner's own threads
def test_the_halves_come_in_order_whatever_becomes_of_the_child() -> None:
    parent = os.getpid()

    def work(items: Sequence[int]) -> list[int]:
        return list(items)

    def fails_in_a_child(items: Sequence[int]) -> list[int]:
        if os.getpid() != parent:
            os._exit(3)
        return list(items)

    halves = [ITEMS[:8], ITEMS[8:]]
    assert in_halves(work, ITEMS, SIZES, parallel=True) == halves
    assert in_halves(fails_in_a_child, ITEMS, SIZES, parallel=True) == halves


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
@pytest.mark.parametrize(
    ("sizes", "halves"),
    [
        ([1, 1], [[0], [1]]),
        ([9, 1], [[0], [1]]),
        ([1, 9], [[0], [1]]),
        ([0, 0, 9], [[0, 1], [2]]),
        ([1, 1, 1, 1], [[0, 1], [2, 3]]),
        ([5, 1, 1, 1], [[0], [1, 2, 3]]),
    ],
)
def test_neither_half_is_empty_and_both_are_about_equal(sizes: list[int], halves: list[list[int]]) -> None:
    assert in_halves(list, range(len(sizes)), [size * LITTLE for size in sizes], parallel=True) == halves


@pytest.mark.parametrize("call", ["fork", "pipe"])
def test_where_no_process_can_be_had_there_are_no_halves(monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def refuse() -> None:
        raise BlockingIOError(11, "no more processes")

    monkeypatch.setattr(f"os.{call}", refuse)
    assert in_halves(list, ITEMS, SIZES, parallel=True) == [ITEMS]

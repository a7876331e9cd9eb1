"""Work split between two processes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from asynclint.project.forking import FEW, in_halves

if TYPE_CHECKING:
    from collections.abc import Sequence

ITEMS = list(range(FEW + 1))


def test_few_items_are_not_split() -> None:
    assert in_halves(list, ITEMS[:3], parallel=True) == [[0, 1, 2]]
    assert in_halves(list, ITEMS, parallel=False) == [ITEMS]


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

    middle = len(ITEMS) // 2
    halves = [ITEMS[:middle], ITEMS[middle:]]
    assert in_halves(work, ITEMS, parallel=True) == halves
    assert in_halves(fails_in_a_child, ITEMS, parallel=True) == halves

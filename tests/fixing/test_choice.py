"""Which fixes go together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Applicability
from asynclint.fixing.choice import SAFE, SAFE_AND_UNSAFE, compatible, repairs

if TYPE_CHECKING:
    from tests.fixing.conftest import Maker


def test_the_first_fix_of_a_wanted_kind_is_taken(make: Maker) -> None:
    shown = make.fix(make.edit(0, 1, "a"), applicability=Applicability.DISPLAY)
    unsafe = make.fix(make.edit(0, 1, "b"), applicability=Applicability.UNSAFE)
    safe = make.fix(make.edit(0, 1, "c"))
    finding = make.finding(0, 1, shown, unsafe, safe)
    assert [item.fix for item in repairs([finding], SAFE)] == [safe]
    assert [item.fix for item in repairs([finding], SAFE_AND_UNSAFE)] == [unsafe]
    assert not list(repairs([make.finding(0, 1, shown)], SAFE_AND_UNSAFE))


def test_a_fix_stays_in_the_file_of_its_finding(make: Maker) -> None:
    elsewhere = make.fix(make.edit(0, 1, "a"), make.edit(0, 1, "b", path="b.py"))
    assert not list(repairs([make.finding(0, 1, elsewhere)], SAFE))


def test_fixes_apart_go_together_in_the_order_of_the_text(make: Maker) -> None:
    late, early = make.repair(make.edit(8, 9, "x")), make.repair(make.edit(0, 3, "y"))
    assert compatible([late, early]) == (early, late)


def test_fixes_that_overlap_touch_or_enclose_wait(make: Maker) -> None:
    first = make.repair(make.edit(0, 2, "x"), make.edit(8, 9, "x"))
    for start, end in [(1, 3), (4, 5), (9, 12), (9, 9)]:
        other = make.repair(make.edit(start, end, "y"))
        assert compatible([other, first]) == (first,)


def test_the_same_place_in_another_file_is_no_clash(make: Maker) -> None:
    both = make.repair(make.edit(0, 1, "x")), make.repair(make.edit(0, 1, "y", path="b.py"))
    assert set(compatible(both)) == set(both)


def test_equal_fixes_and_equal_lines_are_shared(make: Maker) -> None:
    line = make.edit(0, 0, "import asyncio\n")
    one, other = make.repair(line, make.edit(20, 21, "x")), make.repair(line, make.edit(30, 31, "y"))
    assert len(compatible([one, other, one])) == 3


def test_different_lines_in_one_place_wait(make: Maker) -> None:
    one = make.repair(make.edit(0, 0, "import asyncio\n"), make.edit(20, 21, "x"))
    other = make.repair(make.edit(0, 0, "import logging\n"), make.edit(30, 31, "y"))
    assert compatible([one, other]) == (one,)


def test_equal_insertions_that_are_no_lines_are_not_shared(make: Maker) -> None:
    one, other = make.repair(make.edit(5, 5, "await "), make.edit(9, 9, ")")), make.repair(make.edit(5, 5, "await "))
    assert len(compatible([one, other])) == 1

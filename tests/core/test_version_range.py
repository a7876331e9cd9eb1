"""Specifiers of pip and poetry, and the newest version each allows."""

from __future__ import annotations

import pytest

from asynclint.core.version_range import ANY, NEWEST, read_ranges, read_version


@pytest.mark.parametrize(
    ("text", "newest"),
    [
        ("", NEWEST),
        ("*", NEWEST),
        (">=0.100", NEWEST),
        ("0.115.2", (0, 115, 2)),
        ("==0.115.2", (0, 115, 2)),
        ("=== 0.115.2", (0, 115, 2)),
        ("==0.115", (0, 115, 0)),
        ("==0.115.*", (0, 115, ANY)),
        ("0.115.*", (0, 115, ANY)),
        (">=0.100,<0.116", (0, 115, ANY)),
        ("(>=0.100.0,<0.116.0)", (0, 115, ANY)),
        (">=0.100 <0.116", (0, 115, ANY)),
        (">= 0.100, < 0.115.5", (0, 115, 4)),
        ("<=0.115.5", (0, 115, 5)),
        ("<1", (0, ANY, ANY)),
        ("~=0.115.2", (0, 115, ANY)),
        ("~=0.115", (0, ANY, ANY)),
        ("~0.115.2", (0, 115, ANY)),
        ("~0.115", (0, 115, ANY)),
        ("~1", (1, ANY, ANY)),
        ("^0.115.2", (0, 115, ANY)),
        ("^0.115", (0, 115, ANY)),
        ("^1.2", (1, ANY, ANY)),
        ("^0.0.3", (0, 0, 3)),
        ("^0", (0, ANY, ANY)),
        ("!=0.110.0", NEWEST),
        ("==0.115.0b1", (0, 115, 0)),
        ("==0.115.2+local.1", (0, 115, 2)),
        ("^0.100 || ^0.110", (0, 110, ANY)),
        ("==99999999999999999999.1", (ANY - 1, 1, 0)),
    ],
)
def test_newest_that_a_specifier_allows(text: str, newest: tuple[int, int, int]) -> None:
    assert max(item.newest for item in read_ranges(text)) == newest


@pytest.mark.parametrize("text", ["latest", ">=", "==0.1.x.y", "<0.100,>=0.110", "==0.1;", "^0.1 || newest"])
def test_a_specifier_without_sense_allows_nothing(text: str) -> None:
    assert read_ranges(text) == ()


def test_what_a_range_holds() -> None:
    (span,) = read_ranges(">=0.2,<0.5,!=0.3.*")
    assert (0, 2, 0) in span
    assert (0, 3, 4) not in span
    assert (0, 4, 9) in span
    assert (0, 5, 0) not in span
    assert not span.exact
    assert read_ranges("0.3.1")[0].exact


def test_the_numbers_of_a_version() -> None:
    assert read_version("0.2.0.dev1") == (0, 2, 0)
    assert read_version("1.2rc1") == (1, 2, 0)
    assert read_version("dev") is None

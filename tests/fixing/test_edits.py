"""Edits applied together, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asynclint.core.diagnostic import Edit
from asynclint.core.span import Location, Position, Span
from asynclint.fixing.edits import applied, span_before

if TYPE_CHECKING:
    from tests.fixing.conftest import Maker


def test_edits_are_made_in_any_order(make: Maker) -> None:
    edits = [make.edit(6, 7, "z"), make.edit(0, 0, "(é) "), make.edit(2, 3, "")]
    assert applied(b"a b c d", edits) == "(é) a  c z".encode()


def test_equal_edits_are_made_once(make: Maker) -> None:
    assert applied(b"x\n", [make.edit(0, 0, "import a\n"), make.edit(0, 0, "import a\n")]) == b"import a\nx\n"


@pytest.mark.parametrize(
    ("written", "before"),
    [
        ((0, 5), (0, 1)),  # `hello` for `a`
        ((6, 7), (2, 3)),  # what follows
        ((8, 10), (3, 5)),  # behind an insertion
        ((7, 8), (3, 3)),  # the insertion itself
        ((1, 2), (0, 1)),  # within a replacement
    ],
)
def test_places_are_traced_back(make: Maker, written: tuple[int, int], before: tuple[int, int]) -> None:
    edits = [make.edit(0, 1, "hello"), make.edit(3, 3, "!")]
    assert applied(b"a bcd", edits) == b"hello b!cd"
    assert span_before(Span(*written), edits) == before


@st.composite
def _texts_and_edits(draw: st.DrawFn) -> tuple[bytes, list[Edit]]:
    data = draw(st.binary(max_size=30).map(lambda raw: bytes(65 + byte % 26 for byte in raw)))
    offsets = sorted(draw(st.sets(st.integers(0, len(data)), max_size=8)))
    spans = [Span(start, end) for start, end in zip(offsets[::2], offsets[1::2], strict=False)]
    place = Position(1, 1)
    return data, [Edit(Location("a.py", span, place, place), draw(st.text("xyz", max_size=4))) for span in spans]


@given(_texts_and_edits())
def test_what_is_not_edited_keeps_its_place(case: tuple[bytes, list[Edit]]) -> None:
    data, edits = case
    after = applied(data, edits)
    for offset in range(len(after)):
        back = span_before(Span(offset, offset + 1), edits)
        inside = any(edit.span.start <= back.start <= edit.span.end for edit in edits)
        assert inside or data[back.start : back.end] == after[offset : offset + 1]

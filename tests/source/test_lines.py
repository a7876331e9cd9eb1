"""Offsets to places and back, for everything that makes the two differ."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asynclint.core.span import Position, Span
from asynclint.source.lines import LineTable, location
from asynclint.source.text import decode_source


def place_of(text: str, part: str) -> Position:
    data = text.encode()
    return LineTable(data).position(data.index(part.encode()))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("x = f()", (1, 5)),
        ("a\nx = f()", (2, 5)),
        ("a\r\nx = f()", (2, 5)),
        ("a\rx = f()", (2, 5)),
        ("a\r\n\rx = f()", (3, 5)),
        ("naïve = 1; f()", (1, 12)),
        ("s = '😀'; f()", (1, 10)),
        ("\tf()", (1, 2)),
        ("a\x0cf()", (1, 3)),
        ("a\x0b\x1c\x85\u2028f()", (1, 6)),
        ("x = '''\n\n'''; f()", (3, 6)),
    ],
)
def test_columns_count_code_points_and_lines_end_where_python_says(text: str, place: tuple[int, int]) -> None:
    assert place_of(text, "f()") == Position(*place)


def test_a_byte_order_mark_is_no_column() -> None:
    source = decode_source(b"\xef\xbb\xbff()", "/a.py", "a.py")
    assert source.lines.position(source.data.index(b"f()")) == Position(1, 1)


def test_the_end_of_the_text_has_a_place() -> None:
    assert LineTable(b"").position(0) == Position(1, 1)
    assert LineTable(b"a\n").position(2) == Position(2, 1)
    assert LineTable(b"ab").position(2) == Position(1, 3)


def test_lines_are_given_without_their_breaks() -> None:
    table = LineTable("a\r\nnaïve\rc".encode())
    assert [table.line_text(row) for row in range(1, len(table) + 1)] == ["a", "naïve", "c"]
    assert table.line_span(2) == Span(3, 9)


@pytest.mark.parametrize("row", [0, 4])
def test_there_are_no_other_lines(row: int) -> None:
    with pytest.raises(IndexError):
        LineTable(b"a\nb\nc").line_span(row)


def test_a_column_beyond_the_line_means_its_end() -> None:
    assert LineTable(b"ab\ncd").offset(Position(1, 99)) == 2


def test_a_location_carries_its_lines() -> None:
    source = decode_source(b"a = (\r\n  b,\r\n)\r\n", "/p/a.py", "a.py")
    found = location(source, Span(4, 14))
    assert (found.path, found.start, found.end) == ("a.py", (1, 5), (3, 2))
    assert found.lines == ("a = (", "  b,", ")")


@given(st.text(alphabet="aï😀\t\r\n\x0c\u2028"), st.data())
def test_offset_undoes_position(text: str, data: st.DataObject) -> None:
    table = LineTable(text.encode())
    before = text[: data.draw(st.integers(0, len(text)))]
    if before.endswith("\r") and text[len(before) : len(before) + 1] == "\n":
        return  # between the two bytes of a line break is no place
    offset = len(before.encode())
    assert table.offset(table.position(offset)) == offset

"""GitHub's hash of a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asynclint.report.line_hash import line_hashes

ENDED = [
    *("e9496ae3ebfced30:1", "fb7c023a8b9ccb3f:1", "ce8ba1a563dcdaca:1", "e20e36e16fcb0cc8:1"),
    *("b3edc88f2938467e:1", "c8e28b0b4002a3a0:1", "c129715d7a2bc9a3:1"),
]
KNOWN = [
    ("", ["c129715d7a2bc9a3:1"]),
    (" a\nb\n  \t\tc\n d", ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]),
    (
        " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End",
        [
            *("8b7cf3e952e7aeb2:1", "b1ae1287ec4718d9:1", "bff680108adb0fcc:1"),
            *("c6805c5e1288b612:1", "b86d3392aea1be30:1", "e6ceba753e1a442:1"),
        ],
    ),
    (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", ENDED),
    (" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", ENDED),
    (" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", ENDED),
    (" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n", ENDED),
    (
        "Lorem ipsum dolor sit amet.\n" * 10,
        [
            *(f"a7f2ff13bc495cf2:{number}" for number in range(1, 7)),
            *("a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1", "55ec222b86bcae53:1"),
            *("cc97dc7b1d7d8f7b:1", "c129715d7a2bc9a3:1"),
        ],
    ),
]
"""The texts and hashes of the action's own tests."""


@pytest.mark.parametrize(("text", "hashes"), KNOWN)
def test_hashes_are_those_of_github(text: str, hashes: list[str]) -> None:
    assert line_hashes(text, range(1, 100)) == dict(enumerate(hashes, start=1))


def test_only_the_rows_asked_for_are_told_and_all_are_counted() -> None:
    assert line_hashes("Lorem ipsum dolor sit amet.\n" * 10, {3, 9, 70}) == {
        3: "a7f2ff13bc495cf2:3",
        9: "55ec222b86bcae53:1",
    }
    assert line_hashes("x\n", ()) == {}


def rolled(text: str) -> list[str]:
    """The hashes as the action computes them: a character at a time, with a window that rolls over the text."""
    window, rows, index, value = [0] * 100, [0] * 100, 0, 0
    counts: dict[str, int] = {}
    found: list[str] = []

    def push(unit: int) -> None:
        nonlocal index, value
        value = (value * 37 + unit - window[index] * 37**100) % 2**64
        window[index] = unit
        index = (index + 1) % 100

    def tell() -> None:
        if rows[index]:
            text = f"{value:x}"
            counts[text] = counts.get(text, 0) + 1
            found.append(f"{text}:{counts[text]}")
            rows[index] = 0

    raw = text.encode("utf-16-le", "surrogatepass")
    at_start, after_return = True, False
    for unit in [*(raw[place] | raw[place + 1] << 8 for place in range(0, len(raw), 2)), 65535]:
        if unit in (32, 9) or (after_return and unit == 10):
            after_return = False
            continue
        after_return = unit == 13
        tell()
        rows[index] = int(at_start)
        at_start = unit in (10, 13)
        push(10 if after_return else unit)
    for _ in range(100):
        tell()
        push(0)
    return found


@given(st.text(alphabet=st.sampled_from("a \t\r\nï😀\ufeff\x0c(")))
def test_any_text_is_hashed_as_the_action_does(text: str) -> None:
    for whole in (text, f"{text}\n" * 12):
        expected = dict(enumerate(rolled(whole), start=1))
        assert line_hashes(whole, expected) == expected

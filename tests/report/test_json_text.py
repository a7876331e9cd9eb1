"""JSON that every reader takes."""

from __future__ import annotations

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from asynclint.report.json_text import json_text

TEXT = st.text(alphabet=st.characters(exclude_categories=()) | st.sampled_from("\\ud8\ud83d\ude00\udcef😀"))


def test_half_a_pair_becomes_text_and_pairs_stay() -> None:
    assert json_text(["na\udcefve", "😀", "\\udcef", "\ud83d\ude00"]) == (
        '[\n  "na\\\\udcefve",\n  "\\ud83d\\ude00",\n  "\\\\udcef",\n  "\\ud83d\\ude00"\n]\n'
    )


@given(TEXT)
def test_any_text_can_be_read_again(text: str) -> None:
    written = json_text({"text": text})
    assert written.isascii()
    assert msgspec.json.decode(written) == json.loads(written)
    if not any("\ud800" <= char <= "\udfff" for char in text):
        assert json.loads(written) == {"text": text}

"""JSON as it is written, whatever stands in the strings."""

from __future__ import annotations

import json
import re

import msgspec

_SURROGATES = re.compile(r"\\\\|\\ud[89ab]..\\ud[c-f]..|\\(?P<alone>ud[89a-f]..)")
"""In JSON of ASCII: an escaped backslash, a pair, or half a pair."""


def json_text(value: object) -> str:
    r"""Indented JSON in ASCII, which any output can carry.

    Bytes of file names that are no UTF-8 come as half a surrogate pair, which no strict reader takes; they become
    text such as `\udcef`.
    """
    return msgspec.json.format(without_surrogates(json.dumps(value)), indent=2) + "\n"


def without_surrogates(text: str) -> str:
    """JSON of ASCII with halves of surrogate pairs made text."""
    if "\\ud" not in text:
        return text
    return _SURROGATES.sub(lambda found: f"\\\\{found['alone']}" if found["alone"] else found[0], text)

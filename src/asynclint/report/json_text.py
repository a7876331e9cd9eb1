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
    text = json.dumps(value)
    if "\\ud" in text:
        text = _SURROGATES.sub(lambda found: f"\\\\{found['alone']}" if found["alone"] else found[0], text)
    return msgspec.json.format(text, indent=2) + "\n"

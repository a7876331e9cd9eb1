"""JSON as it is written, whatever stands in the strings."""

from __future__ import annotations

import json
import re

import msgspec

_SURROGATES = re.compile(r"\\\\|\\ud[89ab]..\\ud[c-f]..|\\(?P<alone>ud[89a-f]..)")
"""In JSON of ASCII: an escaped backslash, a pair, or half a pair."""

_LOG_COMMAND = re.compile(r"(?i)##(?=[a-z]*\[)")
"""`##vso[…]` and its like, which can only stand within a string."""


def json_text(value: object) -> str:
    """Indented JSON, with the properties of `json_line`."""
    return msgspec.json.format(json_line(value), indent=2) + "\n"


def json_line(value: object, *, compact: bool = False) -> str:
    r"""JSON in ASCII, which any output can carry, without a command to the build server whose log it may stand in.

    Bytes of file names that are no UTF-8 come as half a surrogate pair, which no strict reader takes; they become
    text such as `\udcef`.
    """
    return _LOG_COMMAND.sub(
        r"#\\u0023", _without_surrogates(json.dumps(value, separators=(",", ":") if compact else None))
    )


def _without_surrogates(text: str) -> str:
    if "\\ud" not in text:
        return text
    return _SURROGATES.sub(lambda found: f"\\\\{found['alone']}" if found["alone"] else found[0], text)

"""The hash by which GitHub recognises a line after it has moved, `primaryLocationLineHash`.

GitHub's `upload-sarif` action computes it where a report has none, and keeps that of the report otherwise. The same
value in both spares users duplicate alerts: https://github.com/github/codeql-action, `src/fingerprints.ts`.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from operator import mul
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_WINDOW = 100
"""How many characters, in UTF-16 units, are hashed from the start of a line on; spaces and tabs do not count."""
_MODULUS = 2**64
_POWERS = tuple(pow(37, exponent, _MODULUS) for exponent in reversed(range(_WINDOW)))

_LINE_BREAK = re.compile(r"\r\n?")
_SPACING = str.maketrans("", "", " \t")
_LINE_FEED = ord("\n")
_END_OF_FILE = 0xFFFF


def line_hashes(text: str, rows: Collection[int]) -> dict[int, str]:
    """The hashes of those of the rows that the text has, counted from 1.

    A hash is hexadecimal, and after a colon says for the how manyth time it occurs in the text.
    """
    units = _units(text)
    starts = [0, *(place + 1 for place, unit in enumerate(units) if unit == _LINE_FEED)]
    units.extend([_END_OF_FILE, *[0] * _WINDOW])
    seen: Counter[str] = Counter()
    hashes: dict[int, str] = {}
    for row, start in enumerate(starts[: max(rows, default=0)], start=1):
        value = f"{sum(map(mul, units[start : start + _WINDOW], _POWERS)) % _MODULUS:x}"
        seen[value] += 1
        if row in rows:
            hashes[row] = f"{value}:{seen[value]}"
    return hashes


def _units(text: str) -> array[int]:
    """The text in UTF-16 without its spacing, every line ended by a line feed."""
    encoded = _LINE_BREAK.sub("\n", text).translate(_SPACING).encode("utf-16-le", "surrogatepass")
    return array("H", [low | high << 8 for low, high in zip(encoded[::2], encoded[1::2], strict=True)])

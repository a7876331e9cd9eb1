"""What would change, as a unified diff."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def unified_diff(path: str, before: str, after: str) -> str:
    """The changes of one file, line ends kept as they are; empty where there are none."""
    name = _name(path)
    lines = difflib.unified_diff(_lines(before), _lines(after), name, name)
    return "".join(_terminated(lines))


def _name(path: str) -> str:
    """The name of a file as git writes it: what is no plain text in quotes, byte by byte, and a tab after blanks."""
    if path.isprintable() and not _SPECIAL.intersection(path):
        return f"{path}\t" if " " in path else path
    data = path.encode("utf-8", "surrogateescape")
    return '"' + "".join(chr(byte) if chr(byte) in _PLAIN else f"\\{byte:03o}" for byte in data) + '"'


_SPECIAL = frozenset('"\\#')
"""What begins an escape, or a command to a build server."""
_PLAIN = frozenset(map(chr, range(0x20, 0x7F))) - _SPECIAL


def _lines(text: str) -> list[str]:
    """Split at line feeds only, as the tools that read diffs do."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1].removesuffix("\n")
    return lines if lines[-1] else lines[:-1]


def _terminated(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"

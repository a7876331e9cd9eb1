"""Modules that somebody wrote, broken by a few changes of their tokens, their lines, their comments or their bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.fuzz.programs import COMMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_BYTES = (
    b"\0", b"\xff", b"\xef\xbb\xbf", b"\x1b[31m", b"\x0c", b"\r", "é\u2028".encode(), b"(" * 30, b"\\", b"\\\n", b"'''",
    b'f"{', b"\t", b"\x85", b"# coding: latin-1\n", b"# -*- coding: utf-8-sig -*-\n", b"\xed\xa0\x80", "\u202e\u200b".encode(),
)  # fmt: skip


def broken(random: Random, seeds: Sequence[str]) -> bytes:
    """What some module became by a few changes."""
    text = random.choice(seeds)
    for _ in range(random.randint(1, 3)):
        text = random.choice((_of_tokens, _of_lines, commented))(random, text, random.choice(seeds))
    data = text.encode("utf-8", "surrogatepass")
    return _of_bytes(random, data) if random.random() < 0.3 else data


def part(random: Random, text: str, most: int = 40) -> str:
    """Some rows of a module in a row, from one that is not indented on, so that it often can be read by itself."""
    lines = text.splitlines(keepends=True)
    starts = [row for row, line in enumerate(lines) if line[:1].strip(" \t\r\n)]}#")] or [0]
    start = random.choice(starts)
    ends = [row for row in starts if start < row <= start + most]
    return "".join(lines[start : random.choice(ends) if ends else start + most])


def _of_tokens(random: Random, text: str, other: str) -> str:
    tokens, others = _TOKEN.findall(text), _TOKEN.findall(other)
    for _ in range(random.randint(1, 6)):
        if not tokens or not others:
            return other
        at = random.randrange(len(tokens))
        match random.randint(0, 4):
            case 0:
                del tokens[at]
            case 1:
                tokens.insert(at, random.choice(others))
            case 2:
                tokens[at] = random.choice(others)
            case 3:
                to = random.randrange(len(tokens))
                tokens[at], tokens[to] = tokens[to], tokens[at]
            case _:
                tokens[at:at] = tokens[at : at + random.randint(1, 12)] * random.randint(1, 3)
    return "".join(tokens)


def _of_lines(random: Random, text: str, other: str) -> str:
    lines, others = text.splitlines(keepends=True), other.splitlines(keepends=True)
    if not lines or not others:
        return other
    at, to = random.randrange(len(lines)), random.randrange(len(others))
    match random.randint(0, 3):
        case 0:
            del lines[at : at + random.randint(1, 4)]
        case 1:
            lines[at:at] = others[to : to + random.randint(1, 8)]
        case 2:
            lines[at] = random.choice((" ", "    ", "\t", "\f")) + lines[at]
        case _:
            lines = lines[:at] + others[to:]
    return "".join(lines).replace("\n", random.choice(("\n", "\n", "\n", "\r\n", "\r")))


def commented(random: Random, text: str, _other: str = "") -> str:
    """With comments that mean something to the tool at the ends of some rows."""
    lines = text.splitlines()
    for _ in range(random.randint(1, 4)):
        if lines:
            at = random.randrange(len(lines))
            lines[at] += random.choice(("", " ", "  ")) + comment(random)
    return "\n".join(lines)


_WORDS = (
    "noqa", "NoQA", "asynclint", "ignore", "ignore-next", "ignore-file", "disable", "enable", "ASL101", "ASL201", "ASL2",
    "asl201", "RUF006", "blocking-sleep", "unused-suppression", "ASL001", "ASL20l", "all", "reason", "é", "\u202e", "\x1b[1m",
)  # fmt: skip
_MARKS = (":", ": ", "[", "]", ",", ", ", " ", "  ", "-", " - ", "#", " # ", "=", "(", "\t", "\x0c", "\\", ";", "")


def comment(random: Random) -> str:
    """One of those that people write, or words of that language in any order."""
    if random.random() < 0.4:
        return random.choice(COMMENTS)
    head = random.choice(("# noqa", "# noqa:", "# asynclint: ignore[", "# asynclint: ", "#", "# asynclint: disable["))
    return head + "".join(random.choice(_WORDS) + random.choice(_MARKS) for _ in range(random.randint(0, 6)))


def _of_bytes(random: Random, data: bytes) -> bytes:
    edited = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.choice((0, random.randrange(len(edited) + 1), random.randrange(len(edited) + 1)))
        edited[at:at] = random.choice(_BYTES)
        del edited[at + 4 : at + 4 + random.choice((0, 0, 1, 50))]
    return bytes(edited)

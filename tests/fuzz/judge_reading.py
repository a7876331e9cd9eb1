"""What must hold of the reading of any bytes as a module."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import tokenize
import warnings

from tests.fuzz.promises import BrokenPromiseError, judge_line

from asynclint.flow.errors import LowerError
from asynclint.flow.ir import decode_module, encode_module
from asynclint.flow.lower import lower
from asynclint.source.comments import read_comments
from asynclint.source.lines import LineTable
from asynclint.source.text import UnreadableFile, decode_source


def judge_reading(data: bytes) -> None:
    """The text of a module, its lines, its comments, and the form that both front ends make of it."""
    try:
        source = decode_source(data, "/m.py", "m.py")
    except UnreadableFile as error:
        judge_line(str(error))
        return
    _judge_lines(source.data)
    _judge_comments(source.data)
    try:
        lowered = lower(source.text)
    except LowerError as error:
        _judge_refusal(error, source.text)
        return
    encoded = encode_module(lowered.ir)
    if encode_module(decode_module(encoded)) != encoded:
        raise BrokenPromiseError("what is kept of a module is not what was made of it")
    if lowered.front_end == "libcst":
        return
    try:
        other = lower(source.text, reference=True)
    except LowerError as error:
        _judge_refusal(error, source.text)  # libcst has gaps, and the guard before it is stricter than `ast`
    else:
        if encode_module(other.ir) != encoded:
            raise BrokenPromiseError("the front ends do not agree")


def _judge_refusal(error: LowerError, text: str) -> None:
    judge_line(error.message)
    rows = len(re.split(r"\r\n?|\n", text))
    if not (1 <= error.row <= rows and error.column >= 1):
        raise BrokenPromiseError(f"an error in row {error.row} of {rows}, column {error.column}")


def _judge_lines(data: bytes) -> None:
    lines = LineTable(data)
    for offset in {0, len(data) // 3, len(data) // 2, len(data)}:
        place = lines.position(offset)
        back = lines.offset(place)
        start = lines.line_span(place.row).start
        if not start <= back <= offset or offset - back > 3 + len(b"\r\n"):
            raise BrokenPromiseError(f"offset {offset} becomes {place}, which becomes {back}")


def _judge_comments(data: bytes) -> None:
    comments = read_comments(data)
    if any(data[span.start : span.start + 1] != b"#" for span in comments.comments):
        raise BrokenPromiseError("a comment that does not begin with `#`")
    if list(comments.logical_lines) != sorted(comments.logical_lines):
        raise BrokenPromiseError("logical lines out of order")
    if not is_python(data):
        return
    found = [data[span.start : span.end].decode() for span in comments.comments]
    with contextlib.suppress(tokenize.TokenError, SyntaxError, UnicodeDecodeError):
        tokens = tokenize.generate_tokens(io.StringIO(data.decode(), newline="").readline)
        expected = [token.string for token in tokens if token.type == tokenize.COMMENT]
        if b"\r" not in data and b"\0" not in data and b"\x0c" not in data and found != expected:
            raise BrokenPromiseError(f"comments {found}, but Python finds {expected}")


def is_python(data: bytes) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(data)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True

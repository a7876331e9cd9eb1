"""From a module's text to its intermediate representation, by the fast front end where it can."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from asynclint.flow.errors import LowerError, NestingTooDeep
from asynclint.flow.from_ast import lower_ast

if TYPE_CHECKING:
    from libcst import ParserSyntaxError

    from asynclint.flow.ir import ModuleIR

__all__ = ["LowerError", "Lowered", "NestingTooDeep", "lower"]

FrontEnd = Literal["ast", "libcst"]


@dataclass(frozen=True, slots=True)
class Lowered:
    """A module, and who read it."""

    ir: ModuleIR
    front_end: FrontEnd


def lower(text: str, *, reference: bool = False) -> Lowered:
    """Lower a module's text, which has no byte order mark.

    `reference` forces the slow front end, which otherwise reads only what the running interpreter refuses.

    Raises:
        LowerError: neither front end reads the text.
        NestingTooDeep: its nesting is beyond what they, or the analysis, can follow.
    """
    refused: LowerError | None = None
    if not reference:
        try:
            return Lowered(lower_ast(text), "ast")
        except SyntaxError as error:
            refused = _from_syntax_error(error, text)
            newer = _lower_newer(text)
            if newer is not None:
                return Lowered(newer, "ast")
        except KeyError:  # a kind of node newer than this module
            refused = LowerError("syntax of a Python version that asynclint does not know", 1)
        except (RecursionError, MemoryError):
            _check_depth(text)  # to name the line
            raise NestingTooDeep(1) from None
    return Lowered(_lower_by_libcst(text, refused), "libcst")


def _lower_newer(text: str) -> ModuleIR | None:
    """By `ast` too, where all that it refuses is syntax newer than itself."""
    from asynclint.flow.newer_syntax import parse_newer  # noqa: PLC0415 - seldom needed

    try:
        return lower_ast(text, parse_newer)
    except (SyntaxError, KeyError, RecursionError, MemoryError, NestingTooDeep):
        return None  # libcst says more


def _lower_by_libcst(text: str, refused: LowerError | None) -> ModuleIR:
    _check_characters(text)
    try:
        _check_depth(text)
    except NestingTooDeep:
        if refused is not None and refused.message.endswith("was never closed"):
            raise refused from None  # which is why it looks deep
        raise
    # Most runs never need libcst, and it takes longer to import than many files to lower.
    from libcst import ParserSyntaxError  # noqa: PLC0415 - see above

    from asynclint.flow.from_cst import lower_cst  # noqa: PLC0415 - see above

    try:
        return lower_cst(text)
    except (RecursionError, MemoryError):
        raise NestingTooDeep(1) from None
    except ParserSyntaxError as error:
        raise _better(refused, _from_parser_error(error, text)) from error
    except Exception as error:  # its own defects, such as refusing to concatenate t-strings, come in any type
        what = " ".join(str(error).split())
        raise refused or LowerError(f"libcst does not read this file: {what}", 1) from error


def _check_depth(text: str) -> None:
    from asynclint.flow.depth import check_depth  # noqa: PLC0415 - seldom needed, and its patterns take time to compile

    check_depth(text)


_UNREADABLE: Final = re.compile("[\0\ud800-\udfff]")


def _check_characters(text: str) -> None:
    found = _UNREADABLE.search(text)
    if found is not None:
        what = "a null character" if found.group() == "\0" else "a lone surrogate"
        raise LowerError(f"the file contains {what}", *_position(text, found.start()))


def _position(text: str, offset: int) -> tuple[int, int]:
    before = re.split(r"\r\n?|\n", text[:offset])
    return len(before), len(before[-1]) + 1


def _from_syntax_error(error: SyntaxError, text: str) -> LowerError:
    return _at(" ".join(str(error.msg).split()), error.lineno or 1, error.offset or 1, text)


def _from_parser_error(error: ParserSyntaxError, text: str) -> LowerError:
    """What libcst says of an error is a list of all tokens it would have liked better: only the place is of use."""
    place = re.search(r"error at (\d+):(\d+)", error.message)
    row, column = (int(place[1]), int(place[2])) if place else (error.raw_line, 1)
    return _at("invalid syntax", row, column, text)


def _at(message: str, row: int, column: int, text: str) -> LowerError:
    """An error at this place, or the nearest one that exists: both parsers may point beyond an end."""
    rows = re.split(r"\r\n?|\n", text)
    row = min(max(row, 1), len(rows))
    return LowerError(message, row, min(max(column, 1), len(rows[row - 1]) + 1))


_BEGINS_EARLY: Final = re.compile("was never closed|unterminated")
"""What `ast` says of a defect that shows only later: the place where it begins is the better one to name."""
_BLUR: Final = 2
"""Rows by which libcst may place the same error later than `ast`."""


def _better(by_ast: LowerError | None, by_libcst: LowerError) -> LowerError:
    """The error to report: a front end that got further has seen the defect, the other one new syntax before it."""
    if by_ast is None:
        return by_libcst
    got_further = by_libcst.row > by_ast.row + _BLUR and not _BEGINS_EARLY.search(by_ast.message)
    return by_libcst if got_further else by_ast

"""Syntax newer than the running interpreter, read by its own parser all the same.

Four forms of Python 3.12 to 3.14 make up nearly all that older interpreters refuse. Each is overwritten in place with
one that they read, so that every offset stays what it was, and in the tree the original is put back:

    type Pair[T] = tuple[T, T]          type_Pair    = tuple[T, T]
    def first[T](items: list[T]) -> T:  def first   (items: list[T]) -> T:
    class Box[T]:                       class Box   :
    except KeyError, IndexError:        except KeyError| IndexError:

That takes a twentieth of the time that libcst takes for a module. What is left over is for libcst to read.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from asynclint.flow.from_ast import TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORM: Final = re.compile(
    rb"""^[ \t]*(?:
    type[ \t]+(?P<alias>[A-Za-z_]\w*)[ \t]*(?=\[|=[^=])
    | (?:async[ \t]+)?(?:def|class)[ \t]+[A-Za-z_]\w*[ \t]*(?=\[)
    | except(?:[ \t]*\*[ \t]*|[ \t]+)(?P<caught>[A-Za-z_][\w.]*(?:[ \t]*,[ \t]*[A-Za-z_][\w.]*)+)(?=[ \t]*:)
    )""",
    re.VERBOSE | re.MULTILINE,
)
_PARAMETER: Final = re.compile(rb"[ \t]*+\**+[ \t]*+([A-Za-z_]\w*)")
_BRACKET: Final = re.compile(rb"[\[\](){},\r\n#'\"\\]")


class TypeParam(NamedTuple):
    """One of the parameters of a generic definition, as far as names go."""

    name: str


@dataclass(slots=True)
class _Rewritten:
    """A text in the older forms, and what stood there: each by the offset of its statement, `caught` by its own."""

    data: bytearray
    aliases: dict[int, str] = field(default_factory=dict)
    params: dict[int, list[TypeParam]] = field(default_factory=dict)
    caught: set[int] = field(default_factory=set)


def parse_newer(text: str) -> ast.Module:
    """The tree of a text that the running interpreter refuses. Raises SyntaxError where this is no help."""
    rewritten = _rewritten(text.encode())
    left = len(rewritten.aliases) + len(rewritten.params) + len(rewritten.caught)
    if not left:
        raise SyntaxError("no syntax that is known to be newer")
    tree = ast.parse(rewritten.data.decode())
    if _restored(tree, rewritten) != left:
        raise SyntaxError("what looks like newer syntax stands in a string")
    return tree


# -- writing the older forms -----------------------------------------------------------------------------------------


def _rewritten(data: bytes) -> _Rewritten:
    result = _Rewritten(bytearray(data))
    for form in _FORM.finditer(data):
        start = form.start() + len(form[0]) - len(form[0].lstrip())
        if form["caught"] is not None:
            result.caught.add(form.start("caught"))
            result.data[slice(*form.span("caught"))] = form["caught"].replace(b",", b"|")
        elif form["alias"] is not None:
            _rewrite_alias(result, form, start)
        else:
            _rewrite_params(result, form.end(), start)
    return result


def _rewrite_alias(result: _Rewritten, form: re.Match[bytes], start: int) -> None:
    if result.data[form.end()] == ord("["):
        end = _blanked(result.data, form.end())
        if end is None:
            return
    result.aliases[start] = form["alias"].decode()
    between = slice(start + len("type"), form.start("alias"))
    result.data[between] = b"_" * len(result.data[between])


def _rewrite_params(result: _Rewritten, opening: int, start: int) -> None:
    names = _parameters(result.data, opening)
    if _blanked(result.data, opening) is not None:
        result.params[start] = names


def _blanked(data: bytearray, opening: int) -> int | None:
    """Overwrites brackets and what is in them; None, and nothing done, where that goes over several rows."""
    closing = next((place for place, depth in _commas_and_end(data, opening) if depth == 0), None)
    if closing is None:
        return None
    data[opening : closing + 1] = b" " * (closing + 1 - opening)
    return closing + 1


def _parameters(data: bytearray, opening: int) -> list[TypeParam]:
    places = [opening, *(place for place, depth in _commas_and_end(data, opening) if depth == 1)]
    found = (_PARAMETER.match(data, place + 1) for place in places)
    return [TypeParam(name[1].decode()) for name in found if name is not None]


def _commas_and_end(data: bytearray, opening: int) -> Iterator[tuple[int, int]]:
    """The commas directly inside brackets (with depth 1), and where these end (0); strings in them end it early."""
    depth = 0
    for token in _BRACKET.finditer(data, opening):
        match token.group():
            case b"[" | b"(" | b"{":
                depth += 1
            case b"]" | b")" | b"}":
                depth -= 1
                if not depth:
                    yield token.start(), 0
                    return
            case b",":
                if depth == 1:
                    yield token.start(), 1
            case _:
                return


# -- putting the newer ones back -------------------------------------------------------------------------------------


def _restored(tree: ast.Module, rewritten: _Rewritten) -> int:
    """How many forms were found in the tree, and put back."""
    lines = [0, *accumulate(map(len, bytes(rewritten.data).splitlines(keepends=True)), initial=0)]
    count = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type
            if caught is not None and lines[caught.lineno] + caught.col_offset in rewritten.caught:
                node.type = ast.copy_location(ast.Tuple(_alternatives(caught), ast.Load()), caught)
                count += 1
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            params = rewritten.params.get(lines[node.lineno] + node.col_offset)
            if params is not None:
                node.type_params = params  # type: ignore[union-attr]
                count += 1
        for block in _blocks(node) if rewritten.aliases else ():
            for place, statement in enumerate(block):
                name = rewritten.aliases.get(lines[statement.lineno] + statement.col_offset)
                if name is not None and isinstance(statement, ast.Assign):
                    alias = TypeAlias(ast.Name(name, ast.Store()), statement.value)
                    block[place] = ast.copy_location(alias, statement)
                    count += 1
    return count


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            yield block


def _alternatives(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*_alternatives(node.left), node.right]
    return [node]

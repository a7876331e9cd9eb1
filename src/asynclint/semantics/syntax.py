"""The libcst view of one statement: a candidate of the analysis is settled here, and its edits are built on it.

Parsing the smallest statement around a candidate costs well under a millisecond, its module up to seconds. libcst is
imported on first use only, so importing this module stays free of charge.
"""
# ruff: noqa: PLC0415 - libcst takes 60 ms to import; a run without candidates never pays for it

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, TypeAlias, TypeVar, cast

from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.flow.depth import check_depth

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import libcst as cst
    from libcst.metadata import CodeSpan

    Node = TypeVar("Node", bound=cst.CSTNode)
    Node_co = TypeVar("Node_co", bound=cst.CSTNode, covariant=True)
else:
    Node = TypeVar("Node")
    Node_co = TypeVar("Node_co", covariant=True)

Kind: TypeAlias = Literal["call", "attribute", "subscript", "name", "await", "expression"]
"""What a candidate is expected to be; "expression" takes any."""


@dataclass(frozen=True, slots=True)
class NodeMatch(Generic[Node_co]):
    """A libcst node, the statement it was found in, and its span in the file (without parentheses around it)."""

    syntax: StatementSyntax
    node: Node_co
    span: Span

    @property
    def text(self) -> str:
        return self.syntax.text(self.span)


class _Frame(NamedTuple):
    """What to write around a piece of source so that it is a module by itself."""

    prefix: str
    suffix: str


class StatementSyntax:
    """One statement, compound header, decorator or expression, parsed by itself; all spans are those of the file."""

    def __init__(self, data: bytes, module: cst.Module, shift: int) -> None:
        """`shift` is what must be added to an offset in `module`, in bytes, to get one in `data`."""
        self.data = data
        self._module = module
        self._shift = shift

    @classmethod
    def parse(cls, data: bytes, start: int, end: int, *, header: bool = False) -> StatementSyntax | None:
        """Parses `data[start:end]`, or returns None where libcst cannot.

        With `header`, the range runs from the start of a compound statement (or clause) to the start of the first
        statement of a body of it. The text of the statement must be valid UTF-8.
        """
        import libcst as cst

        source = data[start:end].decode()
        check_depth(source)
        for frame in _frames(data, source, start, header=header):
            try:
                module = cst.parse_module(frame.prefix + source + frame.suffix)
            except cst.ParserSyntaxError:
                continue
            return cls(data, module, start - len(frame.prefix.encode()))
        return None

    def span_of(self, node: cst.CSTNode) -> Span:
        """Without the parentheses around an expression, as the standard `ast` counts."""
        return self._spans[node]

    def outer_span_of(self, node: cst.CSTNode) -> Span:
        """With the parentheses that belong to an expression."""
        span = self._spans[node]
        left = getattr(node, "lpar", ())
        right = getattr(node, "rpar", ())
        if not left or not right:
            return span
        return Span(self._spans[left[0]].start, self._spans[right[-1]].end)

    def text(self, span: Span) -> str:
        """The source of a range, exactly as it stands in the file."""
        return self.data[span.start : span.end].decode()

    def match(self, node: Node) -> NodeMatch[Node]:
        return NodeMatch(self, node, self.span_of(node))

    def node_at(self, span: Span, kind: type[Node]) -> NodeMatch[Node] | None:
        """The node of a kind that covers exactly a span."""
        for node, found in self._spans.items():
            if found == span and isinstance(node, kind):
                return NodeMatch(self, node, found)
        return None

    def definition(self) -> NodeMatch[cst.FunctionDef] | None:
        """The outermost function that is defined here."""
        import libcst as cst

        found = [node for node in self._spans if isinstance(node, cst.FunctionDef)]
        written = [node for node in found if self.span_of(node).start >= self._shift]
        return self.match(min(written, key=self.span_of)) if written else None

    def call_at(self, span: Span) -> NodeMatch[cst.Call] | None:
        import libcst as cst

        return self.node_at(span, cst.Call)

    def calls(self) -> Iterator[NodeMatch[cst.Call]]:
        """Every call in the order of evaluation of the innermost one first."""
        import libcst as cst

        for node, span in self._spans.items():
            if isinstance(node, cst.Call):
                yield NodeMatch(self, node, span)

    def interpolated(self) -> Iterator[NodeMatch[cst.CSTNode]]:
        """Every f-string and t-string, and every concatenation of strings."""
        for node, span in self._spans.items():
            if _is_interpolated(node):
                yield NodeMatch(self, node, span)

    def inside(self, around: Span, kind: type[Node]) -> Iterator[NodeMatch[Node]]:
        """Every node of a kind in a range."""
        for node, span in self._spans.items():
            if isinstance(node, kind) and around.start <= span.start and span.end <= around.end:
                yield NodeMatch(self, node, span)

    def parents(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around a node, innermost first."""
        parent = self._parents.get(node)
        while parent is not None:
            yield parent
            parent = self._parents.get(parent)

    @cached_property
    def _spans(self) -> Mapping[cst.CSTNode, Span]:
        from libcst.metadata import ByteSpanPositionProvider

        # A tree fresh from the parser holds no node twice, so it needs no `MetadataWrapper`, which copies trees and
        # goes through them once more for providers that this is none of: that took two thirds of the time.
        provider = ByteSpanPositionProvider()
        shift = self._shift
        with _room_for_recursion():
            provider._gen_impl(self._module)  # noqa: SLF001 - as `MetadataWrapper.resolve` does
        found = cast("dict[cst.CSTNode, CodeSpan]", provider._computed)  # noqa: SLF001 - as above
        return {node: Span(span.start + shift, span.start + span.length + shift) for node, span in found.items()}

    @cached_property
    def _parents(self) -> Mapping[cst.CSTNode, cst.CSTNode]:
        parents: dict[cst.CSTNode, cst.CSTNode] = {}
        pending: list[cst.CSTNode] = [self._module]
        while pending:
            node = pending.pop()
            for child in node.children:
                parents[child] = node
                pending.append(child)
        return parents


def settle(  # noqa: PLR0913 - each is a fact of the candidate
    data: bytes,
    statement: Span,
    candidate: Span,
    *,
    header: bool = False,
    kind: Kind = "call",
    callee: str = "",
    occurrence: int = 0,
) -> Span | None:
    """The exact span of the libcst node that confirms a candidate, or None where libcst finds no such node.

    `statement` and `header` are as in `StatementSyntax.parse`. Inside an f-string the analysis knows only the span of
    the whole literal: there `callee` (see `callee_text`) names the call that is meant, and `occurrence` counts
    calls with that text from 0.
    """
    syntax = StatementSyntax.parse(data, statement.start, statement.end, header=header)
    if syntax is None:
        return None
    match = find(syntax, candidate, kind=kind, callee=callee, occurrence=occurrence)
    return None if match is None else match.span


def find(
    syntax: StatementSyntax, candidate: Span, *, kind: Kind = "call", callee: str = "", occurrence: int = 0
) -> NodeMatch[cst.BaseExpression] | None:
    """As `settle`, on a statement that is already parsed."""
    exact = syntax.node_at(candidate, _node_type(kind))
    if exact is not None and not _is_interpolated(exact.node):
        return exact
    if callee and kind == "call":
        return _call_in_f_string(syntax, candidate, callee, occurrence)
    if callee:
        return _name_in_f_string(syntax, candidate.start, kind, callee, occurrence)
    return exact


def callee_text(expression: ir.Expr) -> str:
    """What `settle` compares inside f-strings: names and attributes with dots, `()` for a call, `[]` for an index."""
    match expression:
        case ir.Name():
            return expression.id
        case ir.Attribute():
            return f"{callee_text(expression.value)}.{expression.attr}"
        case ir.Call():
            return f"{callee_text(expression.func)}()"
        case ir.Subscript():
            return f"{callee_text(expression.value)}[]"
        case _:
            return "?"


def _callee_text(node: cst.BaseExpression) -> str:
    import libcst as cst

    match node:
        case cst.Name():
            return node.value
        case cst.Attribute():
            return f"{_callee_text(node.value)}.{node.attr.value}"
        case cst.Call():
            return f"{_callee_text(node.func)}()"
        case cst.Subscript():
            return f"{_callee_text(node.value)}[]"
        case _:
            return "?"


def _call_in_f_string(
    syntax: StatementSyntax, literal: Span, callee: str, occurrence: int
) -> NodeMatch[cst.Call] | None:
    calls = (match for match in syntax.calls() if literal.start <= match.span.start and match.span.end <= literal.end)
    matching = sorted(
        (match for match in calls if _callee_text(match.node.func) == callee), key=lambda match: match.span
    )
    return matching[occurrence] if occurrence < len(matching) else None


def _name_in_f_string(
    syntax: StatementSyntax, start: int, kind: Kind, text: str, occurrence: int
) -> NodeMatch[cst.BaseExpression] | None:
    """A name or attribute in the f-string that starts at `start`: the analysis knows no more of its place."""
    literals = (match for match in syntax.interpolated() if match.span.start == start)
    literal = max(literals, key=lambda match: match.span.end, default=None)
    if literal is None:
        return None
    matching = sorted(
        (match for match in syntax.inside(literal.span, _node_type(kind)) if _callee_text(match.node) == text),
        key=lambda match: match.span,
    )
    return matching[occurrence] if occurrence < len(matching) else None


def _is_interpolated(node: cst.CSTNode) -> bool:
    import libcst as cst

    return isinstance(node, cst.FormattedString | cst.TemplatedString | cst.ConcatenatedString)


def _node_type(kind: Kind) -> type[cst.BaseExpression]:
    import libcst as cst

    # Annotated as plain types, because mypy takes no abstract class where a type of a class is asked for.
    types: dict[Kind, type] = {
        "call": cst.Call,
        "attribute": cst.Attribute,
        "subscript": cst.Subscript,
        "name": cst.Name,
        "await": cst.Await,
        "expression": cst.BaseExpression,
    }
    return types[kind]


_ROOM = 10_000
"""Frames that libcst's code generation may take: about twelve a level, and the depth guard stands before."""


@contextmanager
def _room_for_recursion() -> Iterator[None]:
    """Calls between Python functions take no space on the C stack, so a higher limit is safe."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _ROOM))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


_CLAUSE = re.compile(r"(?:(elif|else)|(except|finally)|(case))\b")


def _frames(data: bytes, source: str, start: int, *, header: bool) -> Iterator[_Frame]:
    """The frames to try, the likeliest first."""
    for prefix in _prefixes(data, source, start, header=header):
        for suffix in _suffixes(source, header=header):
            yield _Frame(prefix, suffix)


def _prefixes(data: bytes, source: str, start: int, *, header: bool) -> Iterator[str]:
    opening = _opening(source) if header else ""
    yield opening.format(indent="")
    # Text over several lines has lost the indentation of its first one; a clause at that depth needs it back.
    indent = _indentation(data, start)
    if indent:
        yield f"if 1:\n{indent}" + opening.format(indent=indent)


def _opening(source: str) -> str:
    """What must stand before a clause that cannot begin a statement."""
    clause = _CLAUSE.match(source)
    if clause is None:
        return ""
    if clause[1]:
        return "if 0: pass\n{indent}"
    if clause[2]:
        return "try: pass\n{indent}"
    # The case must be deeper than its `match` and less deep than its body, in the body's own kind of white space.
    return "match 0:\n{indent}" + ("\t" if "\n\t" in source else " ")


def _suffixes(source: str, *, header: bool) -> Iterator[str]:
    if header:
        yield "pass"
        yield "def _(): pass"  # the decorators of the first definition in the body stand before its start
        yield "case _: pass"
    elif source.startswith("@"):
        yield "\ndef _(): pass"
    else:
        yield ""


def _indentation(data: bytes, start: int) -> str:
    """The white space between the start of the line and `start`; empty where anything else stands there."""
    line_start = max(data.rfind(b"\n", 0, start), data.rfind(b"\r", 0, start)) + 1
    before = data[line_start:start].decode()
    return before if not before.strip(" \t\f") else ""

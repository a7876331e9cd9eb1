"""The reference front end: lowers libcst trees, and so reads syntax newer than the running interpreter.

Slow, and imported only when needed. Where `from_ast` computes an offset, this looks it up in the places that
libcst's own code generation went through.
"""

from __future__ import annotations

import ast
import sys
import unicodedata
import warnings
from contextlib import contextmanager
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, cast

import libcst as cst
from libcst._nodes.internal import CodegenState

from asynclint.flow import ir
from asynclint.flow.definitions import NO_CLASS, Definitions, Scope, module_scope
from asynclint.flow.literals import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType

_ROOM: Final = 10_000
"""Frames that printing and lowering may take: about twelve a level, and the depth guard stands before."""


def lower_cst(text: str) -> ir.ModuleIR:
    """Lower a module's text, which has no byte order mark and has passed the depth guard.

    Raises:
        libcst.ParserSyntaxError: the text is no Python that libcst knows.
    """
    module = cst.parse_module(text)
    with _room_for_recursion():
        state = _State(_spans(module, text))
        body = _statements(module.body, state)
        return ir.ModuleIR(
            ir.encode_body(body),
            state.definitions.functions,
            state.definitions.classes,
            tuple(sorted(state.scope.calls)),
            tuple(state.aliases),
            " ".join(sorted(state.words)),
        )


@contextmanager
def _room_for_recursion() -> Iterator[None]:
    """Let libcst's code generation go as deep as the depth guard allows.

    Calls between Python functions take no space on the C stack, so this is safe.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _ROOM))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


# --------------------------------------------------------------------------------------------------------------
# Places


class _Recording:
    """Notes where the code printed within this context begins and ends."""

    __slots__ = ("node", "printer", "start")

    def __init__(self, printer: _Printer, node: cst.CSTNode) -> None:
        self.printer = printer
        self.node = node

    def __enter__(self) -> None:
        self.start = self.printer.position

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        end = self.printer.position
        if isinstance(self.node, cst.TypeAlias):
            end -= _semicolon_width(self.node)
        self.printer.recorded.append((self.node, self.start, end))


def _semicolon_width(node: cst.TypeAlias) -> int:
    """`type X = int;` is the one statement that libcst prints its semicolon as a part of."""
    if not isinstance(node.semicolon, cst.Semicolon):
        return 0
    white_space = (node.semicolon.whitespace_before, node.semicolon.whitespace_after)
    return 1 + sum(len(cast("cst.SimpleWhitespace", part).value) for part in white_space)


class _Printer(CodegenState):
    """Follows a module's text while libcst prints the tree, to learn where each node is.

    Gives what `ByteSpanPositionProvider` gives, in a fraction of the time, and stays right where libcst has lost
    a form feed or a line continuation before a statement. The end of a compound statement is not to be asked for:
    it includes white space.
    """

    def __init__(self, module: cst.Module, text: str) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.text = text
        self.position = 0
        """In code points."""
        self.recorded: list[tuple[cst.CSTNode, int, int]] = []
        self.skipped: dict[int, int] = {}
        """From where a token was expected to where it was found."""

    def add_token(self, value: str) -> None:
        if not self.text.startswith(value, self.position):
            self._skip_to(value)
        self.position += len(value)

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.add_token(token)

    def pop_trailing_newline(self) -> None:
        pass  # nothing comes after it

    def record_syntactic_position(  # type: ignore[override] # not a generator, which is what makes it fast
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,  # noqa: ARG002 - only blocks have one, and nobody asks where they are
        end_node: cst.CSTNode | None = None,  # noqa: ARG002
    ) -> _Recording:
        return _Recording(self, node)

    def _skip_to(self, value: str) -> None:
        place = self.position
        while self.text[place : place + 1] and self.text[place] in _WHITE_SPACE:
            place += 1
            if self.text.startswith(value, place):
                self.skipped[self.position] = place
                self.position = place
                return
        if place < len(self.text):
            raise ValueError(f"libcst does not reproduce the text from character {self.position}")


_WHITE_SPACE: Final = frozenset(" \t\f\\\r\n")


def _spans(module: cst.Module, text: str) -> dict[cst.CSTNode, tuple[int, int]]:
    """The UTF-8 byte span of each node that has a place of its own."""
    printer = _Printer(module, text)
    module._codegen(printer)  # noqa: SLF001 - as `Module.code_for_node` does
    skipped = printer.skipped
    if text.isascii():
        return {node: (skipped.get(start, start), end) for node, start, end in printer.recorded}
    offsets = [0, *accumulate(map(_utf8_length, text))]
    return {
        node: (offsets[skipped.get(start, start)], offsets[min(end, len(text))])
        for node, start, end in printer.recorded
    }


def _utf8_length(character: str) -> int:
    return 1 if character.isascii() else len(character.encode())


class _State:
    """What lowering a node needs besides the node."""

    __slots__ = ("aliases", "definitions", "pinned", "scope", "spans", "words")

    def __init__(self, spans: dict[cst.CSTNode, tuple[int, int]]) -> None:
        self.spans = spans
        self.pinned: tuple[int, int] | None = None
        """Inside an f-string: the place of the whole literal, which all nodes in it share."""
        self.definitions = Definitions()
        self.scope = module_scope()
        self.aliases: list[ir.Alias] = []
        self.words: set[str] = set()

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        return self.pinned or self.spans[node]

    def start(self, node: cst.CSTNode) -> int:
        return self.span(node)[0]


# --------------------------------------------------------------------------------------------------------------
# Names and literals


def _identifier(node: cst.Name) -> str:
    """A name as Python sees it: identifiers are normalised."""
    return node.value if node.value.isascii() else unicodedata.normalize("NFKC", node.value)


def _dotted(node: cst.BaseExpression) -> str:
    parts = []
    while isinstance(node, cst.Attribute):
        parts.append(_identifier(node.attr))
        node = node.value
    parts.append(_identifier(cast("cst.Name", node)))
    return ".".join(reversed(parts))


_NAMED_CONSTANTS: Final = {"None": None, "True": True, "False": False}


def _name(node: cst.Name, state: _State) -> ir.Name | ir.Constant:
    if node.value in _NAMED_CONSTANTS:
        return ir.Constant(_NAMED_CONSTANTS[node.value])
    name = _identifier(node)
    state.words.add(name)
    return ir.Name(name, state.start(node))


def _integer(node: cst.Integer, _: _State) -> ir.Constant | ir.Opaque:
    try:
        return literal(int(node.value, 0))
    except ValueError:  # too many digits for Python to convert
        return ir.Opaque()


def _float(node: cst.Float, _: _State) -> ir.Constant | ir.Opaque:
    return literal(float(node.value))


def _opaque(_node: cst.Imaginary | cst.Ellipsis, _state: _State) -> ir.Opaque:
    return ir.Opaque()


def _string(node: cst.SimpleString, state: _State) -> ir.Constant | ir.Opaque:
    value = _string_value(node)
    return ir.Opaque() if value is None else _text(value, state)


def _text(value: str, state: _State) -> ir.Constant | ir.Opaque:
    if len(value) <= ir.MAX_TEXT and value.isascii() and value.isidentifier():
        state.words.add(value)
    return literal(value)


def _string_value(node: cst.SimpleString) -> str | None:
    """The text of a plain string, or None where it has no text: bytes, or a malformed escape."""
    if "b" in node.prefix.lower():
        return None
    content = node.raw_value
    if "\\" not in content or "r" in node.prefix.lower():
        return content.replace("\r\n", "\n").replace("\r", "\n")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes are not our matter
            return cast("str", ast.literal_eval(node.value))
    except (SyntaxError, ValueError):
        return None


def _pieces(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """The literals of an implicit concatenation."""
    pieces = []
    while isinstance(node, cst.ConcatenatedString):
        pieces.append(node.left)
        node = node.right
    return [*pieces, node]


def _concatenated_string(node: cst.ConcatenatedString, state: _State) -> ir.Constant | ir.FString | ir.Opaque:
    pieces = _pieces(node)
    if not all(isinstance(piece, cst.SimpleString) for piece in pieces):
        return _fstring(node, state)
    values = [_string_value(cast("cst.SimpleString", piece)) for piece in pieces]
    texts = [value for value in values if value is not None]
    return _text("".join(texts), state) if len(texts) == len(values) else ir.Opaque()


def _fstring(node: cst.BaseExpression, state: _State) -> ir.FString:
    outer = state.pinned
    state.pinned = state.span(node)
    parts = [part for piece in _pieces(node) for part in getattr(piece, "parts", ())]
    values = _fields(parts, state)
    state.pinned = outer
    return ir.FString(tuple(values))


def _fields(parts: Iterable[cst.CSTNode], state: _State) -> list[ir.Expr]:
    """The interpolated expressions of an f-string's or a format specification's parts."""
    values: list[ir.Expr] = []
    for part in parts:
        if isinstance(part, (cst.FormattedStringExpression, cst.TemplatedStringExpression)):
            values.append(_expr(part.expression, state))
            values += _fields(part.format_spec or (), state)
    return values


# --------------------------------------------------------------------------------------------------------------
# Other expressions


def _expr(node: cst.CSTNode, state: _State) -> ir.Expr:
    return _EXPRESSIONS[type(node)](node, state)


def _optional(node: cst.CSTNode | None, state: _State) -> ir.Expr | None:
    return None if node is None else _expr(node, state)


def _attribute(node: cst.Attribute, state: _State) -> ir.Attribute:
    attr = _identifier(node.attr)
    state.words.add(attr)
    return ir.Attribute(_expr(node.value, state), attr, *state.span(node))


def _call(node: cst.Call, state: _State) -> ir.Call:
    args, keywords = _arguments(node.args, state)
    func = _expr(node.func, state)
    if isinstance(func, ir.Attribute):
        state.scope.calls.add(func.attr)
    elif isinstance(func, ir.Name):
        state.scope.calls.add(func.id)
    return ir.Call(func, args, keywords, *state.span(node))


def _arguments(nodes: Iterable[cst.Arg], state: _State) -> tuple[tuple[ir.Expr, ...], tuple[ir.Keyword, ...]]:
    args: list[ir.Expr] = []
    keywords: list[ir.Keyword] = []
    for node in nodes:
        value = _expr(node.value, state)
        if node.keyword is not None:
            keywords.append(ir.Keyword(_identifier(node.keyword), value))
        elif node.star == "**":
            keywords.append(ir.Keyword(None, value))
        else:
            args.append(ir.Starred(value) if node.star else value)
    return tuple(args), tuple(keywords)


def _await(node: cst.Await, state: _State) -> ir.Await:
    state.scope.has_await = True
    return ir.Await(_expr(node.expression, state), *state.span(node))


def _subscript(node: cst.Subscript, state: _State) -> ir.Subscript:
    items = tuple(_subscript_item(element.slice, state) for element in node.slice)
    is_tuple = len(items) > 1 or isinstance(node.slice[0].comma, cst.Comma) or isinstance(items[0], ir.Starred)
    index = ir.Collection("tuple", items) if is_tuple else items[0]
    return ir.Subscript(_expr(node.value, state), index, *state.span(node))


def _subscript_item(node: cst.BaseSlice, state: _State) -> ir.Expr:
    if isinstance(node, cst.Index):
        value = _expr(node.value, state)
        return ir.Starred(value) if node.star else value
    bounds = cast("cst.Slice", node)
    present = [bound for bound in (bounds.lower, bounds.upper, bounds.step) if bound is not None]
    return ir.Collection("slice", tuple(_expr(bound, state) for bound in present))


def _collection(node: cst.Tuple | cst.List | cst.Set, state: _State) -> ir.Collection:
    return ir.Collection(type(node).__name__.lower(), tuple(_expr(element, state) for element in node.elements))


def _element(node: cst.Element, state: _State) -> ir.Expr:
    return _expr(node.value, state)


def _starred(node: cst.StarredElement, state: _State) -> ir.Starred:
    return ir.Starred(_expr(node.value, state))


def _dict(node: cst.Dict, state: _State) -> ir.Dict:
    keys = tuple(_optional(getattr(element, "key", None), state) for element in node.elements)
    return ir.Dict(keys, tuple(_expr(element.value, state) for element in node.elements))


def _lambda(node: cst.Lambda, state: _State) -> ir.Lambda:
    params = _params(node.params, state)
    with state.scope.paused():
        body = _expr(node.body, state)
    return ir.Lambda(params, body, *state.span(node))


def _comprehension(node: cst.BaseComp, state: _State) -> ir.Comprehension:
    return ir.Comprehension(
        _COMPREHENSIONS[type(node)],
        tuple(_expr(element, state) for element in _comprehension_elements(node)),
        _generators(node.for_in, state),
    )


def _comprehension_elements(node: cst.BaseComp) -> tuple[cst.BaseExpression, ...]:
    if isinstance(node, cst.DictComp):
        return (node.key, node.value)
    return (cast("cst.BaseSimpleComp", node).elt,)


def _starred_dict_comprehension(node: Any, state: _State) -> ir.Comprehension:
    elements = (ir.Starred(_expr(node.value, state)),)
    return ir.Comprehension("dict", elements, _generators(node.for_in, state))


def _generators(node: cst.CompFor | None, state: _State) -> tuple[ir.Generator, ...]:
    generators = []
    while node is not None:
        is_async = node.asynchronous is not None
        if is_async:
            state.scope.has_await = True
        ifs = tuple(_expr(part.test, state) for part in node.ifs)
        generators.append(ir.Generator(_expr(node.target, state), _expr(node.iter, state), ifs, is_async))
        node = node.inner_for_in
    return tuple(generators)


def _boolean_operation(node: cst.BooleanOperation, state: _State) -> ir.BoolOp:
    """`a and b and c`, nested to the left or the right here, is flat in the IR unless it was parenthesised."""
    operator = type(node.operator)
    operands: list[cst.BaseExpression] = []
    pending: list[cst.BaseExpression] = [node.right, node.left]
    while pending:
        operand = pending.pop()
        if isinstance(operand, cst.BooleanOperation) and type(operand.operator) is operator and not operand.lpar:
            pending += (operand.right, operand.left)
        else:
            operands.append(operand)
    return ir.BoolOp("and" if operator is cst.And else "or", tuple(_expr(operand, state) for operand in operands))


def _comparison(node: cst.Comparison, state: _State) -> ir.Compare:
    ops = tuple(_COMPARISONS[type(target.operator)] for target in node.comparisons)
    operands = (node.left, *(target.comparator for target in node.comparisons))
    return ir.Compare(ops, tuple(_expr(operand, state) for operand in operands))


def _unary_operation(node: cst.UnaryOperation, state: _State) -> ir.UnaryOp:
    return ir.UnaryOp(_UNARY_OPERATORS[type(node.operator)], _expr(node.expression, state))


def _binary_operation(node: cst.BinaryOperation, state: _State) -> ir.Expr:
    terms = [node]
    left = node.left
    while isinstance(left, cst.BinaryOperation):
        terms.append(left)
        left = left.left
    result = _expr(left, state)
    for term in reversed(terms):
        result = ir.BinOp(_BINARY_OPERATORS[type(term.operator)], result, _expr(term.right, state))
    return result


def _if_exp(node: cst.IfExp, state: _State) -> ir.IfExp:
    return ir.IfExp(_expr(node.test, state), _expr(node.body, state), _expr(node.orelse, state))


def _named_expr(node: cst.NamedExpr, state: _State) -> ir.NamedExpr:
    target = cast("ir.Name", _expr(node.target, state))
    state.scope.assign(target)
    return ir.NamedExpr(target, _expr(node.value, state))


def _yield(node: cst.Yield, state: _State) -> ir.Yield | ir.YieldFrom:
    state.scope.is_generator = True
    if isinstance(node.value, cst.From):
        return ir.YieldFrom(_expr(node.value.item, state), *state.span(node))
    return ir.Yield(_optional(node.value, state), *state.span(node))


_COMPREHENSIONS: Final[dict[type[cst.CSTNode], str]] = {
    cst.ListComp: "list",
    cst.SetComp: "set",
    cst.DictComp: "dict",
    cst.GeneratorExp: "generator",
}
_COMPARISONS: Final[dict[type[cst.CSTNode], str]] = {
    cst.Equal: "==",
    cst.NotEqual: "!=",
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
    cst.Is: "is",
    cst.IsNot: "is not",
    cst.In: "in",
    cst.NotIn: "not in",
}
_UNARY_OPERATORS: Final[dict[type[cst.CSTNode], str]] = {
    cst.Not: "not",
    cst.Minus: "-",
    cst.Plus: "+",
    cst.BitInvert: "~",
}
_BINARY_OPERATORS: Final[dict[type[cst.CSTNode], str]] = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.MatrixMultiply: "@",
    cst.Divide: "/",
    cst.Modulo: "%",
    cst.Power: "**",
    cst.LeftShift: "<<",
    cst.RightShift: ">>",
    cst.BitOr: "|",
    cst.BitXor: "^",
    cst.BitAnd: "&",
    cst.FloorDivide: "//",
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.MultiplyAssign: "*",
    cst.MatrixMultiplyAssign: "@",
    cst.DivideAssign: "/",
    cst.ModuloAssign: "%",
    cst.PowerAssign: "**",
    cst.LeftShiftAssign: "<<",
    cst.RightShiftAssign: ">>",
    cst.BitOrAssign: "|",
    cst.BitXorAssign: "^",
    cst.BitAndAssign: "&",
    cst.FloorDivideAssign: "//",
}
_EXPRESSIONS: Final[dict[type[cst.CSTNode], Callable[[Any, _State], ir.Expr]]] = {
    cst.Name: _name,
    cst.Integer: _integer,
    cst.Float: _float,
    cst.Imaginary: _opaque,
    cst.Ellipsis: _opaque,
    cst.SimpleString: _string,
    cst.ConcatenatedString: _concatenated_string,
    cst.FormattedString: _fstring,
    cst.TemplatedString: _fstring,
    cst.Attribute: _attribute,
    cst.Call: _call,
    cst.Await: _await,
    cst.Subscript: _subscript,
    cst.Tuple: _collection,
    cst.List: _collection,
    cst.Set: _collection,
    cst.Element: _element,
    cst.StarredElement: _starred,
    cst.Dict: _dict,
    cst.Lambda: _lambda,
    cst.ListComp: _comprehension,
    cst.SetComp: _comprehension,
    cst.DictComp: _comprehension,
    cst.GeneratorExp: _comprehension,
    cst.BooleanOperation: _boolean_operation,
    cst.Comparison: _comparison,
    cst.UnaryOperation: _unary_operation,
    cst.BinaryOperation: _binary_operation,
    cst.IfExp: _if_exp,
    cst.NamedExpr: _named_expr,
    cst.Yield: _yield,
}
if hasattr(cst, "StarredDictComp"):  # PEP 798, since libcst 1.9
    _EXPRESSIONS[cst.StarredDictComp] = _starred_dict_comprehension


# --------------------------------------------------------------------------------------------------------------
# Simple statements


def _statements(nodes: Sequence[cst.CSTNode], state: _State) -> tuple[ir.Stmt, ...]:
    statements: list[ir.Stmt] = []
    for node in nodes:
        if isinstance(node, cst.SimpleStatementLine):
            statements += _statements(node.body, state)
        else:
            statements.append(_STATEMENTS[type(node)](node, state))
    return tuple(statements)


def _body(suite: cst.BaseSuite, state: _State) -> tuple[ir.Stmt, ...]:
    return _statements(suite.body, state)


def _expr_stmt(node: cst.Expr, state: _State) -> ir.ExprStmt:
    return ir.ExprStmt(_expr(node.value, state), *state.span(node))


def _assign(node: cst.Assign, state: _State) -> ir.Assign:
    targets = tuple(_expr(target.target, state) for target in node.targets)
    for target in targets:
        state.scope.assign(target)
    return ir.Assign(targets, _expr(node.value, state), *state.span(node))


def _ann_assign(node: cst.AnnAssign, state: _State) -> ir.AnnAssign:
    annotation = _expr(node.annotation.annotation, state)
    target = _expr(node.target, state)
    state.scope.assign(target)
    return ir.AnnAssign(target, annotation, _optional(node.value, state), *state.span(node))


def _aug_assign(node: cst.AugAssign, state: _State) -> ir.AugAssign:
    operator = _BINARY_OPERATORS[type(node.operator)]
    return ir.AugAssign(_expr(node.target, state), operator, _expr(node.value, state), *state.span(node))


def _return(node: cst.Return, state: _State) -> ir.Return:
    return ir.Return(_optional(node.value, state), *state.span(node))


def _raise(node: cst.Raise, state: _State) -> ir.Raise:
    cause = None if node.cause is None else _expr(node.cause.item, state)
    return ir.Raise(_optional(node.exc, state), cause, *state.span(node))


def _delete(node: cst.Del, state: _State) -> ir.Delete:
    target = _expr(node.target, state)
    # Without parentheses these are targets, with them one tuple.
    is_list = isinstance(target, ir.Collection) and target.kind == "tuple" and not node.target.lpar
    targets = cast("ir.Collection", target).items if is_list else (target,)
    return ir.Delete(targets, *state.span(node))


def _assert(node: cst.Assert, state: _State) -> ir.Assert:
    return ir.Assert(_expr(node.test, state), _optional(node.msg, state), *state.span(node))


def _pass(node: cst.Pass, state: _State) -> ir.Pass:
    return ir.Pass(state.start(node))


def _break(node: cst.Break, state: _State) -> ir.Break:
    return ir.Break(state.start(node))


def _continue(node: cst.Continue, state: _State) -> ir.Continue:
    return ir.Continue(state.start(node))


def _global(node: cst.Global, state: _State) -> ir.Global:
    names = tuple(_identifier(item.name) for item in node.names)
    state.scope.global_names.update(names)
    return ir.Global(names, state.start(node))


def _nonlocal(node: cst.Nonlocal, state: _State) -> ir.Nonlocal:
    return ir.Nonlocal(tuple(_identifier(item.name) for item in node.names), state.start(node))


def _import(node: Any, state: _State) -> ir.Import:
    return ir.Import(_aliases(node.names, state), *state.span(node))


def _import_from(node: Any, state: _State) -> ir.ImportFrom:
    module = "" if node.module is None else _dotted(node.module)
    names = (ir.Alias("*", None),) if isinstance(node.names, cst.ImportStar) else _aliases(node.names, state)
    return ir.ImportFrom(module, len(node.relative), names, *state.span(node))


def _aliases(nodes: Iterable[cst.ImportAlias], state: _State) -> tuple[ir.Alias, ...]:
    aliases = tuple(
        ir.Alias(_dotted(node.name), None if node.asname is None else _identifier(cast("cst.Name", node.asname.name)))
        for node in nodes
    )
    state.aliases += [alias for alias in aliases if alias.asname is not None]
    state.scope.assigned.update([alias.asname or alias.name for alias in aliases])
    for alias in aliases:
        state.words.update(alias.name.split("."))
    return aliases


def _type_alias(node: cst.TypeAlias, state: _State) -> ir.TypeAliasDef:
    state.scope.assigned.add(_identifier(node.name))
    return ir.TypeAliasDef(_identifier(node.name), _expr(node.value, state), *state.span(node))


# --------------------------------------------------------------------------------------------------------------
# Compound statements


def _if(node: cst.If, state: _State) -> ir.If:
    chain: list[tuple[cst.If, ir.Expr, tuple[ir.Stmt, ...]]] = []
    branch: cst.If | cst.Else | None = node
    while isinstance(branch, cst.If):
        chain.append((branch, _expr(branch.test, state), _body(branch.body, state)))
        branch = branch.orelse
    result = _else(branch, state)
    for part, test, body in reversed(chain):
        result = (ir.If(test, body, result, state.start(part)),)
    return cast("ir.If", result[0])


def _else(node: cst.Else | cst.Finally | None, state: _State) -> tuple[ir.Stmt, ...]:
    return () if node is None else _body(node.body, state)


def _while(node: cst.While, state: _State) -> ir.While:
    test = _expr(node.test, state)
    body = _body(node.body, state)
    return ir.While(test, body, _else(node.orelse, state), state.start(node))


def _for(node: cst.For, state: _State) -> ir.For:
    is_async = node.asynchronous is not None
    if is_async:
        state.scope.has_await = True
    target, iterable = _expr(node.target, state), _expr(node.iter, state)
    body = _body(node.body, state)
    return ir.For(target, iterable, body, _else(node.orelse, state), is_async, state.start(node))


def _with(node: cst.With, state: _State) -> ir.With:
    is_async = node.asynchronous is not None
    if is_async:
        state.scope.has_await = True
    items = tuple(
        ir.WithItem(_expr(item.item, state), None if item.asname is None else _expr(item.asname.name, state))
        for item in node.items
    )
    return ir.With(items, _body(node.body, state), is_async, state.start(node))


def _try(node: cst.Try | cst.TryStar, state: _State) -> ir.Try:
    body = _body(node.body, state)
    handlers = tuple(_handler(handler, state) for handler in node.handlers)
    orelse = _else(node.orelse, state)
    finalbody = _else(node.finalbody, state)
    return ir.Try(body, handlers, orelse, finalbody, isinstance(node, cst.TryStar), state.start(node))


def _handler(node: cst.ExceptHandler | cst.ExceptStarHandler, state: _State) -> ir.ExceptHandler:
    name = None if node.name is None else _identifier(cast("cst.Name", node.name.name))
    return ir.ExceptHandler(_optional(node.type, state), name, _body(node.body, state), state.start(node))


def _match(node: cst.Match, state: _State) -> ir.Match:
    subject = _expr(node.subject, state)
    return ir.Match(subject, tuple(_match_case(case, state) for case in node.cases), state.start(node))


def _match_case(node: cst.MatchCase, state: _State) -> ir.MatchCase:
    names: list[str] = []
    exprs: list[ir.Expr] = []
    _pattern(node.pattern, names, exprs, state)
    guard = _optional(node.guard, state)
    return ir.MatchCase(tuple(names), tuple(exprs), guard, _body(node.body, state), _is_irrefutable(node.pattern))


def _is_irrefutable(pattern: cst.MatchPattern) -> bool:
    while isinstance(pattern, cst.MatchAs):
        if pattern.pattern is None:
            return True
        pattern = pattern.pattern
    return False


def _pattern(  # noqa: C901 - one case for each kind of pattern
    node: cst.CSTNode | None, names: list[str], exprs: list[ir.Expr], state: _State
) -> None:
    """Collect what a pattern binds and looks up, in source order."""
    part: cst.CSTNode
    match node:
        case cst.MatchValue(value=value) | cst.MatchSingleton(value=value):
            exprs.append(_expr(value, state))
        case cst.MatchSequence(patterns=parts) | cst.MatchOr(patterns=parts):
            for part in parts:
                _pattern(part, names, exprs, state)
        case cst.MatchSequenceElement(value=value):
            _pattern(value, names, exprs, state)
        case cst.MatchMapping(elements=elements, rest=rest):
            for part in elements:
                _pattern(part, names, exprs, state)
            names += _bound(rest)
        case cst.MatchMappingElement(key=key, pattern=value):
            exprs.append(_expr(key, state))
            _pattern(value, names, exprs, state)
        case cst.MatchClass(cls=cls, patterns=positional, kwds=keywords):
            exprs.append(_expr(cls, state))
            for part in (*positional, *keywords):
                _pattern(part, names, exprs, state)
        case cst.MatchKeywordElement(pattern=value) | cst.MatchOrElement(pattern=value):
            _pattern(value, names, exprs, state)
        case cst.MatchStar(name=name):
            names += _bound(name)
        case cst.MatchAs(pattern=value, name=name):
            _pattern(value, names, exprs, state)
            names += _bound(name)


def _bound(name: cst.Name | None) -> list[str]:
    return [] if name is None else [_identifier(name)]


# --------------------------------------------------------------------------------------------------------------
# Definitions


def _function_def(node: cst.FunctionDef, state: _State) -> ir.FunctionDef:
    outer = state.scope
    index = state.definitions.open_function()
    name = _identifier(node.name)
    state.words.add(name)
    decorators = tuple(_expr(decorator.decorator, state) for decorator in node.decorators)
    params = _params(node.params, state)
    returns = None if node.returns is None else _expr(node.returns.annotation, state)
    qualname = outer.qualify(name)
    inner = Scope(f"{qualname}.<locals>.", index, NO_CLASS)
    state.scope = inner
    body = _body(node.body, state)
    state.scope = outer
    start = state.start(node)
    state.definitions.close_function(
        ir.FunctionIR(
            name=name,
            qualname=qualname,
            index=index,
            parent_function=outer.function_index,
            parent_class=outer.class_index,
            is_async=node.asynchronous is not None,
            is_generator=inner.is_generator,
            has_await=inner.has_await,
            params=params,
            returns=returns,
            decorators=decorators,
            type_params=_type_params(node.type_parameters),
            start=start,
            end=_end(node, state),
            name_start=state.start(node.name),
            body=ir.encode_body(body),
            calls=tuple(sorted(inner.calls)),
            called_locals=inner.called_locals,
        )
    )
    return ir.FunctionDef(index, start)


def _class_def(node: cst.ClassDef, state: _State) -> ir.ClassDef:
    outer = state.scope
    index = state.definitions.open_class()
    name = _identifier(node.name)
    state.words.add(name)
    decorators = tuple(_expr(decorator.decorator, state) for decorator in node.decorators)
    bases, keywords = _arguments((*node.bases, *node.keywords), state)
    qualname = outer.qualify(name)
    inner = Scope(f"{qualname}.", outer.function_index, index)
    state.scope = inner
    body = _body(node.body, state)
    state.scope = outer
    start = state.start(node)
    state.definitions.close_class(
        ir.ClassIR(
            name=name,
            qualname=qualname,
            index=index,
            parent_function=outer.function_index,
            parent_class=outer.class_index,
            bases=bases,
            keywords=keywords,
            decorators=decorators,
            type_params=_type_params(node.type_parameters),
            start=start,
            end=_end(node, state),
            name_start=state.start(node.name),
            body=ir.encode_body(body),
            calls=tuple(sorted(inner.calls)),
        )
    )
    return ir.ClassDef(index, start)


def _end(node: cst.CSTNode, state: _State) -> int:
    """The end of the last small statement in a compound one."""
    last = node
    while not isinstance(last, cst.BaseSmallStatement):
        last = _last_part(last)
    return state.span(last)[1]


def _last_part(node: cst.CSTNode) -> cst.CSTNode:
    for name in ("finalbody", "orelse", "handlers", "cases", "body"):
        part = getattr(node, name, None)
        if isinstance(part, cst.CSTNode):
            return part
        if part:
            return cast("Sequence[cst.CSTNode]", part)[-1]
    raise AssertionError(node)


def _type_params(node: cst.TypeParameters | None) -> tuple[str, ...]:
    return () if node is None else tuple(_identifier(param.param.name) for param in node.params)


def _params(node: cst.Parameters, state: _State) -> tuple[ir.Param, ...]:
    params = [_param(param, "positional-only", state) for param in node.posonly_params]
    params += [_param(param, "positional", state) for param in node.params]
    if isinstance(node.star_arg, cst.Param):
        params.append(_param(node.star_arg, "var-positional", state))
    params += [_param(param, "keyword-only", state) for param in node.kwonly_params]
    if node.star_kwarg is not None:
        params.append(_param(node.star_kwarg, "var-keyword", state))
    return tuple(params)


def _param(node: cst.Param, kind: str, state: _State) -> ir.Param:
    annotation = None if node.annotation is None else _expr(node.annotation.annotation, state)
    return ir.Param(_identifier(node.name), kind, annotation, _optional(node.default, state), state.start(node.name))


_STATEMENTS: Final[dict[type[cst.CSTNode], Callable[[Any, _State], ir.Stmt]]] = {
    cst.Expr: _expr_stmt,
    cst.Assign: _assign,
    cst.AnnAssign: _ann_assign,
    cst.AugAssign: _aug_assign,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Del: _delete,
    cst.Assert: _assert,
    cst.Pass: _pass,
    cst.Break: _break,
    cst.Continue: _continue,
    cst.Global: _global,
    cst.Nonlocal: _nonlocal,
    cst.Import: _import,
    cst.ImportFrom: _import_from,
    cst.TypeAlias: _type_alias,
    cst.If: _if,
    cst.While: _while,
    cst.For: _for,
    cst.With: _with,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.Match: _match,
    cst.FunctionDef: _function_def,
    cst.ClassDef: _class_def,
}
if hasattr(cst, "LazyImport"):  # PEP 810, since libcst 1.9
    _STATEMENTS[cst.LazyImport] = _import
    _STATEMENTS[cst.LazyImportFrom] = _import_from

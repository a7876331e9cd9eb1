"""The intermediate representation of a module: everything the analysis knows of code, and nothing else.

Both front ends (`from_cst`, the reference, and `from_ast`, the fast path) produce exactly these values; a
property test over real projects holds them together. All nodes are frozen, plain data: they are sent between
processes and cached as MessagePack. Offsets are UTF-8 byte offsets into the text without BOM.

Rules of lowering, on which the two front ends must agree:

* Parentheses leave no trace. Spans are those of the standard `ast` (a span does not include the parentheses
  around an expression).
* Nodes inside an f-string carry the span of the outermost f-string literal (or implicit concatenation),
  because `ast` reports unreliable places there before Python 3.12.
* `Constant.value` holds None, bool, int (magnitude below 2**53), finite float, and str of at most
  120 code points that can be encoded; any other literal (bytes, complex, Ellipsis, long text) is `Opaque`.
* `BoolOp` is flat as in `ast`; `Compare` lists all operands; implicit concatenation of plain strings is one constant.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

MAX_TEXT = 120
MAX_INT = 2**53


class _Node(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """Compared by identity: a node is a place in the program, not a value. Tests compare encoded bytes."""


# --------------------------------------------------------------------------------------------------------------
# Expressions


class Name(_Node, tag=0, frozen=True):
    id: str
    start: int


class Attribute(_Node, tag=1, frozen=True):
    value: Expr
    attr: str
    start: int
    end: int


class Keyword(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """`name` is None for `**value`."""

    name: str | None
    value: Expr


class Call(_Node, tag=2, frozen=True):
    func: Expr
    args: tuple[Expr, ...]
    """Positional arguments; `*x` is `Starred`."""
    keywords: tuple[Keyword, ...]
    start: int
    end: int


class Await(_Node, tag=3, frozen=True):
    value: Expr
    start: int
    end: int


class Constant(_Node, tag=4, frozen=True):
    value: bool | int | float | str | None


class Subscript(_Node, tag=5, frozen=True):
    value: Expr
    index: Expr
    start: int
    end: int


class Collection(_Node, tag=6, frozen=True):
    """A display. `kind`: "tuple", "list", "set", or "slice" (whose items are the bounds that are present)."""

    kind: str
    items: tuple[Expr, ...]


class Dict(_Node, tag=7, frozen=True):
    """`keys[i]` is None for `**values[i]`."""

    keys: tuple[Expr | None, ...]
    values: tuple[Expr, ...]


class Lambda(_Node, tag=8, frozen=True):
    params: tuple[Param, ...]
    body: Expr
    start: int
    end: int


class Generator(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """One `for target in iter if …` clause of a comprehension."""

    target: Expr
    iter: Expr
    ifs: tuple[Expr, ...]
    is_async: bool


class Comprehension(_Node, tag=9, frozen=True):
    """`kind`: "list", "set", "dict" or "generator". `elements` has two items for a dict, else one."""

    kind: str
    elements: tuple[Expr, ...]
    generators: tuple[Generator, ...]


class BoolOp(_Node, tag=10, frozen=True):
    """`op`: "and" or "or"."""

    op: str
    values: tuple[Expr, ...]


class Compare(_Node, tag=11, frozen=True):
    """`ops` as written in source ("==", "not in", "is not", …); one more operand than operators."""

    ops: tuple[str, ...]
    operands: tuple[Expr, ...]


class UnaryOp(_Node, tag=12, frozen=True):
    """`op`: "not", "-", "+" or "~"."""

    op: str
    operand: Expr


class BinOp(_Node, tag=13, frozen=True):
    """`op` as written ("+", "|", "@", …)."""

    op: str
    left: Expr
    right: Expr


class IfExp(_Node, tag=14, frozen=True):
    test: Expr
    body: Expr
    orelse: Expr


class NamedExpr(_Node, tag=15, frozen=True):
    target: Name
    value: Expr


class Starred(_Node, tag=16, frozen=True):
    value: Expr


class Yield(_Node, tag=17, frozen=True):
    value: Expr | None
    start: int
    end: int


class YieldFrom(_Node, tag=18, frozen=True):
    value: Expr
    start: int
    end: int


class FString(_Node, tag=19, frozen=True):
    """An f-string or t-string: the interpolated expressions in order, those of format specs after their field."""

    values: tuple[Expr, ...]


class Opaque(_Node, tag=20, frozen=True):
    """A literal whose value nothing asks for."""


Expr: TypeAlias = (
    Name
    | Attribute
    | Call
    | Await
    | Constant
    | Subscript
    | Collection
    | Dict
    | Lambda
    | Comprehension
    | BoolOp
    | Compare
    | UnaryOp
    | BinOp
    | IfExp
    | NamedExpr
    | Starred
    | Yield
    | YieldFrom
    | FString
    | Opaque
)


class Param(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """`kind`: "positional-only", "positional", "var-positional", "keyword-only" or "var-keyword". In source order."""

    name: str
    kind: str
    annotation: Expr | None
    default: Expr | None
    start: int
    """Of the name, without `*`."""


# --------------------------------------------------------------------------------------------------------------
# Statements. `start` is the first byte of the statement's keyword or expression (for a decorated definition that
# of `def`, `async` or `class`); `end` of a simple statement excludes a `;`.


class ExprStmt(_Node, tag=0, frozen=True):
    value: Expr
    start: int
    end: int


class Assign(_Node, tag=1, frozen=True):
    targets: tuple[Expr, ...]
    value: Expr
    start: int
    end: int


class AnnAssign(_Node, tag=2, frozen=True):
    target: Expr
    annotation: Expr
    value: Expr | None
    start: int
    end: int


class AugAssign(_Node, tag=3, frozen=True):
    """`op` as in `BinOp` ("+", not "+=")."""

    target: Expr
    op: str
    value: Expr
    start: int
    end: int


class Return(_Node, tag=4, frozen=True):
    value: Expr | None
    start: int
    end: int


class Raise(_Node, tag=5, frozen=True):
    exc: Expr | None
    cause: Expr | None
    start: int
    end: int


class Delete(_Node, tag=6, frozen=True):
    targets: tuple[Expr, ...]
    start: int
    end: int


class Assert(_Node, tag=7, frozen=True):
    test: Expr
    message: Expr | None
    start: int
    end: int


class Pass(_Node, tag=8, frozen=True):
    start: int


class Break(_Node, tag=9, frozen=True):
    start: int


class Continue(_Node, tag=10, frozen=True):
    start: int


class Global(_Node, tag=11, frozen=True):
    names: tuple[str, ...]
    start: int


class Nonlocal(_Node, tag=12, frozen=True):
    names: tuple[str, ...]
    start: int


class Alias(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """`name` is dotted for `import a.b`; `asname` is None without `as`. `from m import *` has the name "*"."""

    name: str
    asname: str | None


class Import(_Node, tag=13, frozen=True):
    names: tuple[Alias, ...]
    start: int
    end: int


class ImportFrom(_Node, tag=14, frozen=True):
    """`module` is "" for `from . import x`; `level` counts the leading dots."""

    module: str
    level: int
    names: tuple[Alias, ...]
    start: int
    end: int


class If(_Node, tag=15, frozen=True):
    """An `elif` is an `If` alone in `orelse`, its `start` at the keyword `elif`."""

    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]
    start: int


class While(_Node, tag=16, frozen=True):
    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]
    start: int


class For(_Node, tag=17, frozen=True):
    target: Expr
    iter: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]
    is_async: bool
    start: int


class WithItem(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    context: Expr
    target: Expr | None


class With(_Node, tag=18, frozen=True):
    items: tuple[WithItem, ...]
    body: tuple[Stmt, ...]
    is_async: bool
    start: int


class ExceptHandler(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """`type` is None for a bare `except:`; `except A, B:` has a tuple. `start` is at the keyword `except`."""

    type: Expr | None
    name: str | None
    body: tuple[Stmt, ...]
    start: int


class Try(_Node, tag=19, frozen=True):
    body: tuple[Stmt, ...]
    handlers: tuple[ExceptHandler, ...]
    orelse: tuple[Stmt, ...]
    finalbody: tuple[Stmt, ...]
    is_star: bool
    start: int


class MatchCase(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """`names` are the names the pattern binds, in source order; `exprs` the values and classes it looks up.

    `irrefutable`: a bare capture or `_` (also under `as`), whether guarded or not.
    """

    names: tuple[str, ...]
    exprs: tuple[Expr, ...]
    guard: Expr | None
    body: tuple[Stmt, ...]
    irrefutable: bool


class Match(_Node, tag=20, frozen=True):
    subject: Expr
    cases: tuple[MatchCase, ...]
    start: int


class FunctionDef(_Node, tag=21, frozen=True):
    """Where `ModuleIR.functions[index]` is defined."""

    index: int
    start: int


class ClassDef(_Node, tag=22, frozen=True):
    """Where `ModuleIR.classes[index]` is defined."""

    index: int
    start: int


class TypeAliasDef(_Node, tag=23, frozen=True):
    """`type X = value` (PEP 695)."""

    name: str
    value: Expr
    start: int
    end: int


Stmt: TypeAlias = (
    ExprStmt
    | Assign
    | AnnAssign
    | AugAssign
    | Return
    | Raise
    | Delete
    | Assert
    | Pass
    | Break
    | Continue
    | Global
    | Nonlocal
    | Import
    | ImportFrom
    | If
    | While
    | For
    | With
    | Try
    | Match
    | FunctionDef
    | ClassDef
    | TypeAliasDef
)


# --------------------------------------------------------------------------------------------------------------
# Definitions

MODULE_SCOPE = -1


class FunctionIR(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """A `def` or `async def` at any depth. Its body stays encoded until `decode_body` is asked for it."""

    name: str
    qualname: str
    """As Python's `__qualname__`: "Class.method", "outer.<locals>.inner"."""
    index: int
    parent_function: int
    """Index of the innermost enclosing function, or `MODULE_SCOPE`."""
    parent_class: int
    """Index of the class whose body directly holds this definition, or -1."""
    is_async: bool
    is_generator: bool
    """Contains `yield` or `yield from` of its own."""
    has_await: bool
    """Contains `await`, `async for`, `async with` or an async comprehension of its own."""
    params: tuple[Param, ...]
    returns: Expr | None
    decorators: tuple[Expr, ...]
    type_params: tuple[str, ...]
    start: int
    """Of the keyword `def` or `async`."""
    end: int
    """End of the last statement of the body."""
    name_start: int
    body: msgspec.Raw
    calls: tuple[str, ...]
    """As `ModuleIR.calls`, of this body."""
    called_locals: tuple[str, ...]
    """Those of `calls` that the body itself assigns or imports: what they stand for, only the body tells. Sorted."""


class ClassIR(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    name: str
    qualname: str
    index: int
    parent_function: int
    parent_class: int
    bases: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    decorators: tuple[Expr, ...]
    type_params: tuple[str, ...]
    start: int
    end: int
    name_start: int
    body: msgspec.Raw
    calls: tuple[str, ...]
    """As `ModuleIR.calls`, of this body."""


class ModuleIR(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """A module. Functions and classes are numbered in source order of their definitions (outer before inner)."""

    body: msgspec.Raw
    functions: tuple[FunctionIR, ...]
    classes: tuple[ClassIR, ...]
    calls: tuple[str, ...]
    """The last names of what is called in the body, nested bodies left out, each once and sorted.

    Those of the headers of definitions (decorators, defaults, annotations) are among them: they tell which bodies
    need not be decoded to know that they do not call something.
    """
    aliases: tuple[Alias, ...]
    """All that is imported under another name, in whatever body."""
    words: str
    """The identifiers of the module, each once and sorted, with a space between.

    Names, attributes, what is defined or imported, and texts that could be the name in a `getattr`.
    """


_ENCODER = msgspec.msgpack.Encoder()
_BODY_DECODER = msgspec.msgpack.Decoder(tuple[Stmt, ...])
_MODULE_DECODER = msgspec.msgpack.Decoder(ModuleIR)
_EXPR_DECODER = msgspec.msgpack.Decoder(Expr)


def encode_body(body: tuple[Stmt, ...]) -> msgspec.Raw:
    """The form in which a body is kept inside a definition."""
    return msgspec.Raw(_ENCODER.encode(body))


def decode_body(body: msgspec.Raw) -> tuple[Stmt, ...]:
    """The statements of a body; each call makes new nodes, so callers keep the result."""
    return _BODY_DECODER.decode(body)


def encode_module(module: ModuleIR) -> bytes:
    return _ENCODER.encode(module)


def decode_module(data: bytes) -> ModuleIR:
    return _MODULE_DECODER.decode(data)

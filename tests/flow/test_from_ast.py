"""What the IR says of small sources; that the reference front end says the same is tested elsewhere."""

from __future__ import annotations

import warnings
from typing import Any

import msgspec
import pytest

from asynclint.flow import ir
from asynclint.flow.from_ast import lower_ast


def plain(value: Any) -> Any:
    """A node as nested lists, its tag first."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(value))


def body_of(text: str) -> tuple[ir.Stmt, ...]:
    return ir.decode_body(lower_ast(text).body)


def expression(text: str) -> Any:
    (statement,) = body_of(text)
    assert isinstance(statement, ir.ExprStmt)
    return plain(statement.value)


PARAM_A = ["a", "positional", None, None, 7]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(a.b)", [1, [0, "a", 1], "b", 1, 4]),
        ("(f)(x)", [2, [0, "f", 1], [[0, "x", 4]], [], 0, 6]),
        ("f(*a, k=b, **c)", [2, [0, "f", 0], [[16, [0, "a", 3]]], [["k", [0, "b", 8]], [None, [0, "c", 13]]], 0, 15]),
        ("a[1:]", [5, [0, "a", 0], [6, "slice", [[4, 1]]], 0, 5]),
        ("a[b,]", [5, [0, "a", 0], [6, "tuple", [[0, "b", 2]]], 0, 5]),
        ("{**a, b: c}", [7, [None, [0, "b", 6]], [[0, "a", 3], [0, "c", 9]]]),
        ("a and b and c", [10, "and", [[0, "a", 0], [0, "b", 6], [0, "c", 12]]]),
        ("a and (b and c)", [10, "and", [[0, "a", 0], [10, "and", [[0, "b", 7], [0, "c", 13]]]]]),
        ("a < b is not c", [11, ["<", "is not"], [[0, "a", 0], [0, "b", 4], [0, "c", 13]]]),
        ("(x := 1)", [15, [0, "x", 1], [4, 1]]),
        ("[x async for x in y if z]", [9, "list", [[0, "x", 1]], [[[0, "x", 13], [0, "y", 18], [[0, "z", 23]], True]]]),
        ("lambda a, *b: a", [8, [PARAM_A, ["b", "var-positional", None, None, 11]], [0, "a", 14], 0, 15]),
        ("f'{x.y:{w}}' 'z'", [19, [[1, [0, "x", 0], "y", 0, 16], [0, "w", 0]]]),
    ],
)
def test_expressions(text: str, expected: list[Any]) -> None:
    assert expression(text) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("None", None),
        ("True", True),
        ("9007199254740991", 2**53 - 1),
        ("1.5", 1.5),
        ("'a' 'b'", "ab"),
        (f"'{'x' * 120}'", "x" * 120),
        (r"'\ud83d'[0:]", None),
    ],
)
def test_constants(text: str, value: object) -> None:
    if text.endswith("]"):
        assert expression(text)[1] == [20]
    else:
        assert expression(text) == [4, value]


@pytest.mark.parametrize("text", ["9007199254740992", "1e999", "1j", "...", "b''", f"'{'x' * 121}'", r"'\udc80'"])
def test_literals_whose_value_is_not_kept(text: str) -> None:
    assert expression(text) == [20]


def test_elif_starts_at_its_keyword() -> None:
    (statement,) = body_of("if a:\n  b\nelif c:\n  d\n")
    assert isinstance(statement, ir.If)
    assert isinstance(statement.orelse[0], ir.If)
    assert statement.orelse[0].start == 10


def test_statements_exclude_their_semicolon() -> None:
    first, second = body_of("x = (1) ; y\n")
    assert isinstance(first, ir.Assign)
    assert isinstance(second, ir.ExprStmt)
    assert (first.start, first.end, second.start, second.end) == (0, 7, 10, 11)


def test_offsets_are_bytes_and_only_real_line_ends_count() -> None:
    text = "a = '\u00e9\u2028\x0c'\rb\r\nc\n"
    starts = [statement.start for statement in body_of(text)]
    assert starts == [text.encode().index(name) for name in (b"a", b"b", b"c")]


def test_patterns() -> None:
    (statement,) = body_of("match s:\n case A(x, k=[y, *z]) | {'a': b.c, **r}: p\n case _ as q if g: p\n")
    assert isinstance(statement, ir.Match)
    first, second = statement.cases
    assert first.names == ("x", "y", "z", "r")
    assert plain(first.exprs) == [[0, "A", 15], [4, "a"], [1, [0, "b", 39], "c", 39, 42]]
    assert not first.irrefutable
    assert (second.names, second.irrefutable) == (("q",), True)


def test_definitions_are_numbered_outer_before_inner() -> None:
    text = "def a():\n  class B:\n    def c(self): pass\n  def d(): pass\nif x:\n  async def e(): pass\n"
    module = lower_ast(text)
    assert [function.qualname for function in module.functions] == ["a", "a.<locals>.B.c", "a.<locals>.d", "e"]
    assert [function.index for function in module.functions] == [0, 1, 2, 3]
    assert [function.parent_function for function in module.functions] == [ir.MODULE_SCOPE, 0, 0, ir.MODULE_SCOPE]
    assert [function.parent_class for function in module.functions] == [-1, 0, -1, -1]
    assert [(class_.qualname, class_.parent_function) for class_ in module.classes] == [("a.<locals>.B", 0)]


def test_names_declared_global_are_qualified_as_such() -> None:
    module = lower_ast("def f():\n  global g, H\n  def g(): pass\n  class H:\n    def i(self): pass\n")
    assert [function.qualname for function in module.functions] == ["f", "g", "H.i"]


@pytest.mark.parametrize(
    ("body", "is_generator", "has_await"),
    [
        ("yield", True, False),
        ("x = yield from y", True, False),
        ("def g(): yield", False, False),
        ("lambda: (yield)", False, False),
        ("lambda x=(yield): x", True, False),
        ("await x", False, True),
        ("async for x in y: pass", False, True),
        ("async with x: pass", False, True),
        ("[x async for x in y]", False, True),
        ("async def g(): await x", False, False),
        ("class A: x = [await y]", False, False),
        ("f'{await x}'", False, True),
    ],
)
def test_flags_are_of_the_function_itself(body: str, *, is_generator: bool, has_await: bool) -> None:
    function = lower_ast(f"async def f():\n  {body}\n").functions[0]
    assert (function.is_generator, function.has_await) == (is_generator, has_await)


@pytest.mark.parametrize(
    "text",
    [
        "def name(): pass",
        "async  def\tname(): pass;",
        "async \\\n def \\\r\n name(): pass",
        "@d\nclass  name: x",
        "@d\n\n# c\nasync def name():\n  if x:\n    y\n  else: z ;\n",
        "class name:\n  def f(self):\n    match x:\n      case 1: y;\n",
    ],
)
def test_places_of_definitions(text: str) -> None:
    module = lower_ast(text)
    definition = (module.classes or module.functions)[0]
    data = text.encode()
    assert data[definition.name_start :].startswith(b"name")
    assert data[definition.start :].startswith((b"def", b"async", b"class"))
    assert data[definition.end :].strip(b" ;\n") == b""
    assert data[: definition.end].rstrip(b" ;\n") == data[: definition.end]


def test_warnings_of_the_parser_do_not_leak() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lower_ast(r"x = '\d'" + "\n1if x else 2\n")


@pytest.mark.parametrize("text", ["x = (", "\0", "'\ud800'"])
def test_what_is_not_read_is_a_syntax_error(text: str) -> None:
    with pytest.raises(SyntaxError):
        lower_ast(text)

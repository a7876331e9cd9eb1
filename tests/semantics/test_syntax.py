"""The libcst view of a statement: its spans are those of the file, whatever stands around it."""

from __future__ import annotations

import ast
import time

import libcst as cst
import pytest

from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.semantics.syntax import StatementSyntax, callee_text, find, settle


def span_of(source: str, part: str, occurrence: int = 0) -> Span:
    """The byte range of the n-th occurrence of a part of a source."""
    data, wanted = source.encode(), part.encode()
    start = data.index(wanted)
    for _ in range(occurrence):
        start = data.index(wanted, start + 1)
    return Span(start, start + len(wanted))


def parsed(source: str, begin: str, end: str | None = None) -> StatementSyntax:
    """The range from the start of one text to the start of another (a header), or the range of the text alone."""
    start = span_of(source, begin)
    if end is None:
        syntax = StatementSyntax.parse(source.encode(), *start)
    else:
        stop = source.encode().index(end.encode(), start.start)
        syntax = StatementSyntax.parse(source.encode(), start.start, stop, header=True)
    assert syntax is not None
    return syntax


def test_spans_are_those_of_the_file() -> None:
    source = "async def f():\n    x = 1; y = await g(h(1), k=2)\n"
    syntax = parsed(source, "y = await g(h(1), k=2)")
    assert sorted(match.text for match in syntax.calls()) == ["g(h(1), k=2)", "h(1)"]
    for match in syntax.calls():
        assert match.span == span_of(source, match.text)


def test_spans_count_bytes() -> None:
    source = 'préfixe = "日本"\nsöka("ü", open("é"))\n'
    syntax = parsed(source, 'söka("ü", open("é"))')
    match = syntax.call_at(span_of(source, 'open("é")'))
    assert match is not None
    assert match.text == 'open("é")'


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_spans_over_several_lines(newline: str) -> None:
    source = newline.join(
        [
            "async def f():",
            "    return (",
            "        session",
            "        .query(  # why",
            "            a,",
            "        )",
            "        .all()",
            "    )",
            "",
        ]
    )
    start = source.index("return")
    statement = Span(start, source.rindex(")") + 1)
    syntax = StatementSyntax.parse(source.encode(), *statement)
    assert syntax is not None
    texts = {match.text for match in syntax.calls()}
    chain = source[source.index("session") : source.index(".all()") + len(".all()")]
    assert chain in texts
    assert len(texts) == 2


def test_spans_exclude_and_include_parentheses() -> None:
    source = "x = ((f)(1)).json\n"
    syntax = parsed(source, "x = ((f)(1)).json")
    match = syntax.call_at(span_of(source, "(f)(1)"))
    assert match is not None
    assert match.text == "(f)(1)"
    assert syntax.text(syntax.outer_span_of(match.node)) == "((f)(1))"
    assert syntax.text(syntax.span_of(match.node.func)) == "f"
    assert syntax.text(syntax.outer_span_of(match.node.func)) == "(f)"


def test_parents_lead_from_the_node_to_the_statement() -> None:
    source = "x = [f(1) for y in z]"
    syntax = parsed(source, source)
    call = next(iter(syntax.calls()))
    kinds = [type(node).__name__ for node in syntax.parents(call.node)]
    assert kinds[:2] == ["ListComp", "Assign"]
    assert kinds[-1] == "Module"


HEADERS = {
    "if": ("if 1:\n    if f():\n        g()\n", "if f()", "g()"),
    "comment before the body": ("if 1:\n    if f():  # why\n  # odd\n        # even\n        g()\n", "if f()", "g()"),
    "body on the line": ("if f(): g()\n", "if f()", "g()"),
    "elif": ("def h():\n    if a:\n        pass\n    elif f():\n        g()\n", "elif f()", "g()"),
    "else": ("for a in b:\n    pass\nelse:\n    g()\n", "else", "g()"),
    "while": ("while f():\n    g()\n", "while f()", "g()"),
    "for": ("for a in f():\n\tg()\n", "for a", "g()"),
    "async for": ("async def h():\n    async for a in f():\n        g()\n", "async for", "g()"),
    "with": ("with (\n    f() as a,\n    b as c,\n):\n    g()\n", "with (", "g()"),
    "async with": ("async def h():\n    async with f() as a, b():\n        g()\n", "async with", "g()"),
    "except": ("try:\n    pass\nexcept f():\n    g()\n", "except f", "g()"),
    "except in a function": ("def h():\n\ttry:\n\t\tpass\n\texcept f() as e:\n\t\tg()\n", "except f", "g()"),
    "except group": ("try:\n    pass\nexcept* f():\n    g()\n", "except* f", "g()"),
    "except without parentheses": ("try:\n    pass\nexcept A, f():\n    g()\n", "except A", "g()"),
    "match": ("match f():\n    case 1:\n        g()\n", "match f()", "g()"),
    "match, a later case": (
        "match x:\n    case 1:\n        h()\n    case 2 if f():\n        g()\n",
        "match",
        "g()",
    ),
    "match up to its first case": ("match f():\n    case 1:\n        g()\n", "match f()", "case 1"),
    "case": ("match x:\n    case 1 if f():\n        g()\n", "case 1", "g()"),
    "case with tabs": ("match x:\n\tcase 1 if f():\n\t\tg()\n", "case 1", "g()"),
    "def": ("class A:\n    def h(self, a=f()) -> B:\n        g()\n", "def h", "g()"),
    "async def": ("async def h(a=f()): g()\n", "async def h", "g()"),
    "type parameters": ("def h[T: f()](a: T): g()\n", "def h", "g()"),
    "class": ("class A(f(), metaclass=B):\n    g()\n", "class A", "g()"),
    "decorated first statement": ("class A(f()):\n    @k(1)\n    @l\n    def g(): pass\n", "class A", "def g"),
    "line continuation": ("if a and \\\n   f():\n    g()\n", "if a", "g()"),
    "else before, at the same depth": ("if 1:\n    if f():\n        a\n    else:\n        g()\n", "if f()", "g()"),
    "handler before, at the same depth": (
        "if 1:\n    try:\n        f()\n    except E:\n        pass\n    finally:\n        g()\n",
        "try:",
        "g()",
    ),
}


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_headers_are_read_up_to_their_body(name: str, newline: str) -> None:
    source, begin, end = (part.replace("\n", newline) for part in HEADERS[name])
    syntax = parsed(source, begin, end)
    if "f()" in source:
        match = syntax.call_at(span_of(source, "f()"))
        assert match is not None
        assert match.text == "f()"


@pytest.mark.parametrize("part", ["app.get('/', dependencies=[f()])", "@app.get('/', dependencies=[f()])"])
def test_decorators_are_read_by_themselves(part: str) -> None:
    source = "@app.get('/', dependencies=[f()])\nasync def route(): pass\n"
    syntax = parsed(source, part)
    match = syntax.call_at(span_of(source, "f()"))
    assert match is not None


def test_what_is_no_python_is_none() -> None:
    assert StatementSyntax.parse(b"f(", 0, 2) is None
    assert settle(b"if f(:\n    pass", Span(0, 7), Span(3, 5), header=True) is None


def test_settle_confirms_a_call() -> None:
    source = "async def f():\n    time.sleep(1)\n"
    call = span_of(source, "time.sleep(1)")
    assert settle(source.encode(), call, call) == call


def test_settle_refuses_what_is_no_call() -> None:
    source = "x = f"
    assert settle(source.encode(), Span(0, 5), span_of(source, "f")) is None
    assert settle(source.encode(), Span(0, 5), span_of(source, "f"), kind="name") == Span(4, 5)
    assert settle(source.encode(), Span(0, 5), span_of(source, "f"), kind="expression") == Span(4, 5)


def test_settle_finds_properties_and_indices() -> None:
    source = "x = self.user.name[0]"
    whole = Span(0, len(source))
    attribute = span_of(source, "self.user.name")
    index = span_of(source, "self.user.name[0]")
    assert settle(source.encode(), whole, attribute, kind="attribute") == attribute
    assert settle(source.encode(), whole, index, kind="subscript") == index


@pytest.mark.parametrize(
    ("literal", "callee", "call"),
    [
        ('f"{time.sleep(1)}"', "time.sleep", "time.sleep(1)"),
        ('f"{a!r:>{width(b)}} {c}"', "width", "width(b)"),
        ('f"{a().b(1)}{x.b(2)}"', "a().b", "a().b(1)"),
        ('f"{a[0].b(1)}"', "a[].b", "a[0].b(1)"),
        ('"plain " f"é{get(1)}" "tail"', "get", "get(1)"),
        ("f'''{\n  get(\n 1)}'''", "get", "get(\n 1)"),
        ('rf"{outer(inner(1))}"', "inner", "inner(1)"),
        ("f\"{f'{get(1)}'}\"", "get", "get(1)"),
    ],
)
def test_settle_finds_the_call_inside_an_f_string(literal: str, callee: str, call: str) -> None:
    source = f"log({literal}, get)"
    found = settle(source.encode(), Span(0, len(source.encode())), span_of(source, literal), callee=callee)
    assert found == span_of(source, call)


def test_settle_counts_equal_calls_inside_an_f_string() -> None:
    source = 'f"{get(1)}{get(2)}"'
    whole = Span(0, len(source))
    assert settle(source.encode(), whole, whole, callee="get", occurrence=1) == span_of(source, "get(2)")
    assert settle(source.encode(), whole, whole, callee="get", occurrence=2) is None
    assert settle(source.encode(), whole, whole, callee="post") is None
    assert settle(source.encode(), whole, whole) is None


def test_find_takes_the_call_that_starts_first_for_the_whole_literal() -> None:
    source = 'f"{f(f(1))}"'
    syntax = parsed(source, source)
    match = find(syntax, Span(0, len(source)), callee="f")
    assert match is not None
    assert match.text == "f(f(1))"


def test_callee_text_of_the_intermediate_form_is_that_of_the_tree() -> None:
    name = ir.Name("a", 0)
    call = ir.Call(ir.Attribute(name, "b", 0, 3), (), (), 0, 5)
    assert callee_text(ir.Attribute(call, "c", 0, 7)) == "a.b().c"
    assert callee_text(ir.Subscript(name, ir.Constant(0), 0, 4)) == "a[]"
    assert callee_text(ir.Lambda((), name, 0, 9)) == "?"


def test_a_statement_that_nests_as_deep_as_the_guard_allows() -> None:
    source = " + ".join(["'x'"] * 300) + " + f()"
    syntax = parsed(source, source)
    assert syntax.call_at(span_of(source, "f()")) is not None


def test_every_call_of_this_module_has_the_span_of_the_standard_parser() -> None:
    with open(__file__, "rb") as file:  # noqa: PTH123
        data = file.read()
    lines = data.splitlines(keepends=True)
    starts = [sum(map(len, lines[:row])) for row in range(len(lines) + 1)]

    def span(node: ast.stmt | ast.expr) -> Span:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return Span(starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset)

    count = 0
    for statement in ast.walk(ast.parse(data)):
        if isinstance(statement, ast.Assign | ast.Expr | ast.Return | ast.Assert):
            syntax = StatementSyntax.parse(data, *span(statement))
            assert syntax is not None
            found = {match.span for match in syntax.calls()}
            expected = {span(node) for node in ast.walk(statement) if isinstance(node, ast.Call)}
            in_f_strings = any(isinstance(node, ast.JoinedStr) for node in ast.walk(statement))
            assert in_f_strings or found == expected
            count += len(expected)
    assert count > 50


def test_a_statement_costs_about_a_millisecond() -> None:
    source = 'response = await client.post(f"{base}/items/{item.id}", json=payload(item), headers=headers, timeout=5)'
    data = source.encode()
    candidate = span_of(source, "payload(item)")
    settle(data, Span(0, len(data)), candidate)
    begin = time.perf_counter()
    for _ in range(100):
        settle(data, Span(0, len(data)), candidate)
    assert (time.perf_counter() - begin) / 100 < 0.010, "ten times the target, so that a busy machine does not matter"


def test_nodes_are_found_by_kind() -> None:
    source = "await f()"
    syntax = parsed(source, source)
    assert syntax.node_at(Span(0, 9), cst.Await) is not None
    assert syntax.node_at(Span(0, 9), cst.Call) is None
    assert syntax.node_at(Span(6, 9), cst.Call) is not None

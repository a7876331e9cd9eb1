"""Syntax newer than the interpreter is read as libcst reads it, which knows it all."""

from __future__ import annotations

import pytest

from asynclint.flow.from_ast import lower_ast
from asynclint.flow.from_cst import lower_cst
from asynclint.flow.ir import encode_module
from asynclint.flow.lower import lower
from asynclint.flow.newer_syntax import parse_newer

FORMS = [
    "type A = int",
    "type  A=int",
    "type A = Callable[\n    [int],\n    str,\n]",
    "type A[T] = list[T]",
    "type A[*Ts, **P, T: (int, str) = int] = list[T]",
    "é = 1; x = 'é'\ntype A = 'é'",
    "if x:\n    type A = int\nelse:\n    type B = A; y = A()",
    "def f():\n    type A = int\n    return A",
    "def f[T](a: T) -> T:\n    return a",
    "async def f[T: dict[str, int], *Ts](a: T) -> T:\n    await a",
    "async   def f [T] ( a ): ...",
    "@decorated(é)\ndef f[T](a): ...",
    "class A[T]: ...",
    "class A[T = int](Base[T], metaclass=M):\n    def f[K](self, k: K): ...",
    "try: f()\nexcept A, B: g()",
    "try: f()\nexcept A.b, C,D  , E: g()\nexcept F: h()",
    "try: f()\nexcept* A, B: g()",
    "try: f()\nexcept A, B:\n    try: g()\n    except (C | D): h()\n    except E, F: h()",
    "match x:\n    case 1:\n        type A = int\n        try: f()\n        except A, B: g()",
    "# type A = int\ntype B = int  # type C = int",
]


@pytest.mark.parametrize("text", FORMS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_as_libcst_reads_it(text: str, newline: str) -> None:
    text = (text + "\n").replace("\n", newline)
    expected = encode_module(lower_cst(text))
    assert encode_module(lower_ast(text, parse_newer)) == expected
    found = lower(text)
    assert (found.front_end, encode_module(found.ir)) == ("ast", expected)


@pytest.mark.parametrize(
    "text",
    [
        "x = 1",
        "type é = 1",
        "x = 'type A = int'",
        "x = '''\ntype A = int\n'''\ntype B = int",
        "x = '''\nexcept A, B: ...\n'''\nclass A[T]: ...",
        "def f[\n    T,\n](a): ...",
        "def f[T: 'A'](a): ...",
        "type A[T: Literal['x']] = int",
        "try: f()\nexcept A, B as e: g()",
        "try: f()\nexcept A, B(): g()",
        "class A[T]: x = (",
        "type A = ",
        "type A == int",
    ],
)
def test_what_is_left_to_libcst(text: str) -> None:
    with pytest.raises(SyntaxError):
        parse_newer(text + "\n")


@pytest.mark.parametrize("name", ["type = 1\n", "type: int = 1\n", "type[0] = 1\n", "type.x = 1\n"])
def test_a_variable_of_that_name_stays_one(name: str) -> None:
    text = f"{name}type B = int\n"
    assert encode_module(lower_ast(text, parse_newer)) == encode_module(lower_cst(text))

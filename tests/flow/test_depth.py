from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from asynclint.flow.depth import check_depth
from asynclint.flow.errors import NestingTooDeep

if TYPE_CHECKING:
    from collections.abc import Callable


def nested(opening: str, closing: str, head: str = "x = ") -> Callable[[int], str]:
    return lambda count: f"{head}{opening * count}1{closing * count}\n"


def blocks(header: str, middle: str = "") -> Callable[[int], str]:
    def make(count: int) -> str:
        indented = (" " * depth for depth in range(count))
        return "".join(f"{indent}{header}\n{middle and indent + middle}" for indent in indented) + " " * count + "y\n"

    return make


DEEP: Final[dict[str, Callable[[int], str]]] = {
    "parentheses": nested("(", ")"),
    "lists": nested("[", "]"),
    "dicts": nested("{1: ", "}"),
    "calls within calls": nested("f(", ")"),
    "brackets never closed": nested("(", ""),
    "fields never closed": nested("f'{", ""),
    "attributes": nested("a.", "", "x = a"),
    "calls of calls": lambda count: "x = a" + "()" * count,
    "method calls": lambda count: "x = a" + ".b()" * count,
    "method calls on lines": lambda count: "x = (a" + "\n.b(1, 2)" * count + ")",
    "subscripts": lambda count: "x = a" + "[0, 1]" * count,
    "sum": nested("1+", ""),
    "sum on lines": nested("1 + \\\n", ""),
    "minus": nested("-", ""),
    "not": nested("not ", ""),
    "and": nested("a and ", ""),
    "power": nested("a**", ""),
    "conditional expressions": nested("a if b else ", ""),
    "lambdas": nested("lambda: ", ""),
    "lambdas with commas": nested("lambda a, b: ", ""),
    "comprehension clauses": lambda count: "x = [a " + "for a, b in c " * count + "]",
    "dotted import": lambda count: "import a" + ".b" * count,
    "f-strings": nested("f'{", "}'"),
    "parentheses in an f-string": nested("(", ")}'", "x = f'{"),
    "parentheses after a backslash in an f-string": nested("(", ")", r"x = f'\{"),
    "format specifications": nested("{a:", "}", "x = f'"),
    "parentheses in a format specification": nested("(", ")", "x = f'{a:{"),
    "parentheses in a triple-quoted f-string": nested("(\n", ")", "x = f'''a' \" {{ {"),
    "walrus": nested("(a := ", ")"),
    "sequence patterns": nested("[", "]: pass", "match x:\n case "),
    "class patterns": nested("A(b=", ")", "match x:\n case "),
    "delete": nested("(", ")", "del "),
    "annotations": nested("X[", "]", "def f(a: "),
    "await": nested("await ", "", "async def f():\n  "),
    "if": blocks("if x:"),
    "if and else": blocks("if x: y", "else:\n"),
    "while": blocks("while x:"),
    "functions": blocks("def f():"),
    "elif": lambda count: "if a: b\n" + "elif a: b\n" * count,
}

LONG: Final[dict[str, Callable[[int], str]]] = {
    "items": lambda count: "x = [" + "-a.b(c), " * count + "]",
    "dict items": lambda count: "x = {" + "a.b: not c or {1: 2}, " * count + "}",
    "strings": lambda count: "x = (" + "'a' " * min(count, 1_000) + ")",
    "statements": lambda count: "x = a.b(c) + 1\n" * count,
    "statements on a line": lambda count: "x = a.b(c) + 1; " * count,
    "ifs": lambda count: "if a: b\nelif c: d\nelse: e\n" * count,
    "ifs in a function": lambda count: "def f():\n" + "  if a:\n    b\n  elif c:\n    d\n" * count,
    "comments": lambda count: "# ((((((\n" * count,
    "text": lambda count: "'''" + "(((.+-'\n" * count + "'''",
    "f-string text": lambda count: 'f"""' + "((( '{{ a.b }}\\N{DASH}{a.b}\n" * count + '"""',
    "text with quotes": lambda count: r"x = '\'((\\'; y = b'\\\'(('; z = rf'{a}\'(('" + "\n" * count,
    "open brackets before statements": lambda count: "x = (\ndef f(): pass\n" * count,
    "decorators": lambda count: "@a.b\n" * min(count, 1_000) + "def f(): pass",
    "closing brackets": lambda count: ")" * count,
    "numbers": lambda count: "x = [" + "1.5, .5, " * count + "...]",
}


@pytest.mark.parametrize("make", DEEP.values(), ids=DEEP)
def test_deep_text_is_refused(make: Callable[[int], str]) -> None:
    with pytest.raises(NestingTooDeep):
        check_depth(make(500))


@pytest.mark.parametrize("make", DEEP.values(), ids=DEEP)
def test_usual_depth_is_accepted(make: Callable[[int], str]) -> None:
    check_depth(make(6))


@pytest.mark.parametrize("make", LONG.values(), ids=LONG)
def test_length_is_not_depth(make: Callable[[int], str]) -> None:
    check_depth(make(3_000))


def test_the_line_is_named() -> None:
    with pytest.raises(NestingTooDeep) as caught:
        check_depth("a\r\nb\rc\n\nx = " + "(" * 300)
    assert caught.value.row == 5


@pytest.mark.parametrize("text", ["", "'", '"""', "f'{", "f'{a:", "f'''{a:'''", "}", "f'{)}'", "\\", "x = f'\n'", "\0"])
def test_text_that_does_not_tokenize_is_tolerated(text: str) -> None:
    check_depth(text)


LOWER = """
import sys
from asynclint.flow.ir import decode_body, decode_module, encode_module
from asynclint.flow.lower import LowerError, lower

for text in sys.stdin.read().split("\\x1e"):
    for reference in (False, True):
        try:
            module = decode_module(encode_module(lower(text, reference=reference).ir))
        except LowerError as error:
            print(error.message)
        else:
            for definition in (module, *module.functions, *module.classes):
                decode_body(definition.body)
            print("read")
"""


@pytest.mark.parametrize("count", [300, 10_000])
def test_no_depth_ends_the_process(count: int) -> None:
    texts = [make(min(count, 3_000) if name in _LONG_LINES else count) for name, make in DEEP.items()]
    done = subprocess.run(
        [sys.executable, "-c", LOWER], input="\x1e".join(texts), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2 * len(texts)


_LONG_LINES: Final = frozenset(("if", "if and else", "while", "functions"))
"""Whose text grows with the square of the count."""

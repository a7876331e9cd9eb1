"""Comments and logical lines, read without Python's tokenizer."""

from __future__ import annotations

import io
import tokenize
from pathlib import Path

import pytest

from asynclint.source.comments import read_comments

SOURCES = sorted(Path(__file__).parent.parent.rglob("*.py"))[:120]


def comments(text: str) -> list[str]:
    data = text.encode()
    return [data[span.start : span.end].decode() for span in read_comments(data).comments]


def logical_lines(text: str) -> list[str]:
    data = text.encode()
    return [data[span.start : span.end].decode() for span in read_comments(data).logical_lines]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = 1  # one\n", ["# one"]),
        ("# é 😀\r\nx = '#'  # two\r\n", ["# é 😀", "# two"]),
        ("x = '# no'; y = \"# no\"\n", []),
        ("x = 'it\\'s # no'  # yes", ["# yes"]),
        ("x = r'\\'  # no'  # yes", ["# yes"]),
        ("'''\n# no\n''' # yes\n", ["# yes"]),
        ('"""a\\""" # no"""  # yes', ["# yes"]),
        ("f'{x:#x} # no'  # yes", ["# yes"]),
        ("f'{x!r:#>{w}}'  # yes", ["# yes"]),
        ("f'{{# no}}'  # yes", ["# yes"]),
        ("f'{d['#']}'  # yes", ["# yes"]),  # Python 3.12
        ("f'''{\n  x  # in a field\n}'''  # yes", ["# in a field", "# yes"]),  # Python 3.12
        ("rf'\\{x}#'  # yes", ["# yes"]),
        ("t'{x} #'  # yes", ["# yes"]),  # Python 3.14
        ("f'{ {1: \"#\"}[1] } #'  # yes", ["# yes"]),
        ("f'{x:{'#'}}'  # yes", ["# yes"]),
        ("f'{(lambda: 1)()}#'  # yes", ["# yes"]),
        ("b'#' rb'#'  # yes", ["# yes"]),
        ("if'#': pass  # yes", ["# yes"]),
        ("f'{a + f'{b}#'}#'  # yes", ["# yes"]),
    ],
)
def test_comments_are_told_from_strings(text: str, found: list[str]) -> None:
    assert comments(text) == found


@pytest.mark.parametrize(
    "text", ["'open # no\n# yes", "f'open # no\n# yes", "f'{open # no\n", "f'''", "'''", "\\", ")"]
)
def test_text_that_is_no_python_is_no_trouble(text: str) -> None:
    assert set(comments(text)) <= {"# yes", "# no"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("\n\nx = 1  # a\n# alone\ny = 2\n", ["x = 1  # a", "y = 2"]),
        ("f(\n  1,  # one\n\n  # two\n)  # end\n", ["f(\n  1,  # one\n\n  # two\n)  # end"]),
        ("x = \\\n  1  # end\r\ny", ["x = \\\n  1  # end", "y"]),
        ("x = '''\n\n'''\n", ["x = '''\n\n'''"]),
        ("@d(\n 1)\n# c\ndef f(\n  a,\n): # h\n  # own\n  pass\n", ["@d(\n 1)", "def f(\n  a,\n): # h", "pass"]),
        ("a; b\nif x: y\n", ["a; b", "if x: y"]),
        ("with (\n  a as b,\n):\n    pass", ["with (\n  a as b,\n):", "pass"]),
    ],
)
def test_a_logical_line_takes_the_rows_of_its_statement(text: str, found: list[str]) -> None:
    assert logical_lines(text) == found


def test_each_place_belongs_to_its_logical_line_or_to_none() -> None:
    text = b"a = (1,  # x\n2)  # y\n# alone\n\nb\n"
    read = read_comments(text)
    first, second = read.logical_lines
    assert [read.logical_line(text.index(mark)) for mark in (b"a", b"# x", b"2", b"# y", b"b")] == [
        first,
        first,
        first,
        first,
        second,
    ]
    assert read.logical_line(text.index(b"# alone")) is None
    assert read_comments(b"").logical_line(0) is None
    assert [read.next_line(line.start) for line in (first, second)] == [second, None]
    assert read_comments(b"").next_line(0) is None


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_pythons_tokenizer_says_the_same(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    assert comments(text) == [token.string for token in tokens if token.type == tokenize.COMMENT]
    assert len(logical_lines(text)) == sum(token.type == tokenize.NEWLINE for token in tokens)

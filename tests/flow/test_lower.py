from __future__ import annotations

import ast
import pickle
import subprocess
import sys

import pytest

from asynclint.flow import from_ast
from asynclint.flow.errors import LowerError, NestingTooDeep
from asynclint.flow.ir import encode_module
from asynclint.flow.lower import lower

NEW_SYNTAX = "try:\n  a\nexcept A, B:\n  [*x for x in y]\n"
"""Read by no interpreter supported so far."""


def test_the_fast_front_end_is_preferred() -> None:
    assert lower("x = 1\n").front_end == "ast"


def test_the_reference_can_be_forced() -> None:
    lowered = lower("x = 1\n", reference=True)
    assert lowered.front_end == "libcst"
    assert encode_module(lowered.ir) == encode_module(lower("x = 1\n").ir)


def test_syntax_newer_than_the_interpreter_is_read() -> None:
    assert lower(NEW_SYNTAX).front_end == "libcst"


def test_nodes_of_future_interpreters_are_left_to_libcst(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(from_ast._STATEMENTS, ast.Pass)
    assert lower("pass").front_end == "libcst"


def test_libcst_is_imported_only_when_needed() -> None:
    code = "import sys; from asynclint.flow.lower import lower; lower('x = 1'); sys.exit('libcst' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("reference", [False, True])
@pytest.mark.parametrize(
    ("text", "row", "column"),
    [
        ("x\ny = \0\n", 2, 5),
        ("x\r\n\u00e9 = '\ud800'\n", 2, 6),
        ("x\ny = = 2\n", 2, None),
        ("\u00e9\u00e9 = '", 1, None),
        ("if x:\npass\n", 2, None),
        ("def f(", 1, None),
        ("x = \\", 1, None),
        ("\ufeffx", 1, 1),
        ("\x0c\n\x0c  x\n y", None, None),
    ],
)
def test_unreadable_text_is_a_lower_error(text: str, row: int | None, column: int | None, *, reference: bool) -> None:
    with pytest.raises(LowerError) as caught:
        lower(text, reference=reference)
    error = caught.value
    rows = text.replace("\r\n", "\n").split("\n")
    assert row is None or error.row == row
    assert column is None or error.column == column
    assert 1 <= error.row <= len(rows)
    assert 1 <= error.column <= len(rows[error.row - 1]) + 1
    assert error.message == " ".join(error.message.split())


@pytest.mark.parametrize(
    ("text", "message", "row"),
    [
        ("x = (\n1\ny = 2\n", "'(' was never closed", 1),
        ("print 'x'\n", "Missing parentheses in call to 'print'. Did you mean print(...)?", 1),
        (NEW_SYNTAX + "z = 1\nz = 1\nz = = 1\n", "invalid syntax", 7),
        ("{% if x %}\n", "invalid syntax", 1),
        ("x = (" + "a.b + " * 2_000, "'(' was never closed", 1),
    ],
)
def test_the_better_of_two_errors_is_reported(text: str, message: str, row: int) -> None:
    with pytest.raises(LowerError) as caught:
        lower(text)
    assert (caught.value.message, caught.value.row) == (message, row)


def test_a_defect_of_libcst_is_a_lower_error() -> None:
    with pytest.raises(LowerError, match="libcst does not read this file"):
        lower("x = yield(lambda: x)", reference=True)


@pytest.mark.parametrize("error", [LowerError("why", 3, 4), NestingTooDeep(3, 4)])
def test_errors_cross_processes(error: LowerError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert (copy.message, copy.row, copy.column) == (error.message, 3, 4)
    assert str(copy).endswith("(line 3, column 4)")


@pytest.mark.parametrize("reference", [False, True])
@pytest.mark.parametrize("text", ["\n\nx = " + "a + " * 450 + "a", "\n\nif a: b\n" + "elif a: b\n" * 450])
def test_both_front_ends_refuse_the_same_chains(text: str, *, reference: bool) -> None:
    with pytest.raises(NestingTooDeep) as caught:
        lower(text, reference=reference)
    assert caught.value.row >= 3

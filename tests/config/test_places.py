"""Lines of values in TOML, against documents in every form that TOML has."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from asynclint.config.places import line_of, lines_of

DOCUMENT = '''\
# a comment with [brackets] = "and more"
bare = 1
"quoted.key" = "a [b] # c"
'single' = 1979-05-27T07:32:00Z

[tool.asynclint] # why
select = [
  "A", # one
  "B", "C",
]
severity = { X = "note", "y-z" = 'error' }
dotted.key.path = 1.5
[ tool . "asynclint" . per-file-ignores ]
"tests/**" = ["ASL2",
 "X"]
text = """
[not.a.table]
x = "1"
\\"""quoted\\""" # no comment
"""
raw = \'\'\'
[[nor]]
\'\'\'
after = true
[[list]]
n = 1
[[list]]
n = 2
[list.inner]
k = [{a = 1, b = [2]}, [
  3,
  4 ]]
[[list.deep]]
z = 0
'''

LINES = {
    ("bare",): 2,
    ("quoted.key",): 3,
    ("single",): 4,
    ("tool", "asynclint"): 6,
    ("tool", "asynclint", "select"): 7,
    ("tool", "asynclint", "select", 0): 8,
    ("tool", "asynclint", "select", 2): 9,
    ("tool", "asynclint", "severity", "y-z"): 11,
    ("tool", "asynclint", "dotted", "key", "path"): 12,
    ("tool", "asynclint", "per-file-ignores"): 13,
    ("tool", "asynclint", "per-file-ignores", "tests/**", 1): 15,
    ("tool", "asynclint", "per-file-ignores", "text"): 16,
    ("tool", "asynclint", "per-file-ignores", "after"): 24,
    ("list", 0, "n"): 26,
    ("list", 1, "n"): 28,
    ("list", 1, "inner", "k", 0, "b", 0): 30,
    ("list", 1, "inner", "k", 1, 1): 32,
    ("list", 1, "deep", 0, "z"): 34,
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_value_has_its_line(newline: str) -> None:
    found = lines_of(DOCUMENT.replace("\n", newline))
    assert {path: found.get(path) for path in LINES} == LINES


def test_every_key_of_the_document_is_found() -> None:
    found = lines_of(DOCUMENT)
    around = [("tool",), ("list",), ("list", 1, "deep")]
    assert [path for path in _paths(tomllib.loads(DOCUMENT)) if path not in found] == around


def test_what_has_no_line_has_that_of_what_is_around_it() -> None:
    lines = lines_of(DOCUMENT)
    assert line_of(lines, ("tool", "asynclint", "select", 9)) == 7
    assert line_of(lines, ("unknown",)) == 1


@pytest.mark.parametrize("text", ["", "\n", "x = [", "x = {", "x =", "[", "x = }", "= =", "[[", "a."])
def test_it_ends_on_anything(text: str) -> None:
    lines_of(text)


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in items for found in ((*path, key), *_paths(item, (*path, key)))]

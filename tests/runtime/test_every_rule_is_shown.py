"""Every rule has its proof at run time, by the name of its file, or says in its docstring why there is none."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from asynclint.rulekit.discovery import all_rules

if TYPE_CHECKING:
    from asynclint.rulekit.rule import Rule

HERE = Path(__file__).parent
NOT_SHOWN = "Not shown at run time: "
"""Begins the paragraph of a rule's docstring that says why its defect cannot be observed."""


def missing(rule: Rule, docstring: str, test: str | None) -> list[str]:
    """What the proof of a rule lacks, given the text of its test."""
    if NOT_SHOWN in docstring:
        return [] if test is None else ["says that it cannot be shown, and is"]
    if test is None:
        return [f"neither a test nor `{NOT_SHOWN}…` in the docstring of the rule"]
    tree = ast.parse(test)
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    words |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    sides = ["bad", "good", *(["fixed"] if rule.fix_safety else [])]
    lacking = [f'the "{side}" side of its example is not run' for side in sides if side not in words]
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    if not any(isinstance(node, ast.Assert | ast.With) for function in functions for node in ast.walk(function)):
        lacking.append("nothing is asserted")
    return lacking


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name)
def test_the_defect_is_shown(rule: Rule) -> None:
    name = rule.name.replace("-", "_")
    docstring = inspect.getdoc(importlib.import_module(f"asynclint.rules.{name}")) or ""
    test = HERE / f"test_{name}.py"
    assert missing(rule, docstring, test.read_text() if test.exists() else None) == []


SHOWN = 'def test_x():\n    for side in ("bad", "good", "fixed"):\n        assert side\n'


@pytest.mark.parametrize(
    ("docstring", "test", "found"),
    [
        ("", SHOWN, []),
        ("", None, ["neither a test nor `Not shown at run time: …` in the docstring of the rule"]),
        ("What.\n\nNot shown at run time: a matter of taste.", None, []),
        ("Not shown at run time: hm.", SHOWN, ["says that it cannot be shown, and is"]),
        ("", SHOWN.replace("fixed", "mended"), ['the "fixed" side of its example is not run']),
        ("", SHOWN.replace("bad", "worse"), ['the "bad" side of its example is not run']),
        ("", SHOWN.replace("assert side", "print(side)"), ["nothing is asserted"]),
    ],
)
def test_what_is_missing_is_named(docstring: str, test: str | None, found: list[str]) -> None:
    fixable = next(rule for rule in all_rules() if rule.fix_safety)
    assert missing(fixable, docstring, test) == found

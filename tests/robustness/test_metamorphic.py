"""Changes that mean nothing to Python change no finding, up to its place."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from asynclint.config.settings import Settings
from asynclint.rulekit.discovery import all_rules
from asynclint.run.checks import check

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EXAMPLES = {f"{rule.code}-{place}": example.bad for rule in all_rules() for place, example in enumerate(rule.examples)}


def _found(folder: Path, source: str) -> list[tuple[str, str]]:
    """Each finding by its code and the function it is in."""
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    (folder / "m.py").write_text(source)
    report = check([str(folder)], Settings(select=("ALL",), isolated=True, jobs=1, use_cache=False))
    assert not report.errors
    return sorted((item.code, item.symbol) for item in report.diagnostics)


def _spaced(source: str) -> str:
    """Blank lines and comments before every statement of the module."""
    rows = {node.lineno for node in ast.parse(source).body}
    lines = source.split("\n")
    return "\n".join(
        f"\n# a comment\n\n{line}" if row in rows and row > 1 else line for row, line in enumerate(lines, 1)
    )


def _aliased(source: str) -> str:
    """`import asyncio` under another name."""
    if "import asyncio\n" not in source or re.search(r"['\"].*asyncio", source):
        return source
    return re.sub(r"(?<![\w.])asyncio\.", "aio_.", source).replace("import asyncio\n", "import asyncio as aio_\n", 1)


def _renamed(source: str) -> str:
    """Each local that a function assigns, and that is nothing else in the module, under another name."""
    tree = ast.parse(source)
    stored = {
        node.id
        for function in ast.walk(tree)
        if isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    words = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    words |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword | ast.arg) and node.arg}
    words |= {
        node.id
        for item in tree.body
        for node in ast.walk(item)
        if isinstance(node, ast.Name) and not isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    words |= {name for node in ast.walk(tree) if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
    for name in stored - words:
        source = re.sub(rf"(?<![\w.'\"]){name}\b(?!['\"])", f"{name}_renamed", source)
    return source


def _crlf(source: str) -> str:
    return source.replace("\n", "\r\n")


def _under_if_true(source: str) -> str:
    """Every statement of the module but imports from the future and its docstring, under `if True:`."""
    lines = source.split("\n")
    tree = ast.parse(source)
    for node in reversed(tree.body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)]) - 1
            lines[first : node.end_lineno] = [
                "if True:",
                *(f"    {line}" if line else line for line in lines[first : node.end_lineno]),
            ]
    return "\n".join(lines)


@pytest.mark.parametrize("change", [_spaced, _aliased, _renamed, _crlf, _under_if_true])
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_findings_stay_the_same(tmp_path: Path, name: str, change: Callable[[str], str]) -> None:
    source = EXAMPLES[name]
    changed = change(source)
    if changed == source:
        pytest.skip("nothing to change")
    ast.parse(changed)
    assert _found(tmp_path / "after", changed) == _found(tmp_path / "before", source)

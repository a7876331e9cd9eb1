"""Changes that mean nothing to Python change no finding, up to its place."""

from __future__ import annotations

import ast
import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from asynclint.config.settings import Settings
from asynclint.rulekit.discovery import all_rules
from asynclint.run.checks import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


def _is_read_by_python(file: Path) -> bool:
    try:
        ast.parse(file.read_bytes())
    except SyntaxError:
        return False
    return True


EXAMPLES = {f"{rule.code}-{place}": example.bad for rule in all_rules() for place, example in enumerate(rule.examples)}

_FIXTURES = Path(__file__).parents[1] / "fixtures"
HARDER = EXAMPLES | {
    file.relative_to(_FIXTURES).as_posix(): file.read_text(encoding="utf-8")
    for file in sorted(_FIXTURES.glob("*/*.py"))
    if file.parent.name not in ("projects", "seeds") and _is_read_by_python(file)
}
"""With the cases that rules are hard on."""


def _found(folder: Path, sources: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each finding by its code and the function it is in."""
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    for name, source in sources.items():
        (folder / name).write_text(source)
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
    assert _found(tmp_path / "after", {"m.py": changed}) == _found(tmp_path / "before", {"m.py": source})


_Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _rows(node: ast.stmt) -> tuple[int, int]:
    """The first row of a statement, of its decorators if it has any, counted from 0, and the one after its last."""
    decorators = node.decorator_list if isinstance(node, _Definition) else []
    return min([node.lineno, *(item.lineno for item in decorators)]) - 1, node.end_lineno or node.lineno


def _read_at_once(node: ast.stmt) -> set[str]:
    """The names that a definition reads when it is made; all that a class has within counts."""
    parts: list[ast.AST] = [node]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        parts = [node.args, *node.decorator_list, *([node.returns] if node.returns else [])]
    return {item.id for part in parts for item in ast.walk(part) if isinstance(item, ast.Name)}


def _reordered(source: str) -> str:
    """Definitions that follow each other, the last one first, where none reads another when it is made."""
    lines = source.split("\n")
    runs = itertools.groupby(ast.parse(source).body, lambda node: isinstance(node, _Definition))
    for nodes in reversed([[node for node in group if isinstance(node, _Definition)] for _, group in runs]):
        names = [node.name for node in nodes]
        if len(nodes) < 2 or len(set(names)) < len(names) or any(_read_at_once(node) & set(names) for node in nodes):
            continue
        spans = [_rows(node) for node in nodes]
        turned = [[*lines[start:end], ""] for start, end in reversed(spans)]
        lines[spans[0][0] : spans[-1][1]] = [line for part in turned for line in part]
    return "\n".join(lines)


def _bound(statements: Iterable[ast.stmt]) -> set[str]:
    """The names that statements of a module bind; those of imports are not among them."""
    found = {node.name for node in statements if isinstance(node, _Definition)}
    for item in (item for node in statements if not isinstance(node, _Definition) for item in ast.walk(node)):
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store):
            found.add(item.id)
    return found


def _split(source: str) -> dict[str, str]:
    """The first half of a module in another, which the rest imports it from; nothing where that is no mere move."""
    tree = ast.parse(source)
    lines = source.split("\n")
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    places = [place for place, node in enumerate(tree.body) if isinstance(node, _Definition)]
    if len(places) < 2:
        return {}
    middle = places[len(places) // 2]
    first, rest = tree.body[:middle], tree.body[middle:]
    moved = _bound(first)
    shared = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
    if moved & (_bound(rest) | shared) or _is_read(_bound(rest), first):
        return {}
    head = "".join("\n".join(lines[slice(*_rows(node))]) + "\n" for node in imports)
    end = _rows(rest[0])[0]
    names = ", ".join(sorted(moved))
    return {
        "n.py": "\n".join(lines[:end]) + "\n",
        "m.py": head + (f"from n import {names}\n" if names else "") + "\n".join(lines[end:]),
    }


def _is_read(names: set[str], statements: Iterable[ast.stmt]) -> bool:
    nodes = (item for node in statements for item in ast.walk(node))
    return any(isinstance(node, ast.Name) and node.id in names for node in nodes)


@pytest.mark.parametrize("name", HARDER)
def test_functions_in_another_order(tmp_path: Path, name: str) -> None:
    source = HARDER[name]
    changed = _reordered(source)
    if changed == source:
        pytest.skip("nothing to change")
    ast.parse(changed)
    assert _found(tmp_path / "after", {"m.py": changed}) == _found(tmp_path / "before", {"m.py": source})


@pytest.mark.parametrize("name", HARDER)
def test_a_module_in_two(tmp_path: Path, name: str) -> None:
    source = HARDER[name]
    changed = _split(source)
    if not changed:
        pytest.skip("nothing to change")
    for text in changed.values():
        ast.parse(text)
    assert _found(tmp_path / "after", changed) == _found(tmp_path / "before", {"m.py": source})

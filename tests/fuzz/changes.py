"""Projects that are changed a little, again and again, while what is known of them is kept."""

from __future__ import annotations

import ast
import dataclasses
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from tests.fuzz.promises import BrokenPromiseError

from asynclint.config.settings import Settings
from asynclint.run.checks import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from asynclint.core.diagnostic import Report

PROJECTS = Path(__file__).parents[1] / "fixtures" / "projects"
_SETTINGS = Settings(jobs=1, count_unresolved=True, select=("ALL",))
_TRIES = 20
_ROUNDS = 8

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_INSERTED = (
    "import time; time.sleep(3)",
    "import requests; requests.get('u')",
    "import asyncio; asyncio.create_task(work())",
    "raise RuntimeError('x')",
    "return None",
    "open('x')",
)
_CALLED = ("print", "time.sleep", "asyncio.create_task", "open", "self.run", "unknown")
_ADDED = (
    "async def {0}():\n    import time\n    time.sleep(2)\n",
    "class {0}:\n    def close(self): ...\n    @property\n    def value(self):\n        return open('x')\n",
    "import asyncio\n\n\ndef {0}(work):\n    return asyncio.create_task(work)\n",
    "from fastapi import FastAPI\n\n{0} = FastAPI()\n",
)


class _Source:
    """A module as text and tree."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self._nodes = list(ast.walk(ast.parse(text)))

    def of(self, *kinds: type[ast.AST]) -> list[ast.AST]:
        return [node for node in self._nodes if isinstance(node, kinds)]

    def with_lines(self, node: ast.AST, *new: str) -> str:
        """The text with other lines in the place of those of the node, indented as they were."""
        first, last = node.lineno - 1, node.end_lineno  # type: ignore[attr-defined]
        indent = (re.match(r"\s*", self.lines[first]) or [""])[0]
        return "\n".join([*self.lines[:first], *(indent + line for line in new), *self.lines[last:]])

    def with_line(self, number: int, change: Callable[[str], str]) -> str:
        """The text with a line, counted from 1, that is changed."""
        return "\n".join(change(line) if at == number else line for at, line in enumerate(self.lines, start=1))


_Edit: TypeAlias = "Callable[[_Source, Random], str]"


def _empty_a_body(source: _Source, random: Random) -> str:
    function = random.choice(source.of(*_FUNCTIONS))
    first = function.body[0]  # type: ignore[attr-defined]
    whole = ast.Pass(lineno=first.lineno, end_lineno=function.end_lineno)  # type: ignore[attr-defined]
    return source.with_lines(whole, "pass")


def _change_the_kind(source: _Source, random: Random) -> str:
    function = random.choice(source.of(*_FUNCTIONS))
    old, new = ("async def", "def") if isinstance(function, ast.AsyncFunctionDef) else ("def", "async def")
    return source.with_line(function.lineno, lambda line: line.replace(old, new, 1))  # type: ignore[attr-defined]


def _rename(source: _Source, random: Random) -> str:
    node = random.choice(source.of(*_FUNCTIONS, ast.ClassDef))
    name = node.name  # type: ignore[attr-defined]
    return source.with_line(node.lineno, lambda line: line.replace(name, f"{name}_x", 1))  # type: ignore[attr-defined]


def _insert(source: _Source, random: Random) -> str:
    function = random.choice(source.of(*_FUNCTIONS))
    first = function.body[0]  # type: ignore[attr-defined]
    return source.with_lines(first, random.choice(_INSERTED), *source.lines[first.lineno - 1 : first.end_lineno])


def _delete(source: _Source, random: Random) -> str:
    return source.with_lines(random.choice(source.of(ast.stmt)), "pass")


def _delete_a_decorator(source: _Source, random: Random) -> str:
    decorated = [item for node in source.of(*_FUNCTIONS) for item in node.decorator_list]  # type: ignore[attr-defined]
    return source.with_lines(random.choice(decorated))


def _call_something_else(source: _Source, random: Random) -> str:
    call = random.choice(source.of(ast.Call))
    functions = [function.name for function in source.of(*_FUNCTIONS)]  # type: ignore[attr-defined]
    other = random.choice([*_CALLED, *functions])
    node: ast.expr = call.func  # type: ignore[attr-defined]

    def change(line: str) -> str:
        data = line.encode()
        new: bytes = data[: node.col_offset] + other.encode() + data[node.end_col_offset :]
        return new.decode(errors="replace")

    return source.with_line(node.end_lineno or 0, change)


def _await_or_not(source: _Source, random: Random) -> str:
    call = random.choice(source.of(ast.Call))
    start = call.col_offset  # type: ignore[attr-defined]

    def change(line: str) -> str:
        before, after = line[:start], line[start:]
        return before.removesuffix("await ") + after if before.endswith("await ") else f"{before}await {after}"

    return source.with_line(call.lineno, change)  # type: ignore[attr-defined]


def _drop_bases(source: _Source, random: Random) -> str:
    node = random.choice(source.of(ast.ClassDef))
    number = node.lineno  # type: ignore[attr-defined]
    return source.with_line(number, lambda line: re.sub(r"class (\w+)\([^)]*\):", r"class \1:", line))


def _add(source: _Source, random: Random) -> str:
    text = random.choice(_ADDED).format(f"added_{random.randrange(9)}")
    return "\n".join([*source.lines, "", "", text])


def _move_down(source: _Source, _random: Random) -> str:
    return "\n".join(["# moved", "", *source.lines])


_EDITS: tuple[_Edit, ...] = (
    _empty_a_body,
    _change_the_kind,
    _rename,
    _insert,
    _delete,
    _delete_a_decorator,
    _call_something_else,
    _await_or_not,
    _drop_bases,
    _add,
    _move_down,
)


def edited(text: str, random: Random) -> str:
    """The text of a module with something in it changed, so that it is still Python; the same if none was found."""
    for _ in range(_TRIES):
        try:
            new = random.choice(_EDITS)(_Source(text), random)
            ast.parse(new)
        except (SyntaxError, ValueError, IndexError):
            continue
        if new != text:
            return new
    return text


def changing(folder: Path, random: Random) -> Iterator[list[str]]:
    """Lay a project of the fixtures into the folder and change it again and again: the names of what was changed."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(random.choice(sorted(PROJECTS.iterdir())), folder)
    files = sorted(folder.rglob("*.py"))
    yield []
    for _ in range(_ROUNDS):
        chosen = random.sample(files, min(len(files), random.choice((1, 1, 2))))
        for file in chosen:
            file.write_text(edited(file.read_text(encoding="utf-8"), random), encoding="utf-8")
        yield [file.name for file in chosen]


def judge_changes(folder: Path, random: Random) -> int:
    """After each change, a run that knows what the last one found says the same as one that does not.

    Returns how many modules were not judged anew. Raises BrokenPromiseError.
    """
    spared = 0
    for changed in changing(folder, random):
        kept = check([str(folder)], dataclasses.replace(_SETTINGS, use_cache=True))
        new = check([str(folder)], _SETTINGS)
        if _said(kept) != _said(new):
            raise BrokenPromiseError(f"after a change of {changed} a run says other things if it knows the last one's")
        spared += dict(kept.counters)["results from the cache"]
    return spared


def _said(report: Report) -> Report:
    return dataclasses.replace(report, sources=(), timings=(), counters=())

"""Programs made up by hypothesis, with defects in every kind of place, do the right thing once they are fixed.

What the right thing is, the program itself says: with functions that are not async where the defect is an `await` that
is missing, and as it stands where the defect is only that it blocks.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import re
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asynclint.config.settings import Settings
from asynclint.run.fixes import fix

if TYPE_CHECKING:
    from collections.abc import Callable

    from asynclint.run.fixes import Fixed

HEADS = [
    "",
    '"""Doc."""\n\n',
    '"""Doc."""; from __future__ import annotations\n',
    "#!/usr/bin/env python\n# coding: utf-8\n\n",
    "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import asyncio\n",
    "from asyncio import *\n",
    "import asyncio as aio, os\n",
    "try:\n    import asyncio\nexcept ImportError:\n    asyncio = None\n",
    "import asyncio\ndel asyncio\n",
    "import sys; import os\n",
]
LIBRARY = """\
import asyncio as loops
import contextlib
import time
from pathlib import Path

HERE = Path(contextlib.__file__)
task = _asyncio = asyncio_ = 1


async def load(n=1):
    return n


async def table():
    return {"a": 1, "b": [2, 3]}


"""
WRONG = [
    "load() + 1", "-load({n}) ** 2", "2 ** load({n})", "(load)({n}) + 1", "(load({n})) + 0", "not load(0)",
    'table()["a"]', 'table()["b"][load({n}) % 2]', 'table().get("a", {n})', "load(load({n}) + 0) + 1",
    "0 <= load({n}) < 2", "[*table()].index('b')", "load(\n{tab}# how\n{tab}n={n},  # so\n{tab}) + 1",
    "load \\\n{tab}({n}) + 1",
]  # fmt: skip
EARLY = [
    "loops.create_task(load({n})).result() + 1", "loops.create_task(load({n})) + 1",
    "loops.create_task(table())['a']", "(loops.create_task(load({n}))).result() + 1",
    "-loops.ensure_future(load({n})).result() ** 2",
    "(loops.create_task(load({n}))\n{tab}# where\n{tab}.result()) + 1", "len(loops.create_task(table()))",
]  # fmt: skip
SLOW = [
    "len(HERE.read_text())", "HERE.read_bytes()[{n}]", 'HERE.read_text(encoding="ascii").count("e")',
    "len(HERE.read_text(\n{tab}# how\n{tab}encoding='ascii',  # so\n{tab}))", "int(time.sleep(0.05) is None)",
    "(HERE.read_bytes)()[{n}]", "len((HERE\n{tab}# where\n{tab}.read_text)())", "(time.sleep)(0.05) or {n}",
    "HERE.read_text().find(HERE.read_text()[{n}])",
]  # fmt: skip
AROUND = [
    "({x} if {y} else {n})", "({x} and {y} or {n})", "sum([{x} for v in range(2)])",
    "sum([v for v in range(3) if {x}])", "sum(v for v in range(abs({x}) % 3))", "len({{v: {x} for v in range(2)}})",
    "(lambda v={x}: v)()", "(w := {x})", "[{x}, {y}][{n} % 2]", "dict(k={x})['k']", "max(*[{x}, {y}], {n})",
    "len([1, 2, 3][:{x}])", "({x}) % 7", "(lambda: {x})()", "sum({x} for v in range(2))",
    "sum([sum([{x} for v in range(2)]) for v in range(2)])", "+ {x}", "len(f'{{{x}}}')",
    "len(f'{{{x}!r:>{{{n} + 1}}}}')", "({x}\n{tab}# between\n{tab}+ {y})", "{x}", "{x}",
]  # fmt: skip
STATEMENTS = [
    "out.append({x})", "out.append({x}); out.append({y})", "if {x}: out.append({y})\nelse: out.append({n})",
    "v = {x}\nout.append(v)", "v: int = {x}\nout.append(v)", "v = {n}; v += {x}; out.append(v)",
    "while {x}:\n{tab}out.append({y})\n{tab}break", "for v in range(abs({x}) % 3): out.append(v)",
    "try:\n{tab}out.append({x})\nfinally:\n{tab}out.append({y})", "assert {x} is not None, {y}",
    "with nullcontext({x}) as v:\n{tab}out.append(v)",
    "async def inner(v={n}):\n{tab}return v + {x}\nout.append(await inner())",
    "def plain(v={n}):\n{tab}return v\nout.append(plain({x}))",
    "match {x}:\n{tab}case 1 if {y}: out.append(1)\n{tab}case _: out.append(2)", "out[len(out):] = [{x}]",
    "del [out, {x}][0][:0]", "if flag:\n{tab}# a comment\n{tab}out.append({x})  # and one more",
    "asyncio = {x}\nout.append(asyncio)", "out.append(\n{tab}{x},\n)",
    "for asyncio in [{x}]:\n{tab}out.append(asyncio)", "if not flag:\n{tab}pass\nelif {x}:\n{tab}out.append({y})",
    "{x}", "raise_ = {x}, {y}\nout += raise_", "import asyncio\nout.append({x})",
]  # fmt: skip


@st.composite
def expressions(draw: st.DrawFn, leaves: list[str], tab: str) -> str:
    """An expression that evaluates to a number, with at least one defect in it."""

    def numbered(text: str) -> str:
        return text.replace("{n}", str(draw(st.integers(0, 2)))).replace("{tab}", tab)

    text = numbered(draw(st.sampled_from(leaves)))
    for _ in range(draw(st.integers(0, 2))):
        other = numbered(draw(st.sampled_from([*leaves, "1", "0"])))
        around = draw(st.sampled_from(AROUND))
        if "f'" in around and re.search(r"""['"\\\n#{]""", text):
            continue  # not in an f-string of Python 3.11
        text = numbered(around).format(x=text, y=other)
    return text


@st.composite
def programs(draw: st.DrawFn, leaves: list[str]) -> str:
    """A module whose `main` gives a list of what it computed."""
    tab = draw(st.sampled_from(["    ", "\t", "  "]))
    body: list[str] = []
    for _ in range(draw(st.integers(1, 4))):
        pattern = draw(st.sampled_from(STATEMENTS))
        x, y = (draw(expressions(leaves, tab)) for _ in range(2))
        number = str(draw(st.integers(0, 2)))
        statement = pattern.replace("{tab}", tab).replace("{n}", number).replace("{x}", x).replace("{y}", y)
        body += statement.split("\n")
    lines = "".join(f"{tab}{line}\n" for line in body)
    head = draw(st.sampled_from(HEADS)) + "from contextlib import nullcontext\n" + LIBRARY
    return f"{head}async def main(flag=True, w=0):\n{tab}out = []\n{lines}{tab}return out\n"


def compiles(text: str) -> bool:
    with warnings.catch_warnings(action="ignore"):
        try:
            compile(text, "program", "exec")
        except SyntaxError:
            return False
    return True


def fixed(text: bytes) -> tuple[Fixed, bytes]:
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("pyproject.toml").touch()
        Path("a.py").write_bytes(text)
        made = fix(["a.py"], Settings(jobs=1), unsafe=True, write=True)
        again = fix(["a.py"], Settings(jobs=1), unsafe=True, write=True)
        assert not again.changes
        return made, Path("a.py").read_bytes()


def outcome(text: str) -> Any:
    """What `main` gives, or the type of what it raises."""
    namespace: dict[str, Any] = {"__name__": "program"}
    with warnings.catch_warnings(action="ignore"):
        exec(compile(text, "program", "exec"), namespace)
        try:
            return asyncio.run(namespace["main"]())
        except Exception as error:  # noqa: BLE001
            return type(error)


def without_await(tree: ast.AST) -> str:
    """The program as it would read if nothing were awaited, slept or handed to a thread otherwise than before."""

    class Undo(ast.NodeTransformer):
        def visit_Await(self, node: ast.Await) -> ast.AST:
            inner: ast.AST = self.visit(node.value)
            if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
                if inner.func.attr == "to_thread":
                    return ast.Call(inner.args[0], inner.args[1:], inner.keywords)
                if inner.func.attr == "sleep":
                    return ast.Call(ast.Attribute(ast.Name("time", ast.Load()), "sleep", ast.Load()), inner.args, [])
            return inner

        def visit_Call(self, node: ast.Call) -> ast.AST:
            if isinstance(node.func, ast.Attribute) and node.func.attr == "result":
                inner: ast.AST = self.visit(node.func.value)
                return inner
            self.generic_visit(node)
            return node

        def visit_Import(self, node: ast.Import) -> ast.AST | None:
            return None if node.names[0].name == "asyncio" and len(node.names) == 1 else node

    return ast.dump(Undo().visit(tree))


FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def judge(text: str, expected: str, layout: Callable[[str], bytes]) -> None:
    """Fix a program, and compare what it then computes with what another one does."""
    made, after = fixed(layout(text))
    result = after.decode("utf-8-sig")
    assert compiles(result), result
    assert not made.refused, made.refused
    result = result.replace("\r\n", "\n")
    assert without_await(ast.parse(result)) == without_await(ast.parse(text))
    comments = re.compile(r"# (?:how|so|where|between|a comment|and one more)$", re.MULTILINE)
    assert comments.findall(result) == comments.findall(text)
    # In a lambda a task may be done by the time it is asked, so nothing is said of it.
    if not made.report.diagnostics and not re.search(r"(?<!await )loops\.(create|ensure)", result):
        assert outcome(result) == outcome(expected), result


LAYOUTS = [
    str.encode,
    lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: text.replace("\n", "\r\n").encode(),
]


@FEW
@given(text=programs(WRONG), layout=st.sampled_from(LAYOUTS))
def test_missing_awaits(text: str, layout: Callable[[str], bytes]) -> None:
    if compiles(text):
        judge(text, text.replace("async def load", "def load").replace("async def table", "def table"), layout)


@FEW
@given(text=programs(EARLY), layout=st.sampled_from(LAYOUTS))
def test_results_asked_for_too_early(text: str, layout: Callable[[str], bytes]) -> None:
    if compiles(text):
        sync = re.sub(r"loops\.(create_task|ensure_future)", "", text.replace(".result()", ""))
        judge(text, sync.replace("async def load", "def load").replace("async def table", "def table"), layout)


@FEW
@given(text=programs(SLOW), layout=st.sampled_from(LAYOUTS))
def test_blocking_calls(text: str, layout: Callable[[str], bytes]) -> None:
    if compiles(text):
        judge(text, text, layout)

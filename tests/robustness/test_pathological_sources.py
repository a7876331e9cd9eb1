"""Sources that nobody writes by hand, and some that generators do: answers in bounded time, and no internal error."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from asynclint.config.settings import Settings
from asynclint.core.budget import MOST_FINDINGS
from asynclint.run.checks import check
from asynclint.source.problems import OVER_BUDGET, SYNTAX_ERROR

if TYPE_CHECKING:
    from pathlib import Path

_MANY = 10_000
_LONGEST = 30.0
"""Seconds of processor time for one of these; each takes a tenth of that or less on a machine of 2020."""


def _blocks(head: str, count: int, innermost: str, first: int = 0) -> str:
    lines = [" " * (first + depth) + head.format(depth) for depth in range(count)]
    return "\n".join([*lines, " " * (first + count) + innermost, ""])


def _lines(*templates: str, count: int) -> str:
    return "\n".join(template.format(i, i + 1) for template in templates for i in range(count)) + "\n"


TOO_DEEP = {
    "parentheses": "x = " + "(" * _MANY + ")" * _MANY + "\n",
    "attributes": "x = a" + ".b" * _MANY + "\n",
    "unary": "x = " + "-" * _MANY + "1\n",
    "nots": "x = " + "not " * _MANY + "1\n",
    "sums": "x = " + "1+" * _MANY + "1\n",
    "powers": "x = " + "2**" * _MANY + "2\n",
    "calls": "x = a" + "()" * _MANY + "\n",
    "subscripts": "x = a" + "[0]" * _MANY + "\n",
    "conditional expressions": "x = " + "1 if a else " * _MANY + "2\n",
    "lambdas": "x = " + "lambda: " * _MANY + "1\n",
    "if-else": "".join(f"{' ' * i}if x:\n{' ' * i} y\n{' ' * i}else:\n" for i in range(3_000)) + " " * 3_000 + "z\n",
    "elif": "if x == 0:\n  y\n" + _lines("elif x == {}:\n  y", count=3_000),
    "awaits": "async def f():\n    return " + "await " * _MANY + "g()\n",
    "builder": "async def f():\n    return a" + ".b()" * 3_000 + "\n",
    "stars in lists": "x = " + "[*" * 300 + "[]" + "]" * 300 + "\n",
}
"""What no reader gets to the bottom of: said with its place, and nothing else happens."""

READ = {
    "comparisons": "x = " + "a < " * _MANY + "b\n",
    "joined strings": "x = " + '"a" ' * _MANY + "\n",
    "fields of one f-string": 'x = f"' + "{a}" * _MANY + '"\n',
    "decorators": "@d\n" * 2_000 + "def f(): pass\n",
    "targets": "x = " + "y = " * _MANY + "1\n",
    "one long list": "x = [" + "1," * 100_000 + "]\n",
    "parameters": "def f(" + ",".join(f"a{i}" for i in range(20_000)) + "): pass\n",
    "statements in a line": "a;" * 50_000 + "\n",
    "long integer": "x = 0x" + "1" * 100_000 + "\n",
    "long string": 'x = "' + "a" * 3_000_000 + '"\n',
    "long comment": "#" * 3_000_000 + "\n",
    "blank lines": "\n" * 1_000_000,
    "imports": _lines("import a{0}.b{0}.c{0}", count=20_000),
    "one dotted import": "import " + ".".join(["a"] * 3_000) + "\n",
    "nested definitions": _blocks("def f{}():", 95, "pass"),
    "nested classes": _blocks("class C{}:", 95, "pass"),
    "nested loops": "async def f():\n" + _blocks("while a:", 90, "await g()", 1),
    "nested tries": "async def f():\n"
    + _blocks("try:", 90, "await g()", 1)
    + "".join(f"{' ' * (1 + i)}finally: h()\n" for i in reversed(range(90))),
    "cases": "match x:\n" + _lines("  case {}:\n    pass", count=5_000),
    "brackets in a pattern": "match x:\n  case " + "[" * 50 + "]" * 50 + ": pass\n",
    "annotation of brackets": "def f(x: '" + "list[" * 150 + "int" + "]" * 150 + "'): x.y()\n",
    "annotation too deep to read": "def f(x: '" + "(" * 3_000 + "int" + ")" * 3_000 + "'): x.y()\n",
    "annotation with a long path": "def f(x: 'a" + ".b" * 30_000 + "'): x.y()\n",
    "branches in a row": "async def f(a):\n"
    + "    if a:\n        x = 1\n    else:\n        x = 2\n" * 3_000
    + "    x\n",
    "noqa with many codes": "x = 1  # noqa: " + ",".join(["ASL101"] * 20_000) + "\n",
    "many unused noqa": "x = 1  # noqa: ASL101\n" * 10_000,
    "many disables": "# asynclint: disable[ASL101]\nx = 1\n" * 2_000,
    "functions": _lines("def f{0}(): return f{1}()", count=100_000),
    "chain of aliases": _lines("a{1} = a{0}", count=5_000) + "async def f():\n    a0(1)\n",
    "chain of locals": "async def f():\n" + _lines("    a{1} = a{0}", count=5_000) + "    a5000(1)\n",
    "chain of returns": _lines("def f{0}(): return f{1}()", count=5_000) + "async def g():\n    f0().m()\n",
    "chain of callbacks": _lines("def f{0}(cb): f{1}(cb)", count=2_000) + "async def g():\n    f0(print)\n",
    "line of descent": "class C0:\n    def m(self): ...\n"
    + _lines("class C{1}(C{0}): pass", count=3_000)
    + "async def f(c: C3000):\n    c.m()\n    c.n()\n",
    "diamonds": "class A0: pass\n"
    + _lines("class B{0}(A{0}): pass\nclass C{0}(A{0}): pass\nclass A{1}(B{0}, C{0}): pass", count=200)
    + "async def f(c: A200):\n    c.m()\n",
    "every function calls every other": "".join(
        f"def f{i}():\n" + "".join(f"    f{j}()\n" for j in range(100)) for i in range(100)
    )
    + "async def g():\n    f0()\n",
    "one name bound again and again": "async def f(a):\n  while a:\n"
    + "    x = await g(a)\n    h(x)\n" * 500
    + "async def g(a): pass\ndef h(a): pass\n",
    "a class that inherits from itself": "class A(A):\n    def f(self): super().f()\nasync def g(a: A):\n    a.f(); a.z()\n",
    "classes that inherit in a circle": "class A(B): pass\nclass B(C): pass\nclass C(A):\n    def f(self): pass\n"
    "class D(A): pass\nasync def g(a: A, d: D):\n    a.f(); a.z(); d.f(); A().z()\n",
    "no order of resolution": "class A: pass\nclass B(A): pass\nclass C(A, B):\n    def f(self): super().q()\n"
    "class D(B, A, C, C): pass\nasync def g(a: D):\n    a.f(); a.z()\n",
    "a class within its own base": "class A(B.Inner): pass\nclass B(A):\n    class Inner(A): pass\n"
    "async def g(a: A):\n    a.f(); B.Inner().g()\n",
    "functions that return themselves": "def f(): return f\ndef g(): return g()()\nasync def h():\n    f()()()\n    g()()\n",
    "attributes that are each other": "class A:\n    def __init__(self):\n        self.x = self.y\n        self.y = self.x\n"
    "    async def f(self):\n        self.x.g()\n        self.y.h()\nx = y\ny = x\nasync def g():\n    x.foo()\n",
    "a decorator that decorates itself": "def d(f): return d(f)\n@d\ndef d(f): return d\n@g\ndef g(): pass\n"
    "@d\nasync def h():\n    g()\n",
    "dependencies in a circle": "from fastapi import Depends, FastAPI\napp = FastAPI()\n"
    "def a(x=Depends(b)): yield x\ndef b(x=Depends(a)): yield x\n"
    '@app.get("/")\nasync def r(x=Depends(a)): x.foo()\napp.include_router(app)\napp.mount("/", app)\n',
    "partials in a circle": "import functools\nf = functools.partial(f)\ng = functools.partial(h)\n"
    "h = functools.partial(g)\nasync def z():\n    f(); g(); h()\n",
    "aliases of types in a circle": 'type A = B\ntype B = A\nX = "Y"\nY = "X"\nasync def f(a: A, x: X):\n    a.f(); x.f()\n',
    "tasks of tasks": "import asyncio\nasync def f():\n    t = asyncio.create_task(t)\n    t = asyncio.create_task(f())\n"
    "    asyncio.create_task(asyncio.create_task(t))\n",
}
"""What is read, with nothing to find."""


def _checked(folder: Path, source: str, *, exhaustive: bool = False) -> tuple[set[str], list[str]]:
    """The codes of the errors, and the messages of those that are the tool's own fault."""
    (folder / "pyproject.toml").touch()
    (folder / "m.py").write_text(source)
    started = time.process_time()
    report = check(
        [str(folder)],
        Settings(isolated=True, jobs=1, exhaustive=exhaustive, select=("ALL",), max_file_size=2**25, use_cache=False),
    )
    assert time.process_time() - started < _LONGEST
    messages = [error.message for error in report.errors if error.code != SYNTAX_ERROR]
    return {error.code for error in report.errors}, messages


@pytest.mark.parametrize("name", TOO_DEEP)
def test_what_nests_too_deeply_is_an_error_that_says_so(tmp_path: Path, name: str) -> None:
    codes, messages = _checked(tmp_path, TOO_DEEP[name])
    assert (codes, messages) == ({SYNTAX_ERROR}, [])


@pytest.mark.parametrize("name", READ)
def test_what_can_be_read_is_checked_in_bounded_time(tmp_path: Path, name: str) -> None:
    assert _checked(tmp_path, READ[name]) == (set(), [])


@pytest.mark.parametrize("name", [name for name in TOO_DEEP if name not in ("if-else", "elif")])
def test_the_reference_parser_is_guarded(tmp_path: Path, name: str) -> None:
    codes, messages = _checked(tmp_path, TOO_DEEP[name], exhaustive=True)
    assert (codes, messages) == ({SYNTAX_ERROR}, [])


@pytest.mark.parametrize("depth", [450, 900])
def test_a_deep_statement_with_a_finding_is_an_error_that_says_so(tmp_path: Path, depth: int) -> None:
    source = f"import time\nasync def f(a):\n    time.sleep(a{'.b' * depth})\nasync def g():\n    open('x')\n"
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "m.py").write_text(source)
    report = check([str(tmp_path)], Settings(isolated=True, jobs=1, use_cache=False))
    assert [item.code for item in report.diagnostics] == ["ASL204"]
    (error,) = report.errors
    assert error.code == OVER_BUDGET
    assert "rule ASL201 blocking-sleep met a statement that is nested too deeply" in error.message


def test_a_rule_that_finds_too_much_in_a_file_stops_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "m.py").write_text("import time\n" + ("async def f():\n" + "    time.sleep(1)\n" * 1_000) * 3)
    report = check([str(tmp_path)], Settings(isolated=True, jobs=1, use_cache=False))
    (error,) = report.errors
    assert (error.code, len(report.diagnostics)) == (OVER_BUDGET, MOST_FINDINGS)
    assert "rule ASL201 blocking-sleep stopped after 1,000 findings" in error.message


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1  " + "# noqa " * 3_000, "one comment holds 3,000 suppressions"),
        ("x = 1  " + "# asynclint: ignore[" * 3_000, "one comment holds 3,000 suppressions"),
        (
            "# asynclint: disable[ASL201]\n# asynclint: enable[ASL201]\n" * 3_000,
            "3,000 comments say `disable` and 3,000 say `enable`",
        ),
        (
            "x = 1  # noqa: " + ",".join(f"ASL9{n}" for n in range(100_000)),
            "comments name 100,000 rules that there are not",
        ),
    ],
)
def test_too_many_suppressions_are_said_and_not_followed(tmp_path: Path, source: str, said: str) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "m.py").write_text(f"import time\nasync def f():\n    time.sleep(1)\n{source}\n")
    report = check([str(tmp_path)], Settings(isolated=True, jobs=1, use_cache=False, select=("ALL",)))
    (error,) = report.errors
    assert (error.code, said in error.message) == (OVER_BUDGET, True)
    assert [item.code for item in report.diagnostics] == ["ASL201"]


@pytest.mark.parametrize("head", ["ignore", "disable", "ignore-next", "whatever", "noqa"])
@pytest.mark.parametrize("listed", [" ", "a ", " , ", "a, ", "\t"])
def test_no_list_of_a_comment_takes_long(tmp_path: Path, head: str, listed: str) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "m.py").write_text(
        f"import time\nasync def f():\n    time.sleep(1)  # asynclint: {head}[{listed * 200_000}\n"
    )
    started = time.process_time()
    report = check([str(tmp_path)], Settings(isolated=True, jobs=1, use_cache=False, select=("ALL",)))
    assert time.process_time() - started < _LONGEST
    assert report.files == 1


@pytest.mark.parametrize(
    ("head", "line", "count"),
    [
        ("async def f():", "asyncio.create_task(g())", 2_000),
        ("async def f():", "try:\n        await g()\n    except asyncio.CancelledError: pass", 2_000),
        ("def f(self):", "self.a.append(asyncio.create_task(g()))", 4_000),
    ],
)
def test_a_function_that_calls_too_much_is_said_and_not_followed(
    tmp_path: Path, head: str, line: str, count: int
) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "m.py").write_text(f"import asyncio\n{head}\n" + f"    {line}\n" * count)
    (tmp_path / "n.py").write_text("import time\nasync def f():\n    time.sleep(1)\n")
    report = check([str(tmp_path)], Settings(isolated=True, jobs=1, use_cache=False))
    (error,) = report.errors
    assert (error.code, " calls in " in error.message) == (OVER_BUDGET, True)
    assert [item.code for item in report.diagnostics] == ["ASL201"]


def test_many_comprehensions_over_one_name(tmp_path: Path) -> None:
    source = "import asyncio\nasync def f(x):\n" + "    [asyncio.create_task(g()) for _ in x]\n" * 700
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "m.py").write_text(source + "async def g(): pass\n")
    started = time.process_time()
    report = check([str(tmp_path)], Settings(isolated=True, jobs=1, use_cache=False))
    assert time.process_time() - started < _LONGEST
    assert (report.errors, report.files) == ((), 1)


def test_a_name_bound_too_often_is_said_and_not_followed(tmp_path: Path) -> None:
    source = "import asyncio\nasync def f():\n" + "    t = asyncio.create_task(g())\n    await t\n" * 20_000
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "m.py").write_text(source + "async def g(): pass\n")
    started = time.process_time()
    report = check([str(tmp_path)], Settings(isolated=True, jobs=1, use_cache=False))
    assert time.process_time() - started < _LONGEST
    (error,) = report.errors
    assert (error.code, report.files) == (OVER_BUDGET, 0)
    assert "one body binds `t` in 20,000 places" in error.message

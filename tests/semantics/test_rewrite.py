"""Edits: what comes out is exactly what is meant, compiles, and nothing outside the change is touched."""

from __future__ import annotations

import ast
import textwrap
from typing import TYPE_CHECKING

import libcst as cst
import pytest

from asynclint.core.span import Span
from asynclint.flow.from_cst import lower_cst
from asynclint.semantics import rewrite
from asynclint.semantics.module_head import ModuleHead, free_name, module_head, newline_of, words
from asynclint.semantics.syntax import NodeMatch, StatementSyntax, find

if TYPE_CHECKING:
    from asynclint.semantics.rewrite import Edits


def call_in(statement: str, call: str) -> NodeMatch[cst.Call]:
    """The call with a text in a statement that stands by itself."""
    data = statement.encode()
    syntax = StatementSyntax.parse(data, 0, len(data))
    assert syntax is not None
    start = data.index(call.encode())
    match = syntax.call_at(Span(start, start + len(call.encode())))
    assert match is not None
    return match


def edited(statement: str, edits: Edits | None) -> str:
    assert edits is not None
    result = rewrite.apply(statement.encode(), edits).decode()
    compile("async def function():\n" + textwrap.indent(result, "    ", lambda _: True), "<edited>", "exec")
    return result


AWAITED = {
    "x = f(1)": "x = await f(1)",
    "f(1).json()": "(await f(1)).json()",
    "(f(1)).json()": "(await f(1)).json()",
    "f(1)[0]": "(await f(1))[0]",
    "f(1)()": "(await f(1))()",
    "await f(1)": "await (await f(1))",
    "x = (f(1))": "x = (await f(1))",
    "x = ((f(1)))": "x = ((await f(1)))",
    "return(f(1))": "return(await f(1))",
    "x = -f(1) ** 2": "x = -await f(1) ** 2",
    "x = 2 ** f(1)": "x = 2 ** await f(1)",
    "if not f(1): pass": "if not await f(1): pass",
    "x = [f(1) for y in z]": "x = [await f(1) for y in z]",
    "x = [y for y in f(1)]": "x = [y for y in await f(1)]",
    "x = (y for y in f(1))": "x = (y for y in await f(1))",
    "x = {y: z for y in w if f(1)}": "x = {y: z for y in w if await f(1)}",
    "x = f'{f(1)!r:>{w}}'": "x = f'{await f(1)!r:>{w}}'",
    "x = f'{f(1).y}'": "x = f'{(await f(1)).y}'",
    "lambda y=f(1): y": "lambda y=await f(1): y",
    "def g(y=f(1)): pass": "def g(y=await f(1)): pass",
    "class A(f(1)): pass": "class A(await f(1)): pass",
    "@f(1)\ndef g(): pass": "@await f(1)\ndef g(): pass",
    "x = g(*f(1), **h)": "x = g(*await f(1), **h)",
    "x = a if f(1) else b": "x = a if await f(1) else b",
    "assert f(1), 'no'": "assert await f(1), 'no'",
    "print(f(1)  # why\n)": "print(await f(1)  # why\n)",
    "with f(1) as x: pass": "with await f(1) as x: pass",
    "x = 'ü' + f(1).z": "x = 'ü' + (await f(1)).z",
    "x = [y for z in w for y in f(1)]": "x = [y for z in w for y in await f(1)]",
    "x = [[y for y in f(1)] for z in w]": "x = [[y for y in await f(1)] for z in w]",
    "x = [y for y in [z for z in w if f(1)]]": "x = [y for y in [z for z in w if await f(1)]]",
}


@pytest.mark.parametrize("statement", AWAITED)
def test_await_is_inserted(statement: str) -> None:
    assert edited(statement, rewrite.insert_await(call_in(statement, "f(1)"), in_async=True)) == AWAITED[statement]


NOT_AWAITED = [
    "lambda: f(1)",
    "def g():\n    f(1)",
    "class A:\n    x = f(1)",
    "x = (f(1) for y in z)",
    "x = (y for y in z if f(1))",
    "x = (y for z in w for y in f(1))",
    "x = ([f(1) for y in z] for a in b)",
    "x = any(f(1) for y in z)",
    "x: f(1) = 2",
    "def g(y: f(1)): pass",
    "def g() -> f(1): pass",
    "type X = f(1)",
    "def g[T: f(1)](): pass",
    "x = [lambda: f(1) for y in z]",
    "x = [[f(1) for y in z] for a in b]",  # no Python before 3.11 compiles it
    "x = {a: {y for y in z if f(1)} for a in b}",
]


@pytest.mark.parametrize("statement", NOT_AWAITED)
def test_await_is_refused_where_it_is_illegal(statement: str) -> None:
    call = call_in(statement, "f(1)")
    assert rewrite.insert_await(call, in_async=True) is None
    assert rewrite.offload(call, "asyncio.to_thread", in_async=True) is None
    assert rewrite.await_instead(call, "g", in_async=True) is None


def test_await_is_refused_outside_an_async_function() -> None:
    call = call_in("x = f(1)", "f(1)")
    assert rewrite.insert_await(call, in_async=False) is None
    assert rewrite.offload(call, "asyncio.to_thread", in_async=False) is None


@pytest.mark.parametrize(
    ("statement", "node", "expected"),
    [
        ("x = a or b", "a or b", "x = await (a or b)"),
        ("x = (a or b).c", "a or b", "x = (await (a or b)).c"),
        ("x = task", "task", "x = await task"),
        ("x = self.task.y", "self.task", "x = (await self.task).y"),
    ],
)
def test_await_before_other_expressions(statement: str, node: str, expected: str) -> None:
    data = statement.encode()
    syntax = StatementSyntax.parse(data, 0, len(data))
    assert syntax is not None
    start = data.index(node.encode())
    match = find(syntax, Span(start, start + len(node)), kind="expression")
    assert match is not None
    assert edited(statement, rewrite.insert_await(match, in_async=True)) == expected


OFFLOADED = {
    "x = f(1)": "x = await asyncio.to_thread(f, 1)",
    "x = f()": "x = await asyncio.to_thread(f)",
    "x = f( )": "x = await asyncio.to_thread(f )",
    "f(u, timeout=3).json()": "(await asyncio.to_thread(f, u, timeout=3)).json()",
    "(f(u)).json()": "(await asyncio.to_thread(f, u)).json()",
    "a.b.f(*args, **kwargs)": "await asyncio.to_thread(a.b.f, *args, **kwargs)",
    "f(x for x in y)": "await asyncio.to_thread(f, (x for x in y))",
    "f((x for x in y))": "await asyncio.to_thread(f, (x for x in y))",
    "f(\n    u,  # address\n    timeout=3,\n)": "await asyncio.to_thread(f,\n    u,  # address\n    timeout=3,\n)",
    "f (u)": "await asyncio.to_thread(f, u)",
    "(f)(u)": "await asyncio.to_thread((f), u)",
    "f(u)(v)": "(await asyncio.to_thread(f, u))(v)",
    "x = f'{f(1)}'": "x = f'{await asyncio.to_thread(f, 1)}'",
    "f(await g())": "await asyncio.to_thread(f, await g())",
}


@pytest.mark.parametrize("statement", OFFLOADED)
def test_calls_are_offloaded(statement: str) -> None:
    call = next(match for match in _calls(statement) if "f" in match.syntax.text(match.syntax.span_of(match.node.func)))
    assert edited(statement, rewrite.offload(call, "asyncio.to_thread", in_async=True)) == OFFLOADED[statement]


def _calls(statement: str) -> list[NodeMatch[cst.Call]]:
    """Those whose callee ends in the name `f`, in the order of their ends."""
    data = statement.encode()
    syntax = StatementSyntax.parse(data, 0, len(data))
    assert syntax is not None
    calls = [match for match in syntax.calls() if syntax.text(syntax.span_of(match.node.func)).endswith("f")]
    return sorted(calls, key=lambda match: match.span.end)


@pytest.mark.parametrize("statement", ["await f(1)", "f(func=1)", "lambda: f(1)", "(f  # why\n(1))"])
def test_calls_are_not_offloaded(statement: str) -> None:
    assert rewrite.offload(_calls(statement)[0], "asyncio.to_thread", in_async=True) is None


PASSED = {
    "add_task(f(1))": "add_task(f, 1)",
    "add_task(f())": "add_task(f)",
    "add_task(f(1, k=2))": "add_task(f, 1, k=2)",
    "add_task(f(*a, **k))": "add_task(f, *a, **k)",
    "add_task(a.b.f(1),)": "add_task(a.b.f, 1,)",
    "add_task(f(1,),)": "add_task(f, 1,)",
    "add_task(f(x for x in y))": "add_task(f, (x for x in y))",
    "add_task(\n    f(1),  # later\n)": "add_task(\n    f, 1,  # later\n)",
    "add_task(\n    f(  # one\n        1,  # two\n    ),  # three\n)": (
        "add_task(\n    f,  # one\n        1  # two\n    ,  # three\n)"
    ),
    "add_task(\n    f(\n        1,\n        k=2,\n    )\n)": "add_task(\n    f,\n        1,\n        k=2,\n)",
    "add_task(\n    f(\n        1,\n        k=2,\n    ),\n)": "add_task(\n    f,\n        1,\n        k=2,\n)",
    "add_task(f(g(1), h=[2]))": "add_task(f, g(1), h=[2])",
    "add_task(f(lambda: 1))": "add_task(f, lambda: 1)",
}


@pytest.mark.parametrize("statement", PASSED)
def test_calls_are_passed_as_arguments(statement: str) -> None:
    result = edited(statement, rewrite.pass_call_as_arguments(_calls(statement)[-1]))
    assert result == PASSED[statement]


@pytest.mark.parametrize(
    "statement",
    [
        "add_task(f(1), 2)",
        "add_task(f(1), k=2)",
        "add_task(func=f(1))",
        "add_task(*f(1))",
        "add_task((f(1)))",
        "add_task(await f(1))",
        "add_task(f(func=1))",
        "add_task(1, f(self=1))",
        "add_task(f(self=1))",
        "x = f(1)",
    ],
)
def test_calls_are_not_passed(statement: str) -> None:
    assert rewrite.pass_call_as_arguments(_calls(statement)[-1]) is None


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("time.f(1)", "await asyncio.sleep(1)"),
        ("time.f(a or 1)  # wait", "await asyncio.sleep(a or 1)  # wait"),
        ("x = time.f(1)", "x = await asyncio.sleep(1)"),
        ("x = [time.f(1)]", "x = [await asyncio.sleep(1)]"),
    ],
)
def test_sleeps_are_replaced(statement: str, expected: str) -> None:
    call = _calls(statement)[0]
    assert edited(statement, rewrite.sleep_without_blocking(call, "asyncio.sleep", in_async=True)) == expected


@pytest.mark.parametrize("statement", ["f()", "f(*a)", "f(secs=1)", "f(1, 2)", "lambda: f(1)", "(time  # why\n.f(1))"])
def test_sleeps_with_odd_arguments_are_left(statement: str) -> None:
    assert rewrite.sleep_without_blocking(_calls(statement)[0], "asyncio.sleep", in_async=True) is None


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "async def g():\n    f(1)  # fire\n    x = 2\n",
            (
                "async def g():\n    task = f(1)  # fire\n    kept.add(task)\n"
                "    task.add_done_callback(kept.discard)\n    x = 2\n"
            ),
        ),
        (
            "async def g():\n\tif x: f(1)\n\ty = 1",
            "async def g():\n\tif x: task = f(1); kept.add(task); task.add_done_callback(kept.discard)\n\ty = 1",
        ),
        (
            "async def g():\n    x = 1; f(1); y = 2\n",
            "async def g():\n    x = 1; task = f(1); kept.add(task); task.add_done_callback(kept.discard); y = 2\n",
        ),
        (
            "async def g():\n    f(1)",
            "async def g():\n    task = f(1)\n    kept.add(task)\n    task.add_done_callback(kept.discard)",
        ),
    ],
)
def test_tasks_are_kept(source: str, expected: str, newline: str) -> None:
    data = source.replace("\n", newline).encode()
    start = data.index(b"f(1)")
    syntax = StatementSyntax.parse(data, start, start + 4)
    assert syntax is not None
    call = syntax.call_at(Span(start, start + 4))
    assert call is not None
    edits = rewrite.keep_task(call, "task", "kept")
    assert edits is not None
    assert rewrite.apply(data, edits).decode() == expected.replace("\n", newline)


@pytest.mark.parametrize("statement", ["x = f(1)", "lambda: f(1)", "[f(1) for x in y]", "await f(1)"])
def test_only_statements_keep_their_task(statement: str) -> None:
    assert rewrite.keep_task(_calls(statement)[0], "task", "kept") is None


@pytest.mark.parametrize(
    ("source", "start", "expected"),
    [
        ("s.add(t)\n", 0, "s.add(t)\nt.add_done_callback(s.discard)\n"),
        ("if x:\n    s.add(t)  # kept\n", 10, "if x:\n    s.add(t)  # kept\n    t.add_done_callback(s.discard)\n"),
        ("s.add(f(1))", 0, "t = f(1)\ns.add(t)\nt.add_done_callback(s.discard)"),
        ("s.add(f(1, 2),)\n", 0, "t = f(1, 2)\ns.add(t)\nt.add_done_callback(s.discard)\n"),
    ],
)
def test_discard_when_done(source: str, start: int, expected: str) -> None:
    data = source.encode()
    end = source.rindex(")") + 1
    syntax = StatementSyntax.parse(data, start, end)
    assert syntax is not None
    store = syntax.call_at(Span(start, end))
    assert store is not None
    edits = rewrite.discard_when_done(store, "t", "s")
    assert edits is not None
    assert rewrite.apply(data, edits).decode() == expected


@pytest.mark.parametrize("statement", ["x = s.f(g(1))", "s.f(*x)", "s.f(g(1)); y = 1"])
def test_only_statements_discard_their_task(statement: str) -> None:
    assert rewrite.discard_when_done(_calls(statement)[0], "t", "s") is None


@pytest.mark.parametrize(
    ("source", "expected"),
    [("async def f(): ...", "def f(): ..."), ("async  def f(): ...", "def f(): ..."), ("def f(): ...", None)],
)
def test_drop_async(source: str, expected: str | None) -> None:
    edits = rewrite.drop_async(source.encode(), 0)
    assert (None if edits is None else rewrite.apply(source.encode(), edits).decode()) == expected


GUARDED = (
    '''\
async def g(x):
    """Sends."""

    # first
    text = """
  kept as it is
"""
    if x:

        await h(
            text,  # deep
        )
    # last
    return f"""{x}
    """


y = 1
''',
    '''\
async def g(x):
    """Sends."""

    try:
        # first
        text = """
  kept as it is
"""
        if x:

            await h(
                text,  # deep
            )
        # last
        return f"""{x}
    """
    except Exception:
        logger.exception("g failed")


y = 1
''',
)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_bodies_are_guarded(newline: str) -> None:
    before, after = (text.replace("\n", newline) for text in GUARDED)
    edits = rewrite.guard_body(_function(before, before.index("y = 1")), 'logger.exception("g failed")')
    assert edits is not None
    assert rewrite.apply(before.encode(), edits).decode() == after


def test_bodies_of_methods_are_guarded() -> None:
    before = "class A:\n\tdef g(self):\n\t\treturn 1\n"
    edits = rewrite.guard_body(_function(before, len(before), start=before.index("def")), "log()")
    assert edits is not None
    assert rewrite.apply(before.encode(), edits).decode() == (
        "class A:\n\tdef g(self):\n\t\ttry:\n\t\t\treturn 1\n\t\texcept Exception:\n\t\t\tlog()\n"
    )


@pytest.mark.parametrize("source", ["def g(): return 1\n", 'def g():\n    """Only this."""\n'])
def test_bodies_that_cannot_be_guarded(source: str) -> None:
    assert rewrite.guard_body(_function(source, len(source)), "log()") is None


def _function(source: str, end: int, start: int = 0) -> NodeMatch[cst.FunctionDef]:
    data = source.encode()
    syntax = StatementSyntax.parse(data, start, len(source[:end].rstrip()))
    assert syntax is not None
    found = [node for node in syntax._spans if isinstance(node, cst.FunctionDef)]
    return syntax.match(found[0])


# --------------------------------------------------------------------------------------------------------------
# the module


def head_of(source: str) -> ModuleHead:
    return module_head(source.encode(), lower_cst(source))


def imported(source: str, module: str = "asyncio", attribute: str = "to_thread", *local_names: str) -> tuple[str, str]:
    """The text to write, and the module after the edit."""
    result = rewrite.import_name(source.encode(), head_of(source), module, attribute, local_names)
    assert result is not None
    after = rewrite.apply(source.encode(), result.edits).decode()
    ast.parse(after)
    return result.text, after


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("import asyncio\n", "asyncio.to_thread"),
        ("import asyncio as aio\n", "aio.to_thread"),
        ("import asyncio.subprocess\n", "asyncio.to_thread"),
        ("from asyncio import to_thread\n", "to_thread"),
        ("from asyncio import to_thread as offload\n", "offload"),
        ("x = 1\nimport asyncio\n", "asyncio.to_thread"),
    ],
)
def test_imports_that_are_there_are_used(source: str, text: str) -> None:
    assert imported(source) == (text, source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", "import asyncio\n"),
        ("x = 1\n", "import asyncio\n\nx = 1\n"),
        ("import os\n", "import asyncio\nimport os\n"),
        ("import abc\nimport os\n", "import abc\nimport asyncio\nimport os\n"),
        ("import abc\nfrom os import path\n", "import abc\nimport asyncio\nfrom os import path\n"),
        ("import abc", "import abc\nimport asyncio\n"),
        ("from os import path\n\nx = 1\n", "import asyncio\nfrom os import path\n\nx = 1\n"),
        ('"""Doc."""\nx = 1\n', '"""Doc."""\n\nimport asyncio\n\nx = 1\n'),
        ('"""Doc."""\n\nx = 1\n', '"""Doc."""\n\nimport asyncio\n\nx = 1\n'),
        ('"""Doc.\n\nMore.\n"""\n\nimport os\n', '"""Doc.\n\nMore.\n"""\n\nimport asyncio\nimport os\n'),
        (
            '"""Doc."""\nfrom __future__ import annotations\nx = 1\n',
            '"""Doc."""\nfrom __future__ import annotations\n\nimport asyncio\n\nx = 1\n',
        ),
        (
            "from __future__ import annotations\n\nfrom os import path\n",
            "from __future__ import annotations\n\nimport asyncio\nfrom os import path\n",
        ),
        (
            "#!/usr/bin/env python\n# Licence\n\nx = 1\n",
            "#!/usr/bin/env python\n# Licence\n\nimport asyncio\n\nx = 1\n",
        ),
        ("# coding: utf-8\n# about x\nx = 1\n", "# coding: utf-8\n\nimport asyncio\n\n# about x\nx = 1\n"),
        ("# about x\nx = 1\n", "import asyncio\n\n# about x\nx = 1\n"),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import asyncio\n",
            "import asyncio\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import asyncio\n",
        ),
        (
            "try:\n    import asyncio\nexcept ImportError:\n    pass\n",
            "import asyncio\ntry:\n    import asyncio\nexcept ImportError:\n    pass\n",
        ),
        ("def f():\n    import asyncio\n", "import asyncio\n\ndef f():\n    import asyncio\n"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_imports_are_put_in_their_place(source: str, expected: str, newline: str) -> None:
    if newline not in source.replace("\n", newline):
        newline = "\n"
    text, after = imported(source.replace("\n", newline))
    assert text == "asyncio.to_thread"
    assert after == expected.replace("\n", newline)


@pytest.mark.parametrize(
    ("source", "local_names", "expected"),
    [
        ("import asyncio\nimport os\n", ["asyncio"], "import asyncio as _asyncio\nimport asyncio\nimport os\n"),
        ("asyncio = None\n", [], "import asyncio as _asyncio\n\nasyncio = None\n"),
        ("def asyncio(): pass\n", [], "import asyncio as _asyncio\n\ndef asyncio(): pass\n"),
        ("import asyncio\ndel asyncio\n", [], "import asyncio\nimport asyncio as _asyncio\ndel asyncio\n"),
        (
            "import asyncio\ndef f():\n    global x, asyncio\n    asyncio = x\n",
            [],
            "import asyncio\nimport asyncio as _asyncio\ndef f():\n    global x, asyncio\n    asyncio = x\n",
        ),
        (
            "import trio as asyncio\n_asyncio = 1\n",
            [],
            "import asyncio as _asyncio_2\nimport trio as asyncio\n_asyncio = 1\n",
        ),
        (
            "try:\n    import asyncio\nexcept ImportError:\n    asyncio = None\n",
            [],
            "import asyncio as _asyncio\ntry:\n    import asyncio\nexcept ImportError:\n    asyncio = None\n",
        ),
    ],
)
def test_imports_get_another_name_where_theirs_is_hidden(source: str, local_names: list[str], expected: str) -> None:
    text, after = imported(source, "asyncio", "to_thread", *local_names)
    assert text in {"_asyncio.to_thread", "_asyncio_2.to_thread"}
    if "import asyncio as" in expected and source.startswith("import asyncio"):
        assert sorted(after.splitlines()) == sorted(expected.splitlines())
    else:
        assert after == expected


def test_an_import_under_a_relative_name_is_another_module() -> None:
    text, after = imported("from . import asyncio\n")
    assert text == "_asyncio.to_thread"
    assert after == "import asyncio as _asyncio\nfrom . import asyncio\n"


def test_no_import_where_another_statement_shares_the_line() -> None:
    source = '"""Doc."""; x = """\n"""\n'
    assert rewrite.import_name(source.encode(), head_of(source), "asyncio", "sleep") is None
    assert rewrite.insert_after_imports(source.encode(), head_of(source), "y = 1") is None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", "kept = set()\n"),
        ("import os\n", "import os\n\nkept = set()\n"),
        ("import os\nx = 1\n", "import os\n\nkept = set()\n\nx = 1\n"),
        ("import os\n\nx = 1\n", "import os\n\nkept = set()\n\nx = 1\n"),
        ("import os", "import os\n\nkept = set()\n"),
        (
            "import os\n\nif TYPE_CHECKING:\n    import abc\n    from b import (\n        c,\n    )\n\nx = 1\n",
            (
                "import os\n\nif TYPE_CHECKING:\n    import abc\n    from b import (\n        c,\n    )\n\n"
                "kept = set()\n\nx = 1\n"
            ),
        ),
        (
            "import os\ntry:\n    import json5\nexcept ImportError:\n    json5 = None\n\n\ndef f(): pass\n",
            (
                "import os\ntry:\n    import json5\nexcept ImportError:\n    json5 = None\n\nkept = set()\n\n\n"
                "def f(): pass\n"
            ),
        ),
        ('"""Doc."""\n', '"""Doc."""\n\nkept = set()\n'),
        ("import os  # why\n", "import os  # why\n\nkept = set()\n"),
        ("import a\nx = 1\nimport b\n", "import a\n\nkept = set()\n\nx = 1\nimport b\n"),
    ],
)
def test_statements_are_put_after_the_imports(source: str, expected: str) -> None:
    edits = rewrite.insert_after_imports(source.encode(), head_of(source), "kept = set()")
    assert edits is not None
    after = rewrite.apply(source.encode(), edits).decode()
    ast.parse(after)
    assert after == expected


def test_inserted_text_takes_the_line_ends_of_the_file() -> None:
    source = "import os\r\n\r\nx = 1\r\n"
    edits = rewrite.insert_after_imports(source.encode(), head_of(source), "a = 1\nb = 2")
    assert edits is not None
    assert rewrite.apply(source.encode(), edits) == b"import os\r\n\r\na = 1\r\nb = 2\r\n\r\nx = 1\r\n"


def test_free_names() -> None:
    taken = words("tasks = 1  # _tasks\n'_tasks_2' ñame".encode())
    assert free_name("tasks", taken) == "_tasks_3"
    assert free_name("ñame", taken) == "_ñame"
    assert free_name("other", taken) == "other"
    assert free_name("_tasks", frozenset({"_tasks"})) == "_tasks_2"


def test_line_ends() -> None:
    assert newline_of(b"a\r\nb\n") == "\r\n"
    assert newline_of(b"a\nb\r\n") == "\n"
    assert newline_of(b"a") == "\n"


def test_edits_touch_nothing_outside_the_expression() -> None:
    source = "x = [  f(1)  ,f(2)]  # end"
    call = call_in(source, "f(1)")
    edits = rewrite.offload(call, "asyncio.to_thread", in_async=True)
    assert edits is not None
    assert all(call.span.start <= edit.span.start and edit.span.end <= call.span.end for edit in edits)
    assert edited(source, edits) == "x = [  await asyncio.to_thread(f, 1)  ,f(2)]  # end"


def test_edits_that_touch_are_one() -> None:
    call = call_in("f(1)", "f(1)")
    edits = rewrite.sleep_without_blocking(call, "asyncio.sleep", in_async=True)
    assert edits == (rewrite.TextEdit(Span(0, 1), "await asyncio.sleep"),)

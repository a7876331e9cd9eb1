"""Which assignments a use can see, and what lies between two places."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from asynclint.flow import ir

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asynclint.project.project import Project

    Link = Callable[[Mapping[str, str]], Project]


def seen(link: Link, body: str) -> list[str] | None:
    """The constants that the last read of `x` in the body of a function may see; None where paths do not tell."""
    project = link({"m.py": "async def f(a, x='param'):\n" + textwrap.indent(textwrap.dedent(body), "    ")})
    function = project.modules[0].functions[0]
    reads = list(project.paths.reads("x", function))
    definitions = project.paths.definitions(reads[-1], function)
    if definitions is None:
        return None
    values = [item.value.value if isinstance(item.value, ir.Constant) else item.kind for item in definitions]
    return sorted(str(value) for value in values)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("use(x)", ["param"]),
        ("x = 1\nuse(x)", ["1"]),
        ("if a:\n    x = 1\nuse(x)", ["1", "param"]),
        ("if a:\n    x = 1\nelse:\n    x = 2\nuse(x)", ["1", "2"]),
        ("if a:\n    return\n    x = 1\nuse(x)", ["param"]),
        ("x = 1\nwhile a():\n    use(x)\n    x = 2", ["1", "2"]),
        ("for x in a:\n    pass\nuse(x)", ["for", "param"]),
        ("x = 1\ntry:\n    a()\n    x = 2\nexcept ValueError:\n    pass\nuse(x)", ["1", "2"]),
        ("try:\n    x = a()\n    x = 2\nfinally:\n    use(x)", ["2", "param"]),
        ("x = 1\nwith a() as x:\n    use(x)", ["with"]),
        ("if x := a():\n    use(x)", ["assign"]),
        ("if a or (x := 1):\n    pass\nuse(x)", ["1", "param"]),
        ("x = 1\ndel x\nx = 2\nuse(x)", ["2"]),
        ("match a:\n    case {'x': x}:\n        use(x)", ["match", "param"]),
    ],
)
def test_definitions(link: Link, body: str, expected: list[str]) -> None:
    assert seen(link, body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "later = lambda: use(x)",
        "use(x, (x := 1))",
        "def g():\n    nonlocal x\n    x = 1\nuse(x)",
    ],
)
def test_paths_do_not_tell(link: Link, body: str) -> None:
    assert seen(link, body) is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("use(x)", False),
        ("await a\nuse(x)", True),
        ("if a:\n    await a\nuse(x)", True),
        ("if a:\n    await a\n    return\nuse(x)", False),
        ("async with a:\n    pass\nuse(x)", True),
        ("async for _ in a:\n    pass\nuse(x)", True),
        ("yield\nuse(x)", True),
        ("use(x, await a)", True),
        ("await use(x)", False),
        ("later = lambda: (yield)\nuse(x)", False),
        ("while a:\n    use(x)\n    await a", True),
    ],
)
def test_suspension_in_between(link: Link, body: str, expected: bool) -> None:
    source = "async def f(a):\n    x = 1\n" + textwrap.indent(body, "    ")
    project = link({"m.py": source})
    function = project.modules[0].functions[0]
    (read,) = project.paths.reads("x", function)
    definitions = project.paths.definitions(read, function)
    assert definitions is not None
    assert project.paths.some_path_suspends(definitions[0], read, function) is expected

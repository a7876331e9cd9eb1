"""Which bindings a use can see."""

from __future__ import annotations

import textwrap

import pytest

from asynclint.flow import ir
from asynclint.flow.from_ast import lower_ast
from asynclint.project.scopes import ScopeIndex


def seen_by_use(text: str) -> list[object]:
    """The constants that `x` in the call `use(x)` may hold, in source order."""
    module = lower_ast(textwrap.dedent(text))
    index = ScopeIndex(module, ir.decode_body(module.body))
    (call,) = [call for call in index.calls if isinstance(call.func, ir.Name) and call.func.id == "use"]
    found = index.reaching("x", index.use(call.args[0]))
    return [binding.value.value if isinstance(binding.value, ir.Constant) else binding.kind for binding in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1\nx = 2\nuse(x)", [2]),
        ("x = 1\nif a:\n    x = 2\nuse(x)", [1, 2]),
        ("x = 1\nif a:\n    x = 2\nelse:\n    use(x)", [1]),
        ("x = 1\nif a:\n    x = 2\nelse:\n    x = 3\nuse(x)", [2, 3]),
        ("x = 1\nif a:\n    x = 2\nelse:\n    raise E\nuse(x)", [2]),
        ("x = 1\nif a:\n    x = 2\nelif b:\n    x = 3\nelse:\n    x = 4\nuse(x)", [1, 2, 3, 4]),
        ("x = 1\nif a:\n    if b:\n        x = 2\nelse:\n    if c:\n        use(x)", [1]),
        ("x = 1\nif a:\n    x = 2\n    use(x)", [2]),
        ("def f():\n    pass\nx = 1\nif a:\n    x = 2\n    raise E\nuse(x)", [1]),
        ("x = 1\nfor i in a:\n    use(x)\n    x = 2", [1, 2]),
        ("for i in a:\n    x = 1\n    use(x)\n    x = 2", [1]),
        ("x = 1\nuse(x)\nx = 2", [1]),
        ("x = 1\nwith a as x:\n    use(x)", ["with"]),
        ("x = 1\ntry:\n    x = 2\nexcept E:\n    use(x)", [2]),
        ("x = 1\ntry:\n    pass\nexcept E:\n    x = 2\nuse(x)", [1, 2]),
        ("x = 1\nmatch a:\n    case 1:\n        x = 2\n    case _:\n        use(x)", [1]),
        ("x = 1\nfor x in a:\n    use(x)", ["for"]),
        ("x = 1\nif (x := 2):\n    use(x)", [2]),
        ("import x\nuse(x)", ["import"]),
        ("x = 1\ndel x\nuse(x)", []),
    ],
)
def test_reaching_bindings(text: str, expected: list[object]) -> None:
    assert seen_by_use(text) == expected


def test_comprehension_and_lambda_names_are_their_own() -> None:
    module = lower_ast("x = 1\n[use(x) for x in y]\nlambda x: other(x)\n")
    index = ScopeIndex(module, ir.decode_body(module.body))
    inner = {call.func.id: index.use(call.args[0]) for call in index.calls if isinstance(call.func, ir.Name)}
    assert [binding.kind for binding in inner["use"].inner] == ["comprehension"]
    assert [binding.kind for binding in inner["other"].inner] == ["param"]
    assert inner["other"].deferred
    assert not inner["use"].deferred


def test_only_the_outermost_iterable_of_a_generator_is_evaluated_at_once() -> None:
    module = lower_ast("(element(x) for x in first() for y in second())\n")
    index = ScopeIndex(module, ir.decode_body(module.body))
    lazy = {call.func.id: index.use(call).lazy for call in index.calls if isinstance(call.func, ir.Name)}
    assert lazy == {"first": False, "second": True, "element": True}

"""The fixes of the rules on tasks and coroutines: where `await` goes, and where it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asynclint.config.settings import Settings
from asynclint.core.diagnostic import Applicability
from asynclint.fixing.edits import applied
from asynclint.run.checks import check

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Fixed = Callable[[str, str], list[str | None]]

HEAD = """\
import asyncio


async def load(n: int = 1) -> dict[str, int]:
    return {"id": n}


"""


@pytest.fixture
def fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fixed:
    """For each finding the text after the fix, without what stands before the tested function; None for no fix."""
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)

    def run(source: str, code: str) -> list[str | None]:
        text = HEAD + source
        (tmp_path / "a.py").write_text(text)
        found: list[str | None] = []
        for item in check(["a.py"], Settings(jobs=1, select=(code,))).diagnostics:
            assert all(fix.applicability is Applicability.UNSAFE for fix in item.fixes)
            after = applied(text.encode(), item.fixes[0].edits).decode() if item.fixes else None
            if after is not None:
                compile(after, "fixed", "exec")
            found.append(after and after.removeprefix(HEAD))
        return found

    return run


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("return load()['id']", "return (await load())['id']"),
        ("return load().get('id')", "return (await load()).get('id')"),
        ("return not load()", "return not await load()"),
        ("return load() == 1", "return await load() == 1"),
        ("return -load() ** 2", "return -await load() ** 2"),
        ("return f'{load()}'", "return f'{await load()}'"),
        # In an f-string Python 3.11 says of no expression where it stands.
        ("return f'{await load() if load().x else n}'", "return f'{await load() if (await load()).x else n}'"),
        (
            "return f'{[await load() for _ in n if load().x]}'",
            "return f'{[await load() for _ in n if (await load()).x]}'",
        ),
        ("return [x for x in n if load(x)]", "return [x for x in n if await load(x)]"),
        ("return all([load(x) for x in n])", "return all([await load(x) for x in n])"),
        ("return (load() if n else {})['id']", "return (await load() if n else {})['id']"),
        ("return '%s %s' % (load(), n)", "return '%s %s' % (await load(), n)"),
        ("found = load(); return found['id']", "found = await load(); return found['id']"),
        ("found, other = load(), n; return found['id']", "found, other = await load(), n; return found['id']"),
        ("return any(load(x) for x in n)", None),
        ("return filter(lambda x: load(x), n)", None),
        ("return (x for x in n if load(x))", None),
        ("found = load(); print(found['id']); return await found", None),
        ("return [x for x in n for y in load(x)]", "return [x for x in n for y in await load(x)]"),
    ],
)
def test_coroutine_as_value(line: str, after: str | None, fixed: Fixed) -> None:
    head = "async def read(n):\n    "
    assert fixed(f"{head}{line}\n", "ASL105") == [after and f"{head}{after}\n"]


def test_no_await_in_a_sync_function(fixed: Fixed) -> None:
    source = "async def outer():\n    def inner():\n        return load()['id']\n    return inner\n"
    assert fixed(source, "ASL105") == [None]


@pytest.mark.parametrize(
    ("lines", "after"),
    [
        (["return task['id']"], ["return (await task)['id']"]),
        (["return task.result()"], ["return await task"]),
        (["return task.result()['id']"], ["return (await task)['id']"]),
        (["return (task.result())['id']"], ["return (await task)['id']"]),
        (["return asyncio.create_task(load()).result()"], ["return await asyncio.create_task(load())"]),
        (["return -len(task)"], ["return -len(await task)"]),
        (["return 1 + task"], ["return 1 + await task"]),
        (["return task.exception()"], None),
        (["return [task['id'] for _ in range(3)]"], ["return [(await task)['id'] for _ in range(3)]"]),
        (["return list(task['id'] for _ in range(3))"], None),
    ],
)
def test_task_used_as_result(lines: list[str], after: list[str] | None, fixed: Fixed) -> None:
    def text(body: list[str]) -> str:
        head = ["async def read():", "    task = asyncio.create_task(load())"]
        return "\n".join([*head, *(f"    {line}" for line in body)]) + "\n"

    assert fixed(text(lines), "ASL103") == [after and text(after)]

"""Fixes of statements where layout could break them, judged by running the result."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import Any

import pytest

from asynclint.config.settings import Settings
from asynclint.run.fixes import fix


def fixed(text: str, *codes: str, findings_left: int = 0) -> str:
    """What the fixes of some rules make of a module."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("pyproject.toml").touch()
        Path("a.py").write_bytes(text.encode())
        made = fix(["a.py"], Settings(jobs=1, select=codes), unsafe=True, write=True)
        assert made.changes
        assert len(made.report.diagnostics) == findings_left
        return Path("a.py").read_bytes().decode()


def run(text: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "program"}
    exec(compile(text, "program", "exec"), namespace)
    return namespace


DROPPED = """\
import asyncio
{module}
done = []


async def work(number):
    await asyncio.sleep(0)
    done.append(number)


async def main(flag=True):
{body}
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return 2
"""
START = "asyncio.create_task(work(1))"


@pytest.mark.parametrize("module", ["", "background_tasks = task = _task = []", "tasks = ()", "background_tasks: set"])
@pytest.mark.parametrize(
    "body",
    [
        START,
        f"if flag: {START}",
        f"if not flag: pass\nelse: {START}",
        f"x = 2; {START}",
        f"{START}; x = 2",
        f"{START};",
        f"for x in [1]: {START}",
        f"try: {START}\nfinally: x = 1",
        f"try:\n    {START}\nexcept ValueError:\n    pass",
        f"match flag:\n    case True: {START}",
        f"match flag:\n    case True:\n        {START}  # now",
        f"({START})",
        f"(\n    {START}  # in here\n)",
        "asyncio.create_task(\n    # why\n    work(1),  # what\n)",
        "asyncio \\\n    .create_task(work(1))",
        f"def inner():\n    {START}\ninner()",
        f"def inner(): {START}\ninner()",
        f"async with contextlib.nullcontext() as task:\n    {START}",
        f"for task in [1]:\n    {START}\n    assert task == 1",
        f"class A:\n    @staticmethod\n    def go():\n        {START}\nA.go()",
        f'"""Doc."""\n{START}',
    ],
)
def test_tasks_are_kept(body: str, module: str) -> None:
    indented = "".join(f"    {line}\n" for line in body.split("\n")).rstrip("\n")
    source = DROPPED.format(module=f"import contextlib\n{module}", body=indented)
    text = fixed(source, "ASL101")
    program = run(text)
    assert asyncio.run(program["main"]()) == 2
    assert program["done"] == [1]
    assert text.count("#") == source.count("#")
    (kept,) = (name for name in ("background_tasks", "_background_tasks") if isinstance(program.get(name), set))
    assert program[kept] == set()


GUARDED = """\
import asyncio
from pathlib import Path
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


{function}

@app.get("/")
async def handler(tasks: BackgroundTasks, path: str):
    tasks.add_task(work, path)
"""


@pytest.mark.parametrize(
    ("function", "result"),
    [
        ("def work(path):\n    return Path(path).read_text()\n", "here"),
        ("def work(path):\n\treturn Path(path).read_text()\n", "here"),
        ('def work(path):\n    """Doc."""\n\n    # first\n    return Path(path).read_text()\n    # last\n', "here"),
        ('def work(path):\n    text = """\n  a\n\tb"""\n    return text + Path(path).read_text()\n', "\n  a\n\tbhere"),
        ("def work(path):\n    text = 'a\\\nb'\n    return text + Path(path).read_text()\n", "abhere"),
        ('def work(path):\n    return f"""\n {Path(path).read_text(\n)}\n"""\n', "\n here\n"),
        ("def work(path):\n    return Path(path).read_text() + \\\n  'x'\n", "herex"),
        ("def work(path):\n    return [\n  Path(path).read_text(),  # one\n]\n", ["here"]),
        ("def work(path):\n    if path: return Path(path).read_text(); x = 1\n    else: pass\n", "here"),
        ("def work(path):\n    global found\n    found = Path(path).read_text()\n    return found\n", "here"),
        ("def work(path):\n    try:\n        return Path(path).read_text()\n    finally:\n        pass\n", "here"),
        (
            "def work(path):\n    def the():\n        return '''\nx'''\n    return the() + Path(path).read_text()\n",
            "\nxhere",
        ),
        ("def work(path):\n    class A:\n        x = 1\n    return Path(path).read_text()\n", "here"),
        ("def work(path):\n        text = Path(path).read_text()\n\t# odd\n        return text\n", "here"),
        ("async def work(path):\n    async with asyncio.timeout(3):\n        return Path(path).read_text()\n", "here"),
        ("def work(path):\n    logger = Path(path).read_text()\n    return logger\n", "here"),
        ("def work(path):\n    open(path).close()\n    del path\n", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_functions_are_guarded(
    function: str, result: object, newline: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = GUARDED.format(function=function)
    text = fixed(source.replace("\n", newline), "ASL301")
    assert text.count("\n") == text.count(newline)
    assert text.count("#") == source.count("#")
    work = run(text)["work"]
    (tmp_path / "file").write_text("here")

    def call(path: Path) -> object:
        given = work(str(path))
        return asyncio.run(given) if asyncio.iscoroutine(given) else given

    assert call(tmp_path / "file") == result
    assert not caplog.messages
    assert call(tmp_path / "none") is None
    assert caplog.messages == ["work failed"]

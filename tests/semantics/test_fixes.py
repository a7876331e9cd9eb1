"""Which fixes are offered, how sure they are, and what they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asynclint.config.settings import Settings
from asynclint.core.diagnostic import Applicability
from asynclint.fixing.edits import applied
from asynclint.run.checks import check

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Fixes = Callable[..., list[Any]]

HEAD = """\
import time

import requests
from fastapi import BackgroundTasks, Depends, FastAPI

app = FastAPI()
counter = 0
"""


@pytest.fixture
def fixes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fixes:
    """The first fix of each finding of a rule: its applicability and the lines it makes, None where there is none."""
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)

    def run(source: str, code: str, **others: str) -> list[tuple[Applicability, list[str]] | None]:
        for name, text in {"a": source, **others}.items():
            (tmp_path / f"{name}.py").write_text(text)
        found = []
        for item in check(["a.py"], Settings(jobs=1, select=(code,))).diagnostics:
            fix = item.fixes[0] if item.fixes else None
            after = applied(source.encode(), fix.edits).decode().splitlines() if fix else []
            found.append((fix.applicability, after) if fix else None)
        return found

    return run


# -- time.sleep ------------------------------------------------------------------------------------------------------


def _route(*body: str, decorator: str = '@app.get("/")') -> str:
    lines = "".join(f"    {line}\n" for line in body)
    return f"{HEAD}\n\n{decorator}\nasync def handler(n: int = 1):\n{lines}"


@pytest.mark.parametrize(
    "body",
    [
        ["time.sleep(1)", "return {'n': counter}"],
        ['"""Documented."""', "total = n + 1", "time.sleep(0.5)", "return total"],
        ["started = time.time()", "time.sleep(2)", "return time.time() - started"],
        ["global counter", "counter += 1", "time.sleep(1)"],
        ["if n > 1:", "    time.sleep(1)", "return n"],
    ],
)
def test_safe_sleeps(fixes: Fixes, body: list[str]) -> None:
    ((applicability, after),) = fixes(_route(*body), "ASL201")
    assert applicability is Applicability.SAFE
    assert any(line.strip().startswith("await asyncio.sleep(") for line in after)
    assert after[0] == "import asyncio"


@pytest.mark.parametrize(
    "body",
    [
        ["before = counter", "time.sleep(1)", "return before + 1"],
        ["global counter", "counter += 1", "time.sleep(1)", "counter -= 1"],
        ["print(n)", "time.sleep(1)", "print(n)"],
        ["time.sleep(n)"],
        ["time.sleep(-1)"],
        ["try:", "    time.sleep(1)", "finally:", "    print(n)"],
        ["for _ in range(3):", "    time.sleep(1)"],
        ["return time.sleep(1)"],
    ],
)
def test_unsafe_sleeps(fixes: Fixes, body: list[str]) -> None:
    assert [item[0] for item in fixes(_route(*body), "ASL201")] == [Applicability.UNSAFE]


@pytest.mark.parametrize(
    "body",
    [
        ["with lock:", "    time.sleep(1)"],
        ["return list(time.sleep(1) for _ in [1])"],
        ["time.sleep(secs=1)"],
    ],
)
def test_sleeps_without_a_fix(fixes: Fixes, body: list[str]) -> None:
    assert set(fixes(_route(*body), "ASL201")) <= {None}


def test_a_function_that_is_no_route_may_be_called_by_anyone(fixes: Fixes) -> None:
    assert fixes(_route("time.sleep(1)", decorator="@cached"), "ASL201")[0][0] is Applicability.UNSAFE


@pytest.mark.parametrize(
    "caller",
    [
        "from a import handler\n\n\nasync def use():\n    await handler(2)\n",
        "from a import handler as h\n\n\nasync def use():\n    await h(2)\n",
        "import a\n\ntable = {'x': a.handler}\n",
    ],
)
def test_a_route_that_the_project_uses_itself(fixes: Fixes, caller: str) -> None:
    assert fixes(_route("time.sleep(1)"), "ASL201", b=caller)[0][0] is Applicability.UNSAFE


def test_dependencies_and_background_functions_may_be_safe(fixes: Fixes) -> None:
    source = (
        f"{HEAD}\n\nasync def slow():\n    time.sleep(1)\n\n\nasync def later():\n    time.sleep(1)\n\n\n"
        '@app.get("/")\nasync def handler(tasks: BackgroundTasks, value=Depends(slow)):\n    tasks.add_task(later)\n'
    )
    assert [item[0] for item in fixes(source, "ASL201")] == [Applicability.SAFE] * 2


# -- to_thread -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return requests.get('u')", "return await asyncio.to_thread(requests.get, 'u')"),
        (
            "x = requests.get('u', timeout=1).json()",
            "x = (await asyncio.to_thread(requests.get, 'u', timeout=1)).json()",
        ),
        ("print(requests.get('u').text)", "print((await asyncio.to_thread(requests.get, 'u')).text)"),
        ("return [requests.get(u) for u in x]", "return [await asyncio.to_thread(requests.get, u) for u in x]"),
    ],
)
def test_calls_move_to_a_thread(fixes: Fixes, before: str, after: str) -> None:
    ((applicability, lines),) = fixes(_route("x = ['u']", before, decorator="@cached"), "ASL202")
    assert applicability is Applicability.UNSAFE
    assert lines[-1].strip() == after
    assert "import asyncio" in lines


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("ASL202", ["return requests.get('u', stream=True)"]),
        ("ASL202", ["with requests.get('u') as response:", "    return response.text"]),
        ("ASL202", ["with app.lock:", "    return requests.get('u')"]),
        ("ASL203", ["import sqlite3", "return sqlite3.connect('d').execute('q').fetchall()"]),
        ("ASL204", ["return open('f').read()"]),
        ("ASL204", ["with open('f') as file:", "    return file.read()"]),
        ("ASL204", ["import os", "return os.path.exists('f')"]),
        ("ASL205", ["import subprocess", "return subprocess.Popen(['x']).wait()"]),
    ],
)
def test_calls_that_stay(fixes: Fixes, code: str, body: list[str]) -> None:
    assert set(fixes(_route(*body, decorator="@cached"), code)) <= {None}


def test_a_name_that_hides_the_import(fixes: Fixes) -> None:
    source = "import requests\n\n\nasync def f(asyncio):\n    return requests.get('u')\n"
    ((_, lines),) = fixes(source, "ASL202")
    assert lines[0] == "import asyncio as _asyncio"
    assert lines[-1].endswith("await _asyncio.to_thread(requests.get, 'u')")


# -- background functions --------------------------------------------------------------------------------------------

BACKGROUND = """\
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


def send(to: str) -> None:
    print(open(to).read())


@app.get("/")
async def handler(tasks: BackgroundTasks) -> None:
    tasks.add_task(send, "x")
"""


def test_a_background_function_is_guarded(fixes: Fixes) -> None:
    ((applicability, lines),) = fixes(BACKGROUND, "ASL301")
    assert applicability is Applicability.UNSAFE
    assert lines[:4] == [
        "import logging",
        "from fastapi import BackgroundTasks, FastAPI",
        "",
        "logger = logging.getLogger(__name__)",
    ]
    start = lines.index("def send(to: str) -> None:")
    assert lines[start + 1 : start + 5] == [
        "    try:",
        "        print(open(to).read())",
        "    except Exception:",
        '        logger.exception("send failed")',
    ]


def test_the_quotes_are_those_of_the_file(fixes: Fixes) -> None:
    ((_, lines),) = fixes(BACKGROUND.replace('"', "'"), "ASL301")
    assert "        logger.exception('send failed')" in lines


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("log = logging.getLogger('x')", "log"),
        ("LOGGER: logging.Logger = logging.getLogger('x')", "LOGGER"),
        ("from loguru import logger", "logger"),
    ],
)
def test_the_logger_of_the_module_is_used(fixes: Fixes, line: str, name: str) -> None:
    source = f"import logging\n{BACKGROUND}".replace("app = FastAPI()", f"app = FastAPI()\n{line}")
    ((_, lines),) = fixes(source, "ASL301")
    assert f'        {name}.exception("send failed")' in lines
    assert sum("getLogger" in text for text in lines) == source.count("getLogger")


def test_a_module_without_imports_gets_import_and_logger(fixes: Fixes) -> None:
    source = (
        '"""Doc."""\n\n\nasync def work():\n    open("f").read()\n\n\n'
        "async def start():\n    import asyncio\n    asyncio.create_task(work())\n"
    )
    found = fixes(source, "ASL301")
    for _, lines in (item for item in found if item):
        text = "\n".join(lines)
        assert (
            text.index("import logging") < text.index("logger = logging.getLogger(__name__)") < text.index("def work")
        )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def send", "@retry\ndef send"),
        ("async def handler", "def other() -> None:\n    send('y')\n\n\n@app.get('/2')\nasync def handler"),
    ],
)
def test_functions_that_others_rely_on_stay(fixes: Fixes, old: str, new: str) -> None:
    assert set(fixes(BACKGROUND.replace(old, new, 1), "ASL301")) <= {None}


def test_a_function_of_another_file_stays(fixes: Fixes) -> None:
    source = BACKGROUND.replace("def send(to: str) -> None:\n    print(open(to).read())", "from b import send")
    assert fixes(source, "ASL301", b="def send(to: str) -> None:\n    print(open(to).read())\n") == [None]


# -- what the project offloads with ----------------------------------------------------------------------------------

POOL = (
    "from fastapi.concurrency import run_in_threadpool\n\n\nasync def use():\n    await run_in_threadpool(print, 'x')\n"
)
ANYIO = "from anyio import to_thread\n\n\nasync def use():\n    await to_thread.run_sync(print, 'x')\n"
THREAD = "import asyncio\n\n\nasync def use():\n    await asyncio.to_thread(print, 'x')\n"


@pytest.mark.parametrize(
    ("elsewhere", "call", "after", "line"),
    [
        (
            POOL,
            "requests.get('u', timeout=1)",
            "run_in_threadpool(requests.get, 'u', timeout=1)",
            "from fastapi.concurrency import run_in_threadpool",
        ),
        (ANYIO, "requests.get('u')", "anyio.to_thread.run_sync(requests.get, 'u')", "import anyio"),
        # AnyIO's function takes no keywords for the one it is given.
        (ANYIO, "requests.get('u', timeout=1)", "asyncio.to_thread(requests.get, 'u', timeout=1)", "import asyncio"),
        (THREAD, "requests.get('u')", "asyncio.to_thread(requests.get, 'u')", "import asyncio"),
        (POOL.replace("fastapi.", "mine."), "requests.get('u')", "asyncio.to_thread(requests.get, 'u')", "import time"),
    ],
)
def test_the_offloader_of_the_project_is_used(fixes: Fixes, elsewhere: str, call: str, after: str, line: str) -> None:
    ((_, lines),) = fixes(_route(f"return {call}", decorator="@cached"), "ASL202", b=elsewhere)
    assert lines[-1].strip() == f"return await {after}"
    assert line in lines


def test_the_offloader_of_the_module_comes_before_that_of_the_project(fixes: Fixes) -> None:
    source = f"from anyio import to_thread\n{_route('await to_thread.run_sync(print)', 'return requests.get(n)')}"
    ((_, lines),) = fixes(source, "ASL202", b=POOL + POOL.replace("use", "again"))
    assert lines[-1].strip() == "return await to_thread.run_sync(requests.get, n)"
    assert lines[:-1] == source.splitlines()[:-1]


def test_offloaders_of_tests_do_not_count(fixes: Fixes) -> None:
    ((_, lines),) = fixes(_route("return requests.get('u')", decorator="@cached"), "ASL202", test_b=POOL)
    assert lines[-1].strip() == "return await asyncio.to_thread(requests.get, 'u')"


# -- def -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("ASL202", ["return requests.get('u').json()"]),
        ("ASL202", ["return fetch()"]),
        ("ASL202", ["time.sleep(1)", "return requests.get('u').text"]),
        ("ASL201", ["time.sleep(1)", "return requests.get('u').text"]),
        ("ASL203", ["import sqlite3", "rows = sqlite3.connect('d').execute('q')", "return n"]),
    ],
)
def test_a_route_that_never_awaits_becomes_plain(fixes: Fixes, code: str, body: list[str]) -> None:
    source = _route(*body).replace("counter = 0", "\n\ndef fetch():\n    return requests.get('v').json()\n")
    found = fixes(source, code)
    assert found
    for applicability, lines in found:
        assert applicability is Applicability.UNSAFE
        assert lines == source.replace("async def", "def").splitlines()


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("ASL202", ["await other()", "return requests.get('u')"]),
        ("ASL202", ["return [requests.get(x) async for x in other()]"]),
        ("ASL202", ["import asyncio", "asyncio.get_running_loop()", "return requests.get('u')"]),
        ("ASL202", ["unheard_of(counter)", "return requests.get('u')"]),
        ("ASL201", ["time.sleep(1)", "return n"]),
        ("ASL204", ["import os", "return os.path.exists('f')"]),
        ("ASL203", ["return connection.execute('q').fetchall()"]),
        ("ASL202", ["return client().get('u')"]),
    ],
)
def test_a_route_that_stays_async(fixes: Fixes, code: str, body: list[str]) -> None:
    """It awaits, may need the loop, only sleeps or looks, uses what belongs to a thread, or blocks but once."""
    once = "@functools.cache\ndef client():\n    requests.get('v')\n    return Made()\n\n\nclass Made:\n    get = print"
    head = f"import functools, sqlite3\n\nconnection = sqlite3.connect('d')\n\n\n{once}\n"
    found = fixes(_route(*body).replace("counter = 0", head), code)
    assert found
    assert not any(item and "def handler(n: int = 1):" in item[1] for item in found)


@pytest.mark.parametrize(
    "caller",
    ["from a import handler\n\n\nasync def use():\n    await handler(2)\n", "import a\n\ntable = {'x': a.handler}\n"],
)
def test_a_route_that_the_project_calls_itself_stays_async(fixes: Fixes, caller: str) -> None:
    ((_, lines),) = fixes(_route("return requests.get('u')"), "ASL202", b=caller)
    assert lines[-2] == "async def handler(n: int = 1):"


def test_a_route_of_a_router_of_the_project_stays_async(fixes: Fixes) -> None:
    own = """\
from fastapi import APIRouter


class Router(APIRouter):
    def get(self, path):
        def take(function):
            async def call():
                return await function()

            return call

        return take


router = Router()
"""
    source = _route("return requests.get('u')", decorator='@router.get("/")').replace("app = FastAPI()", own)
    ((_, lines),) = fixes(source, "ASL202")
    assert lines[-2] == "async def handler(n: int = 1):"


def test_what_is_no_route_stays_async(fixes: Fixes) -> None:
    ((_, lines),) = fixes(_route("return requests.get('u')", decorator='@app.websocket("/")'), "ASL202")
    assert lines[-2] == "async def handler(n: int = 1):"


# -- what the project's Python has -----------------------------------------------------------------------------------

_CALL = "import requests\n\n\nasync def load():\n    return requests.get('u')\n"


@pytest.mark.parametrize(
    ("said", "source", "made"),
    [
        ("[project]\nrequires-python = '>=3.9'\n", _CALL, "await asyncio.to_thread(requests.get, 'u')"),
        ("[project]\nrequires-python = '>=3.8'\n", f"import fastapi\n{_CALL}", "run_in_threadpool(requests.get, 'u')"),
        ("[tool.poetry.dependencies]\npython = '^3.8'\n", f"import fastapi\n{_CALL}", "run_in_threadpool("),
        ("[project]\nrequires-python = '>=3.8'\n", _CALL, None),
        ("[tool.asynclint]\ntarget-version = '3.8'\n", _CALL, None),
        (
            "[project]\nrequires-python = '>=3.8'\n[tool.asynclint]\ntarget-version = 'py312'\n",
            _CALL,
            "asyncio.to_thread(",
        ),
    ],
)
def test_a_fix_names_nothing_newer(fixes: Fixes, tmp_path: Path, said: str, source: str, made: str | None) -> None:
    (tmp_path / "pyproject.toml").write_text(said)
    (found,) = fixes(source, "ASL202")
    assert (found is None) == (made is None)
    assert made is None or made in found[1][-1]


def test_neither_does_the_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nrequires-python = '>=3.8'\n")
    (tmp_path / "a.py").write_text(_CALL)
    monkeypatch.chdir(tmp_path)
    (finding,) = check(["a.py"], Settings(jobs=1)).diagnostics
    assert "run it in a thread with `await asyncio.get_running_loop().run_in_executor(…)`" in finding.message

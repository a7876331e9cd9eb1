"""The code that ASL401 shows: where it is put in, it compiles, ends its finding, and brings no other."""

from __future__ import annotations

import difflib
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from tests.report.test_html_report import data_of

from asynclint.cli.app import main
from asynclint.config.settings import Settings
from asynclint.core.diagnostic import Applicability
from asynclint.fixing.edits import applied, span_before
from asynclint.fixing.judgement import compiles
from asynclint.report import full, html_report, json_report, sarif
from asynclint.rulekit.discovery import all_rules
from asynclint.rulekit.expectations import as_shown
from asynclint.run.checks import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from asynclint.core.diagnostic import Edit, Fix, Report

    Changed = Callable[[dict[str, str]], list[str]]

RULE = next(rule for rule in all_rules() if rule.code == "ASL401")
FIXTURES = Path(__file__).parent.parent / "fixtures"


def _folders() -> dict[str, dict[str, bytes]]:
    found = {f"projects/{path.name}": _texts(path) for path in (FIXTURES / "projects").iterdir() if path.is_dir()}
    found |= {path.name: {path.name: path.read_bytes()} for path in (FIXTURES / RULE.name).glob("*.py")}
    found |= {f"example {number}": {"a.py": item.bad.encode()} for number, item in enumerate(RULE.examples)}
    marked = f"expect: {RULE.code}".encode()
    return {name: texts for name, texts in sorted(found.items()) if any(marked in text for text in texts.values())}


def _texts(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def by_file(fix: Fix) -> dict[str, list[Edit]]:
    found: dict[str, list[Edit]] = defaultdict(list)
    for edit in fix.edits:
        found[edit.location.path].append(edit)
    return found


def places(report: Report, fix: Fix | None = None) -> set[tuple[str, int]]:
    """Where ASL401 is reported; with a fix, in terms of the text before it."""
    edits = by_file(fix) if fix is not None else {}
    return {
        (item.location.path, span_before(item.location.span, edits.get(item.location.path, ())).start)
        for item in report.diagnostics
        if item.code == RULE.code
    }


FOLDERS = _folders()


@pytest.mark.parametrize("files", FOLDERS.values(), ids=FOLDERS.keys())
def test_what_is_shown_ends_the_finding(
    files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"pyproject.toml": b"", **files})
    monkeypatch.chdir(tmp_path)
    report = check(["."], Settings(jobs=1))
    before = Counter(item.code for item in report.diagnostics)
    for finding in report.diagnostics:
        for fix in finding.fixes if finding.code == RULE.code else ():
            assert fix.applicability is Applicability.DISPLAY
            changed = {name: applied(files[name], edits) for name, edits in by_file(fix).items()}
            write(tmp_path, changed)
            after = check(["."], Settings(jobs=1))
            write(tmp_path, files)
            place = f"{finding.location.path}:{finding.location.start.row}: {fix.message}"
            assert all(compiles(data.decode()) for data in changed.values()), place
            brought = Counter(item.code for item in after.diagnostics) - before
            assert not brought, f"{place}: brings {brought}"
            assert (finding.location.path, finding.location.span.start) not in places(after, fix), place


def test_most_findings_of_the_fixtures_have_code_to_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        tmp_path,
        {f"{number}/{name}": data for number, files in enumerate(FOLDERS.values()) for name, data in files.items()},
    )
    write(tmp_path, {f"{number}/pyproject.toml": b"" for number in range(len(FOLDERS))})
    monkeypatch.chdir(tmp_path)
    found = [
        item
        for number in range(len(FOLDERS))
        for item in check([str(number)], Settings(jobs=1, select=(RULE.code,))).diagnostics
    ]
    assert len(found) >= 30
    assert sum(bool(item.fixes) for item in found) >= 0.8 * len(found)


# -- the code itself -------------------------------------------------------------------------------------------

WORK = """\
import asyncio


async def poll() -> None:
    while True:
        await asyncio.sleep(60)
"""

STARTED_BY_HANDLER = f"""\
{WORK}

from fastapi import FastAPI

app = FastAPI()


@app.on_event("startup")
async def start() -> None:
    app.state.poller = asyncio.create_task(poll())
"""


@pytest.fixture
def changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Changed:
    """For each finding the lines that are shown, added and taken away, file by file; "" where nothing is."""
    monkeypatch.chdir(tmp_path)

    def run(files: dict[str, str]) -> list[str]:
        write(tmp_path, {"pyproject.toml": b"", **{name: text.encode() for name, text in files.items()}})
        found: list[str] = []
        for item in check(["."], Settings(jobs=1, select=(RULE.code,))).diagnostics:
            lines: list[str] = []
            for fix in item.fixes:
                for name, edits in sorted(by_file(fix).items()):
                    after = applied(files[name].encode(), edits).decode()
                    assert compiles(after)
                    diff = difflib.unified_diff(files[name].splitlines(), after.splitlines(), n=0, lineterm="")
                    lines += [f"# {name}"] if len(files) > 1 else []
                    lines += [line for line in diff if line[:2] not in {"--", "++", "@@"}]
            found.append("\n".join(lines))
        return found

    return run


def lifespan(start: str, end: str = "    yield\n", head: str = "") -> str:
    return f"""\
{WORK}

from contextlib import asynccontextmanager
from fastapi import FastAPI
{head}

@asynccontextmanager
async def lifespan(app: FastAPI):
{start}{end}

app = FastAPI(lifespan=lifespan)
"""


FINALLY_IS_THERE = """\
    try:
        yield
    finally:
        # the pool goes last
        print("bye", poller.done())
"""
OVER_LINES = """\
    async with pool():
        yield {
            'poller': 1,
        }
"""
INSTEAD_OVER_LINES = """\
-        yield {
-            'poller': 1,
-        }
+        try:
+            yield {
+                'poller': 1,
+            }
+        finally:
+            poller.cancel()
+            await asyncio.gather(poller, return_exceptions=True)\
"""
MORE_IS_TRIED = """\
    try:
        await asyncio.sleep(0)
        poller = asyncio.create_task(poll())
        yield
    finally:
        print("bye")
"""
INSIDE_IT = """\
-        yield
+        try:
+            yield
+        finally:
+            poller.cancel()
+            await asyncio.gather(poller, return_exceptions=True)\
"""
ALL_OF = """\
+        running = list({})
+        for task in running:
+            task.cancel()
+        await asyncio.gather(*running, return_exceptions=True)\
"""
IN_FINALLY = "-    yield\n+    try:\n+        yield\n+    finally:\n"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (
            lifespan("    app.state.poller = asyncio.create_task(poll())\n"),
            IN_FINALLY
            + "+        app.state.poller.cancel()\n"
            + "+        await asyncio.gather(app.state.poller, return_exceptions=True)",
        ),
        (
            lifespan("    if app.debug:\n        app.state.poller = asyncio.create_task(poll())\n"),
            IN_FINALLY
            + '+        task = getattr(app.state, "poller", None)\n'
            + "+        if task is not None:\n"
            + "+            task.cancel()\n"
            + "+            await asyncio.gather(task, return_exceptions=True)",
        ),
        (
            lifespan("    global poller\n    poller = asyncio.create_task(poll())\n", head="poller = None\n"),
            IN_FINALLY + "+        poller.cancel()\n" + "+        await asyncio.gather(poller, return_exceptions=True)",
        ),
        (
            lifespan(
                "    global poller\n    if app.debug:\n        poller = asyncio.create_task(poll())\n",
                head="poller = None\n",
            ),
            IN_FINALLY
            + "+        if poller is not None:\n"
            + "+            poller.cancel()\n"
            + "+            await asyncio.gather(poller, return_exceptions=True)",
        ),
        (
            lifespan("    tasks.add(asyncio.create_task(poll()))\n", head="tasks = set()\n"),
            IN_FINALLY
            + "+        running = list(tasks)\n"
            + "+        for task in running:\n"
            + "+            task.cancel()\n"
            + "+        await asyncio.gather(*running, return_exceptions=True)",
        ),
        (
            lifespan("    running['a'] = asyncio.create_task(poll())\n", head="running = {}\n"),
            IN_FINALLY
            + "+        _running = list(running.values())\n"
            + "+        for task in _running:\n"
            + "+            task.cancel()\n"
            + "+        await asyncio.gather(*_running, return_exceptions=True)",
        ),
        (
            lifespan("    app.state.pollers = [asyncio.create_task(poll()) for _ in range(3)]\n"),
            IN_FINALLY
            + "+        running = list(app.state.pollers)\n"
            + "+        for task in running:\n"
            + "+            task.cancel()\n"
            + "+        await asyncio.gather(*running, return_exceptions=True)",
        ),
        (
            lifespan("    asyncio.create_task(poll())\n"),
            "-    asyncio.create_task(poll())\n-    yield\n+    task = asyncio.create_task(poll())\n"
            + IN_FINALLY.removeprefix("-    yield\n")
            + "+        task.cancel()\n"
            + "+        await asyncio.gather(task, return_exceptions=True)",
        ),
        (
            lifespan("    poller = asyncio.create_task(poll())\n", FINALLY_IS_THERE),
            "+        poller.cancel()\n+        await asyncio.gather(poller, return_exceptions=True)",
        ),
        (
            lifespan("    poller = asyncio.create_task(poll())\n", OVER_LINES, "from db import pool\n"),
            INSTEAD_OVER_LINES,
        ),
        (lifespan("", MORE_IS_TRIED), INSIDE_IT),
        (
            lifespan("    if app.debug:\n        poller = asyncio.create_task(poll())\n"),
            "+    poller = None\n"
            + IN_FINALLY
            + "+        if poller is not None:\n"
            + "+            poller.cancel()\n"
            + "+            await asyncio.gather(poller, return_exceptions=True)",
        ),
        (
            lifespan("    tasks = []\n    for _ in range(3):\n        tasks.append(asyncio.create_task(poll()))\n"),
            IN_FINALLY + ALL_OF.format("tasks"),
        ),
        (
            lifespan("    tasks = set()\n    new = asyncio.create_task(poll())\n    tasks.add(new)\n"),
            IN_FINALLY + ALL_OF.format("tasks"),
        ),
        (
            lifespan("    tasks = {}\n    for key in 'ab':\n        tasks[key] = asyncio.create_task(poll())\n"),
            IN_FINALLY + ALL_OF.format("tasks.values()"),
        ),
        (
            lifespan("    tasks = [asyncio.create_task(poll()) for _ in range(3)]\n"),
            IN_FINALLY + ALL_OF.format("tasks"),
        ),
    ],
    ids=[
        "state",
        "state, perhaps",
        "global",
        "global, perhaps",
        "set",
        "dict by key",
        "list",
        "dropped",
        "finally is there",
        "over lines",
        "finally around the start",
        "local, perhaps",
        "local list",
        "local set, by a name",
        "local dict",
        "local list at once",
    ],
)
def test_in_the_lifespan_there_is(source: str, shown: str, changed: Changed) -> None:
    assert changed({"a.py": source}) == [shown]


KEEPER = f"""\
{WORK}

class Poller:
    def __init__(self) -> None:
        self.name = "poller"
        self._task = None

    def start(self) -> None:
        self._task = asyncio.create_task(poll())
"""

OF_CLASS = """\
+        if self._task is not None:
+            self._task.cancel()
+            await asyncio.gather(self._task, return_exceptions=True)\
"""


CLOSED = """
    async def close(self) -> None:
        '''End it.'''
        print(self.name)


async def main(poller: Poller) -> None:
    await poller.close()
"""
STOPPED = """
    def stop(self) -> None:
        print(self.name)


def main(poller: Poller) -> None:
    poller.stop()
"""
CLEANING = """\
    try:
        while True:
            await asyncio.sleep(60)
    finally:
        await asyncio.sleep(1)
"""


def test_in_the_method_that_ends_the_object(changed: Changed) -> None:
    assert changed({"a.py": KEEPER + CLOSED}) == [OF_CLASS]


def test_a_method_that_cannot_await_only_cancels(changed: Changed) -> None:
    only_cancelled = "+        if self._task is not None:\n+            self._task.cancel()"
    assert changed({"a.py": KEEPER + STOPPED}) == [only_cancelled]
    cleaning = KEEPER.replace("    while True:\n        await asyncio.sleep(60)\n", CLEANING)
    assert changed({"a.py": cleaning + STOPPED}) == [""]


@pytest.mark.parametrize(
    ("imported", "text", "line"),
    [
        ("from poller import Poller\n\npoller = Poller()\n", "poller", ""),
        ("import app_state\n", "app_state.poller", "from poller import Poller\n\npoller = Poller()\n"),
        ("from app_state import poller\n", "poller", "from poller import Poller\n\npoller = Poller()\n"),
    ],
)
def test_a_new_method_and_its_call_in_another_module(imported: str, text: str, line: str, changed: Changed) -> None:
    main = f"""\
from contextlib import asynccontextmanager

from fastapi import FastAPI

{imported}

@asynccontextmanager
async def lifespan(app: FastAPI):
    {text}.start()
    yield
    print("closing")


app = FastAPI(lifespan=lifespan)
"""
    files = {"main.py": main, "poller.py": KEEPER} | ({"app_state.py": line} if line else {})
    called = f"# main.py\n{IN_FINALLY}+        await {text}.stop()\n"
    assert changed(files) == [called + "# poller.py\n+\n+    async def stop(self) -> None:\n" + OF_CLASS]


ROUTER = f"""\
{WORK}

from fastapi import APIRouter

router = APIRouter()
monitors = {{}}


@router.post("/monitors/{{key}}")
async def start(key: str) -> None:
    if key not in monitors:
        monitors[key] = asyncio.create_task(poll())
"""


def test_a_new_lifespan_in_the_module_of_the_application(changed: Changed) -> None:
    main = """\
from fastapi import FastAPI

from routes import router

# The service.
app = FastAPI(
    title="Watching",
)
app.include_router(router)
"""
    (shown,) = changed({"main.py": main, "routes.py": ROUTER})
    assert (
        shown
        == """\
# main.py
+import asyncio
+from routes import monitors
+from contextlib import asynccontextmanager
+from collections.abc import AsyncIterator
+
+
+@asynccontextmanager
+async def lifespan(app: FastAPI) -> AsyncIterator[None]:
+    try:
+        yield
+    finally:
+        running = list(monitors.values())
+        for task in running:
+            task.cancel()
+        await asyncio.gather(*running, return_exceptions=True)
+
+    lifespan=lifespan,"""
    )


def test_a_new_lifespan_before_the_function_that_makes_the_application(changed: Changed) -> None:
    main = """\
from fastapi import FastAPI

from routes import router


def create_app() -> FastAPI:
    app = FastAPI(title="monitors")
    app.include_router(router)
    return app
"""
    (shown,) = changed({"main.py": main, "routes.py": ROUTER})
    assert '-    app = FastAPI(title="monitors")\n+    app = FastAPI(lifespan=lifespan, title="monitors")' in shown
    assert "+@asynccontextmanager\n+async def lifespan(app: FastAPI) -> AsyncIterator[None]:" in shown


def test_a_shutdown_handler_beside_the_startup_handler(changed: Changed) -> None:
    source = f"""\
{WORK}

from fastapi import FastAPI

app = FastAPI()


@app.on_event("startup")
async def start() -> None:
    asyncio.create_task(poll())
"""
    assert changed({"a.py": source}) == [
        """\
+
+background_tasks = set()
-    asyncio.create_task(poll())
+    task = asyncio.create_task(poll())
+    background_tasks.add(task)
+    task.add_done_callback(background_tasks.discard)
+
+
+@app.on_event("shutdown")
+async def stop_tasks() -> None:
+    running = list(background_tasks)
+    for task in running:
+        task.cancel()
+    await asyncio.gather(*running, return_exceptions=True)"""
    ]


def test_each_of_several_startup_handlers_gets_its_own(changed: Changed) -> None:
    source = f"""\
{STARTED_BY_HANDLER}

@app.on_event("startup")
async def start_other() -> None:
    app.state.other = asyncio.create_task(poll())
"""
    assert [[line for line in shown.splitlines() if "cancel" in line] for shown in changed({"a.py": source})] == [
        ["+    app.state.poller.cancel()"],
        ["+    app.state.other.cancel()"],
    ]


def test_the_state_of_an_application_that_a_helper_is_given(changed: Changed) -> None:
    helper = "async def start(application):\n    application.state.poller = asyncio.create_task(poll())\n"
    assert changed({"a.py": lifespan("    await start(app)\n", head=helper)}) == [
        IN_FINALLY
        + '+        task = getattr(app.state, "poller", None)\n'
        + "+        if task is not None:\n"
        + "+            task.cancel()\n"
        + "+            await asyncio.gather(task, return_exceptions=True)"
    ]


def test_never_in_a_hook_that_does_not_run(changed: Changed) -> None:
    """The lifespan of a mounted application is not entered."""
    inner = lifespan("").replace("app = FastAPI(", "inner = FastAPI(")
    route = '\n\n@inner.post("/")\nasync def start() -> None:\n    inner.state.poller = asyncio.create_task(poll())\n'
    main = "from fastapi import FastAPI\n\nfrom a import inner\n\napp = FastAPI()\napp.mount('/inner', inner)\n"
    (shown,) = changed({"a.py": inner + route, "main.py": main})
    assert shown == ""


def test_a_plain_shutdown_handler_becomes_async(changed: Changed) -> None:
    source = f"""\
{STARTED_BY_HANDLER}

@app.on_event("shutdown")
def stop() -> None:
    print("bye")
"""
    assert changed({"a.py": source}) == [
        """\
-def stop() -> None:
+async def stop() -> None:
+    app.state.poller.cancel()
+    await asyncio.gather(app.state.poller, return_exceptions=True)"""
    ]


@pytest.mark.parametrize(
    "source",
    [
        lifespan("    jobs['a'] = {'task': asyncio.create_task(poll())}\n", head="jobs = {}\n"),
        lifespan("    app.state.poller = asyncio.create_task(poll())\n", "    yield 1; print('bye')\n"),
        ROUTER + "\n\nfrom fastapi import FastAPI\n\none = FastAPI()\nother = FastAPI()\n",
        KEEPER + "\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\npollers = [Poller(), Poller()]\n",
        lifespan("    tasks = [3]\n    tasks.append(asyncio.create_task(poll()))\n"),
        lifespan("    tasks = []\n    tasks.append(asyncio.create_task(poll()))\n    tasks.append(3)\n"),
        lifespan("    asyncio.create_task(poll())\n", "    return other(app)\n", "from other import other").replace(
            "@asynccontextmanager\nasync def", "def"
        ),
    ],
    ids=[
        "kept in something else",
        "a shared line",
        "two applications",
        "two objects",
        "among other things",
        "with other things",
        "the lifespan is made elsewhere",
    ],
)
def test_nothing_is_shown_where_a_place_is_not_sure(source: str, changed: Changed) -> None:
    assert changed({"a.py": source}) == [""]


# -- where it is shown -----------------------------------------------------------------------------------------


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """The report of the first example of the rule."""
    write(tmp_path, {"pyproject.toml": b"", "app.py": "\n".join(as_shown(RULE.examples[0].bad).splitlines()).encode()})
    monkeypatch.chdir(tmp_path)
    return check(["."], Settings(jobs=1))


def test_the_page_of_the_rule_shows_what_the_report_shows(example: Report) -> None:
    text = full.render(example)
    shown = text[text.index("  fix: ") : text.index("  help: ")].rstrip()
    assert f"```text\n{shown}\n```" in RULE.guide


def test_sarif_has_it_where_nothing_applies_it(example: Report) -> None:
    (result,) = json.loads(sarif.render(example, exit_code=1, category="asynclint"))["runs"][0]["results"]
    assert "fixes" not in result
    (shown,) = result["properties"]["shownFixes"]
    assert shown["properties"] == {"applicability": "display"}
    (change,) = shown["artifactChanges"]
    assert any("gather" in item["insertedContent"]["text"] for item in change["replacements"])


def test_json_names_the_file_of_each_edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main = "from fastapi import FastAPI\n\nfrom routes import router\n\napp = FastAPI()\napp.include_router(router)\n"
    write(tmp_path, {"pyproject.toml": b"", "main.py": main.encode(), "routes.py": ROUTER.encode()})
    monkeypatch.chdir(tmp_path)
    report = check(["."], Settings(jobs=1, select=(RULE.code,)))
    (found,) = json.loads(json_report.render(report))["diagnostics"]
    assert found["filename"] == "routes.py"
    (fix,) = found["fixes"]
    assert fix["applicability"] == "display"
    assert {edit["filename"] for edit in fix["edits"]} == {"main.py"}


def test_the_page_has_it(example: Report) -> None:
    (shown,) = data_of(html_report.render(example))["findings"][0]["fixes"]
    assert shown["applicability"] == "display"
    assert any("gather" in line["text"] for hunk in shown["hunks"] for line in hunk["lines"])


def test_nothing_applies_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = RULE.examples[0].bad.encode()
    settings = b'[tool.asynclint]\nextend-safe-fixes = ["ASL401"]\n'
    write(tmp_path, {"pyproject.toml": settings, "app.py": source})
    monkeypatch.chdir(tmp_path)
    for options in (["--fix"], ["--fix", "--unsafe-fixes"]):
        result = CliRunner().invoke(main, ["check", *options, "."])
        assert result.exit_code == 1
        assert (tmp_path / "app.py").read_bytes() == source
    result = CliRunner().invoke(main, ["check", "--diff", "--unsafe-fixes", "."])
    assert "gather" not in result.output

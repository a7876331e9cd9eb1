"""A change in one module is seen in another one that neither imports it nor is imported by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.test_cached_runs import assert_same_as_uncached, counted, lay, run

from asynclint.config.settings import Settings
from asynclint.run import analysis
from asynclint.run.checks import check

if TYPE_CHECKING:
    from pathlib import Path

    from asynclint.core.diagnostic import Report


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def steps(folder: Path, *edits: dict[str, str]) -> list[Report]:
    """What runs find after each of several edits, each knowing what the last one found."""
    found = []
    for edit in edits:
        lay(folder, edit)
        found.append(run(select=("ALL",)))
        assert_same_as_uncached(found[-1], select=("ALL",))
    return found


def said(report: Report, path: str) -> list[str]:
    """The codes of what is found in a file, by place."""
    return [item.code for item in report.diagnostics if item.location.path == path]


# -- several findings in several modules, for one reason in yet another ----------------------------------------------

APPLICATION = """\
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app):
    yield


app = FastAPI(lifespan=lifespan)
"""
HANDLER = "from app import app\n\n\n@app.on_event('startup')\nasync def {0}() -> None:\n    print('{0}')\n"
SETUP = "from app import app, lifespan\n\n\ndef setup() -> None:\n    {0}\n"


def test_the_reason_of_all_dead_hooks_is_known_anew(folder: Path) -> None:
    handlers = {f"{name}.py": HANDLER.format(name) for name in ("one", "two", "three")}
    replaced = SETUP.format("app.router.lifespan_context = lifespan")
    first, second, *_ = steps(
        folder,
        {"app.py": APPLICATION, "setup.py": SETUP.format("pass"), **handlers},
        {"setup.py": replaced},
        {"setup.py": f"# moved\n{replaced}"},
        {"setup.py": SETUP.format("pass")},
    )
    for name in handlers:
        assert said(first, name) == said(second, name) == ["ASL404"]
    assert all("lifespan_context" in item.message for item in second.diagnostics if item.code == "ASL404")


# -- calls that are not asked for in between -------------------------------------------------------------------------

ROUTE = """\
from fastapi import FastAPI
from helper import work

app = FastAPI()


@app.get('/')
async def read() -> None:
    {0}
"""
HELPER = "from tasks import new, old\n\n\nasync def work() -> None:\n    await {0}()\n"
TASKS = """\
import asyncio


async def fetch_total() -> int:
    await asyncio.sleep(1)
    return 3


async def old() -> None:
    one = asyncio.create_task(fetch_total())


async def new() -> None:
    other = asyncio.create_task(fetch_total())
"""
USED, UNUSED = ROUTE.format("await work()"), ROUTE.format("pass")


def test_calls_that_change_while_no_route_leads_to_them(folder: Path) -> None:
    before, _, after = steps(
        folder,
        {"route.py": USED, "helper.py": HELPER.format("old"), "tasks.py": TASKS},
        {"route.py": UNUSED, "helper.py": HELPER.format("new")},
        {"route.py": USED},
    )
    assert said(before, "tasks.py") == ["ASL102", "ASL101"]
    assert said(after, "tasks.py") == ["ASL101", "ASL102"]


def test_functions_that_go_while_no_route_leads_to_them(folder: Path) -> None:
    _, _, _, after = steps(
        folder,
        {"route.py": USED, "helper.py": HELPER.format("old"), "tasks.py": TASKS},
        {"route.py": UNUSED, "tasks.py": "x = 1\n"},
        {"route.py": USED},
        {"tasks.py": TASKS},
    )
    assert said(after, "tasks.py") == ["ASL102", "ASL101"]


def test_a_fault_in_the_comparison_leaves_nothing_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise IndexError

    monkeypatch.setattr(analysis, "still_holding", broken)
    files = {"route.py": USED, "helper.py": HELPER.format("old"), "tasks.py": TASKS}
    _, second = steps(folder, files, {"helper.py": HELPER.format("new")})
    assert (counted(second, "checked"), counted(second, "results from the cache")) == (3, 0)


# -- what was found on the way ---------------------------------------------------------------------------------------

MAKING = "import httpx\nimport requests\n\n\ndef make():\n    return {0}()\n"
BOX = """\
from making import make


class Box:
    def __init__(self) -> None:
        client = make()
        self.pair = [client, self.start(client)]
        self.client = client

    def start(self, given):
        return self.client
"""
USE = "from box import Box\n\n\nasync def use(box: Box) -> None:\n    {0}.get('u')\n"


def test_what_a_body_asks_of_others_that_ask_it_in_turn(folder: Path) -> None:
    first, second = steps(
        folder,
        {
            "a.py": USE.format("box.pair[0]"),
            "box.py": BOX,
            "making.py": MAKING.format("httpx.AsyncClient"),
            "use.py": USE.format("box.client"),
        },
        {"making.py": MAKING.format("requests.Session")},
    )
    assert (said(first, "use.py"), said(second, "use.py")) == (["ASL104"], ["ASL202"])


# -- far away --------------------------------------------------------------------------------------------------------

LOOP = "import asyncio\n\n\nasync def step6() -> None:\n    while True:\n        await asyncio.sleep(1)\n"
STEP = "\n\nasync def step{0}() -> None:\n    await step{1}()\n"
STARTED = """\
import asyncio

from chain import step{0}


class Poller:
    def start(self) -> None:
        self.task = asyncio.create_task(step{0}())
"""
SERVED = """\
from contextlib import asynccontextmanager

from fastapi import FastAPI
from near import Poller


@asynccontextmanager
async def lifespan(app):
    Poller().start()
    yield


app = FastAPI(lifespan=lifespan)
"""


def test_a_loop_too_far_away_is_not_seen_because_somebody_nearer_was_asked(folder: Path) -> None:
    chain = LOOP + "".join(STEP.format(number, number + 1) for number in range(5, -1, -1))
    files = {"chain.py": chain, "near.py": STARTED.format(4), "served.py": SERVED, "too_far.py": STARTED.format(0)}
    (report,) = steps(folder, files)
    assert (said(report, "near.py"), said(report, "too_far.py")) == (["ASL401"], [])
    assert not check(["too_far.py"], Settings(jobs=1, select=("ALL",))).diagnostics


# -- one of several ---------------------------------------------------------------------------------------------------

INTERFACE = "class Base:\n    def run(self) -> None:\n        raise NotImplementedError\n"
IMPLEMENTATION = "from base import Base\n\n\nclass {0}(Base):\n    def run(self) -> None:\n        raise ValueError\n"
SCHEDULING = """\
from fastapi import BackgroundTasks, FastAPI
from impl_{0} import {1}

app = FastAPI()


@app.get('/')
def read(tasks: BackgroundTasks) -> None:
    tasks.add_task({1}().run)
"""
CALLING = """\
from base import Base
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


def work(item: Base) -> None:
    item.run()


@app.get('/')
def read(tasks: BackgroundTasks, item: Base) -> None:
    tasks.add_task(work, item)
"""


@pytest.mark.parametrize("first", ["One", "Two", "Three"])
def test_of_several_implementations_the_same_is_named_whichever_was_asked_about_before(
    folder: Path, first: str
) -> None:
    implementations = {f"impl_{name.lower()}.py": IMPLEMENTATION.format(name) for name in ("One", "Two", "Three")}
    scheduling = {"asked.py": SCHEDULING.format(first.lower(), first)}
    before, after = steps(
        folder,
        {"base.py": INTERFACE, **implementations, **scheduling, "calling.py": CALLING},
        {"calling.py": f"{CALLING}# more\n"},
    )
    assert counted(after, "results from the cache") > 0
    for report in (before, after):
        (found,) = (item for item in report.diagnostics if item.location.path == "calling.py")
        assert "`One.run`" in found.message


LEAVES = """\
import urllib.request

import requests


def known() -> None:
    urllib.request.urlopen("u")


def by_known() -> None:
    known()


def new() -> None:
    requests.get("u")


def by_new() -> None:
    new()


def both() -> None:
    by_new()
    by_known()


def parent() -> None:
    both()
"""
BLOCKED = "from leaves import {0}\n\n\nasync def serve() -> None:\n    {0}()\n"


def test_of_ways_that_are_equally_long_the_same_is_shown_whichever_was_asked_about_before(folder: Path) -> None:
    files = {"asked.py": BLOCKED.format("by_known"), "blocked.py": BLOCKED.format("parent"), "leaves.py": LEAVES}
    for report in steps(folder, files, {"blocked.py": BLOCKED.format("parent") + "# more\n"}):
        (found,) = (item for item in report.diagnostics if item.location.path == "blocked.py")
        assert "requests.get" in found.message

"""Endless tasks, followed from where they start to whatever could end them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest

from asynclint.project.places import AttributePlace, GlobalPlace
from asynclint.project.values import Coroutine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asynclint.flow import ir
    from asynclint.project.endless_loops import EndlessLoop
    from asynclint.project.model import Function, Scope
    from asynclint.project.project import Project
    from asynclint.project.task_lifetimes import UnendedTask

    LinkProgram: TypeAlias = Callable[[Mapping[str, str]], Project]

LOOP = """
import asyncio
from fastapi import FastAPI
app = FastAPI()
async def poll():
    while True:
        await asyncio.sleep(1)
"""


def starts(project: Project) -> list[tuple[Scope, ir.Call, Function]]:
    """The tasks made of functions of the project, by module and place."""
    found = []
    for scope, call in project.calls_named(frozenset({"create_task"})):
        value = project.evaluator.value(call.args[0], scope) if call.args else None
        if isinstance(value, Coroutine) and value.function is not None:
            found.append((scope, call, value.function))
    return found


def unended(project: Project) -> list[UnendedTask]:
    found = [project.task_lifetimes.unended(call, scope, function) for scope, call, function in starts(project)]
    return [task for task in found if task is not None]


def loop_of(link: LinkProgram, body: str, rest: str = "") -> EndlessLoop | None:
    """The loop of `work`, a method of a class with a flag, an event and a queue."""
    lines = body.strip().splitlines()
    source = "\n".join(
        [
            "import asyncio",
            "class Service:",
            "    def __init__(self):",
            "        self.running = True",
            "        self.stop = asyncio.Event()",
            "        self.items = asyncio.Queue()",
            "        self.waiting = []",
            "    async def work(self, limit=3):",
            *(f"        {line}" for line in lines),
            rest,
        ]
    )
    project = link({"service.py": source})
    function = next(item for module in project.modules for item in module.functions if item.name == "work")
    return project.task_lifetimes.loops.of(function)


@pytest.mark.parametrize(
    ("body", "signals"),
    [
        ("while True:\n    await asyncio.sleep(1)", 0),
        ("while 1:\n    try:\n        await asyncio.sleep(1)\n    except asyncio.CancelledError:\n        break", 0),
        ("while True:\n    for turn in range(3):\n        if turn:\n            break\n    await asyncio.sleep(1)", 0),
        ("try:\n    while True:\n        await asyncio.sleep(1)\nexcept Exception:\n    pass", 0),
        ("while self.running:\n    await asyncio.sleep(1)", 1),
        ("while self.running and not self.stop.is_set():\n    await asyncio.sleep(1)", 2),
        ("while True:\n    await asyncio.sleep(1)\n    if not self.running or self.stop.is_set():\n        return", 2),
        ("while True:\n    item = await self.items.get()\n    if item is None:\n        break", 1),
    ],
)
def test_endless_loops(link: LinkProgram, body: str, signals: int) -> None:
    loop = loop_of(link, body)
    assert loop is not None
    assert len(loop.signals) == signals


@pytest.mark.parametrize(
    "body",
    [
        "while limit:\n    limit -= 1",
        "while True:\n    await asyncio.sleep(1)\n    if limit > 3:\n        break",
        "while True:\n    try:\n        await asyncio.sleep(1)\n    except (asyncio.CancelledError, OSError):\n        return",
        "while True:\n    item = await self.items.get()\n    if item == limit():\n        break\n    return",
        "while self.waiting:\n    self.waiting.pop()",
        "while True:\n    await self.connection.recv()",
        "while True:\n    await asyncio.wait_for(self.reader.readline(), 3)",
        "async with asyncio.timeout(3):\n    while True:\n        await asyncio.sleep(1)",
        "try:\n    while True:\n        await asyncio.sleep(1)\nexcept ConnectionError:\n    pass",
        "while True:\n    match limit:\n        case 3:\n            return",
        "async for item in self.items:\n    print(item)",
    ],
)
def test_loops_that_may_end(link: LinkProgram, body: str) -> None:
    assert loop_of(link, body) is None


def test_a_property_is_no_flag(link: LinkProgram) -> None:
    rest = "    @property\n    def active(self):\n        return self.running\n"
    assert loop_of(link, "while self.active:\n    await asyncio.sleep(1)", rest) is None


def test_a_loop_is_found_through_awaits(link: LinkProgram) -> None:
    project = link(
        {
            "main.py": LOOP
            + "async def run():\n    await both()\nasync def both():\n    await asyncio.gather(poll())\n",
        }
    )
    run = next(item for item in project.modules[0].functions if item.name == "run")
    loop = project.task_lifetimes.loops.of(run)
    assert loop is not None
    assert loop.function.name == "poll"
    assert [function.name for function, _ in loop.awaits] == ["run", "both"]


def test_functions_that_await_each_other_have_no_end(link: LinkProgram) -> None:
    project = link({"main.py": "async def a():\n    await b()\nasync def b():\n    await a()\n"})
    assert all(project.task_lifetimes.loops.of(item) is None for item in project.modules[0].functions)


@pytest.mark.parametrize(
    ("start", "places"),
    [
        ("    asyncio.create_task(poll())", 0),
        ("    task = asyncio.create_task(poll())", 0),
        ("    task = asyncio.create_task(poll())\n    print(task, task.done())", 0),
        ("    app.state.task = asyncio.create_task(poll())", 1),
        ("    kept.add(asyncio.create_task(poll()))", 1),
        ("    named['poll'] = {'task': asyncio.create_task(poll())}", 1),
        ("    mine = kept\n    mine.add(asyncio.create_task(poll()))", 1),
        ("    for task in [asyncio.create_task(poll()) for _ in range(3)]:\n        kept.add(task)", 1),
        ("    setattr(app.state, 'task', asyncio.create_task(poll()))", 1),
        ("    remember(task=asyncio.create_task(poll()))", 1),
        ("    if (task := asyncio.create_task(poll())):\n        kept.add(task)", 1),
    ],
)
def test_where_a_task_is_kept(link: LinkProgram, start: str, places: int) -> None:
    source = f"{LOOP}kept = set()\nnamed = {{}}\ndef remember(task):\n    kept.add(task)\nasync def begin():\n{start}\n"
    (task,) = unended(link({"main.py": source}))
    assert len(task.stores) == places


@pytest.mark.parametrize(
    "start",
    [
        "    return asyncio.create_task(poll())",
        "    yield asyncio.create_task(poll())",
        "    await asyncio.create_task(poll())",
        "    task = asyncio.create_task(poll())\n    try:\n        await other()\n    finally:\n        task.cancel()",
        "    await asyncio.wait([asyncio.create_task(poll())])",
        "    unknown(asyncio.create_task(poll()))",
        "    mine = unknown()\n    mine.append(asyncio.create_task(poll()))",
        "    tasks.append(asyncio.create_task(poll()))",
        "    end_later(asyncio.create_task(poll()))",
        "    stack.callback(asyncio.create_task(poll()).cancel)",
        "    task = asyncio.create_task(poll())\n    def stop():\n        task.cancel()\n    hooks.append(stop)",
        "    stop = getattr(asyncio.create_task(poll()), 'cancel')",
    ],
)
def test_tasks_that_are_looked_after(link: LinkProgram, start: str) -> None:
    source = f"{LOOP}import atexit\ndef end_later(task):\n    atexit.register(task.cancel)\nasync def begin(tasks):\n{start}\n"
    assert not unended(link({"main.py": source}))


SERVICE = """
from loop import asyncio, poll
class Base:
    def start(self):
        self._task = asyncio.create_task(poll())
"""


def service(link: LinkProgram, text: str, **more: str) -> list[UnendedTask]:
    files: Mapping[str, str] = {f"{name}.py": body for name, body in more.items()}
    return unended(link({"loop.py": LOOP, "service.py": SERVICE + text, **files}))


@pytest.mark.parametrize(
    "end",
    [
        "self._task.cancel()",
        "task, self._task = self._task, None\n        task.cancel()",
        "for task in (self._task, None):\n            task and task.cancel()",
        "[task.cancel() for task in [self._task]]",
        "for name in ('_task', '_other'):\n            getattr(self, name).cancel()",
        "self.helper(self._task)",
        "asyncio.gather(self._task)",
    ],
)
def test_heirs_end_what_their_base_starts(link: LinkProgram, end: str) -> None:
    text = f"class Heir(Base):\n    def stop(self):\n        {end}\n    def helper(self, it):\n        it.cancel()\n"
    assert not service(link, text, main="from service import Heir\nheir = Heir()\nheir.start()\nheir.stop()\n")


def test_another_class_ends_its_own_task_only(link: LinkProgram) -> None:
    text = "class Other:\n    def start(self):\n        self._task = None\n    def stop(self):\n        self._task.cancel()\n"
    (task,) = service(link, text, main="from service import Base, Other\nBase().start()\nOther().stop()\n")
    place = task.stores[0].place
    assert isinstance(place, AttributePlace)
    assert place.name == "_task"
    assert task.is_certain


def test_unknown_objects_may_be_any(link: LinkProgram) -> None:
    assert not service(
        link, "def stop(anything):\n    anything._task.cancel()\n", main="import service\nservice.stop(1)"
    )


def test_an_end_that_nobody_calls_is_none(link: LinkProgram) -> None:
    text = "class Heir(Base):\n    def stop(self):\n        self._task.cancel()\n"
    (task,) = service(link, text, main="from service import Heir\nHeir().start()\n")
    assert task.closer is None


def test_what_neither_starts_nor_ends_here_is_for_others(link: LinkProgram) -> None:
    assert not service(link, "class Heir(Base):\n    def stop(self):\n        self._task.cancel()\n")


def test_tests_end_nothing(link: LinkProgram) -> None:
    assert service(link, "", test_service="from service import Base\nBase()._task.cancel()\n", main="Base().start()")


def test_the_method_that_leaves_the_task_running_is_named(link: LinkProgram) -> None:
    (task,) = service(link, "    async def aclose(self):\n        print(self._task)\n")
    assert task.closer is not None
    assert task.closer.qualname == "Base.aclose"


def test_without_an_application_only_objects_that_are_closed_count(link: LinkProgram) -> None:
    loop = LOOP.replace("from fastapi import FastAPI\napp = FastAPI()\n", "")
    assert not unended(link({"loop.py": loop, "service.py": SERVICE}))
    (task,) = unended(link({"loop.py": loop, "service.py": f"{SERVICE}    def close(self):\n        print(1)\n"}))
    assert not task.is_certain


@pytest.mark.parametrize(
    ("reader", "ended"),
    [
        ("from registry import watcher as it\ndef stop():\n    it.cancel()\nstop()\n", True),
        ("import registry\ndef stop():\n    registry.watcher.cancel()\nstop()\n", True),
        ("import registry as r\ndef stop():\n    (r.watcher or None).cancel()\nstop()\n", True),
        ("watcher = None\ndef stop():\n    watcher.cancel()\nstop()\n", False),
        ("import registry\n@registry.app.post('/stop')\nasync def stop():\n    registry.watcher.cancel()\n", False),
    ],
)
def test_globals_are_ended_by_other_modules(link: LinkProgram, reader: str, ended: bool) -> None:
    registry = (
        f"{LOOP}watcher = None\ndef start():\n    global watcher\n    watcher = asyncio.create_task(poll())\nstart()\n"
    )
    found = unended(link({"registry.py": registry, "reader.py": reader}))
    assert not found if ended else isinstance(found[0].stores[0].place, GlobalPlace)


@pytest.mark.parametrize(
    ("test", "end", "ended"),
    [
        ("self.on", "self.on = False", True),
        ("self.on", "self.on = True", False),
        ("not self.off", "self.off = True", True),
        ("not self.event.is_set()", "self.event.set()", True),
        ("not self.event.is_set()", "print(self.event.is_set())", False),
        ("not self.event.is_set()", "hand_over(self.event)", True),
    ],
)
def test_signals(link: LinkProgram, test: str, end: str, ended: bool) -> None:
    source = f"""
import asyncio
from fastapi import FastAPI
class Service:
    def __init__(self):
        self.on = True
        self.off = False
        self.event = asyncio.Event()
        self.task = asyncio.create_task(self.work())
    async def work(self):
        while {test}:
            await asyncio.sleep(1)
    def stop(self):
        {end}
"""
    assert (not unended(link({"service.py": source}))) is ended


@pytest.mark.parametrize(
    ("made", "end", "ended"),
    [
        ("app.state.stopping = asyncio.Event()", "app.state.stopping.set()", True),
        ("app.state.stopping = asyncio.Event()", "hand_over(app.state.stopping)", True),
        ("app.state.stopping = asyncio.Event()", "state = app.state; state.stopping.set()", True),
        ("app.state.stopping = asyncio.Event()", "print(app.state.stopping.is_set())", False),
        ("app.state.stopping = event", "print('bye')", True),
        ("hand_over(app.state)", "print('bye')", True),
    ],
)
def test_signals_on_the_application(link: LinkProgram, made: str, end: str, ended: bool) -> None:
    source = f"""
import asyncio
from contextlib import asynccontextmanager
from fastapi import FastAPI
async def work(app: FastAPI):
    while not app.state.stopping.is_set():
        await asyncio.sleep(1)
@asynccontextmanager
async def lifespan(app: FastAPI):
    {made}
    app.state.task = asyncio.create_task(work(app))
    yield
    {end}
app = FastAPI(lifespan=lifespan)
"""
    assert (not unended(link({"main.py": source}))) is ended


def test_the_method_that_nobody_calls_is_named(link: LinkProgram) -> None:
    source = f"""{LOOP}
class Service:
    def start(self):
        self.task = asyncio.create_task(poll())
    async def stop(self):
        self.task.cancel()
        await self.task
service = Service()
async def finish():
    await service.stop()
@app.on_event("startup")
async def up():
    service.start()
"""
    (task,) = unended(link({"app.py": source}))
    assert task.idle is not None
    assert task.idle.qualname == "Service.stop"
    assert task.closer is None


def test_the_method_that_only_requests_call_is_named(link: LinkProgram) -> None:
    source = f"""{LOOP}
class Service:
    def start(self):
        self.task = asyncio.create_task(poll())
    async def stop(self):
        self.task.cancel()
        await self.task
service = Service()
@app.post("/stop")
async def stop():
    await service.stop()
@app.on_event("startup")
async def up():
    service.start()
"""
    (task,) = unended(link({"app.py": source}))
    assert task.stopper is not None
    assert task.stopper.qualname == "Service.stop"
    assert task.asked is task.stopper
    assert task.closer is None


def test_a_helper_that_only_requests_call_is_no_method_that_ends_the_object(link: LinkProgram) -> None:
    source = f"""{LOOP}
class Service:
    def start(self, key):
        self.tasks = {{key: asyncio.create_task(poll())}}
    def drop(self, key):
        self.tasks.pop(key).cancel()
    async def close(self):
        pass
service = Service()
@app.post("/stop")
async def stop(key: str):
    service.drop(key)
@app.on_event("startup")
async def up():
    service.start("")
"""
    (task,) = unended(link({"app.py": source}))
    assert task.asked is not None
    assert task.asked.qualname == "Service.drop"
    assert task.stopper is None
    assert task.closer is not None
    assert task.closer.qualname == "Service.close"


def test_a_method_called_run_is_no_event_loop(link: LinkProgram) -> None:
    source = f"""{LOOP}
class Service:
    async def run(self):
        await poll()
    def start(self):
        self.task = asyncio.create_task(self.run())
service = Service()
@app.on_event("startup")
async def up():
    service.start()
"""
    (task,) = unended(link({"app.py": source}))
    assert task.loop.function.name == "poll"

"""What becomes of a task."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, TypeAlias

import pytest

from asynclint.project.dispositions import Fate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asynclint.project.project import Project

    LinkProgram: TypeAlias = Callable[[Mapping[str, str]], Project]

PRELUDE = """
import asyncio, weakref
from asyncio import create_task
kept = set()
registry = {}
weak = weakref.WeakSet()
def keeps(task): kept.add(task)
def forgets(task): print(task)
def passes_on(task): keeps(task)
class Holder:
    def interface(self, task): ...
async def work(): ...
async def f(self, xs, callback):
"""

DROPPED = {
    "statement": "create_task(work())",
    "underscore": "_ = create_task(work())",
    "unread local": "task = create_task(work())",
    "annotated local": "task: asyncio.Task = create_task(work())",
    "walrus statement": "(task := create_task(work()))",
    "tuple target": "a, b = create_task(work()), 1",
    "chained targets": "a = b = create_task(work())",
    "rebound before use": "task = create_task(work())\ntask = 1\nreturn task",
    "unused list": "tasks = []\ntasks.append(create_task(work()))",
    "unused dict": "tasks = {}\ntasks['a'] = create_task(work())",
    "unused display": "tasks = [create_task(work())]",
    "comprehension statement": "[create_task(work()) for x in xs]",
    "weak set": "weak.add(create_task(work()))",
    "printed": "print(create_task(work()))",
    "given to a function that forgets it": "forgets(create_task(work()))",
    "loop callback": "asyncio.get_running_loop().call_later(1, lambda: create_task(work()))",
}
KEPT = {
    "awaited": "await create_task(work())",
    "awaited later": "task = create_task(work())\nawait task",
    "awaited on one path": "task = create_task(work())\nif xs:\n    await task",
    "returned": "return create_task(work())",
    "returned local": "task = create_task(work())\nreturn task",
    "yielded": "yield create_task(work())",
    "attribute": "self.task = create_task(work())",
    "global set": "kept.add(create_task(work()))",
    "global dict": "registry['a'] = create_task(work())",
    "gathered list": "tasks = [create_task(work()) for x in xs]\nawait asyncio.gather(*tasks)",
    "waited in a loop": "tasks = []\ntasks.append(create_task(work()))\nfor t in tasks:\n    await t",
    "conditional then awaited": "task = create_task(work()) if xs else None\nif task:\n    await task",
    "captured by a closure": "task = create_task(work())\ndef stop():\n    task.cancel()\ncallback(stop)",
    "global statement": "global current\ncurrent = create_task(work())",
    "given to a function that keeps it": "keeps(create_task(work()))",
    "given on": "passes_on(create_task(work()))",
    "given to an interface": "Holder().interface(create_task(work()))",
    "given to unknown code": "callback(create_task(work()))",
    "cancelled in a finally": "task = create_task(work())\ntry:\n    await xs\nfinally:\n    task.cancel()",
}


@pytest.mark.parametrize(
    ("expected", "case"), [(f, c) for f, cases in ((Fate.DROPPED, DROPPED), (Fate.KEPT, KEPT)) for c in cases]
)
def test_fate(expected: Fate, case: str, link: LinkProgram) -> None:
    body = (DROPPED | KEPT)[case]
    project = link({"main.py": PRELUDE + textwrap.indent(body, "    ") + "\n"})
    (module,) = project.modules
    function = next(item for item in module.functions if item.name == "f")
    (call,) = [
        call for scope, call in project.module_calls_named(module, frozenset({"create_task"})) if scope is function
    ]
    assert project.dispositions.of(call, function).fate is expected


@pytest.mark.parametrize(
    "body",
    [
        "task = create_task(work())\ntask.add_done_callback(callback)",
        "create_task(work()).add_done_callback(callback)",
    ],
)
def test_a_callback_alone_does_not_keep(body: str, link: LinkProgram) -> None:
    project = link({"main.py": PRELUDE + textwrap.indent(body, "    ") + "\n"})
    (module,) = project.modules
    function = next(item for item in module.functions if item.name == "f")
    (call,) = [
        call for scope, call in project.module_calls_named(module, frozenset({"create_task"})) if scope is function
    ]
    found = project.dispositions.of(call, function)
    assert found.fate is Fate.CALLBACK
    assert len(found.callbacks) == 1

"""A loop that turns without letting other tasks run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics.clauses import header_span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import Diagnostic
    from asynclint.semantics.module_context import ModuleContext

_MESSAGES = {
    "endless": (
        "this loop never awaits and nothing ends it: every other request of this worker waits for ever; run it in a "
        "thread with `await asyncio.to_thread(…)`, or await something on each turn"
    ),
    "waiting": (
        "on one way round, this loop only looks and never awaits: no other task can run to change what it sees, and "
        "every request of this worker waits with it; await what it waits for, an `asyncio.Event` or `queue.get()`"
    ),
    "polling": (
        "this loop asks again and again, with `sleep(0)` in between: it takes a whole processor until the answer "
        "changes; await an `asyncio.Event` or a `queue.get()` instead"
    ),
}


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Every loop of a coroutine function that some way round never suspends, or by `sleep(0)` only."""
    if module.is_test:
        return
    for function in module.module.functions:
        for loop in module.project.busy_loops.busy(function):
            yield module.diagnostic(
                RULE, function, header_span(module.module.data, loop.statement), _MESSAGES[loop.kind]
            )


RULE = Rule(
    code="ASL212",
    name="busy-loop",
    summary="a loop that turns without letting other tasks run",
    rationale=(
        "Other tasks run only while this one is suspended in an `await`. A loop that waits for a flag, a queue or the "
        "time by looking again at once never lets the task run that would change it, so it waits for ever, and all "
        "requests of the worker with it. `await asyncio.sleep(0)` lets the others run, but keeps a processor busy "
        "for nothing. Events, conditions, futures and queues wake a task when there is something to do."
    ),
    severity=Severity.WARNING,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ while not ready: pass ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
request B        ┄┄ would set ready, and gets no turn ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄
""",
    limits=(
        "Loops that end by themselves, however long they take.",
        "Awaits that never suspend, such as of a coroutine that returns at once.",
    ),
    examples=(
        Example(
            bad="""\
import asyncio

jobs: asyncio.Queue[str] = asyncio.Queue()
done: list[str] = []


async def work() -> None:
    while True:  # expect: ASL212
        try:
            job = jobs.get_nowait()
        except asyncio.QueueEmpty:
            continue
        await asyncio.sleep(0)
        done.append(job)
""",
            good="""\
import asyncio

jobs: asyncio.Queue[str] = asyncio.Queue()
done: list[str] = []


async def work() -> None:
    while True:
        job = await jobs.get()
        await asyncio.sleep(0)
        done.append(job)
""",
        ),
        Example(
            bad="""\
import asyncio


class Connection:
    def __init__(self) -> None:
        self.is_open = False

    async def wait_until_open(self) -> None:
        while not self.is_open:  # expect: ASL212
            await asyncio.sleep(0)
""",
            good="""\
import asyncio


class Connection:
    def __init__(self) -> None:
        self.opened = asyncio.Event()

    async def wait_until_open(self) -> None:
        await self.opened.wait()
""",
        ),
    ),
    check=check,
)

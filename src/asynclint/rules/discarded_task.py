"""A task that nothing keeps a reference to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Applicability, Confidence, Severity
from asynclint.core.span import Span
from asynclint.project.dispositions import Fate
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import task_references, tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import Diagnostic, Fix
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.tasks import TaskSite

_HOW = {
    "statement": "its result is dropped",
    "unused local": "nothing that is done with the local keeps it",
    "local collection": "the local collection that holds it dies with the function",
    "argument": "the call it is passed to does not keep it",
    "weak set": "a weak collection does not keep it",
    "lambda": "the event loop drops what a callback returns",
}


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Every task of asyncio's own factories that nothing beyond the frame refers to."""
    for site in module.task_sites:
        if not site.is_dropped or tasks.is_awaited_result(module, site) or tasks.is_kept_anyway(module, site):
            continue
        yield _diagnostic(module, site)


def _diagnostic(module: ModuleContext, site: TaskSite) -> Diagnostic:
    match = module.settle(site.scope, site.call)
    only_callback = site.disposition.fate is Fate.CALLBACK
    why = "a done-callback does not keep it" if only_callback else _HOW.get(site.disposition.how, "nothing keeps it")
    return module.diagnostic(
        RULE,
        site.scope,
        Span(*match.span),
        f"the task of `{site.factory}` may be garbage-collected before it is done: {why}, and the event loop holds "
        "tasks only weakly; keep it in a collection that outlives this function until it is done",
        severity=Severity.NOTE if only_callback else None,
        fixes=_fixes(module, site),
    )


def _fixes(module: ModuleContext, site: TaskSite) -> Iterator[Fix]:
    kept = task_references.keep_in_set(module, site)
    if kept is not None:
        yield module.fix(Applicability.SAFE, "keep the task in a module-level set until it is done", kept.edits)


RULE = Rule(
    code="ASL101",
    name="discarded-task",
    summary="a task that nothing keeps a reference to",
    rationale=(
        "The event loop keeps only weak references to tasks. A task that waits for something to which nothing else "
        "refers can be garbage-collected in the middle of its work: GeneratorExit is thrown into it, its `finally` "
        "blocks run, and the rest never happens. It is rare, depends on memory pressure, and so shows up in production "
        "only. Whoever starts a task has to keep it."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ create_task(audit) ━━▶ 200
  audit                     ━━┄┄┄┄ awaits ┄┄┄┄✗ collected as garbage: the rest never happens
request B                          ━━ allocates, the collector runs ━━▶ 200
""",
    limits=(
        "A collection that is emptied or goes out of use while its tasks still run.",
        "Tasks handed to a library that asynclint does not know: it is taken to keep them.",
    ),
    settings=("task-keepers",),
    examples=(
        Example(
            bad="""\
import asyncio
import logging

from fastapi import FastAPI

app = FastAPI()
logger = logging.getLogger(__name__)


async def audit(user: str) -> None:
    logger.info("seen %s", user)


@app.post("/visit/{user}")
async def visit(user: str) -> None:
    asyncio.create_task(audit(user))  # expect: ASL101
    _ = asyncio.ensure_future(audit(user))  # expect: ASL101
""",
            good="""\
import asyncio
import logging

from fastapi import FastAPI

app = FastAPI()
logger = logging.getLogger(__name__)
running: set[asyncio.Task[None]] = set()


async def audit(user: str) -> None:
    logger.info("seen %s", user)


@app.post("/visit/{user}")
async def visit(user: str) -> None:
    task = asyncio.create_task(audit(user))
    running.add(task)
    task.add_done_callback(running.discard)


@app.post("/visits")
async def visits(users: list[str]) -> None:
    async with asyncio.TaskGroup() as group:
        for user in users:
            group.create_task(audit(user))
""",
        ),
    ),
    check=check,
    fix_safety=(
        "SAFE for a bare statement in a function: the task is kept in a module-level set and removes itself when it is "
        "done. What the task does, and how its failure is logged, stays the same. Not offered in lambdas and "
        "comprehensions."
    ),
)

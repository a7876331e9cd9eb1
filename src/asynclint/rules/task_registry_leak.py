"""A collection that keeps every task it was ever given."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from asynclint.core.diagnostic import Applicability, Confidence, Severity
from asynclint.flow.traversal import dotted
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import rewrite
from asynclint.semantics.module_head import free_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from asynclint.core.diagnostic import Diagnostic, Fix
    from asynclint.project.task_registries import LeakingRegistry
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.syntax import NodeMatch
    from asynclint.semantics.tasks import TaskSite


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Every task that clients or loops start and that stays in a collection of the process for ever."""
    if module.is_test:
        return
    for site in module.task_sites:
        registry = module.project.task_registries.leaking(site.call, site.scope)
        if registry is None:
            continue
        yield module.diagnostic(
            RULE,
            site.scope,
            module.span_of(site.scope, site.call),
            _message(registry),
            confidence=None if registry.store is not None else Confidence.MEDIUM,
            fixes=_fixes(module, site, registry),
        )


def _message(registry: LeakingRegistry) -> str:
    target = dotted(registry.target)
    task = registry.task or "task"
    remedy = f"{task}.add_done_callback({target}.discard)" if registry.is_set else f"{task}.add_done_callback(…)"
    grows = "grows with every call" if registry.store is not None else "grows with every new key"
    return (
        f"nothing ever takes this task out of `{target}`: it {grows}, keeps each result, and the "
        f"exception of a task that fails is never logged; remove the task when it is done, `{remedy}`"
    )


def _fixes(module: ModuleContext, site: TaskSite, registry: LeakingRegistry) -> Iterator[Fix]:
    if registry.store is None or not registry.is_set:
        return
    store = cast("NodeMatch[cst.Call]", module.settle(site.scope, registry.store))
    task = registry.task or free_name("task", module.words)
    edits = rewrite.discard_when_done(store, task, dotted(registry.target))
    if edits is not None:
        yield module.fix(Applicability.UNSAFE, "remove the task from the set when it is done", edits)


RULE = Rule(
    code="ASL405",
    name="task-registry-leak",
    summary="a collection that keeps every task it was ever given",
    rationale=(
        "A collection at module level is the right place to keep tasks alive, as long as each is taken out when it is "
        "done. Otherwise it grows with every request, and holds the coroutine's result, or its exception with all the "
        "frames of the traceback. asyncio reports an exception that nobody has retrieved when the task is destroyed, "
        "which then never happens: the failure stays unknown."
    ),
    severity=Severity.WARNING,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ running.append(create_task(…)) ━━▶ 200     running: 1 task
request B     ━━ running.append(create_task(…)) ━━▶ 200  running: 2 tasks, 1 of them done
  …                                                      running: all tasks since the start
""",
    limits=(
        "Collections that are emptied by code which is not resolved.",
        "Tasks that are started a fixed number of times.",
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
tasks = set()


async def notify(user: str) -> None:
    try:
        await asyncio.sleep(0)
    except Exception:
        logger.exception("%s was not notified", user)


@app.post("/users/{user}")
async def add_user(user: str) -> None:
    tasks.add(asyncio.create_task(notify(user)))  # expect: ASL405
""",
            good="""\
import asyncio
import logging

from fastapi import FastAPI

app = FastAPI()
logger = logging.getLogger(__name__)
tasks = set()


async def notify(user: str) -> None:
    try:
        await asyncio.sleep(0)
    except Exception:
        logger.exception("%s was not notified", user)


@app.post("/users/{user}")
async def add_user(user: str) -> None:
    task = asyncio.create_task(notify(user))
    tasks.add(task)
    task.add_done_callback(tasks.discard)
""",
        ),
    ),
    check=check,
    fix_safety=(
        "UNSAFE for sets: the task removes itself when it is done. Code that looks through the set for finished tasks "
        "no longer finds them."
    ),
)

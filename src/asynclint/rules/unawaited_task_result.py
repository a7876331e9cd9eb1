"""A task whose result the response was meant to have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Applicability, Confidence, Severity
from asynclint.core.span import Span
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import rewrite, tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import ChainStep, Diagnostic, Fix
    from asynclint.flow import ir
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.tasks import TaskSite


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Tasks of functions called for their value, made on the way to a response and never looked at again."""
    for site in module.task_sites:
        if site.function is None or not site.is_dropped or not tasks.is_awaited_result(module, site):
            continue
        name = site.function.name
        answers = tasks.answers(module, site)
        yield module.diagnostic(
            RULE,
            site.scope,
            module.span_of(site.scope, site.call),
            f"nothing waits for the task of `{name}`: {_instead(answers)}, and what `{name}` returns is lost; "
            f"await `{name}(…)` directly",
            confidence=Confidence.HIGH if tasks.is_surely_retrieval(site.function) else Confidence.MEDIUM,
            chain=_chain(module, name, answers or ()),
            fixes=_fixes(module, site),
        )


def _instead(answers: tuple[ir.Return | None, ...] | None) -> str:
    """What the client gets in the place of what the task was started for."""
    if answers is None:
        return "the response is made and sent without it"
    if all(answer is None or answer.value is None for answer in answers):
        return "the client gets `null` at once"
    return "the client gets an answer that was made before it is done"


def _chain(module: ModuleContext, name: str, answers: tuple[ir.Return | None, ...]) -> Iterator[ChainStep]:
    for answer in answers:
        if answer is not None and answer.value is not None:
            yield module.step(
                module.module, Span(answer.start, answer.end), f"the client gets this, without the result of `{name}`"
            )


def _fixes(module: ModuleContext, site: TaskSite) -> Iterator[Fix]:
    match = module.settle(site.scope, site.call)
    edits = rewrite.insert_await(match, in_async=tasks.is_in_async(site.scope))
    if edits is not None:
        yield module.fix(Applicability.UNSAFE, "await the task before the response", edits)


RULE = Rule(
    code="ASL102",
    name="unawaited-task-result",
    summary="a task whose result the response needs but never waits for",
    rationale=(
        "`create_task` returns at once. In a route, or in what a route calls, a task of a function that returns a "
        "value is started for that value; if nothing awaits it, the response is built and sent without it. The client "
        "sees an incomplete answer with status 200, and nobody sees an error."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ create_task(find_parcel) ━━▶ 200, without the parcel
  find_parcel                          ━━┄┄┄┄┄┄┄┄┄┄━━ result, which nobody reads
request B       ━━ create_task(find_parcel) ━━▶ 200, without the parcel
""",
    limits=(
        (
            "Functions whose return type is neither annotated nor plain from their `return` statements: whether they "
            "are called for their value is not known."
        ),
        (
            "Work that is started for its effect although it returns something, where the response truly does not need "
            "it: suppress it there."
        ),
    ),
    settings=(
        "route-decorators",
        "task-keepers",
    ),
    examples=(
        Example(
            bad="""\
import asyncio

from fastapi import FastAPI

app = FastAPI()


async def fetch_profile(user_id: int) -> dict[str, int]:
    await asyncio.sleep(2)
    return {"id": user_id}


@app.get("/user/{user_id}")
async def user(user_id: int) -> dict[str, str]:
    profile = asyncio.create_task(fetch_profile(user_id))  # expect: ASL102
    return {"status": "processing"}
""",
            good="""\
import asyncio

from fastapi import FastAPI

app = FastAPI()


async def fetch_profile(user_id: int) -> dict[str, int]:
    await asyncio.sleep(2)
    return {"id": user_id}


@app.get("/user/{user_id}")
async def user(user_id: int) -> dict[str, str]:
    profile = await asyncio.create_task(fetch_profile(user_id))
    return {"status": "processing"}
""",
        ),
    ),
    check=check,
    fix_safety="UNSAFE: `await` is inserted before the task. The response then waits for it, and may fail with it.",
)

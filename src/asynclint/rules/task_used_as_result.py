"""A task or future that is used as the result it will have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Applicability, Confidence, Severity
from asynclint.flow import ir
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import rewrite, task_misuse, tasks
from asynclint.semantics.task_misuse import Made
from asynclint.semantics.value_uses import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from asynclint.core.diagnostic import Diagnostic, Fix
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.syntax import NodeMatch
    from asynclint.semantics.task_misuse import TaskMisuse

_EFFECT = {
    Usage.COMPARISON: "is compared with a value, which it never equals",
    Usage.CONTAINER: "is searched with `in`, which raises RuntimeError or, once it is done, finds nothing",
    Usage.ARITHMETIC: "is calculated with, which raises TypeError",
    Usage.FORMAT: "is made text, which describes the {kind} and not its result",
    Usage.ATTRIBUTE: "is asked for `.{detail}`, which raises AttributeError",
    Usage.INDEX: "is indexed, which raises TypeError",
    Usage.CALL: "is called, which raises TypeError",
    Usage.ITERATION: "is iterated over, which raises RuntimeError or, once it is done, gives nothing",
    Usage.CONTEXT: "is entered as a context manager, which raises TypeError",
    Usage.UNPACKING: "is unpacked, which raises RuntimeError or, once it is done, ValueError",
    Usage.MAPPING: "is unpacked with `**`, which raises TypeError",
    Usage.SIZE: "is asked for its length, which raises TypeError",
    Usage.CONVERSION: "is converted, which raises TypeError",
    Usage.SERIALISATION: "is put into a response or JSON text, which raises TypeError",
    Usage.ORDERING: "is ordered, which raises TypeError",
}


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Tasks that are indexed, added, returned to FastAPI …, or asked for a result before the loop had a turn."""
    for misuse in task_misuse.misuses(module):
        match = module.settle(misuse.scope, misuse.node, "call" if isinstance(misuse.node, ir.Call) else "name")
        yield module.diagnostic(
            RULE,
            misuse.scope,
            match.span,
            _message(misuse),
            fixes=_fixes(module, misuse, match),
        )


def _message(misuse: TaskMisuse) -> str:
    kind = "future" if misuse.made is not Made.TASK else "task"
    what = f"the {kind} of `{misuse.name}`" if misuse.name else f"a {kind}"
    if misuse.reader:
        return (
            f"{what} cannot be done yet: the event loop had no turn since it was made, so `{misuse.reader}()` raises "
            f"InvalidStateError; await the {kind}"
        )
    if misuse.returned:
        return f"the route returns {what}, which FastAPI does not await: the answer is 500; put `await` before it"
    assert misuse.use is not None  # noqa: S101 - what is neither read early nor returned has a use
    effect = _EFFECT[misuse.use.usage].format(kind=kind, detail=misuse.use.detail)
    remedy = "call `result()` for the value" if misuse.made is Made.THREAD_FUTURE else "await it for the value"
    return f"{what} is taken for its result: it {effect}; {remedy}"


def _fixes(module: ModuleContext, misuse: TaskMisuse, match: NodeMatch[cst.BaseExpression]) -> Iterator[Fix]:
    if misuse.made is Made.THREAD_FUTURE or misuse.reader == "exception":
        return
    in_async = tasks.is_in_async(misuse.scope)
    if misuse.reader:
        edits = rewrite.await_receiver(match, in_async=in_async)  # type: ignore[arg-type]
    else:
        edits = rewrite.insert_await(match, in_async=in_async)
    if edits is not None:
        yield module.fix(Applicability.UNSAFE, f"await the {misuse.made.value}", edits)


RULE = Rule(
    code="ASL103",
    name="task-used-as-result",
    summary="a task that is used as the result it will have",
    rationale=(
        "`create_task` returns a Task at once. It has no items, no length and none of the attributes of its result; "
        "FastAPI cannot serialise it and answers 500. `result()` does not wait: asked before the event loop had a "
        "turn, it raises InvalidStateError. Only `await` gives the result."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ create_task(load) ━━ profile["id"] ✗ TypeError ▶ 500
  load                                           ━━┄┄┄━━ the dictionary, too late
request B       ━━ create_task(load) ━━ profile["id"] ✗ TypeError ▶ 500
""",
    limits=(
        "Tasks that reach the use through an untyped parameter, a dictionary of mixed values or a queue.",
        "Futures of libraries that asynclint does not know.",
    ),
    examples=(
        Example(
            bad="""\
import asyncio

from fastapi import FastAPI

app = FastAPI()


async def load(user: int) -> dict[str, int]:
    await asyncio.sleep(0)
    return {"id": user}


@app.get("/names/{user}")
async def name(user: int) -> int:
    profile = asyncio.create_task(load(user))
    other = asyncio.create_task(load(user + 1))
    return profile["id"] + other.result()["id"]  # expect: ASL103, ASL103


@app.get("/users/{user}")
async def show(user: int) -> dict[str, int]:
    return asyncio.create_task(load(user))  # expect: ASL103
""",
            good="""\
import asyncio

from fastapi import FastAPI

app = FastAPI()


async def load(user: int) -> dict[str, int]:
    await asyncio.sleep(0)
    return {"id": user}


@app.get("/names/{user}")
async def name(user: int) -> int:
    profile = asyncio.create_task(load(user))
    other = asyncio.create_task(load(user + 1))
    return (await profile)["id"] + (await other)["id"]


@app.get("/users/{user}")
async def show(user: int) -> dict[str, int]:
    return await asyncio.create_task(load(user))
""",
        ),
    ),
    check=check,
    fix_safety=(
        "UNSAFE: `await` is put before the task, or takes the place of `.result()`. The function then waits for the "
        "task, and fails if it fails. Not offered where `await` cannot stand."
    ),
)

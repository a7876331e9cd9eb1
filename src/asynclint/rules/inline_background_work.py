"""Background tasks that a handler asks for and never uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.core.span import Span
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import detached_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import Diagnostic
    from asynclint.semantics.module_context import ModuleContext


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """BackgroundTasks parameters of handlers that no line mentions."""
    for function, param in detached_tasks.unused_parameters(module):
        yield module.diagnostic(
            RULE,
            function,
            Span(param.start, param.start + len(param.name.encode())),
            f"nothing is ever added to `{param.name}`: the work it was meant for is done before the response, or not "
            "at all; hand it over with `add_task`, or drop the parameter",
        )


RULE = Rule(
    code="ASL308",
    name="inline-background-work",
    summary="a BackgroundTasks parameter that the handler never uses",
    rationale=(
        "A handler that asks for background tasks and adds none was changed halfway: the work is awaited while the "
        "client waits, or was forgotten. Readers take from the signature that something happens after the response, "
        "which is not so."
    ),
    severity=Severity.NOTE,
    confidence=Confidence.HIGH,
    timeline="""\
request A  ━━ await send_welcome(email) ┄┄┄┄┄┄┄┄┄┄━━▶ 200, after the mail server
as meant   ━━ add_task(send_welcome, email) ━━▶ 200
             send_welcome                      ━━┄┄┄┄┄┄━━
""",
    limits=("Parameters that are handed on and not used there either.",),
    examples=(
        Example(
            bad="""\
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()
sent: list[str] = []


async def send_welcome(email: str) -> None:
    sent.append(email)


@app.post("/register")
async def register(
    email: str,
    background_tasks: BackgroundTasks,  # expect: ASL308
) -> int:
    await send_welcome(email)
    return len(sent)
""",
            good="""\
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()
sent: list[str] = []


async def send_welcome(email: str) -> None:
    sent.append(email)


@app.post("/register")
async def register(
    email: str,
    background_tasks: BackgroundTasks,
) -> int:
    background_tasks.add_task(send_welcome, email)
    return len(sent)
""",
        ),
    ),
    check=check,
)

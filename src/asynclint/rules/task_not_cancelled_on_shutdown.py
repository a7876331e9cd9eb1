"""An endless task that nothing cancels when the application shuts down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.rulekit.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import Diagnostic
    from asynclint.semantics.module_context import ModuleContext


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    if module.is_test:
        return
    for site in module.task_sites:
        if site.function is None or site.factory == "asyncio.run_coroutine_threadsafe":
            continue
        task = module.project.task_lifetimes.unended(site.call, site.scope, site.function)
        if task is None:
            continue
        m = module.settle(site.scope, site.call)
        yield module.diagnostic(
            RULE,
            site.scope,
            m.span,
            f"{site.function.qualname} {[s.place for s in task.stores]} {task.loop.function} {task.loop.signals} {task.closer}",
        )


RULE = Rule(
    code="ASL401",
    name="task-not-cancelled-on-shutdown",
    summary="x",
    rationale="x",
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    examples=(),
    check=check,
)

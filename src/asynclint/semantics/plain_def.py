"""Routes and dependencies that block the event loop and would not, were they plain `def`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.semantics import blocking, needless_async, offloaders

if TYPE_CHECKING:
    from asynclint.project.model import Function
    from asynclint.semantics.blocking import BlockingFinding
    from asynclint.semantics.module_context import ModuleContext

_SLEEP = "ASL201"
"""The rule for sleeps, which are better slept on the loop than in a thread."""


def better_plain(module: ModuleContext) -> frozenset[Function]:
    """Those of the module that need not be async, and hold the loop up again and again, for more than a sleep."""
    if module.is_test:
        return frozenset()
    found: dict[Function, list[BlockingFinding]] = {}
    for finding in module.blocking_findings:
        if finding.function.is_async and not finding.function.ir.has_await:
            found.setdefault(finding.function, []).append(finding)
    return frozenset(
        function
        for function, findings in found.items()
        if any(_is_worth_a_thread(module, finding) for finding in findings)
        and _may_change_thread(findings)
        and needless_async.is_needless(module, function)
    )


def _is_worth_a_thread(module: ModuleContext, finding: BlockingFinding) -> bool:
    if finding.family.rule == _SLEEP or not finding.waits or finding.is_brief:
        return False
    return not blocking.happens_once(module.project, finding)


def _may_change_thread(findings: list[BlockingFinding]) -> bool:
    """Whether what belongs to a thread is made in this very call, as a connection may be."""
    names = {finding.witness.call.name for finding in findings}
    bound = {name.partition(".")[0] for name in names if offloaders.needs_its_thread(name)}
    return all(f"{library}.connect" in names for library in bound)

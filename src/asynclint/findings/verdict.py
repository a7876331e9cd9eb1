"""What becomes of findings, in words: reported, or kept back and by what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Severity
from asynclint.core.explanation import Statement
from asynclint.findings.suppressions import filter_suppressed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from asynclint.core.diagnostic import Diagnostic
    from asynclint.core.span import Span
    from asynclint.findings.ruling import Ruling
    from asynclint.semantics.module_context import ModuleContext


def judge(
    module: ModuleContext, found: Iterable[Diagnostic], ruling: Ruling, baselined: Collection[tuple[str, Span]]
) -> tuple[Statement, ...]:
    """A sentence for each finding of a module, all rules asked, with what the settings make of it."""
    return tuple(
        Statement(f"{item.code} {item.name}, {_verdict(module, item, ruling, baselined)}: {item.message}", item.chain)
        for item in sorted(found, key=lambda item: (item.location.span, item.code))
    )


def _verdict(
    module: ModuleContext, diagnostic: Diagnostic, ruling: Ruling, baselined: Collection[tuple[str, Span]]
) -> str:
    if diagnostic.code not in ruling.policy.enabled:
        return "not reported (the rule is not selected for this file)"
    kept = filter_suppressed(module, (diagnostic,), ruling.policy).kept
    if diagnostic not in kept:
        return "not reported (a comment silences it)"
    applied = ruling.applied((diagnostic,))
    if not applied:
        return f"not reported (its confidence, {diagnostic.confidence.value}, is below `min-confidence`)"
    if (diagnostic.code, diagnostic.location.span) in baselined:
        return "not reported (the baseline has it)"
    return _reported(applied[0], module)


def _reported(diagnostic: Diagnostic, module: ModuleContext) -> str:
    reported = f"reported as {diagnostic.severity.value}"
    if diagnostic.severity is Severity.NOTE and module.is_test:
        return f"{reported} (no more than that in a test)"
    return reported

"""What is not reported and why, for `--sarif-suppressed`."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Suppressed
from asynclint.findings.directives import Vocabulary
from asynclint.findings.justification import justification

if TYPE_CHECKING:
    from collections.abc import Callable

    from asynclint.cli.narrowing import Narrowed
    from asynclint.config.settings import Settings
    from asynclint.core.diagnostic import Diagnostic, Report


def with_suppressed(left: Narrowed, report: Report, settings: Settings, run: Callable[[Settings], Report]) -> Report:
    """What is left of a report, with what comments silence and what the baseline has beside it.

    `run` checks the same paths again: what comments silence is what it finds without them.
    """
    everything = run(dataclasses.replace(settings, ignore_suppressions=True))
    reported = {_identity(item) for item in report.diagnostics}
    vocabulary = Vocabulary(everything.rules)
    texts = {source.shown: source.data for source in everything.sources}
    silenced = (
        Suppressed(item, reason=justification(texts[item.location.path], item, vocabulary))
        for item in everything.diagnostics
        if _identity(item) not in reported
    )
    known = (Suppressed(item, is_known=True) for item in left.known)
    sources = {source.shown: source for source in (*report.sources, *everything.sources)}
    return dataclasses.replace(left.report, suppressions=(*silenced, *known), sources=tuple(sources.values()))


def _identity(diagnostic: Diagnostic) -> tuple[object, ...]:
    return diagnostic.location.path, diagnostic.location.span, diagnostic.code, diagnostic.message

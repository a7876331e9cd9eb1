"""What the exit code says; 0: everything asked for was checked, and nothing serious found."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asynclint.config.settings import Settings
    from asynclint.core.diagnostic import Report

FINDINGS = 1
NOT_CHECKED = 2
INTERRUPTED = 130
"""By Ctrl-C."""
TERMINATED = 143
"""By SIGTERM, as a CI server sends it."""


def exit_code(report: Report, settings: Settings) -> int:
    """What was not checked weighs more than what was found."""
    if report.errors:
        return NOT_CHECKED
    level = settings.fail_level
    if settings.exit_zero or level is None:
        return 0
    return FINDINGS if any(item.severity.rank <= level.rank for item in report.diagnostics) else 0

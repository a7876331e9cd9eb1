"""The formats of a report, by name."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from asynclint.report import concise, full

if TYPE_CHECKING:
    from asynclint.core.diagnostic import Report


DEFAULT_CATEGORY = "asynclint"
"""The name of the analysis in SARIF."""


class Format(enum.Enum):
    FULL = "full"
    CONCISE = "concise"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def render(
    report: Report,
    output_format: Format,
    *,
    colour: bool = False,
    exit_code: int = 0,
    category: str = DEFAULT_CATEGORY,
) -> str:
    """The report as text; formats for programs are never coloured.

    `exit_code` is that of the run, `category` the name that tells analyses of one commit apart; both are for SARIF.
    """
    match output_format:
        case Format.FULL:
            return full.render(report, colour=colour)
        case Format.CONCISE:
            return concise.render(report)
        case Format.JSON:
            from asynclint.report import json_report  # noqa: PLC0415 - 10 ms for one format of several

            return json_report.render(report)
        case Format.SARIF:
            from asynclint.report import sarif  # noqa: PLC0415 - as above

            return sarif.render(report, exit_code=exit_code, category=category)
        case Format.GITHUB:
            from asynclint.report import github  # noqa: PLC0415 - as above

            return github.render(report)


def shortfalls(report: Report, output_format: Format, text: str) -> tuple[str, ...]:
    """What readers of the format will not see of a report rendered as `text`, a line each."""
    if output_format is not Format.SARIF:
        return ()
    from asynclint.report import sarif  # noqa: PLC0415 - as above

    return sarif.shortfalls(report, text)

"""The formats of a report, by name."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from asynclint.report import concise, full

if TYPE_CHECKING:
    from asynclint.core.diagnostic import Report
    from asynclint.core.entry_point import EntryPoints


DEFAULT_CATEGORY = "asynclint"
"""The name of the analysis in SARIF."""


class Format(enum.Enum):
    FULL = "full"
    CONCISE = "concise"
    JSON = "json"
    JSON_LINES = "json-lines"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"
    JUNIT = "junit"
    HTML = "html"


def render(  # noqa: PLR0913 - each is an option of the command
    report: Report,
    output_format: Format,
    *,
    colour: bool = False,
    exit_code: int = 0,
    category: str = DEFAULT_CATEGORY,
    all_places: bool = False,
    columns: int | None = None,
    entry_points: EntryPoints | None = None,
) -> str:
    """The report as text; formats for programs are never coloured.

    `exit_code` is that of the run, `category` the name that tells analyses of one commit apart; both are for SARIF.
    `all_places` has the full report list every place from which a cause is reached; the others always do.
    `columns` is the width to which its sentences are broken, if any. `entry_points` are for the view of routes in
    HTML, which is left out without them.
    """
    match output_format:
        case Format.FULL:
            return full.render(report, colour=colour, all_places=all_places, columns=columns)
        case Format.CONCISE:
            return concise.render(report)
        case Format.JSON:
            from asynclint.report import json_report  # noqa: PLC0415 - 10 ms for one format of several

            return json_report.render(report)
        case Format.JSON_LINES:
            from asynclint.report import json_lines  # noqa: PLC0415 - as above

            return json_lines.render(report)
        case Format.SARIF:
            from asynclint.report import sarif  # noqa: PLC0415 - as above

            return sarif.render(report, exit_code=exit_code, category=category)
        case Format.GITHUB:
            from asynclint.report import github  # noqa: PLC0415 - as above

            return github.render(report)
        case Format.GITLAB:
            from asynclint.report import gitlab  # noqa: PLC0415 - as above

            return gitlab.render(report)
        case Format.JUNIT:
            from asynclint.report import junit  # noqa: PLC0415 - as above

            return junit.render(report)
        case Format.HTML:
            from asynclint.report import html_report  # noqa: PLC0415 - as above

            return html_report.render(report, entry_points)


def shortfalls(report: Report, output_format: Format, text: str) -> tuple[str, ...]:
    """What readers of the format will not see of a report rendered as `text`, a line each."""
    if output_format is not Format.SARIF:
        return ()
    from asynclint.report import sarif  # noqa: PLC0415 - as above

    return sarif.shortfalls(report, text)

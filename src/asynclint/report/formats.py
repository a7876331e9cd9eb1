"""The formats of a report, by name."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from asynclint.report import concise, full

if TYPE_CHECKING:
    from asynclint.core.diagnostic import Report


class Format(enum.Enum):
    FULL = "full"
    CONCISE = "concise"
    JSON = "json"


def render(report: Report, output_format: Format, *, colour: bool = False) -> str:
    """The report as text; formats for programs are never coloured."""
    match output_format:
        case Format.FULL:
            return full.render(report, colour=colour)
        case Format.CONCISE:
            return concise.render(report)
        case Format.JSON:
            from asynclint.report import json_report  # noqa: PLC0415 - 10 ms for one format of three

            return json_report.render(report)

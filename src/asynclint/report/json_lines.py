"""The findings as JSON objects, one on each line, for programs that read line by line.

The key `type` says what an object is: `error` for what was not checked, `diagnostic`, and at the end one `summary`.
The other keys are those of the format `json`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.report.json_report import as_json
from asynclint.report.json_text import json_line

if TYPE_CHECKING:
    from asynclint.core.diagnostic import Report


def render(report: Report) -> str:
    """What was not checked, the findings in the order of the report, and the summary."""
    whole = as_json(report)
    objects: list[dict[str, object]] = [{"type": "error", **error} for error in whole["errors"]]
    objects += [{"type": "diagnostic", **diagnostic} for diagnostic in whole["diagnostics"]]
    objects.append({"type": "summary", "version": whole["version"], "tool": whole["tool"], **whole["summary"]})
    return "".join(f"{json_line(item)}\n" for item in objects)

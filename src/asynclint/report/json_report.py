"""The findings as one JSON object, for programs.

Rows and columns start at 1, columns count code points, ends are exclusive; names of files are relative to the
working folder with `/` between their parts.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypedDict

from asynclint import __version__
from asynclint.report.json_text import json_text

if TYPE_CHECKING:
    from asynclint.core.diagnostic import ChainStep, CheckError, Diagnostic, Edit, Fix, Report
    from asynclint.core.span import Position

FORMAT_VERSION = 1


class JsonPosition(TypedDict):
    row: int
    column: int


class JsonStep(TypedDict):
    filename: str
    location: JsonPosition
    message: str


class JsonEdit(TypedDict):
    filename: str
    location: JsonPosition
    end_location: JsonPosition
    content: str


class JsonFix(TypedDict):
    applicability: str
    message: str
    edits: list[JsonEdit]


class JsonDiagnostic(TypedDict):
    code: str
    name: str
    severity: str
    confidence: str
    message: str
    filename: str
    location: JsonPosition
    end_location: JsonPosition
    chain: list[JsonStep]
    cause: str
    fixes: list[JsonFix]
    url: str
    fingerprint: str


class JsonError(TypedDict):
    code: str
    filename: str
    message: str
    location: JsonPosition | None


class JsonTool(TypedDict):
    name: str
    version: str


class JsonSummary(TypedDict):
    files: int
    diagnostics: int
    by_rule: dict[str, int]
    suppressed: int
    baselined: int
    unchanged: int
    unresolved_calls: int


class JsonReport(TypedDict):
    version: int
    tool: JsonTool
    summary: JsonSummary
    errors: list[JsonError]
    diagnostics: list[JsonDiagnostic]


def render(report: Report) -> str:
    """The report as indented JSON in ASCII, which any output can carry."""
    return json_text(as_json(report))


def as_json(report: Report) -> JsonReport:
    """The object that is written."""
    return {
        "version": FORMAT_VERSION,
        "tool": {"name": "asynclint", "version": __version__},
        "summary": _summary(report),
        "errors": [as_json_error(error) for error in report.errors],
        "diagnostics": [_diagnostic(diagnostic) for diagnostic in report.diagnostics],
    }


def _summary(report: Report) -> JsonSummary:
    counts = Counter(diagnostic.code for diagnostic in report.diagnostics)
    return {
        "files": report.files,
        "diagnostics": len(report.diagnostics),
        "by_rule": {code: counts[code] for code in sorted(counts)},
        "suppressed": report.suppressed,
        "baselined": report.baselined,
        "unchanged": report.unchanged,
        "unresolved_calls": report.unresolved_calls,
    }


def as_json_error(error: CheckError) -> JsonError:
    """Something that was not checked."""
    return {
        "code": error.code,
        "filename": error.filename,
        "message": error.message,
        "location": _position(error.location.start) if error.location else None,
    }


def _diagnostic(diagnostic: Diagnostic) -> JsonDiagnostic:
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "severity": diagnostic.severity.value,
        "confidence": diagnostic.confidence.value,
        "message": diagnostic.message,
        "filename": diagnostic.location.path,
        "location": _position(diagnostic.location.start),
        "end_location": _position(diagnostic.location.end),
        "chain": [as_json_step(step) for step in diagnostic.chain],
        "cause": diagnostic.cause,
        "fixes": [_fix(fix) for fix in diagnostic.fixes],
        "url": diagnostic.url,
        "fingerprint": diagnostic.fingerprint,
    }


def as_json_step(step: ChainStep) -> JsonStep:
    """A step of a chain."""
    return {
        "filename": step.location.path,
        "location": _position(step.location.start),
        "message": step.message,
    }


def _fix(fix: Fix) -> JsonFix:
    return {
        "applicability": fix.applicability.value,
        "message": fix.message,
        "edits": [_edit(edit) for edit in fix.edits],
    }


def _edit(edit: Edit) -> JsonEdit:
    return {
        "filename": edit.location.path,
        "location": _position(edit.location.start),
        "end_location": _position(edit.location.end),
        "content": edit.content,
    }


def _position(position: Position) -> JsonPosition:
    return {"row": position.row, "column": position.column}

"""The findings as one page for a browser, complete in itself: it loads nothing and sends nothing.

What is read from a project reaches the page as JSON in ASCII without `<`, `>` and `&`, and the script puts it into
text nodes only. A policy in the page (https://www.w3.org/TR/CSP3/) lets nothing run but that script.
"""

from __future__ import annotations

import base64
import hashlib
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from asynclint import __version__
from asynclint.report.excerpts import Excerpt, Excerpts
from asynclint.report.fix_diff import DiffLine, hunks
from asynclint.report.json_text import json_line
from asynclint.report.printable import printable, printable_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asynclint.core.diagnostic import ChainStep, CheckError, Diagnostic, Fix, Report, RuleInfo
    from asynclint.core.entry_point import BlockingPath, EntryPoint, EntryPoints

_PAGE = Path(__file__).with_name("html_page")
_SLOT = re.compile(r"\{\{(\w+)\}\}")
_MARKUP = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}

_AROUND_FINDING = 3
_AROUND_STEP = 1


class _Step(TypedDict):
    message: str
    excerpt: int


class _Hunk(TypedDict):
    path: int
    lines: list[DiffLine]


class _Fix(TypedDict):
    applicability: str
    message: str
    hunks: list[_Hunk]


class _Finding(TypedDict):
    id: str
    code: str
    severity: str
    confidence: str
    message: str
    symbol: str
    excerpt: int
    cause: str
    chain: list[_Step]
    fixes: list[_Fix]


class _Blocking(TypedDict):
    code: str
    call: str
    thread: str
    chain: list[_Step]


class _Route(TypedDict):
    kind: str
    methods: list[str]
    path: str
    handler: str
    excerpt: int
    thread: str
    blocking: _Blocking | None


class _Rule(TypedDict):
    name: str
    summary: str
    rationale: str
    timeline: str
    fix_safety: str
    examples: list[tuple[str, str]]


class _Error(TypedDict):
    code: str
    path: str
    row: int | None
    message: str


class _Page(TypedDict):
    project: str
    files: int
    suppressed: int
    baselined: int
    unchanged: int
    rules: dict[str, _Rule]
    errors: list[_Error]
    findings: list[_Finding]
    routes: list[_Route] | None
    paths: list[str]
    excerpts: list[Excerpt]


def render(report: Report, entry_points: EntryPoints | None = None) -> str:
    """The page as text; without `entry_points` it has no view of the routes."""
    style = _asset("report.css")
    script = _asset("report.js")
    slots = {
        "title": _escaped(printable(_project(report))),
        "version": _escaped(__version__),
        "style": style,
        "style_hash": _hash(style),
        "script": script,
        "script_hash": _hash(script),
        "data": _json(_page(report, entry_points)),
    }
    return _SLOT.sub(lambda slot: slots[slot[1]], _asset("report.html"))


def _asset(name: str) -> str:
    return (_PAGE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _json(page: _Page) -> str:
    """JSON that may stand in a `script` element: without what ends one or begins a comment."""
    text = json_line(page, compact=True)
    return re.sub("[<>&]", lambda found: _MARKUP[found[0]], text)


def _project(report: Report) -> str:
    return posixpath.basename(report.working_folder) or report.working_folder


def _page(report: Report, entry_points: EntryPoints | None) -> _Page:
    excerpts = Excerpts(report.sources)
    findings = [_finding(item, excerpts) for item in report.diagnostics]
    routes = None if entry_points is None else [_route(entry, excerpts) for entry in entry_points.entries]
    return {
        "project": printable(_project(report)),
        "files": report.files,
        "suppressed": report.suppressed,
        "baselined": report.baselined,
        "unchanged": report.unchanged,
        "rules": _rules(report.rules, {item.code for item in report.diagnostics}),
        "errors": [_error(error) for error in report.errors],
        "findings": findings,
        "routes": routes,
        "paths": excerpts.paths,
        "excerpts": excerpts.all,
    }


def _rules(rules: Iterable[RuleInfo], codes: set[str]) -> dict[str, _Rule]:
    return {
        rule.code: {
            "name": rule.name,
            "summary": rule.summary,
            "rationale": rule.rationale,
            "timeline": rule.timeline,
            "fix_safety": rule.fix_safety,
            "examples": list(rule.examples),
        }
        for rule in rules
        if rule.code in codes
    }


def _error(error: CheckError) -> _Error:
    return {
        "code": error.code,
        "path": printable_path(error.filename),
        "row": error.location.start.row if error.location is not None else None,
        "message": printable(error.message),
    }


def _finding(diagnostic: Diagnostic, excerpts: Excerpts) -> _Finding:
    return {
        "id": f"{diagnostic.fingerprint}-{excerpts.path(diagnostic.location.path)}",
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "confidence": diagnostic.confidence.value,
        "message": printable(diagnostic.message),
        "symbol": printable(diagnostic.symbol),
        "excerpt": excerpts.excerpt(diagnostic.location, _AROUND_FINDING),
        "cause": printable(diagnostic.cause),
        "chain": [_step(step, excerpts) for step in diagnostic.chain],
        "fixes": [_fix(fix, excerpts) for fix in diagnostic.fixes],
    }


def _step(step: ChainStep, excerpts: Excerpts) -> _Step:
    return {"message": printable(step.message), "excerpt": excerpts.excerpt(step.location, _AROUND_STEP)}


def _fix(fix: Fix, excerpts: Excerpts) -> _Fix:
    return {
        "applicability": fix.applicability.value,
        "message": printable(fix.message),
        "hunks": [
            {"path": excerpts.path(hunk["path"]), "lines": hunk["lines"]} for hunk in hunks(fix, excerpts.sources)
        ],
    }


def _route(entry: EntryPoint, excerpts: Excerpts) -> _Route:
    return {
        "kind": entry.kind,
        "methods": [printable(method) for method in entry.methods],
        "path": printable(entry.path),
        "handler": printable(entry.handler),
        "excerpt": excerpts.excerpt(entry.location, _AROUND_STEP),
        "thread": entry.thread.value,
        "blocking": None if entry.blocking is None else _blocking(entry.blocking, excerpts),
    }


def _blocking(path: BlockingPath, excerpts: Excerpts) -> _Blocking:
    return {
        "code": path.code,
        "call": printable(path.call),
        "thread": path.thread.value,
        "chain": [_step(step, excerpts) for step in path.chain],
    }

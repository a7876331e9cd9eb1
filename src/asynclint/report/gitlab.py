"""The findings as a code quality report of GitLab.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format: a list of objects, each with a fingerprint
of its own, since GitLab keeps one of several that are equal; an empty list says that there is nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, TypedDict

from asynclint.core.diagnostic import Severity
from asynclint.report.json_text import json_text
from asynclint.report.repository import RepositoryNames

if TYPE_CHECKING:
    from asynclint.core.diagnostic import CheckError, Diagnostic, Report

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}
_NOT_CHECKED = "blocker"


class Lines(TypedDict):
    begin: int
    end: int


class Place(TypedDict):
    path: str
    lines: Lines


class Issue(TypedDict):
    description: str
    check_name: str
    fingerprint: str
    severity: str
    location: Place


def render(report: Report) -> str:
    """What was not checked and then the findings, named from the root of the repository."""
    names = RepositoryNames(report)
    fingerprints = _Fingerprints()
    issues = [_error(error, names, fingerprints) for error in report.errors]
    issues += [_finding(diagnostic, names, fingerprints) for diagnostic in report.diagnostics]
    return json_text(issues)


class _Fingerprints:
    """Makes a fingerprint of what identifies an issue, and another one each time the same comes again."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, ...]] = Counter()

    def of(self, *identity: str) -> str:
        self._seen[identity] += 1
        text = "\0".join((*identity, str(self._seen[identity])))
        return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _finding(diagnostic: Diagnostic, names: RepositoryNames, fingerprints: _Fingerprints) -> Issue:
    where = diagnostic.location
    path = names.below_root(where.path)
    steps = [
        f"{names.below_root(step.location.path)}:{step.location.start.row} {step.message}" for step in diagnostic.chain
    ]
    return {
        "description": "; ".join((diagnostic.message, *steps)),
        "check_name": f"{diagnostic.code} {diagnostic.name}",
        "fingerprint": fingerprints.of(path, diagnostic.code, diagnostic.fingerprint),
        "severity": _SEVERITIES[diagnostic.severity],
        "location": {"path": path, "lines": {"begin": where.start.row, "end": where.end.row}},
    }


def _error(error: CheckError, names: RepositoryNames, fingerprints: _Fingerprints) -> Issue:
    row = error.location.start.row if error.location else 1
    path = names.below_root(error.filename)
    return {
        "description": f"not checked: {error.message}",
        "check_name": error.code,
        "fingerprint": fingerprints.of(path, error.code, error.message),
        "severity": _NOT_CHECKED,
        "location": {"path": path, "lines": {"begin": row, "end": row}},
    }

"""The findings as SARIF 2.1.0, for code scanning on GitHub and for every other reader of that standard.

Rows and columns start at 1, columns count code points, ends are exclusive. Names of files are percent-encoded and
relative to the root of the repository. The limits are those of GitHub, which ignores or refuses what is beyond:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import gzip
import os
from collections import defaultdict
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import quote

from asynclint import HOME, __version__
from asynclint.core.diagnostic import Applicability, ChainStep
from asynclint.core.span import Position
from asynclint.report.json_text import json_text
from asynclint.report.line_hash import line_hashes
from asynclint.report.repository import RepositoryNames
from asynclint.report.sarif_message import linked, plain, told_apart
from asynclint.report.sarif_rules import Json, described_rules, descriptor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from asynclint.core.diagnostic import CheckError, Diagnostic, Edit, Fix, Report, Suppressed
    from asynclint.core.span import Location

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

MOST_RESULTS = 25_000
"""A file with more is refused."""
MOST_RESULTS_SHOWN = 5_000
MOST_BYTES = 10 * 2**20
"""Of the compressed file."""
MOST_STEPS = 1_000
MOST_RELATED = 100
MOST_SNIPPET = 1_000
"""Characters of source that are quoted with a place; our own limit, for minified files."""

_ROOT = "%SRCROOT%"
_EXIT_CODES = {0: "everything was checked", 1: "findings", 2: "something was not checked"}


def render(report: Report, *, exit_code: int, category: str) -> str:
    """The report as indented JSON in ASCII, the most severe findings first.

    `exit_code` is that of the run; `category` tells this analysis from others of the same commit.
    """
    return json_text(as_sarif(report, exit_code=exit_code, category=category))


def shortfalls(report: Report, text: str) -> tuple[str, ...]:
    """What GitHub will not show of the file with this text, a line each."""
    found = len(report.diagnostics)
    lines: list[str] = []
    if found > MOST_RESULTS:
        lines.append(
            f"sarif: the file holds the {MOST_RESULTS:,} most severe of {found:,} findings, as many as GitHub takes"
        )
    if found > MOST_RESULTS_SHOWN:
        lines.append(f"sarif: GitHub shows the {MOST_RESULTS_SHOWN:,} most severe of {found:,} findings")
    if len(text) > MOST_BYTES and len(gzip.compress(text.encode())) > MOST_BYTES:
        lines.append(f"sarif: GitHub takes {MOST_BYTES / 2**20:.0f} MB of compressed SARIF, and the file has more")
    return tuple(lines)


def as_sarif(report: Report, *, exit_code: int, category: str) -> Json:
    """The object that is written."""
    places = _Places(report)
    rules = described_rules(report)
    run: Json = {
        "tool": {"driver": _driver([descriptor(rule) for rule in rules], report.errors)},
        "columnKind": "unicodeCodePoints",
        "defaultSourceLanguage": "python",
        "automationDetails": {"id": category.rstrip("/") + "/"},
        "originalUriBaseIds": {_ROOT: {"uri": _folder_uri(report.repository)}},
        "invocations": [_invocation(report, places, exit_code)],
        "results": _results(report, places, {rule.code: place for place, rule in enumerate(rules)}),
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _driver(rules: list[Json], errors: Iterable[CheckError]) -> Json:
    driver: Json = {
        "name": "asynclint",
        "version": __version__,
        "semanticVersion": __version__,
        "informationUri": HOME,
        "rules": rules,
    }
    codes = _error_codes(errors)
    if codes:
        driver["notifications"] = [{"id": code, "defaultConfiguration": {"level": "error"}} for code in codes]
    return driver


def _error_codes(errors: Iterable[CheckError]) -> list[str]:
    return sorted({error.code for error in errors})


# --------------------------------------------------------------------------------------------------------------
# The run


def _invocation(report: Report, places: _Places, exit_code: int) -> Json:
    invocation: Json = {
        "executionSuccessful": not report.errors,
        "exitCode": exit_code,
        "workingDirectory": {"uri": _folder_uri(report.working_folder)},
    }
    if exit_code in _EXIT_CODES:
        invocation["exitCodeDescription"] = _EXIT_CODES[exit_code]
    codes = _error_codes(report.errors)
    notifications = [_notification(error, places, codes.index(error.code)) for error in report.errors]
    if notifications:
        invocation["toolExecutionNotifications"] = notifications
    return invocation


def _notification(error: CheckError, places: _Places, index: int) -> Json:
    notification: Json = {
        "descriptor": {"id": error.code, "index": index},
        "level": "error",
        "message": {"text": plain(error.message)},
    }
    if error.location:
        notification["locations"] = [places.location(error.location)]
    elif error.filename:
        notification["locations"] = [{"physicalLocation": {"artifactLocation": places.artifact(error.filename)}}]
    return notification


# --------------------------------------------------------------------------------------------------------------
# Findings


def _results(report: Report, places: _Places, indexes: dict[str, int]) -> list[Json]:
    most_severe = sorted(report.diagnostics, key=lambda item: item.severity.rank)[:MOST_RESULTS]
    kept_back = report.suppressions[: MOST_RESULTS - len(most_severe)]
    found = [*most_severe, *(item.diagnostic for item in kept_back)]
    states = [*([_state(report)] * len(most_severe)), *(_state(report, item) for item in kept_back)]
    hashes = _hashes(report, found)
    return [
        _result(diagnostic, text, places, indexes[diagnostic.code], hashes) | state
        for (diagnostic, text), state in zip(told_apart(found), states, strict=True)
    ]


def _state(report: Report, suppressed: Suppressed | None = None) -> Json:
    """Whether a finding is new, and whether something keeps it back.

    What is kept back is left out unless it is asked for, because GitHub does not read this and would open alerts.
    """
    state: Json = {}
    if report.is_compared:
        state["baselineState"] = "unchanged" if suppressed is not None and suppressed.is_known else "new"
    if suppressed is not None:
        suppression: Json = {"kind": "external" if suppressed.is_known else "inSource", "status": "accepted"}
        if suppressed.reason:
            suppression["justification"] = suppressed.reason
        state["suppressions"] = [suppression]
    elif report.suppressions:
        state["suppressions"] = []
    return state


def _result(diagnostic: Diagnostic, text: str, places: _Places, index: int, hashes: dict[_Line, str]) -> Json:
    related = _related(diagnostic)
    if related:
        text = linked(text, related[-1].message, len(related))
    fixes, shown = _fixes(diagnostic, places)
    result: Json = {
        "ruleId": diagnostic.code,
        "ruleIndex": index,
        "level": diagnostic.severity.value,
        "kind": "fail",
        "message": {"text": text},
        "locations": [_primary_location(diagnostic, places)],
    }
    if related:
        result["relatedLocations"] = [
            {"id": number, **places.location(step.location, step.message)} for number, step in enumerate(related, 1)
        ]
    if diagnostic.chain:
        result["codeFlows"] = [_code_flow(diagnostic, places)]
    fingerprints = _fingerprints(diagnostic, hashes)
    if fingerprints:
        result["partialFingerprints"] = fingerprints
    if fixes:
        result["fixes"] = fixes
    properties: Json = {"confidence": diagnostic.confidence.value, "cause": diagnostic.cause}
    if shown:
        properties["shownFixes"] = shown
    result["properties"] = properties
    return result


def _primary_location(diagnostic: Diagnostic, places: _Places) -> Json:
    location = places.location(diagnostic.location)
    if diagnostic.symbol:
        location["logicalLocations"] = [{"fullyQualifiedName": diagnostic.symbol, "kind": "function"}]
    return location


def _related(diagnostic: Diagnostic) -> list[ChainStep]:
    """The steps of the chain that lead away from the finding, each place once."""
    steps = {step.location: step for step in diagnostic.chain if not _same_start(step.location, diagnostic.location)}
    return _without_middle(list(steps.values()), MOST_RELATED)


def _code_flow(diagnostic: Diagnostic, places: _Places) -> Json:
    """The chain, from the finding on."""
    steps = list(diagnostic.chain)
    if not _same_start(steps[0].location, diagnostic.location):
        steps.insert(0, ChainStep(diagnostic.location, f"in `{diagnostic.symbol}`" if diagnostic.symbol else "here"))
    steps = _without_middle(steps, MOST_STEPS)
    locations = [
        {
            "location": places.location(step.location, step.message),
            "importance": "essential" if level in (0, len(steps) - 1) else "important",
            "nestingLevel": level,
            "executionOrder": level + 1,
        }
        for level, step in enumerate(steps)
    ]
    return {"threadFlows": [{"locations": locations}]}


def _same_start(one: Location, other: Location) -> bool:
    return (one.path, one.start) == (other.path, other.start)


def _without_middle(steps: list[ChainStep], most: int) -> list[ChainStep]:
    """At most so many steps; the last one, the cause, is always among them."""
    return steps if len(steps) <= most else [*steps[: most - 1], steps[-1]]


def _fixes(diagnostic: Diagnostic, places: _Places) -> tuple[list[Json], list[Json]]:
    """The fixes that may be applied, and those that are only shown.

    Viewers offer to apply whatever is in `fixes` (that of Visual Studio), and some tools apply all of it unasked
    (fix-patches of sarif-utils); SARIF has no word for a change that is not to be applied. So these go to the
    property bag, in the same form, where no consumer takes them for more than they are. GitHub reads neither.
    """
    fixes = [fix for fix in diagnostic.fixes if fix.edits]
    applied = [_fix(fix, places) for fix in fixes if fix.applicability is not Applicability.DISPLAY]
    return applied, [_fix(fix, places) for fix in fixes if fix.applicability is Applicability.DISPLAY]


def _fix(fix: Fix, places: _Places) -> Json:
    by_file: dict[str, list[Edit]] = defaultdict(list)
    for edit in fix.edits:
        by_file[edit.location.path].append(edit)
    return {
        "description": {"text": plain(fix.message)},
        "artifactChanges": [
            {"artifactLocation": places.artifact(path), "replacements": [_replacement(edit) for edit in edits]}
            for path, edits in by_file.items()
        ],
        "properties": {"applicability": fix.applicability.value},
    }


def _replacement(edit: Edit) -> Json:
    replacement: Json = {"deletedRegion": _region(edit.location.start, edit.location.end)}
    if edit.content:
        replacement["insertedContent"] = {"text": edit.content}
    return replacement


# --------------------------------------------------------------------------------------------------------------
# Fingerprints

_Line = tuple[str, int]
"""A file, as shown, and a row."""


def _fingerprints(diagnostic: Diagnostic, hashes: dict[_Line, str]) -> dict[str, str]:
    line = (diagnostic.location.path, diagnostic.location.start.row)
    prints = {"primaryLocationLineHash": hashes.get(line, ""), "asynclint/v1": diagnostic.fingerprint}
    return {name: value for name, value in prints.items() if value}


def _hashes(report: Report, diagnostics: Sequence[Diagnostic]) -> dict[_Line, str]:
    """GitHub's hash of every line on which a finding begins."""
    rows: dict[str, set[int]] = defaultdict(set)
    for diagnostic in diagnostics:
        rows[diagnostic.location.path].add(diagnostic.location.start.row)
    return {
        (source.shown, row): value
        for source in report.sources
        if source.shown in rows
        for row, value in line_hashes(source.data.decode(), rows[source.shown]).items()
    }


# --------------------------------------------------------------------------------------------------------------
# Places


class _Places:
    """Places of a report as SARIF names them."""

    def __init__(self, report: Report) -> None:
        self._names = RepositoryNames(report)

    def artifact(self, shown: str) -> Json:
        """A file, by its shown name: relative to the repository, absolute where it lies outside."""
        relative = self._names.relative(shown)
        if relative is None:
            return {"uri": PurePath(self._names.absolute(shown)).as_uri()}
        return {"uri": quote(os.fsencode(relative)), "uriBaseId": _ROOT}

    def location(self, location: Location, message: str = "") -> Json:
        physical = {
            "artifactLocation": self.artifact(location.path),
            "region": _region(location.start, _end_of_first_line(location)),
        }
        if location.lines:
            physical["contextRegion"] = _context(location)
        described: Json = {"physicalLocation": physical}
        if message:
            described["message"] = {"text": plain(message)}
        return described


def _region(start: Position, end: Position) -> Json:
    return {"startLine": start.row, "startColumn": start.column, "endLine": end.row, "endColumn": end.column}


def _end_of_first_line(location: Location) -> Position:
    """Where the part on the first line ends: a pull request shows an alert only if it changes all of its lines."""
    if location.start.row == location.end.row or not location.lines:
        return location.end
    return Position(location.start.row, len(location.lines[0]) + 1)


def _context(location: Location) -> Json:
    """All lines of the place, whole."""
    context: Json = {"startLine": location.start.row, "endLine": location.end.row}
    text = "\n".join(location.lines)
    if len(text) <= MOST_SNIPPET:
        context["snippet"] = {"text": text}
    return context


def _folder_uri(folder: str) -> str:
    return PurePath(folder).as_uri().rstrip("/") + "/"

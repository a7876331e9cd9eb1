"""The findings as JUnit XML, which build servers show as test results.

There is no standard; this is the common core that Jenkins, GitLab and Azure read: a suite for each file with something
to say and a case for each finding in it. Without any, one case passes, so that there is a result.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import groupby
from typing import TYPE_CHECKING

from asynclint.report.printable import printable, printable_line
from asynclint.report.repository import RepositoryNames

if TYPE_CHECKING:
    from asynclint.core.diagnostic import CheckError, Diagnostic, Report

_TOOL = "asynclint"


def render(report: Report) -> str:
    """What was not checked as errors, findings as failures; files are named from the root of the repository."""
    names = RepositoryNames(report)
    cases = [(names.below_root(error.filename), _error(error, names)) for error in report.errors]
    cases += [(names.below_root(item.location.path), _finding(item, names)) for item in report.diagnostics]
    root = ET.Element("testsuites", name=_TOOL)
    for path, group in groupby(sorted(cases, key=lambda case: case[0]), key=lambda case: case[0]):
        _add_suite(root, path, [case for _, case in group])
    if not cases:
        name = f"{report.files} file{'s'[: report.files != 1]} checked, nothing found"
        _add_suite(root, _TOOL, [_element("testcase", name=name, classname=_TOOL, time="0")])
    for kind in ("tests", "failures", "errors"):
        root.set(kind, str(sum(int(suite.get(kind, "0")) for suite in root)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _add_suite(root: ET.Element, name: str, cases: list[ET.Element]) -> None:
    counts = {kind: sum(case.find(kind) is not None for case in cases) for kind in ("failure", "error")}
    suite = _element(
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=str(counts["failure"]),
        errors=str(counts["error"]),
        skipped="0",
        time="0",
    )
    suite.extend(cases)
    root.append(suite)


def _finding(diagnostic: Diagnostic, names: RepositoryNames) -> ET.Element:
    where = diagnostic.location
    path = names.below_root(where.path)
    place = f"{path}:{where.start.row}:{where.start.column}"
    case = _case(f"{diagnostic.code} {diagnostic.name} {place}", path, where.start.row)
    failure = _element("failure", message=diagnostic.message, type=f"{diagnostic.severity.value} {diagnostic.code}")
    steps = [
        f"{names.below_root(step.location.path)}:{step.location.start.row}:{step.location.start.column} {step.message}"
        for step in diagnostic.chain
    ]
    failure.text = "\n".join(printable_line(line) for line in (f"{place} {diagnostic.message}", *steps))
    case.append(failure)
    return case


def _error(error: CheckError, names: RepositoryNames) -> ET.Element:
    path = names.below_root(error.filename)
    row = error.location.start.row if error.location else None
    case = _case(f"{error.code} {path}", path, row)
    problem = _element("error", message=error.message, type=error.code)
    problem.text = printable_line(f"{path}: {error.message}")
    case.append(problem)
    return case


def _case(name: str, path: str, row: int | None) -> ET.Element:
    attributes = {"name": name, "classname": path, "file": path, "time": "0"}
    return _element("testcase", **(attributes if row is None else {**attributes, "line": str(row)}))


def _element(tag: str, **attributes: str) -> ET.Element:
    """An element; XML has no way to write control characters, so values come as they are printed."""
    return ET.Element(tag, {name: printable(value) for name, value in attributes.items()})

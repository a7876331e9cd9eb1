"""JSON lines, GitLab code quality and JUnit, each read by the rules of those who take them."""

from __future__ import annotations

import dataclasses
import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import jsonschema
import junitparser
import pytest

from asynclint import __version__
from asynclint.core.diagnostic import CheckError, Report
from asynclint.report.formats import Format, render

if TYPE_CHECKING:
    from asynclint.core.diagnostic import Diagnostic

CLEAN = Report((), (), files=3, suppressed=0, unresolved_calls=0, rules=())
NASTY = ["bad\x1b[31m", "a\r\nb", "\udce9", "]]>&<\"'", "naïve 😀 \ufffe", "##vso[task]x"]

GITLAB = {
    # https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./|/)."},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}, "end": {"type": "integer"}},
                    },
                },
            },
        },
        "additionalProperties": False,
    },
}


def with_file(diagnostic: Diagnostic, path: str, message: str = "x") -> Diagnostic:
    where = dataclasses.replace(diagnostic.location, path=path)
    return dataclasses.replace(diagnostic, location=where, message=message)


# --------------------------------------------------------------------------------------------------------------
# JSON lines


def lines(report: Report) -> list[Any]:
    text = render(report, Format.JSON_LINES)
    assert text.isascii()
    assert text.endswith("}\n")
    return [json.loads(line) for line in text.splitlines()]


def test_each_line_is_an_object_of_the_json_report(report: Report) -> None:
    whole = json.loads(render(report, Format.JSON))
    *others, summary = lines(report)
    assert others == [
        *({"type": "error", **item} for item in whole["errors"]),
        *({"type": "diagnostic", **item} for item in whole["diagnostics"]),
    ]
    tool = {"name": "asynclint", "version": __version__}
    assert summary == {"type": "summary", "version": 1, "tool": tool, **whole["summary"]}


def test_a_clean_run_has_a_summary() -> None:
    assert [(item["type"], item["files"]) for item in lines(CLEAN)] == [("summary", 3)]


@pytest.mark.parametrize("text", NASTY)
def test_whatever_is_in_them_stays_on_its_line(report: Report, discarded: Diagnostic, text: str) -> None:
    nasty = dataclasses.replace(report, diagnostics=(with_file(discarded, text, text),), errors=())
    assert [item["type"] for item in lines(nasty)] == ["diagnostic", "summary"]


# --------------------------------------------------------------------------------------------------------------
# GitLab


def issues(report: Report) -> list[Any]:
    found = json.loads(render(report, Format.GITLAB))
    jsonschema.validate(found, GITLAB)
    fingerprints = [item["fingerprint"] for item in found]
    assert len(fingerprints) == len(set(fingerprints)), "GitLab keeps only one of those that are equal"
    assert isinstance(found, list)
    return found


def test_findings_and_errors_are_issues(report: Report) -> None:
    assert [(item["check_name"], item["severity"], item["location"]) for item in issues(report)] == [
        ("ASL010", "blocker", {"path": "app/broken.py", "lines": {"begin": 1, "end": 1}}),
        ("missing-path", "blocker", {"path": "nowhere", "lines": {"begin": 1, "end": 1}}),
        ("ASL202 blocking-http", "critical", {"path": "app/main.py", "lines": {"begin": 3, "end": 3}}),
        ("ASL101 discarded-task", "major", {"path": "app/main.py", "lines": {"begin": 4, "end": 4}}),
    ]
    assert issues(report)[2]["description"] == (
        "`requests.get` blocks the event loop; app/loading.py:1 `load` runs on the event loop; "
        "app/loading.py:2 `requests.get` waits for the network"
    )


def test_a_clean_run_is_an_empty_list() -> None:
    assert render(CLEAN, Format.GITLAB) == "[]\n"


def test_equal_findings_are_told_apart_and_moved_lines_are_not(report: Report, discarded: Diagnostic) -> None:
    twice = dataclasses.replace(report, diagnostics=(discarded, discarded))
    first = [item["fingerprint"] for item in issues(twice)]
    start = discarded.location.start._replace(row=90)
    moved = dataclasses.replace(discarded, location=dataclasses.replace(discarded.location, start=start, end=start))
    assert [item["fingerprint"] for item in issues(dataclasses.replace(report, diagnostics=(moved, moved)))] == first


def test_names_are_those_below_the_repository(report: Report, discarded: Diagnostic) -> None:
    elsewhere = dataclasses.replace(
        report, diagnostics=(with_file(discarded, "m.py"),), errors=(), working_folder="/r/sub", repository="/r"
    )
    assert issues(elsewhere)[0]["location"]["path"] == "sub/m.py"


@pytest.mark.parametrize("text", NASTY)
def test_odd_texts_are_valid(report: Report, discarded: Diagnostic, text: str) -> None:
    issues(dataclasses.replace(report, diagnostics=(with_file(discarded, text, text),)))


# --------------------------------------------------------------------------------------------------------------
# JUnit


def suites(report: Report) -> Any:
    text = render(report, Format.JUNIT)
    read = junitparser.JUnitXml.fromstring(text.encode())
    root = ET.fromstring(text)
    for element in (root, *root):  # Jenkins and Azure believe the counts
        cases = list(element.iter("testcase"))
        counts = {"tests": len(cases)}
        counts |= {f"{kind}s": sum(case.find(kind) is not None for case in cases) for kind in ("failure", "error")}
        assert {name: int(element.attrib[name]) for name in counts} == counts
    for case in root.iter("testcase"):
        assert case.attrib["name"]
        assert case.attrib["classname"]
        assert len(case) <= 1
    return read


def test_findings_are_failures_and_errors_are_errors(report: Report) -> None:
    found = [
        (suite.name, case.name, type(case.result[0]).__name__, case.result[0].type)
        for suite in suites(report)
        for case in suite
    ]
    assert found == [
        ("app/broken.py", "ASL010 app/broken.py", "Error", "ASL010"),
        ("app/main.py", "ASL202 blocking-http app/main.py:3:12", "Failure", "error ASL202"),
        ("app/main.py", "ASL101 discarded-task app/main.py:4:5", "Failure", "warning ASL101"),
        ("nowhere", "missing-path nowhere", "Error", "missing-path"),
    ]
    assert ET.fromstring(render(report, Format.JUNIT))[1][0][0].text == (
        "app/main.py:3:12 `requests.get` blocks the event loop\n"
        "app/loading.py:1:5 `load` runs on the event loop\n"
        "app/loading.py:2:12 `requests.get` waits for the network"
    )


def test_a_clean_run_passes() -> None:
    ((case,),) = suites(CLEAN)
    assert (case.name, case.result) == ("3 files checked, nothing found", [])


@pytest.mark.parametrize("text", NASTY)
def test_odd_texts_are_xml(report: Report, discarded: Diagnostic, text: str) -> None:
    error = CheckError("ASL011", text, text)
    suites(dataclasses.replace(report, diagnostics=(with_file(discarded, text, text),), errors=(error,)))


@pytest.mark.parametrize("output_format", [Format.JSON_LINES, Format.GITLAB, Format.JUNIT])
def test_they_are_never_coloured(report: Report, output_format: Format) -> None:
    assert render(report, output_format, colour=True) == render(report, output_format)

"""The formats for pipes and programs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest

from asynclint import __version__
from asynclint.report.concise import render as render_concise
from asynclint.report.formats import Format, render
from asynclint.report.json_report import JsonReport

if TYPE_CHECKING:
    from asynclint.core.diagnostic import Diagnostic, Report


def parsed(report: Report) -> Any:
    return json.loads(render(report, Format.JSON))


def test_concise_is_a_line_for_each_finding(report: Report) -> None:
    assert render_concise(report) == (
        "app/main.py:3:12: ASL202 `requests.get` blocks the event loop\n"
        "app/main.py:4:5: ASL101 the task is kept nowhere\n"
    )


def test_concise_keeps_data_on_its_line(report: Report, blocking: Diagnostic) -> None:
    where = dataclasses.replace(blocking.location, path="::warning ::x\n.py")
    nasty = dataclasses.replace(blocking, location=where, message="a\r\nb")
    text = render_concise(dataclasses.replace(report, diagnostics=(nasty,)))
    assert text == "./::warning ::x\\x0a.py:3:12: ASL202 a\\x0d\\x0ab\n"


def test_json_has_the_promised_shape(report: Report) -> None:
    assert parsed(report) == {
        "version": 1,
        "tool": {"name": "asynclint", "version": __version__},
        "summary": {
            "files": 2,
            "diagnostics": 2,
            "by_rule": {"ASL101": 1, "ASL202": 1},
            "suppressed": 0,
            "baselined": 0,
            "unchanged": 0,
            "unresolved_calls": 3,
        },
        "errors": [
            {
                "code": "ASL010",
                "filename": "app/broken.py",
                "message": "invalid syntax",
                "location": {"row": 1, "column": 5},
            },
            {
                "code": "missing-path",
                "filename": "nowhere",
                "message": "there is no such file or folder",
                "location": None,
            },
        ],
        "diagnostics": [
            {
                "code": "ASL202",
                "name": "blocking-http",
                "severity": "error",
                "confidence": "high",
                "message": "`requests.get` blocks the event loop",
                "filename": "app/main.py",
                "location": {"row": 3, "column": 12},
                "end_location": {"row": 3, "column": 30},
                "chain": [
                    {
                        "filename": "app/loading.py",
                        "location": {"row": 1, "column": 5},
                        "message": "`load` runs on the event loop",
                    },
                    {
                        "filename": "app/loading.py",
                        "location": {"row": 2, "column": 12},
                        "message": "`requests.get` waits for the network",
                    },
                ],
                "cause": "app/loading.py:load:requests.get",
                "fixes": [
                    {
                        "applicability": "unsafe",
                        "message": "run `load` in a thread",
                        "edits": [
                            {
                                "filename": "app/main.py",
                                "location": {"row": 3, "column": 12},
                                "end_location": {"row": 3, "column": 30},
                                "content": 'await run_in_threadpool(load, "naïve 😀", 1)',
                            }
                        ],
                    }
                ],
                "url": "https://example.org/blocking-http",
                "fingerprint": "0123456789abcdef",
            },
            {
                "code": "ASL101",
                "name": "discarded-task",
                "severity": "warning",
                "confidence": "medium",
                "message": "the task is kept nowhere",
                "filename": "app/main.py",
                "location": {"row": 4, "column": 5},
                "end_location": {"row": 4, "column": 32},
                "chain": [],
                "cause": "",
                "fixes": [],
                "url": "",
                "fingerprint": "",
            },
        ],
    }


def test_json_is_as_its_schema_says(report: Report) -> None:
    file = Path(__file__).parents[2] / "docs" / "report.schema.json"
    schema = json.loads(file.read_text(encoding="utf-8"))
    promised = {key: value for key, value in schema.items() if key not in ("$schema", "title")}
    assert promised == msgspec.json.schema(JsonReport), "run python scripts/generate_report_schema.py"
    jsonschema.Draft202012Validator.check_schema(schema)
    for item in (report, dataclasses.replace(report, diagnostics=(), errors=())):
        jsonschema.validate(parsed(item), schema)


def test_json_keeps_the_order_of_keys_and_is_plain_ascii(report: Report) -> None:
    text = render(report, Format.JSON)
    assert text.isascii()
    assert list(json.loads(text)) == ["version", "tool", "summary", "errors", "diagnostics"]
    assert text.startswith('{\n  "version": 1,\n')
    assert text.endswith("}\n")


@pytest.mark.parametrize("output_format", [Format.JSON, Format.CONCISE])
def test_formats_for_programs_are_never_coloured(report: Report, output_format: Format) -> None:
    assert render(report, output_format, colour=True) == render(report, output_format)

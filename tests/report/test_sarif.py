"""SARIF: the standard's schema, and what GitHub asks for beyond it."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest

from asynclint import __version__
from asynclint.core.diagnostic import (
    Applicability,
    ChainStep,
    CheckError,
    Confidence,
    Diagnostic,
    Edit,
    Fix,
    Report,
    RuleInfo,
    Severity,
    SourceText,
)
from asynclint.findings.suppression_rules import SUPPRESSION_RULES
from asynclint.findings.unchecked import UNCHECKED
from asynclint.report import sarif
from asynclint.report.formats import Format, render, shortfalls
from asynclint.report.sarif_rules import MOST_DESCRIPTION, MOST_NAME, descriptor
from asynclint.rulekit.discovery import all_rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from asynclint.core.span import Location

SCHEMA = json.loads((Path(__file__).parent / "sarif-schema-2.1.0.json").read_text())
VALIDATOR = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
RULES = (*(rule.info for rule in all_rules()), *SUPPRESSION_RULES, *UNCHECKED)


def parsed(report: Report, *, exit_code: int = 1, category: str = "asynclint") -> Any:
    """The only run of the report, after validation of the whole."""
    written = json.loads(render(report, Format.SARIF, exit_code=exit_code, category=category))
    assert [error.message for error in VALIDATOR.iter_errors(written)] == []
    (run,) = written["runs"]
    return run


def with_rules(report: Report) -> Report:
    return dataclasses.replace(report, rules=RULES)


def only(report: Report, *diagnostics: Diagnostic) -> Report:
    return dataclasses.replace(with_rules(report), diagnostics=diagnostics)


def result_of(report: Report, diagnostic: Diagnostic) -> Any:
    (result,) = parsed(only(report, diagnostic))["results"]
    return result


def test_the_validator_knows_what_a_uri_is(report: Report) -> None:
    written = json.loads(render(with_rules(report), Format.SARIF))
    written["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = "my file.py"
    assert [error.message for error in VALIDATOR.iter_errors(written)] == ["'my file.py' is not a 'uri-reference'"]


# --------------------------------------------------------------------------------------------------------------
# The run


def test_the_file_says_what_it_is(report: Report) -> None:
    text = render(with_rules(report), Format.SARIF)
    assert text.isascii()
    assert text.endswith("}\n")
    written = json.loads(text)
    assert (written["$schema"], written["version"]) == ("https://json.schemastore.org/sarif-2.1.0.json", "2.1.0")
    run = parsed(with_rules(report))
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"], driver["semanticVersion"]) == ("asynclint", __version__, __version__)
    assert run["columnKind"] == "unicodeCodePoints"


def test_a_clean_run_describes_every_rule_too(report: Report) -> None:
    clean = dataclasses.replace(with_rules(report), diagnostics=(), errors=())
    run = parsed(clean, exit_code=0)
    assert run["results"] == []
    codes = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert codes == sorted(rule.code for rule in RULES)
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (True, 0)
    assert "toolExecutionNotifications" not in invocation
    assert "notifications" not in run["tool"]["driver"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_has_what_github_asks_for(rule: RuleInfo) -> None:
    described: Any = descriptor(rule)
    assert described["id"] == rule.code
    assert 0 < len(described["name"]) <= MOST_NAME
    for name in ("shortDescription", "fullDescription"):
        assert 0 < len(described[name]["text"]) <= MOST_DESCRIPTION
        assert not described[name]["text"].endswith("…")
    assert "\n" not in described["shortDescription"]["text"]
    assert described["help"]["text"]
    assert described["help"]["markdown"]
    assert "# expect" not in described["help"]["text"] + described["help"]["markdown"]
    assert described["helpUri"].startswith("https://")
    assert described["defaultConfiguration"]["level"] in ("error", "warning", "note")
    properties = described["properties"]
    assert properties["precision"] in ("very-high", "high", "medium", "low")
    assert properties["problem.severity"] in ("error", "warning", "recommendation")
    assert 1 < len(properties["tags"]) <= 10
    assert "security-severity" not in properties


def test_texts_that_are_too_long_are_cut(report: Report) -> None:
    rule = dataclasses.replace(RULES[0], name="n" * 300, summary="s" * 2000, rationale="r" * 2000)
    described: Any = descriptor(rule)
    assert len(described["name"]) == MOST_NAME
    for name in ("shortDescription", "fullDescription"):
        assert len(described[name]["text"]) == MOST_DESCRIPTION
        assert described[name]["text"].endswith("…")
    parsed(dataclasses.replace(report, rules=(rule,)))


def test_no_finding_points_to_a_rule_that_is_not_there(report: Report) -> None:
    for rules in (RULES, RULES[::-1], ()):
        run = parsed(dataclasses.replace(report, rules=rules))
        described = run["tool"]["driver"]["rules"]
        assert [described[result["ruleIndex"]]["id"] for result in run["results"]] == ["ASL202", "ASL101"]
        assert [result["ruleId"] for result in run["results"]] == ["ASL202", "ASL101"]


def test_an_exit_code_of_none_does_not_say_that_nothing_was_found(report: Report) -> None:
    (invocation,) = parsed(dataclasses.replace(report, errors=()), exit_code=0)["invocations"]
    assert (invocation["exitCode"], invocation["exitCodeDescription"]) == (0, "everything was checked")


def test_what_was_not_checked_is_notified(report: Report) -> None:
    run = parsed(with_rules(report), exit_code=2)
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    broken, missing = invocation["toolExecutionNotifications"]
    assert broken["level"] == missing["level"] == "error"
    assert (broken["message"], missing["message"]) == (
        {"text": "invalid syntax"},
        {"text": "there is no such file or folder"},
    )
    known = [item["id"] for item in run["tool"]["driver"]["notifications"]]
    assert [known[item["descriptor"]["index"]] for item in (broken, missing)] == ["ASL010", "missing-path"]
    place = broken["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "app/broken.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 1, "startColumn": 5, "endLine": 1, "endColumn": 8}
    assert missing["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "nowhere", "uriBaseId": "%SRCROOT%"}
    }


def test_an_error_without_a_file_has_no_place(report: Report) -> None:
    run = parsed(dataclasses.replace(report, errors=(CheckError("internal-error", "", "it broke"),)))
    assert "locations" not in run["invocations"][0]["toolExecutionNotifications"][0]


@pytest.mark.parametrize(("category", "ident"), [("asynclint", "asynclint/"), ("api/", "api/"), ("a/b", "a/b/")])
def test_the_category_is_what_stands_before_the_last_slash(report: Report, category: str, ident: str) -> None:
    assert parsed(report, category=category)["automationDetails"] == {"id": ident}


# --------------------------------------------------------------------------------------------------------------
# Findings


def test_a_finding_has_all_that_is_known_of_it(report: Report, blocking: Diagnostic) -> None:
    result = result_of(report, blocking)
    assert (result["level"], result["kind"]) == ("error", "fail")
    assert result["message"] == {"text": "[`requests.get`](2) blocks the event loop."}
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "app/main.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "startColumn": 12, "endLine": 3, "endColumn": 30},
        "contextRegion": {"startLine": 3, "endLine": 3, "snippet": {"text": '    data = load("naïve 😀", 1)'}},
    }
    assert location["logicalLocations"] == [{"fullyQualifiedName": "index", "kind": "function"}]
    assert [(item["id"], item["message"]["text"]) for item in result["relatedLocations"]] == [
        (1, "`load` runs on the event loop"),
        (2, "`requests.get` waits for the network"),
    ]
    assert result["properties"] == {"confidence": "high", "cause": "app/loading.py:load:requests.get"}


def test_a_finding_that_a_baseline_does_not_have_is_new(report: Report, blocking: Diagnostic) -> None:
    assert "baselineState" not in result_of(report, blocking)
    assert result_of(dataclasses.replace(report, is_compared=True), blocking)["baselineState"] == "new"


def test_the_chain_is_a_code_flow_from_the_finding_to_the_cause(report: Report, blocking: Diagnostic) -> None:
    (flow,) = result_of(report, blocking)["codeFlows"]
    (thread,) = flow["threadFlows"]
    steps = thread["locations"]
    assert [
        (
            step["location"]["message"]["text"],
            step["location"]["physicalLocation"]["region"]["startLine"],
            step["importance"],
            step["nestingLevel"],
            step["executionOrder"],
        )
        for step in steps
    ] == [
        ("in `index`", 3, "essential", 0, 1),
        ("`load` runs on the event loop", 1, "important", 1, 2),
        ("`requests.get` waits for the network", 2, "essential", 2, 3),
    ]


def test_a_chain_that_begins_at_the_finding_does_so_once(report: Report, blocking: Diagnostic) -> None:
    first = ChainStep(blocking.location, "calls `load`")
    result = result_of(report, dataclasses.replace(blocking, chain=(first, *blocking.chain[1:])))
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in steps] == [
        "calls `load`",
        "`requests.get` waits for the network",
    ]
    assert [item["id"] for item in result["relatedLocations"]] == [1]
    assert result["message"]["text"].startswith("[`requests.get`](1) ")


def test_a_finding_without_a_chain_has_no_flow(report: Report, discarded: Diagnostic) -> None:
    result = result_of(report, discarded)
    assert result["level"] == "warning"
    assert {"codeFlows", "relatedLocations", "fixes"}.isdisjoint(result)


def test_very_long_chains_are_cut_in_the_middle(report: Report, blocking: Diagnostic) -> None:
    step = blocking.chain[0]
    places = [dataclasses.replace(step.location, path=f"app/m{number}.py") for number in range(1500)]
    chain = (*(ChainStep(place, step.message) for place in places), blocking.chain[-1])
    result = result_of(report, dataclasses.replace(blocking, chain=chain))
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert len(steps) == sarif.MOST_STEPS
    assert len(result["relatedLocations"]) == sarif.MOST_RELATED
    for last in (steps[-1]["location"], result["relatedLocations"][-1]):
        assert last["message"]["text"] == "`requests.get` waits for the network"


def test_fixes_are_replacements(
    report: Report, discarded: Diagnostic, locator: Callable[[str, str, str], Location]
) -> None:
    source = "s = 'ï😀'; f(\n  1)\n"
    edits = (Edit(locator("a b.py", source, "f(\n  1)"), "g()"), Edit(locator("a b.py", source, "s = "), ""))
    fixes = (Fix(Applicability.SAFE, "call `g`", edits), Fix(Applicability.DISPLAY, "think", ()))
    (fix,) = result_of(report, dataclasses.replace(discarded, fixes=fixes))["fixes"]
    assert fix == {
        "description": {"text": "call `g`"},
        "artifactChanges": [
            {
                "artifactLocation": {"uri": "a%20b.py", "uriBaseId": "%SRCROOT%"},
                "replacements": [
                    {
                        "deletedRegion": {"startLine": 1, "startColumn": 11, "endLine": 2, "endColumn": 5},
                        "insertedContent": {"text": "g()"},
                    },
                    {"deletedRegion": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 5}},
                ],
            }
        ],
        "properties": {"applicability": "safe"},
    }


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("it is lost", "It is lost."),
        ("`f` is lost: never awaited; await it", "`f` is lost: never awaited. Await it."),
        ("`f` is lost; `await` it", "`f` is lost. `await` it."),
        ("`f(a; b)` is lost", "`f(a; b)` is lost."),
        ("the route `/a/{x}` waits", "The route `/a/{{x}}` waits."),
        ("`h[name](event)` waits", "`h\\[name\\](event)` waits."),
        ("`list[int]` waits", "`list[int]` waits."),
    ],
)
def test_messages_are_sentences_and_hold_no_markup_of_sarif(
    report: Report, discarded: Diagnostic, message: str, text: str
) -> None:
    assert result_of(report, dataclasses.replace(discarded, message=message))["message"] == {"text": text}


def test_equal_findings_of_a_line_are_told_apart(report: Report, discarded: Diagnostic) -> None:
    elsewhere = dataclasses.replace(discarded.location, path="b.py")
    same = only(report, discarded, discarded, dataclasses.replace(discarded, location=elsewhere), discarded)
    assert [result["message"]["text"] for result in parsed(same)["results"]] == [
        "The task is kept nowhere.",
        "The task is kept nowhere. (Number 2 on this line.)",
        "The task is kept nowhere.",
        "The task is kept nowhere. (Number 3 on this line.)",
    ]


def test_fingerprints_are_githubs_and_ours(report: Report, blocking: Diagnostic) -> None:
    source = SourceText(blocking.location.path, "/srv/shop/app/main.py", b" a\nb\n  \t\tc\n d")
    known = dataclasses.replace(only(report, blocking), sources=(source,))
    assert parsed(known)["results"][0]["partialFingerprints"] == {
        "primaryLocationLineHash": "180aee12dab6264:1",
        "asynclint/v1": "0123456789abcdef",
    }
    assert result_of(report, blocking)["partialFingerprints"] == {"asynclint/v1": "0123456789abcdef"}


def test_severe_findings_come_first(report: Report, blocking: Diagnostic, discarded: Diagnostic) -> None:
    note = dataclasses.replace(discarded, severity=Severity.NOTE)
    mixed = parsed(only(report, note, discarded, blocking, discarded))["results"]
    assert [result["level"] for result in mixed] == ["error", "warning", "warning", "note"]


def test_what_github_will_not_take_or_show_is_said(
    report: Report, discarded: Diagnostic, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = only(report, *[discarded] * 5)
    text = render(many, Format.SARIF)
    assert shortfalls(many, Format.SARIF, text) == ()
    assert shortfalls(many, Format.JSON, text) == ()
    monkeypatch.setattr(sarif, "MOST_RESULTS_SHOWN", 4)
    assert shortfalls(many, Format.SARIF, text) == ("sarif: GitHub shows the 4 most severe of 5 findings",)
    monkeypatch.setattr(sarif, "MOST_RESULTS", 4)
    assert len(parsed(many)["results"]) == 4
    assert shortfalls(many, Format.SARIF, text)[0].startswith("sarif: the file holds the 4 most severe of 5 findings")
    monkeypatch.setattr(sarif, "MOST_BYTES", 100)
    assert shortfalls(many, Format.SARIF, text)[-1].endswith("of compressed SARIF, and the file has more")


# --------------------------------------------------------------------------------------------------------------
# Places


@pytest.mark.parametrize(
    ("source", "part", "columns"),
    [
        ("open('naïve 😀.txt'); f()\n", "f()", (22, 25)),
        ("\tf()\n", "f()", (2, 5)),
        ("f()\r\n", "f()", (1, 4)),
        ("x\r\n\tï = f()\r\n", "f()", (6, 9)),
        ("\x0cf()\n", "f()", (2, 5)),
        ("x = f(1,\n  2)\n", "f(1,\n  2)", (5, 9)),
        ("x = f(1,\r\n  2)\r\n", "f(1,\r\n  2)", (5, 9)),
    ],
)
def test_columns_count_code_points_on_the_first_line(
    report: Report,
    discarded: Diagnostic,
    locator: Callable[[str, str, str], Location],
    source: str,
    part: str,
    columns: tuple[int, int],
) -> None:
    place = locator("a.py", source, part)
    result = result_of(report, dataclasses.replace(discarded, location=place))
    physical = result["locations"][0]["physicalLocation"]
    row = place.start.row
    start, end = columns
    assert physical["region"] == {"startLine": row, "startColumn": start, "endLine": row, "endColumn": end}
    assert physical["contextRegion"]["endLine"] == place.end.row
    assert physical["contextRegion"]["snippet"]["text"].split("\n") == list(place.lines)


def test_a_place_without_its_lines_and_a_very_long_line_are_named_without_source(
    report: Report, discarded: Diagnostic, locator: Callable[[str, str, str], Location]
) -> None:
    place = locator("a.py", "x = 1; " * 1000 + "f(\n)", "f(\n)")
    wide = result_of(report, dataclasses.replace(discarded, location=place))
    assert "snippet" not in wide["locations"][0]["physicalLocation"]["contextRegion"]
    bare = result_of(report, dataclasses.replace(discarded, location=dataclasses.replace(place, lines=())))
    assert "contextRegion" not in bare["locations"][0]["physicalLocation"]


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("my file.py", "my%20file.py"),
        ("a:b.py", "a%3Ab.py"),
        ("100%.py", "100%25.py"),
        ("c#.py", "c%23.py"),
        ("what?.py", "what%3F.py"),
        ("[x]{y}.py", "%5Bx%5D%7By%7D.py"),
        ("naïve 😀.py", "na%C3%AFve%20%F0%9F%98%80.py"),
        ("back\\slash.py", "back%5Cslash.py"),
        ("bell\x07\n\x1b.py", "bell%07%0A%1B.py"),
        ("a/b/~c-d_e.f.py", "a/b/~c-d_e.f.py"),
        ("::warning::x.py", "%3A%3Awarning%3A%3Ax.py"),
    ],
)
def test_names_of_files_are_percent_encoded(report: Report, discarded: Diagnostic, name: str, uri: str) -> None:
    place = dataclasses.replace(discarded.location, path=name)
    result = result_of(report, dataclasses.replace(discarded, location=place))
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri
    assert unquote_to_bytes(uri) == name.encode()


def test_names_are_those_below_the_repository_with_links_resolved(report: Report, discarded: Diagnostic) -> None:
    names = ["a.py", "link/b.py", "odd\\xef.py", "../top.py", "/elsewhere/x y.py", "out/c.py", "gone.py"]
    sources = (
        SourceText("link/b.py", "/srv/shop/real/b.py", b""),
        SourceText("odd\\xef.py", "/srv/shop/api/odd\udcef.py", b""),
        SourceText("../top.py", "/srv/shop/top.py", b""),
        SourceText("/elsewhere/x y.py", "/elsewhere/x y.py", b""),
        SourceText("out/c.py", "/elsewhere/c.py", b""),
    )
    found = [
        dataclasses.replace(discarded, location=dataclasses.replace(discarded.location, path=name)) for name in names
    ]
    below = dataclasses.replace(
        only(report, *found), sources=sources, working_folder="/srv/shop/api", repository="/srv/shop"
    )
    run = parsed(below)
    artifacts = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in run["results"]]
    assert [item["uri"] for item in artifacts] == [
        *("api/a.py", "real/b.py", "api/odd%EF.py", "top.py", "file:///elsewhere/x%20y.py", "api/out/c.py"),
        "api/gone.py",
    ]
    assert [item.get("uriBaseId") for item in artifacts] == [*["%SRCROOT%"] * 4, None, *["%SRCROOT%"] * 2]
    assert run["originalUriBaseIds"] == {"%SRCROOT%": {"uri": "file:///srv/shop/"}}
    assert run["invocations"][0]["workingDirectory"] == {"uri": "file:///srv/shop/api/"}


def test_control_characters_stay_data(
    report: Report, discarded: Diagnostic, locator: Callable[[str, str, str], Location]
) -> None:
    place = locator("a.py", "f('\x1b[31m\x07\x9b\u202e')\n", "f(")
    nasty = dataclasses.replace(discarded, message="a\x1b\nb\x00", symbol="f\r", location=place)
    text = render(only(report, nasty), Format.SARIF)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    result = result_of(report, nasty)
    assert result["message"]["text"] == "A\x1b\nb\x00."


def test_a_report_of_nothing_but_defaults_is_valid() -> None:
    where = Report((), (), files=0, suppressed=0, unresolved_calls=0, rules=())
    assert parsed(where)["results"] == []


def test_severities_and_confidences_all_have_their_words(report: Report, discarded: Diagnostic) -> None:
    for severity in Severity:
        for confidence in Confidence:
            rule = dataclasses.replace(RULES[0], severity=severity, confidence=confidence)
            shaped = dataclasses.replace(discarded, severity=severity, confidence=confidence)
            parsed(dataclasses.replace(report, diagnostics=(shaped,), rules=(rule,)))

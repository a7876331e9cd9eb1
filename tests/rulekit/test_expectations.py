"""The comments that say what a run must report: read right, and compared so that a failure explains itself."""

from __future__ import annotations

import pytest

from asynclint.core.diagnostic import Confidence, Diagnostic, Severity
from asynclint.core.span import Location, Position, Span
from asynclint.rulekit.expectations import (
    Columns,
    Expectation,
    MalformedExpectationError,
    as_shown,
    differences,
    parse_expectations,
)


def finding(row: int, code: str, severity: Severity = Severity.ERROR, columns: tuple[int, int] = (1, 5)) -> Diagnostic:
    place = Location("a.py", Span(0, 0), Position(row, columns[0]), Position(row, columns[1]))
    return Diagnostic(code, "name", severity, Confidence.HIGH, "it blocks", place)


def test_codes_on_a_line() -> None:
    source = "a()\nb()  # expect: ASL201, ASL101\nc()  # expect: ASL202\n"
    assert parse_expectations(source) == (
        Expectation(2, "ASL201"),
        Expectation(2, "ASL101"),
        Expectation(3, "ASL202"),
    )


def test_another_comment_may_follow() -> None:
    assert parse_expectations("a()  # expect: ASL201  # through the helper\n") == (Expectation(1, "ASL201"),)


def test_severities() -> None:
    source = "a()  # expect: ASL101[note], ASL301[warning]"
    assert [item.severity for item in parse_expectations(source)] == [Severity.NOTE, Severity.WARNING]


def test_columns() -> None:
    source = "    x = f(a())  # expect: ASL201, ASL101\n#       ^^^^^^\n#         ^^^\n"
    first, second = parse_expectations(source)
    assert first.columns == Columns(9, 15)
    assert second.columns == Columns(11, 14)


def test_columns_of_the_first_code_only() -> None:
    first, second = parse_expectations("    f()  # expect: ASL201, ASL101\n    #^^\n    g()\n")
    assert first.columns == Columns(6, 8)
    assert second.columns is None


@pytest.mark.parametrize(
    "comment",
    [
        "# expect ASL201",
        "# expect:",
        "# expect: 201",
        "# expect: ASL201 ASL202",
        "# expect: ASL201[bad]",
        "# expect: x",
    ],
)
def test_malformed_comments_are_refused(comment: str) -> None:
    with pytest.raises(MalformedExpectationError, match="line 2"):
        parse_expectations(f"\nf()  {comment}\n")


def test_words_that_begin_like_it_are_comments() -> None:
    assert parse_expectations("f()  # expected to be fast, as we expect:\n# expectations: none\n") == ()


def test_nothing_differs() -> None:
    source = "f()  # expect: ASL201\n#^^\ng()\n"
    assert differences(source, [finding(1, "ASL201", columns=(2, 4))]) == ()


def test_missed_and_false_alarms() -> None:
    source = "f()  # expect: ASL201\ng()\n"
    assert differences(source, [finding(2, "ASL101")], "a.py") == (
        "a.py:1: missed alarm: expected ASL201\n    f()  # expect: ASL201",
        "a.py:2: false alarm: ASL101[error] at columns 1-5: it blocks\n    g()",
    )


def test_wrong_severity_and_columns() -> None:
    source = "f()  # expect: ASL201[note]\ng()  # expect: ASL202\n#^^\n"
    first, second = differences(source, [finding(1, "ASL201"), finding(2, "ASL202")])
    assert "expected ASL201[note], got ASL201[error]" in first
    assert "expected ASL202 at columns 2-4, got ASL202[error] at columns 1-5" in second


def test_findings_of_one_code_on_one_line_are_counted() -> None:
    source = "f(); f()  # expect: ASL201, ASL201\n"
    assert differences(source, [finding(1, "ASL201"), finding(1, "ASL201")]) == ()
    assert len(differences(source, [finding(1, "ASL201")])) == 1
    assert len(differences(source, [finding(1, "ASL201")] * 3)) == 1


def test_findings_are_paired_by_what_agrees() -> None:
    source = "f()  # expect: ASL101[note], ASL101[error]\n"
    found = [finding(1, "ASL101", Severity.ERROR), finding(1, "ASL101", Severity.NOTE)]
    assert differences(source, found) == ()


def test_findings_below_the_text() -> None:
    assert differences("", [finding(3, "ASL201")]) == (
        ":3: false alarm: ASL201[error] at columns 1-5: it blocks\n    ",
    )


def test_sources_as_shown_to_readers() -> None:
    assert as_shown("f()  # expect: ASL201[note]\n#^^\ng()\n") == "f()  # ASL201[note]\ng()\n"

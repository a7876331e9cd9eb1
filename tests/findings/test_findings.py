"""Order, fingerprints and causes of findings."""

from __future__ import annotations

from asynclint.core.diagnostic import CheckError, Confidence, Diagnostic, Severity
from asynclint.core.span import Location, Position, Span
from asynclint.findings.cause import grouped
from asynclint.findings.fingerprint import with_fingerprints
from asynclint.findings.order import ordered, ordered_errors


def finding(
    row: int = 1,
    column: int = 1,
    *,
    path: str = "a.py",
    code: str = "ASL201",
    text: str = "time.sleep(1)",
    symbol: str = "f",
    cause: str = "",
) -> Diagnostic:
    where = Location(path, Span(0, 1), Position(row, column), Position(row, column + 1), (text,))
    return Diagnostic(code, "n", Severity.ERROR, Confidence.HIGH, "m", where, symbol=symbol, cause=cause)


def fingerprints(*diagnostics: Diagnostic) -> list[str]:
    return [item.fingerprint for item in with_fingerprints(diagnostics)]


def test_findings_are_ordered_by_place_and_code_whatever_they_were_found_in() -> None:
    expected = [
        finding(9, path="a.py"),
        finding(2, 1, path="b.py", code="ASL101"),
        finding(2, 1, path="b.py", code="ASL201"),
        finding(2, 5, path="b.py", code="ASL101"),
        finding(10, path="b.py"),
    ]
    assert list(ordered(reversed(expected))) == expected


def test_errors_are_ordered_and_said_once() -> None:
    one, other = CheckError("missing-path", "b", "m"), CheckError("ASL010", "a.py", "m", finding(3).location)
    assert ordered_errors([one, other, one]) == (other, one)


def test_a_fingerprint_outlives_moved_lines_spacing_and_a_new_file_name() -> None:
    before = fingerprints(finding(1, text="  time.sleep(1)"))
    assert before == fingerprints(finding(70, 9, path="b.py", text="\ttime.sleep(1)  "))
    assert all(len(item) == 16 for item in before)


def test_a_fingerprint_tells_rule_function_and_text_apart() -> None:
    found = fingerprints(finding(), finding(code="ASL202"), finding(symbol="g"), finding(text="time.sleep(2)"))
    assert len(set(found)) == 4


def test_equal_findings_of_a_file_are_counted() -> None:
    one, two = fingerprints(finding(1), finding(2))
    assert one != two
    assert fingerprints(finding(5, path="0.py"), finding(1), finding(2))[1:] == [one, two]


def test_findings_of_one_cause_are_grouped_when_they_are_many() -> None:
    many = [finding(row, cause="db.py:connect") for row in range(1, 5)]
    few = [finding(row, cause="db.py:close") for row in range(11, 14)]
    alone = [finding(row) for row in range(21, 26)]
    other_rule = finding(31, code="ASL202", cause="db.py:connect")
    mixed = [alone[0], many[0], few[0], *many[1:], *few[1:], *alone[1:], other_rule]
    expected = [(alone[0],), tuple(many), *((item,) for item in [*few, *alone[1:], other_rule])]
    assert list(grouped(mixed)) == expected

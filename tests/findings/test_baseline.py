"""Baselines: what they know again, what they call fixed, and which files they refuse."""

from __future__ import annotations

import dataclasses
import json

import pytest

from asynclint.core.diagnostic import CheckError, Confidence, Diagnostic, Report, RuleInfo, Severity
from asynclint.core.span import Location, Position, Span
from asynclint.findings.baseline import Baseline, BaselineError, Entry, Naming, as_text, baseline_of, compare, from_text

NAMING = Naming("/p", "/p")
INFO = RuleInfo("ASL201", "blocking-sleep", "", "", Severity.ERROR, Confidence.HIGH, True, "", "", ())


def finding(path: str = "a.py", fingerprint: str = "f1", code: str = "ASL201", row: int = 1) -> Diagnostic:
    where = Location(path, Span(0, 1), Position(row, 1), Position(row, 2), ("x",))
    return Diagnostic(code, "n", Severity.ERROR, Confidence.HIGH, "m", where, fingerprint=fingerprint)


def report(*diagnostics: Diagnostic, checked: tuple[str, ...] = ("a.py",)) -> Report:
    return Report(diagnostics, (), len(checked), 0, 0, (INFO,), frozenset(checked))


def compared(result: Report, *known: Diagnostic, gone: bool = False) -> tuple[list[str], int, int, int]:
    comparison = compare(result, baseline_of(known, NAMING), NAMING, lambda _: gone)
    new = [item.fingerprint for item in comparison.report.diagnostics]
    return new, comparison.report.baselined, comparison.fixed, len(comparison.left)


def test_what_is_known_is_left_out_wherever_its_row_is() -> None:
    assert compared(report(finding(row=9), finding(fingerprint="f2")), finding()) == (["f2"], 1, 0, 1)


def test_path_code_fingerprint_and_count_all_matter() -> None:
    known = finding()
    assert compared(report(finding("b.py"), checked=("a.py", "b.py")), known) == (["f1"], 0, 1, 0)
    assert compared(report(finding(code="ASL202")), known) == (["f1"], 0, 1, 0)
    assert compared(report(finding(), finding()), known) == (["f1"], 1, 0, 1)
    assert compared(report(finding()), known, known) == ([], 1, 1, 1)


def test_only_what_could_have_been_found_is_fixed() -> None:
    known = finding()
    assert compared(report(), known) == ([], 0, 1, 0)
    assert compared(report(checked=("b.py",)), known) == ([], 0, 0, 1)
    assert compared(report(checked=("b.py",)), known, gone=True) == ([], 0, 1, 0)
    assert compared(dataclasses.replace(report(), rules=()), known) == ([], 0, 0, 1)
    failed = dataclasses.replace(report(), errors=(CheckError("internal-error", "a.py", "m"),))
    assert compared(failed, known) == ([], 0, 0, 1)


def test_what_a_renamed_file_had_is_known() -> None:
    known = finding()
    renamed = report(finding("b.py"), finding("b.py", "f2"), checked=("b.py",))
    assert compared(renamed, known, gone=True) == (["f2"], 1, 0, 1)
    assert compared(renamed, known, gone=False) == (["f1", "f2"], 0, 0, 1)
    assert compared(renamed, known, known, gone=True) == (["f2"], 1, 1, 1)
    copied = report(finding("b.py"), finding("c.py"), checked=("b.py", "c.py"))
    assert compared(copied, known, gone=True) == (["f1"], 1, 0, 1)
    comparison = compare(renamed, baseline_of([known], NAMING), NAMING, lambda _: True)
    assert comparison.left == Baseline({Entry("b.py", "ASL201", "f1"): 1})


def test_names_do_not_depend_on_the_working_folder() -> None:
    assert Naming("/p/sub", "/p").relative("a.py") == "sub/a.py"
    assert Naming("/p/sub", "/p").relative("/p/b.py") == "b.py"
    assert Naming("/p", "/p/sub").relative("a.py") == "../a.py"
    assert Naming("/", "/").relative("a.py") == "a.py"


def test_the_file_is_sorted_and_says_what_it_is() -> None:
    baseline = Baseline({Entry("é.py", "ASL101", "f"): 2, Entry("a.py", "ASL201", "f"): 1})
    text = as_text(baseline)
    assert text.isascii()
    assert json.loads(text) == {
        "version": 1,
        "tool": "asynclint",
        "entries": [
            {"path": "a.py", "code": "ASL201", "fingerprint": "f", "count": 1},
            {"path": "é.py", "code": "ASL101", "fingerprint": "f", "count": 2},
        ],
    }
    assert from_text(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()) == baseline
    assert len(baseline) == 3
    assert from_text(as_text(Baseline({})).encode()) == Baseline({})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "it is not JSON"),
        (b"<<<<<<< HEAD\n", "it is not JSON"),
        (b'{"tool": "\xff"}', "it is not JSON"),
        (b'{"x": ' + b"[" * 100_000, "it is not JSON"),
        (b"[]", "it is not a baseline of asynclint"),
        (b"{}", "it is not a baseline of asynclint"),
        (b'{"version": 1, "tool": "other", "entries": []}', "it is not a baseline of asynclint"),
        (b'{"version": "1", "tool": "asynclint", "entries": []}', "it is not a baseline of asynclint"),
        (b'{"version": 2, "tool": "asynclint"}', "it has version 2, of a newer asynclint; this one reads version 1"),
        (b'{"version": 1, "tool": "asynclint"}', "it is damaged: object missing required field `entries`"),
        (
            b'{"version":1,"tool":"asynclint","entries":[{"path":"a","code":"b","fingerprint":"c","count":0}]}',
            "it is damaged: expected `int` >= 1 - at `$.entries[0].count`",
        ),
    ],
)
def test_other_files_are_refused_in_one_line(text: bytes, reason: str) -> None:
    with pytest.raises(BaselineError) as caught:
        from_text(text)
    assert str(caught.value) == reason

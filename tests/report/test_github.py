"""Annotations and the summary of a GitHub Actions run."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import pytest

from asynclint.core.diagnostic import Diagnostic, Report, Severity, SourceText
from asynclint.findings.unchecked import UNCHECKED
from asynclint.report.formats import Format, render
from asynclint.report.github import MOST_ROWS, summary

if TYPE_CHECKING:
    from collections.abc import Callable

    from asynclint.core.span import Location


def of(report: Report, *diagnostics: Diagnostic) -> Report:
    return dataclasses.replace(report, diagnostics=diagnostics, errors=())


def test_each_finding_is_an_annotation_after_what_was_not_checked(report: Report) -> None:
    assert render(report, Format.GITHUB, colour=True).splitlines() == [
        "::error title=ASL010,file=app/broken.py,line=1,col=5,endLine=1,endColumn=8::invalid syntax",
        "::error title=missing-path,file=nowhere::there is no such file or folder",
        (
            "::error title=ASL202 blocking-http,file=app/main.py,line=3,col=12,endLine=3,endColumn=30::"
            "`requests.get` blocks the event loop"
            "%0Aapp/loading.py:1:5  `load` runs on the event loop"
            "%0Aapp/loading.py:2:12  `requests.get` waits for the network"
        ),
        (
            "::warning title=ASL101 discarded-task,file=app/main.py,line=4,col=5,endLine=4,endColumn=32::"
            "the task is kept nowhere"
        ),
    ]


def test_what_was_not_checked_is_called_by_name_too(report: Report) -> None:
    named = dataclasses.replace(report, rules=UNCHECKED)
    assert render(named, Format.GITHUB).startswith("::error title=ASL010 syntax-error,file=app/broken.py,")


def test_a_clean_run_says_nothing(report: Report) -> None:
    assert render(of(report), Format.GITHUB) == ""


def test_names_and_messages_are_data(report: Report, discarded: Diagnostic) -> None:
    where = dataclasses.replace(discarded.location, path="::error::a,b:%0A\x1b\n.py")
    nasty = dataclasses.replace(discarded, location=where, message="100%\r\n::stop-commands::x ##[group]\x1b[0m")
    (line,) = render(of(report, nasty), Format.GITHUB).splitlines()
    assert line.isprintable()
    assert line.startswith(
        "::warning title=ASL101 discarded-task,file=%3A%3Aerror%3A%3Aa%2Cb%3A%250A\\x1b\\x0a.py,line=4"
    )
    assert line.endswith("::100%25\\x0d\\x0a::stop-commands::x #\\x23[group]\\x1b[0m")


def test_the_most_severe_come_first_and_what_is_left_out_is_counted(
    report: Report, blocking: Diagnostic, discarded: Diagnostic
) -> None:
    note = dataclasses.replace(discarded, severity=Severity.NOTE)
    mixed = of(report, *[note] * 3, *[discarded] * 12, *[blocking] * 11)
    *lines, last = render(mixed, Format.GITHUB).splitlines()
    levels = [line.split()[0] for line in lines]
    assert levels == ["::error"] * 11 + ["::warning"] * 12 + ["::notice"] * 3
    assert last.endswith("; 3 more stand in this log only")
    assert not last.startswith("::")


def test_a_range_of_several_lines_ends_on_its_first(
    report: Report, discarded: Diagnostic, locator: Callable[[str, str, str], Location]
) -> None:
    place = locator("a.py", "ï = f(1,\n  2)\n", "f(1,\n  2)")
    for location, end in ((place, 9), (dataclasses.replace(place, lines=()), 5)):
        (line,) = render(of(report, dataclasses.replace(discarded, location=location)), Format.GITHUB).splitlines()
        assert f",line=1,col=5,endLine=1,endColumn={end}::" in line


def test_files_are_named_from_the_root_of_the_repository(report: Report, discarded: Diagnostic) -> None:
    sources = (SourceText("app/main.py", "/srv/shop/api/app/odd\udcef.py", b""),)
    below = dataclasses.replace(
        of(report, discarded), sources=sources, working_folder="/srv/shop/api", repository="/srv/shop"
    )
    assert "file=api/app/odd\\xef.py,line=4" in render(below, Format.GITHUB)
    outside = dataclasses.replace(discarded.location, path="/elsewhere/a.py")
    below = dataclasses.replace(below, diagnostics=(dataclasses.replace(discarded, location=outside),))
    assert "file=/elsewhere/a.py,line=4" in render(below, Format.GITHUB)


def test_the_summary_is_a_table(report: Report) -> None:
    text = summary(report)
    assert text.startswith("## asynclint\n\n2 files checked, 2 findings.\n\n### Not checked\n\n- app/broken.py: ")
    assert "| error | ASL202 blocking\\-http | app/main.py:3:12 | `requests.get` blocks the event loop |\n" in text
    assert text.endswith("| warning | ASL101 discarded\\-task | app/main.py:4:5 | the task is kept nowhere |\n\n")
    assert "1 file checked, 0 findings." in summary(dataclasses.replace(of(report), files=1))


@pytest.mark.parametrize(
    "text", ["<img src=x onerror=y>", "![x](http://x)", "a|b", "`a|b`", "a\n| b |", "**x**", "`<b>"]
)
def test_the_summary_holds_no_markup_of_others(report: Report, discarded: Diagnostic, text: str) -> None:
    where = dataclasses.replace(discarded.location, path=f"{text}.py")
    rows = summary(of(report, dataclasses.replace(discarded, location=where, message=text))).splitlines()[6:]
    (row,) = filter(None, rows)
    bare = re.sub(r"\\.", "", row)
    assert bare.count("|") == 5
    assert not re.search(r"[<>!*\[\]]", bare)


def test_the_summary_of_many_findings_is_cut(report: Report, discarded: Diagnostic) -> None:
    text = summary(of(report, *[discarded] * (MOST_ROWS + 7)))
    assert text.count("ASL101") == MOST_ROWS
    assert "\n7 more stand in the log.\n" in text

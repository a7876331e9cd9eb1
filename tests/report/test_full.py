"""The report for people: layout, frames, groups, colour, and that data stays data."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import pytest

from asynclint.core.diagnostic import Diagnostic, Report, Severity
from asynclint.report.frame import MAX_WIDTH, frame
from asynclint.report.full import MANY, render
from asynclint.report.printable import printable_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from asynclint.core.span import Location

EXPECTED = """\
ASL202 blocking-http  error  high confidence
  app/main.py:3:12  in index
  3 |     data = load("naïve 😀", 1)
    |            ^^^^^^^^^^^^^^^^^^^
  `requests.get` blocks the event loop
   └─ app/loading.py:1:5  `load` runs on the event loop
       └─ app/loading.py:2:12  `requests.get` waits for the network
  fix: run `load` in a thread (unsafe)
  help: asynclint rule blocking-http

ASL101 discarded-task  warning  medium confidence
  app/main.py:4:5
  4 |     asyncio.create_task(work())
    |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  the task is kept nowhere
  help: asynclint rule discarded-task
"""


def of(*diagnostics: Diagnostic) -> Report:
    return Report(diagnostics, (), files=1, suppressed=0, unresolved_calls=0, rules=())


def test_a_finding_is_shown_with_its_line_its_chain_and_its_remedy(report: Report) -> None:
    assert render(report) == EXPECTED


def test_colour_changes_nothing_but_colour(report: Report) -> None:
    coloured = render(report, colour=True)
    assert "\x1b[1;31merror\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == EXPECTED


def test_nothing_found_is_nothing_said() -> None:
    assert render(of()) == ""


def test_a_rule_is_explained_once(blocking: Diagnostic) -> None:
    assert render(of(blocking, blocking)).count("help: asynclint rule blocking-http") == 1


def test_many_places_of_one_cause_are_one_block(blocking: Diagnostic) -> None:
    others = [dataclasses.replace(blocking, symbol=f"route_{number}") for number in range(4)]
    text = render(of(blocking, *others))
    assert text.count("requests.get` waits") == 1
    shown = "".join(f"    app/main.py:3:12  in route_{number}\n" for number in range(4))
    assert f"(unsafe)\n  also reached from:\n{shown}  help: asynclint rule blocking-http\n" in text
    assert render(of(*[blocking] * 3)).count("requests.get` waits") == 3


def test_the_places_of_one_function_are_one_line(blocking: Diagnostic) -> None:
    text = render(of(*[blocking] * 5))
    assert "  also reached from:\n    app/main.py:3:12, 3:12, 3:12, 3:12  in index\n" in text


def test_places_that_call_the_cause_themselves(blocking: Diagnostic) -> None:
    direct = dataclasses.replace(blocking, chain=())
    assert "  also called at:\n    app/main.py:3:12, 3:12, 3:12  in index\n" in render(of(*[direct] * 4))


def test_of_very_many_places_some_are_counted(blocking: Diagnostic) -> None:
    report = of(blocking, *(dataclasses.replace(blocking, symbol=f"route_{number}") for number in range(MANY + 3)))
    assert f"in route_{MANY - 1}\n    … and 3 more; --verbose lists all\n  help" in render(report)
    everything = render(report, all_places=True)
    assert f"in route_{MANY + 2}\n  help" in everything
    assert "more; --verbose" not in everything


def test_the_gravest_finding_nearest_to_the_cause_is_shown_in_full(blocking: Diagnostic) -> None:
    note = dataclasses.replace(blocking, severity=Severity.NOTE, symbol="start")
    near = dataclasses.replace(blocking, chain=blocking.chain[1:], symbol="near")
    lines = render(of(note, blocking, near, blocking)).splitlines()
    assert lines[:2] == ["ASL202 blocking-http  error  high confidence", "  app/main.py:3:12  in near"]
    assert lines[lines.index("  also reached from:") + 1 :][:2] == [
        "    app/main.py:3:12  in start  (note)",
        "    app/main.py:3:12, 3:12  in index",
    ]


def test_names_and_source_are_data(blocking: Diagnostic, locator: Callable[[str, str, str], Location]) -> None:
    nasty = locator("::error::\x1b[31m\n.py", "f('\x1b]0;x\x07\u202e ##[add-mask]x ##vso[y]')\n", "f(")
    text = render(of(dataclasses.replace(blocking, location=nasty, message="a\nb\x9b", symbol="f\r")), colour=False)
    assert all(line.isprintable() for line in text.splitlines())
    assert "  ./::error::\\x1b[31m\\x0a.py:1:1  in f\\x0d\n" in text
    assert "##[" not in text
    assert "##vso[" not in text
    assert "a\\x0ab\\x9b" in text


@pytest.mark.parametrize(
    ("source", "part", "shown", "carets"),
    [
        ("x = f()", "f()", "x = f()", "    ^^^"),
        ("\tif f():", "f()", "    if f():", "       ^^^"),
        ("x\t= f()", "f()", "x   = f()", "      ^^^"),
        ("s = '😀'; f()", "f()", "s = '😀'; f()", "          ^^^"),
        ("s = '表'; f('表')", "f('表')", "s = '表'; f('表')", "          ^^^^^^^"),
        ("n = 'e\u0301'; f()", "f()", "n = 'e\u0301'; f()", "         ^^^"),
        ("\x0cf()", "f()", "\\x0cf()", "    ^^^"),
        ("x = f(\n  a)", "f(\n  a)", "x = f(", "    ^^"),
        ("x = f()\r\n", "f()", "x = f()", "    ^^^"),
    ],
)
def test_carets_stand_under_what_they_mean(
    source: str, part: str, shown: str, carets: str, locator: Callable[[str, str, str], Location]
) -> None:
    assert frame(locator("a.py", source, part)) == (shown, carets)


def test_an_empty_range_has_one_caret(locator: Callable[[str, str, str], Location]) -> None:
    assert frame(locator("a.py", "x = f()", "")) == ("x = f()", "^")


def test_a_place_without_its_lines_can_still_be_framed(locator: Callable[[str, str, str], Location]) -> None:
    assert frame(dataclasses.replace(locator("a.py", "x = f()", "f"), lines=())) == ("", "^")


def test_of_a_very_long_line_the_part_around_the_range_is_shown(
    locator: Callable[[str, str, str], Location],
) -> None:
    shown = frame(locator("a.py", "a" * 5000 + " f() " + "b" * 5000, "f()"))
    assert len(shown.source) <= MAX_WIDTH + 2
    assert shown.source[len(shown.carets) - 3 : len(shown.carets)] == "f()"
    assert shown.carets.strip() == "^^^"
    whole = frame(locator("a.py", "f" * 5000, "f" * 5000))
    assert whole.carets == "^" * MAX_WIDTH


@pytest.mark.parametrize("blank", ["", " ", "\t", "\u00a0 "])
def test_a_file_name_is_no_command_behind_blanks_either(blank: str) -> None:
    assert printable_path(f"{blank}::error::x.py").startswith("./")

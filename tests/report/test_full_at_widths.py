"""The report for people on terminals of three widths, plain and in colour, against pages that were looked at.

`ASYNCLINT_WRITE_SNAPSHOTS=1` writes them anew; look at what changed before it is kept.
"""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from asynclint.core.diagnostic import ChainStep, Diagnostic, Report, Severity
from asynclint.report.full import render
from asynclint.report.style import columns_of, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable

    from asynclint.core.span import Location

    Locator = Callable[[str, str, str], Location]

SNAPSHOTS = Path(__file__).parent / "snapshots"
WIDTHS = (80, 100, 160)

REPOSITORY = """\
class 顧客リポジトリ:
    def 保存(self, 顧客, メモ="naïve café 😀"):
        return self.db.execute("INSERT INTO 顧客 VALUES (?, ?) RETURNING id, name, created, updated, e\u0301", 顧客)
"""
STEPS = [
    ("app/routers/customers.py", "calls `CustomerService.register`"),
    ("app/services/customers/registration/service.py", "calls `CustomerService._validated`"),
    ("app/services/customers/registration/validation.py", "calls `Validator.check_everything_about_the_customer`"),
    ("app/services/customers/registration/validation.py", "reads property `Validator.rules`"),
    ("app/repositories/rules.py", "iterates over `RuleRepository.all`"),
    ("app/repositories/base/repository.py", "enters `Repository.transaction`"),
    ("app/repositories/base/repository.py", "calls `Repository._connection`, which implements `Storage.connection`"),
    ("app/顧客/リポジトリ.py", "calls `顧客リポジトリ.保存`"),
    ("app/顧客/リポジトリ.py", "`sqlite3.Connection.execute` blocks the thread"),
]


@pytest.fixture
def at_widths(blocking: Diagnostic, discarded: Diagnostic, locator: Locator) -> Report:
    part = REPOSITORY[REPOSITORY.index("self.db") :].strip()
    place = locator("app/顧客/リポジトリ.py", REPOSITORY, part)
    chain = tuple(ChainStep(dataclasses.replace(place, path=path), message) for path, message in STEPS)
    message = (
        "`CustomerService.register()` blocks the event loop through `sqlite3.Connection.execute`: while it waits, "
        "every other request of this worker waits too; call it with `await asyncio.to_thread(…)`, or use "
        "`aiosqlite` there"
    )
    long = dataclasses.replace(blocking, location=place, symbol="register", message=message, chain=chain, cause="")
    few = dataclasses.replace(blocking, message=message, chain=chain[:2])
    others = [dataclasses.replace(few, symbol=f"route_{number}", severity=Severity.WARNING) for number in range(12)]
    return Report((long, discarded, few, *others), (), files=1, suppressed=0, unresolved_calls=0, rules=())


@pytest.mark.parametrize("colour", [False, True], ids=["plain", "colour"])
@pytest.mark.parametrize("columns", WIDTHS)
def test_the_page_is_the_one_that_was_looked_at(at_widths: Report, columns: int, colour: bool) -> None:
    text = render(at_widths, colour=colour, columns=columns)
    file = SNAPSHOTS / f"full-{columns}{'-colour' if colour else ''}.txt"
    if os.environ.get("ASYNCLINT_WRITE_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("columns", WIDTHS)
def test_colour_changes_nothing_but_colour(at_widths: Report, columns: int) -> None:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", render(at_widths, colour=True, columns=columns))
    assert plain == render(at_widths, columns=columns)


@pytest.mark.parametrize("columns", WIDTHS)
def test_no_line_is_wider_than_the_terminal(at_widths: Report, columns: int) -> None:
    for line in render(at_widths, columns=columns).splitlines():
        assert columns_of(line) <= columns, line
        assert line == line.rstrip()


def test_without_a_width_no_sentence_is_broken(at_widths: Report) -> None:
    assert f"  {at_widths.diagnostics[0].message}\n" in render(at_widths)


@pytest.mark.parametrize(
    ("text", "columns", "first", "lines"),
    [
        ("one two three", 7, 0, ["one two", "  three"]),
        ("one two", 7, 4, ["one", "  two"]),
        ("one two", 7, 7, ["", "  one", "  two"]),
        ("use `a b c` now", 9, 0, ["use", "  `a b c`", "  now"]),
        ("immeasurable", 5, 0, ["immeasurable"]),
        ("表表 表表", 7, 0, ["表表", "  表表"]),
        ("", 5, 0, [""]),
    ],
)
def test_sentences_are_broken_between_words_but_not_in_code(
    text: str, columns: int, first: int, lines: list[str]
) -> None:
    assert wrapped(text, columns, first=first, hanging=2) == lines

"""The page for a browser as text: complete in itself, and what it shows of a project stays data."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from asynclint.core.diagnostic import Applicability, Diagnostic, Edit, Fix, Report, RuleInfo, SourceText
from asynclint.core.entry_point import BlockingPath, EntryPoint, EntryPoints, Thread
from asynclint.report import html_report
from asynclint.report.excerpts import MAX_COLUMNS, MAX_ROWS, Excerpts
from asynclint.report.fix_diff import hunks
from asynclint.report.html_report import render

if TYPE_CHECKING:
    from collections.abc import Callable

    from asynclint.core.span import Location

    Locator = Callable[[str, str, str], Location]

HOSTILE = (
    "</script><script>document.title='taken'</script><!-- <img src=x onerror=alert(1)> "
    "]]> &lt; \u2028 \u2029 {{script}}"
)


class Elements(HTMLParser):
    """The elements of a page, and the text of its scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append((self.get_starttag_text() or "", data))


def data_of(page: str) -> Any:
    (text,) = [text for tag, text in Elements(page).texts if 'id="data"' in tag and text.strip()]
    return json.loads(text)


def sources(*files: tuple[str, str]) -> tuple[SourceText, ...]:
    return tuple(SourceText(name, f"/project/{name}", text.encode()) for name, text in files)


def of(*diagnostics: Diagnostic, files: tuple[tuple[str, str], ...] = ()) -> Report:
    return Report(diagnostics, (), 1, 0, 0, rules=(), sources=sources(*files))


def test_it_loads_nothing_and_runs_only_its_own_script(report: Report) -> None:
    elements = Elements(render(report))
    assert not [attributes for _, attributes in elements.tags if {"src", "srcset", "action"} & attributes.keys()]
    assert {tag for tag, _ in elements.tags}.isdisjoint({"link", "img", "iframe", "base", "object"})
    policy = next(
        attributes["content"] for tag, attributes in elements.tags if tag == "meta" and "http-equiv" in attributes
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    hashes = set(re.findall(r"'sha256-([^']+)'", policy))
    texts = [text for tag, text in elements.texts if tag in {"<script>", "<style>"} and text.strip()]
    assert {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts} == hashes
    assert "unsafe" not in policy


def test_what_is_read_from_a_project_cannot_leave_its_place(blocking: Diagnostic, locator: Locator) -> None:
    source = f"x = '{HOSTILE}'\nf()\n"
    place = locator(f"{HOSTILE}.py", source, "f()")
    hostile = dataclasses.replace(blocking, location=place, message=HOSTILE, symbol=HOSTILE, chain=(), fixes=())
    page = render(dataclasses.replace(of(hostile, files=((place.path, source),)), working_folder=f"/{HOSTILE}"))
    plain = render(of(blocking))
    assert [tag for tag, _ in Elements(page).tags] == [tag for tag, _ in Elements(plain).tags]
    (block,) = [text for tag, text in Elements(page).texts if 'id="data"' in tag and text.strip()]
    assert block.isascii()
    assert not set("<>&") & set(block)
    data = data_of(page)
    assert data["findings"][0]["message"] == HOSTILE.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    assert "<script>document.title" in data["excerpts"][0]["lines"][0]["text"]
    assert "\u2028" not in page


def test_the_name_of_the_folder_is_text(blocking: Diagnostic) -> None:
    page = render(dataclasses.replace(of(blocking), working_folder='/w<b>&amp;"'))
    assert "w&lt;b&gt;&amp;amp;&quot;" in page
    assert "w<b>" not in page


def test_the_script_makes_no_markup_and_no_code_of_text() -> None:
    script = (Path(html_report.__file__).with_name("html_page") / "report.js").read_text(encoding="utf-8")
    assert "document.createElement" in script
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "DOMParser"):
        assert way not in script


def test_the_data_of_a_page(report: Report) -> None:
    data = data_of(render(report))
    first, second = data["findings"]
    assert [step["message"] for step in first["chain"]] == [step.message for step in report.diagnostics[0].chain]
    assert data["paths"][data["excerpts"][first["chain"][1]["excerpt"]]["path"]] == "app/loading.py"
    assert second["severity"] == "warning"
    assert [error["code"] for error in data["errors"]] == ["ASL010", "missing-path"]
    assert data["routes"] is None


def test_only_rules_that_found_something_are_told(blocking: Diagnostic) -> None:
    rule = RuleInfo(
        "ASL202", "blocking-http", "s", "r", blocking.severity, blocking.confidence, True, "", "", (("a", "b"),)
    )
    report = dataclasses.replace(of(blocking), rules=(rule, dataclasses.replace(rule, code="ASL999")))
    assert list(data_of(render(report))["rules"]) == ["ASL202"]


def test_routes(report: Report, blocking: Diagnostic) -> None:
    way = BlockingPath("ASL202", "blocking-http", "requests.get", Thread.LOOP, blocking.chain)
    entry = EntryPoint("route", ("GET",), "/<b>", True, "index", blocking.location, Thread.LOOP, way)
    (route,) = data_of(render(report, EntryPoints((entry,), (), 1)))["routes"]
    assert (route["path"], route["thread"], route["blocking"]["thread"]) == ("/<b>", "loop", "loop")
    assert len(route["blocking"]["chain"]) == 2


def test_the_same_run_gives_the_same_page(report: Report) -> None:
    assert render(report) == render(report)


def test_excerpts_show_the_rows_around_and_mark_the_range(locator: Locator) -> None:
    source = "a\nb\nx = f('😀', '\t')\nc\nd\n"
    excerpts = Excerpts(sources(("a.py", source)))
    number = excerpts.excerpt(locator("a.py", source, "f('😀', '\t')"), 1)
    assert [line["row"] for line in excerpts.all[number]["lines"]] == [2, 3, 4]
    line = excerpts.all[number]["lines"][1]
    assert line["text"] == "x = f('😀', '   ')"
    assert line["mark"] == (4, len(line["text"]) + 1)  # the emoji is two units


def test_an_excerpt_is_kept_once(locator: Locator) -> None:
    place = locator("a.py", "f()\n", "f()")
    excerpts = Excerpts(sources(("a.py", "f()\n")))
    assert excerpts.excerpt(place, 1) == excerpts.excerpt(place, 1)
    assert excerpts.excerpt(place, 3) != excerpts.excerpt(place, 1)
    assert excerpts.paths == ["a.py"]


def test_without_the_source_the_lines_of_the_place_are_shown(locator: Locator) -> None:
    excerpts = Excerpts(())
    excerpts.excerpt(locator("a.py", "a\nf(\n  b)\nc\n", "f(\n  b)"), 3)
    lines = excerpts.all[0]["lines"]
    assert [(line["row"], line["text"], line["mark"]) for line in lines] == [(2, "f(", (0, 2)), (3, "  b)", (2, 4))]


def test_long_ranges_and_long_lines_are_cut(locator: Locator) -> None:
    tall = "f(\n" + "  a,\n" * 100 + ")\n"
    wide = "a" * 5000 + "f()" + "b" * 5000
    excerpts = Excerpts(sources(("tall.py", tall), ("wide.py", wide)))
    excerpts.excerpt(locator("tall.py", tall, tall.strip()), 0)
    excerpts.excerpt(locator("wide.py", wide, "f()"), 0)
    assert len(excerpts.all[0]["lines"]) == MAX_ROWS
    (line,) = excerpts.all[1]["lines"]
    assert len(line["text"]) <= MAX_COLUMNS + 2
    assert line["mark"] is not None
    assert line["text"][slice(*line["mark"])] == "f()"


def _fix(*edits: tuple[Location, str]) -> Fix:
    return Fix(Applicability.SAFE, "mend it", tuple(Edit(place, text) for place, text in edits))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_fix_is_shown_as_a_diff(locator: Locator, end: str) -> None:
    source = end.join(
        ["import time", "", "async def f():", "    time.sleep(1)  # 表", "    g()", "    h()", "    i()", ""]
    )
    fix = _fix(
        (locator("a.py", source, "time.sleep(1)"), "await asyncio.sleep(1)"),
        (locator("a.py", source, "import time"), "import asyncio"),
    )
    (hunk,) = hunks(fix, {"a.py": source.encode()})
    assert hunk["path"] == "a.py"
    assert [(line["sign"], line["row"], line["text"]) for line in hunk["lines"]] == [
        ("-", 1, "import time"),
        ("+", None, "import asyncio"),
        (" ", 2, ""),
        (" ", 3, "async def f():"),
        ("-", 4, "    time.sleep(1)  # 表"),
        ("+", None, "    await asyncio.sleep(1)  # 表"),
        (" ", 5, "    g()"),
        (" ", 6, "    h()"),
    ]


def test_of_a_long_line_the_beginning_is_shown(locator: Locator) -> None:
    source = "é" * 500_000 + "b"
    (hunk,) = hunks(_fix((locator("a.py", source, "b"), "c")), {"a.py": source.encode()})
    assert [(line["sign"], line["text"]) for line in hunk["lines"]] == [("-", "é" * 400 + "…"), ("+", "é" * 400 + "…")]


def test_changes_far_apart_are_hunks_of_their_own(locator: Locator) -> None:
    source = "a\n" + "x\n" * 20 + "b\n"
    fix = _fix((locator("a.py", source, "b"), "c"), (locator("a.py", source, "a"), "d\na"))
    first, second = hunks(fix, {"a.py": source.encode()})
    assert [line["sign"] + line["text"] for line in first["lines"]] == ["+d", " a", " x", " x"]
    assert [line["sign"] + line["text"] for line in second["lines"]] == [" x", " x", "-b", "+c"]


def test_changes_of_several_files_are_told_apart(locator: Locator) -> None:
    fix = _fix(
        (locator("b.py", "y\n", "y"), "z"), (locator("a.py", "x\n", "x"), "w"), (locator("c.py", "v\n", "v"), "u")
    )
    found = hunks(fix, {"a.py": b"x\n", "b.py": b"y\n"})
    texts = [(hunk["path"], [line["sign"] + line["text"] for line in hunk["lines"]]) for hunk in found]
    assert texts == [("a.py", ["-x", "+w"]), ("b.py", ["-y", "+z"])]

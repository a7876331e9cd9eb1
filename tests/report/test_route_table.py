"""The table of entry points, wide, narrow and in colour."""

from __future__ import annotations

import re

from asynclint.core.diagnostic import ChainStep
from asynclint.core.entry_point import BlockingPath, EntryPoint, EntryPoints, Thread
from asynclint.core.span import Location, Position, Span
from asynclint.report.route_table import render_json, render_text


def at(path: str, row: int) -> Location:
    return Location(path, Span(0, 1), Position(row, 1), Position(row, 2))


def entry(path: str = "/items", handler: str = "items", chain: int = 0, thread: Thread = Thread.LOOP) -> EntryPoint:
    steps = tuple(ChainStep(at("services/storage.py", row + 1), f"calls `step_{row}`") for row in range(chain))
    blocking = BlockingPath("ASL204", "blocking-file-io", "open", thread, steps) if chain else None
    return EntryPoint("route", ("GET",), path, True, handler, at("api/items.py", 7), thread, blocking)


def test_nothing_is_cut_off_on_a_narrow_terminal() -> None:
    found = EntryPoints((entry(chain=4), entry("/elsewhere")), (), 1)
    text = render_text(found, columns=60, colour=False)
    lines = text.splitlines()
    assert lines[:4] == [
        "METHOD  PATH        RUNS IN  HANDLER",
        "GET     /items      loop     items    api/items.py:7",
        "    └─ ASL204 blocking-file-io: `open` blocks the event loop:",
        "       services/storage.py:1 calls `step_0` →",
    ]
    assert render_text(found, columns=30, colour=False).splitlines()[:3] == [
        "METHOD  PATH  RUNS IN  HANDLER",
        "GET  /items  loop",
        "    items  api/items.py:7",
    ]


def test_a_few_long_cells_do_not_push_all_apart() -> None:
    entries = (*(entry(f"/{number:03}") for number in range(40)), entry("/" + "long" * 20))
    text = render_text(EntryPoints(entries, (), 1), columns=None, colour=False)
    assert text.splitlines()[1] == "GET     /000  loop     items    api/items.py:7"


def test_colour_changes_no_letter() -> None:
    found = EntryPoints((entry(chain=2), entry(thread=Thread.WORKER, chain=1), entry(thread=Thread.UNKNOWN)), (), 1)
    plain = render_text(found, columns=80, colour=False)
    assert re.sub("\x1b\\[[0-9;]*m", "", render_text(found, columns=80, colour=True)) == plain
    assert "\x1b" not in plain


def test_names_from_the_sources_cannot_reach_the_terminal() -> None:
    found = EntryPoints((entry("/\x1b[31mred"),), (), 1)
    assert "\x1b" not in render_text(found, columns=None, colour=False)
    assert "\x1b" not in render_json(found)

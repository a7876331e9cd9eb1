"""What `asynclint routes` prints: the entry points as a table for people and as JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypedDict

from asynclint import __version__
from asynclint.core.entry_point import Thread
from asynclint.report.json_report import JsonError, JsonStep, as_json_error, as_json_step
from asynclint.report.json_text import json_text
from asynclint.report.printable import printable, printable_path
from asynclint.report.style import Piece, Style, columns_of, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asynclint.core.diagnostic import ChainStep
    from asynclint.core.entry_point import BlockingPath, EntryPoint, EntryPoints

FORMAT_VERSION: Final = 1

_HEADINGS = {
    "background": "background functions",
    "lifespan": "lifespan",
    "startup": "startup handlers",
    "shutdown": "shutdown handlers",
    "middleware": "middleware",
    "exception-handler": "exception handlers",
}
_MOST: Final = 95
"""Percent of the cells that fit their column."""

_ROUTES = frozenset({"route", "websocket"})
_GAP = "  "
_THREAD_STYLES = {Thread.LOOP: Style.PLAIN, Thread.WORKER: Style.DIM, Thread.UNKNOWN: Style.NOTE}


class JsonBlocking(TypedDict):
    code: str
    name: str
    call: str
    runs_on: str
    chain: list[JsonStep]


class JsonEntryPoint(TypedDict):
    kind: str
    methods: list[str]
    path: str | None
    path_known: bool
    handler: str
    filename: str
    location: dict[str, int]
    runs_on: str
    blocking: JsonBlocking | None


class JsonEntryPoints(TypedDict):
    version: int
    tool: dict[str, str]
    files: int
    errors: list[JsonError]
    entry_points: list[JsonEntryPoint]


def render_json(found: EntryPoints) -> str:
    """Everything as indented JSON in ASCII."""
    report: JsonEntryPoints = {
        "version": FORMAT_VERSION,
        "tool": {"name": "asynclint", "version": __version__},
        "files": found.files,
        "errors": [as_json_error(error) for error in found.errors],
        "entry_points": [_as_json(entry) for entry in found.entries],
    }
    return json_text(report)


def _as_json(entry: EntryPoint) -> JsonEntryPoint:
    start = entry.location.start
    return {
        "kind": entry.kind,
        "methods": list(entry.methods),
        "path": entry.path if entry.kind in _ROUTES else None,
        "path_known": entry.path_known,
        "handler": entry.handler,
        "filename": entry.location.path,
        "location": {"row": start.row, "column": start.column},
        "runs_on": entry.thread.value,
        "blocking": None if entry.blocking is None else _blocking_json(entry.blocking),
    }


def _blocking_json(path: BlockingPath) -> JsonBlocking:
    return {
        "code": path.code,
        "name": path.name,
        "call": path.call,
        "runs_on": path.thread.value,
        "chain": [as_json_step(step) for step in path.chain],
    }


# -- for people ------------------------------------------------------------------------------------------------


def render_text(found: EntryPoints, *, columns: int | None, colour: bool) -> str:
    """A line for each entry point, under it the worst blocking call. `columns` is the width to keep to, if any."""
    routes = [entry for entry in found.entries if entry.kind in _ROUTES]
    blocks = [_block("", routes, columns)] if routes else []
    for kind, heading in _HEADINGS.items():
        entries = [entry for entry in found.entries if entry.kind == kind]
        if entries:
            blocks.append(_block(heading, entries, columns))
    return "\n".join("".join(line(*pieces, colour=colour) for pieces in block) for block in blocks)


_Line = tuple[Piece | str, ...]


def _block(heading: str, entries: Sequence[EntryPoint], columns: int | None) -> list[_Line]:
    rows = [_fields(entry) for entry in entries]
    titles = ("METHOD", "PATH", "RUNS IN", "HANDLER") if not heading else ("RUNS IN", "HANDLER")
    widths = [_column([row[place] for row in (titles, *rows)]) for place in range(len(titles))]
    longest = max(columns_of(_place(entry)) for entry in entries)
    fits = columns is None or sum(widths) + len(_GAP) * len(widths) + longest <= columns
    lines: list[_Line] = [(Piece(heading.capitalize(), Style.STRONG),)] if heading else []
    lines.append((Piece(_GAP.join(_row(titles, widths) if fits else titles).rstrip(), Style.DIM),))
    for entry, row in zip(entries, rows, strict=True):
        lines += _entry(entry, row, widths, columns) if fits else _folded(entry, row, columns)
    return lines


def _fields(entry: EntryPoint) -> tuple[str, ...]:
    thread, handler = f"{_runs(entry.thread)}", printable(entry.handler)
    if entry.kind not in _ROUTES:
        return thread, handler
    methods = printable(",".join(entry.methods)) if entry.kind == "route" else "WS"
    return methods, printable(entry.path), thread, handler


def _runs(thread: Thread) -> str:
    return "?" if thread is Thread.UNKNOWN else thread.value


def _place(entry: EntryPoint) -> str:
    return f"{printable_path(entry.location.path)}:{entry.location.start.row}"


def _column(texts: list[str]) -> int:
    """The width of a column: that of most cells, so that a few long ones stick out rather than push all apart."""
    sizes = sorted(map(columns_of, texts))
    return max(sizes[min(len(sizes) - 1, len(sizes) * _MOST // 100)], columns_of(texts[0]))


def _row(fields: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [text + " " * max(0, wide - columns_of(text)) for text, wide in zip(fields, widths, strict=True)]


def _entry(entry: EntryPoint, row: tuple[str, ...], widths: Sequence[int], columns: int | None) -> Iterator[_Line]:
    *first, handler = _row(row, widths)
    yield (*_pieces(entry, first), handler, _GAP, Piece(_place(entry), Style.PLACE))
    yield from _blocking(entry, columns)


def _folded(entry: EntryPoint, row: tuple[str, ...], columns: int | None) -> Iterator[_Line]:
    """For a narrow terminal: what and where in two lines, and nothing cut off."""
    *first, handler = row
    yield tuple(_pieces(entry, first)[:-1])
    yield (_GAP * 2, handler, _GAP, Piece(_place(entry), Style.PLACE))
    yield from _blocking(entry, columns)


def _pieces(entry: EntryPoint, fields: list[str]) -> list[Piece | str]:
    pieces: list[Piece | str] = []
    for text in fields[:-1]:
        pieces += [Piece(text, Style.STRONG), _GAP]
    return [*pieces, Piece(fields[-1], _THREAD_STYLES[entry.thread]), _GAP]


def _blocking(entry: EntryPoint, columns: int | None) -> Iterator[_Line]:
    path = entry.blocking
    if path is None:
        return
    on_loop = path.thread is Thread.LOOP
    verdict = "blocks the event loop" if on_loop else "blocks only its own thread"
    if path.thread is Thread.UNKNOWN:
        verdict = "blocks the thread it runs in"
    lead = f"    └─ {path.code} {path.name}: "
    words = [f"`{path.call}` {verdict}", *_way(path.chain)]
    shown = list(_wrapped(lead, words, columns))
    yield from ((Piece(text, Style.WARNING if on_loop else Style.DIM),) for text in shown)


def _way(chain: tuple[ChainStep, ...]) -> list[str]:
    """Such as `app/main.py:12 calls `fetch``; the last step, which says again what blocks, as a place only."""
    *before, last = chain
    steps = [f"{_step_place(step)} {printable(step.message)}" for step in before]
    return [*steps, _step_place(last)]


def _step_place(step: ChainStep) -> str:
    return f"{printable_path(step.location.path)}:{step.location.start.row}"


def _wrapped(lead: str, words: list[str], columns: int | None) -> Iterator[str]:
    """The steps joined by arrows, a new line begun where the next one would not fit."""
    first, *rest = words
    current = lead + first + (": " if rest else "")
    for position, word in enumerate(rest):
        arrow = " → " if position else ""
        if columns is not None and columns_of(current + arrow + word) > columns:
            yield (current + arrow).rstrip()
            current = "       " + word
        else:
            current += arrow + word
    yield current

"""What `asynclint check --explain` prints."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from asynclint.report.printable import printable, printable_path
from asynclint.report.style import Piece, Style, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asynclint.core.diagnostic import ChainStep
    from asynclint.core.explanation import Explanation, Statement

_Line = tuple[Piece | str, ...]


def render(explanation: Explanation, *, columns: int | None, colour: bool) -> str:
    """The line, where it runs, what it calls, and what the rules say. `columns` is the width to keep to, if any."""
    blocks = [_head(explanation), _section("Where it runs", explanation.contexts, columns)]
    blocks += [_call(call.text, (*call.resolution, *call.consequence), columns) for call in explanation.calls]
    if not explanation.calls:
        blocks.append([("No call begins on this line.",)])
    findings = explanation.findings
    blocks.append(_section("Findings", findings, columns) if findings else [("No rule has a finding on this line.",)])
    return "\n".join("".join(line(*pieces, colour=colour) for pieces in block) for block in blocks)


def _head(explanation: Explanation) -> list[_Line]:
    location = explanation.location
    place = Piece(f"{printable_path(location.path)}:{location.start.row}", Style.PLACE)
    around = f"  in {printable(explanation.symbol)}" if explanation.symbol else "  in the module's own code"
    source = location.lines[0].strip() if location.lines else ""
    return [(place, around), (Piece("    " + printable(source), Style.STRONG),)]


def _section(title: str, statements: Iterable[Statement], columns: int | None) -> list[_Line]:
    lines: list[_Line] = [(Piece(title, Style.STRONG),)]
    for statement in statements:
        lines += _statement(statement, columns)
    return lines


def _call(text: str, statements: tuple[Statement, ...], columns: int | None) -> list[_Line]:
    return _section(f"`{printable(text)}`", statements, columns)


def _statement(statement: Statement, columns: int | None) -> Iterator[_Line]:
    text = printable(statement.text)
    for part in _wrapped(text, columns):
        yield (part,)
    for depth, step in enumerate(statement.chain):
        yield _step(step, depth)


def _wrapped(text: str, columns: int | None) -> list[str]:
    if columns is None:
        return [f"  {text}"]
    return textwrap.wrap(
        text,
        max(columns, 40),
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _step(step: ChainStep, depth: int) -> _Line:
    place = f"{printable_path(step.location.path)}:{step.location.start.row}:{step.location.start.column}"
    return (Piece("   " + "    " * depth + "└─ ", Style.DIM), Piece(place, Style.PLACE), f"  {printable(step.message)}")

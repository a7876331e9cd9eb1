"""Comments in example code that say what a run must report, and how a run compares with them.

    time.sleep(1)  # expect: ASL201
    asyncio.create_task(work())  # expect: ASL101[note], ASL301
    #^^^^^^^^^^^^^^^^^^^^^^^^^^

A line without such a comment must not be reported. A code given twice must be reported twice. A severity may
follow a code in brackets. A line of carets below gives the exact columns of the first code, a second such line
those of the second.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from asynclint.core.diagnostic import Diagnostic, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_COMMENT = re.compile(r"#\s*expect\b(?P<colon>:?)\s*(?P<list>[^#]*)")
_ITEM = re.compile(r"(?P<code>ASL\d{3})(?:\[(?P<severity>error|warning|note)\])?\Z")
_CARETS = re.compile(r"\s*#\s*(?P<carets>\^+)\s*\Z")


class Columns(NamedTuple):
    """Columns of a line counted from 1 in code points, the end exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Expectation:
    """A finding that must be there; `severity` and `columns` are None where they are left open."""

    row: int
    code: str
    severity: Severity | None = None
    columns: Columns | None = None

    def admits(self, finding: Diagnostic) -> bool:
        """Whether a finding of the same row and code has the severity and the columns asked for."""
        place = Columns(finding.location.start.column, finding.location.end.column)
        return self.severity in (None, finding.severity) and self.columns in (None, place)


class MalformedExpectationError(ValueError):
    """A comment that looks like an expectation and is none."""


def parse_expectations(source: str) -> tuple[Expectation, ...]:
    """The expectations of a source text, in order."""
    lines = source.splitlines()
    return tuple(item for row in range(1, len(lines) + 1) for item in _of_line(lines, row))


def as_shown(source: str) -> str:
    """A source for readers: `# expect: ASL201` becomes `# ASL201`, lines of carets go."""
    lines = (line for line in source.splitlines() if not _CARETS.match(line))
    return "\n".join(_COMMENT.sub(lambda found: f"# {found['list']}", line) for line in lines) + "\n"


def differences(source: str, findings: Iterable[Diagnostic], path: str = "") -> tuple[str, ...]:
    """What is reported and not expected, or expected and not reported: one text each, with its line of source."""
    lines = source.splitlines()
    expected = parse_expectations(source)
    found = tuple(findings)
    places = {(item.row, item.code) for item in expected} | {(item.location.start.row, item.code) for item in found}
    return tuple(
        f"{path}:{row}: {text}\n    {lines[row - 1].strip() if row <= len(lines) else ''}"
        for row, code in sorted(places)
        for text in _differences_at(
            [item for item in expected if (item.row, item.code) == (row, code)],
            [item for item in found if (item.location.start.row, item.code) == (row, code)],
        )
    )


def _differences_at(expected: Sequence[Expectation], found: Sequence[Diagnostic]) -> Iterator[str]:
    """For one code on one line: pairs what agrees, then names what is left over."""
    unmet: list[Expectation] = []
    left = list(found)
    for item in expected:
        agreeing = next((finding for finding in left if item.admits(finding)), None)
        if agreeing is None:
            unmet.append(item)
        else:
            left.remove(agreeing)
    for item in unmet:
        if left:
            yield f"expected {_described(item)}, got {_reported(left.pop(0))}"
        else:
            yield f"missed alarm: expected {_described(item)}"
    for finding in left:
        yield f"false alarm: {_reported(finding)}"


def _described(item: Expectation) -> str:
    severity = f"[{item.severity.value}]" if item.severity is not None else ""
    columns = f" at columns {item.columns.start}-{item.columns.end}" if item.columns is not None else ""
    return f"{item.code}{severity}{columns}"


def _reported(finding: Diagnostic) -> str:
    columns = f"columns {finding.location.start.column}-{finding.location.end.column}"
    return f"{finding.code}[{finding.severity.value}] at {columns}: {finding.message}"


def _of_line(lines: Sequence[str], row: int) -> Iterator[Expectation]:
    comment = _COMMENT.search(lines[row - 1])
    if comment is None:
        return
    items = [item.strip() for item in comment["list"].split(",")]
    for item, columns in zip(items, _columns_below(lines, row, len(items)), strict=True):
        parsed = _ITEM.match(item)
        if parsed is None or not comment["colon"]:
            raise MalformedExpectationError(f"line {row}: `{lines[row - 1].strip()}` is no expectation")
        severity = parsed["severity"]
        yield Expectation(row, parsed["code"], Severity(severity) if severity else None, columns)


def _columns_below(lines: Sequence[str], row: int, count: int) -> list[Columns | None]:
    """The columns given by the lines of carets below a row, one for each of `count` codes."""
    found: list[Columns | None] = []
    for line in lines[row : row + count]:
        carets = _CARETS.match(line)
        if carets is None:
            break
        found.append(Columns(carets.start("carets") + 1, carets.end("carets") + 1))
    return found + [None] * (count - len(found))

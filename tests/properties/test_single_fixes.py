"""Each fix by itself, on every fixture and example, and on real projects where `ASYNCLINT_CORPUS` names a folder.

The result compiles, keeps every comment, and the `ast` of all statements that no edit touches is what it was.
"""

from __future__ import annotations

import ast
import dataclasses
import io
import os
import re
import tokenize
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from asynclint.config.settings import Settings
from asynclint.core.diagnostic import Applicability
from asynclint.core.span import Span
from asynclint.fixing.edits import applied, in_order
from asynclint.fixing.judgement import compiles
from asynclint.rulekit.discovery import all_rules
from asynclint.run.checks import check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asynclint.core.diagnostic import Diagnostic, Fix

Unit: TypeAlias = ast.stmt | ast.excepthandler | ast.match_case
"""A statement, or a clause of one, without what stands in its blocks."""

FIXTURES = Path(__file__).parent.parent / "fixtures"
CORPUS = os.environ.get("ASYNCLINT_CORPUS", "")


def untouched(data: bytes, edited: Sequence[Span]) -> list[str]:
    """The units that no edited range overlaps or adjoins, in their order."""
    lines = [0]
    for line in data.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    found = (unit for unit in ast.walk(ast.parse(data)) if isinstance(unit, Unit))
    return [
        ast.dump(_without_blocks(unit))
        for unit in sorted(found, key=lambda unit: _extent(unit, lines))
        if not any(_touch(_extent(unit, lines), span) for span in edited)
    ]


def _touch(one: Span, other: Span) -> bool:
    return one.start <= other.end and other.start <= one.end


def _extent(unit: Unit, lines: list[int]) -> Span:
    """From the first decorator, if any, to the end of the header."""
    place = unit.pattern if isinstance(unit, ast.match_case) else unit
    starts = [place, *getattr(unit, "decorator_list", [])]
    start = min(lines[node.lineno - 1] + node.col_offset for node in starts)
    if isinstance(unit, ast.match_case):
        return Span(start, _extent(unit.body[0], lines).start)
    inner = [_extent(block[0], lines).start for block in _blocks(unit) if block]
    assert unit.end_lineno is not None
    assert unit.end_col_offset is not None
    return Span(start, min(inner, default=lines[unit.end_lineno - 1] + unit.end_col_offset))


def _blocks(unit: Unit) -> Iterator[list[Unit]]:
    for _, value in ast.iter_fields(unit):
        if isinstance(value, list) and value and isinstance(value[0], Unit):
            yield value


def _without_blocks(unit: Unit) -> ast.AST:
    fields = {
        name: [] if isinstance(value, list) and value and isinstance(value[0], Unit) else value
        for name, value in ast.iter_fields(unit)
    }
    return type(unit)(**fields)


def spans_after(fix: Fix) -> list[Span]:
    """Where what the edits wrote stands in the result."""
    shift, spans = 0, []
    for edit in in_order(fix.edits):
        size = len(edit.content.encode())
        spans.append(Span(edit.span.start + shift, edit.span.start + shift + size))
        shift += size - (edit.span.end - edit.span.start)
    return spans


def comments(data: bytes) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(data.decode()).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


def broken_promises(files: dict[str, bytes], finding: Diagnostic, fix: Fix) -> Iterator[str]:
    """What a fix does that it must not do, to texts or to those who read the page of its rule."""
    if not re.search(WORDS[fix.applicability], SAFETY.get(finding.code, "SAFE, UNSAFE")):
        yield f"the page of the rule does not say when its fix is {fix.applicability.value}"
    paths = {edit.location.path for edit in fix.edits}
    if fix.applicability is not Applicability.DISPLAY and paths - {finding.location.path}:
        yield "it would be applied to other files than that of its finding"
    for path in sorted(paths):
        edits = tuple(edit for edit in fix.edits if edit.location.path == path)
        part = dataclasses.replace(fix, edits=edits)
        yield from _broken_in_file(files[path].removeprefix(b"\xef\xbb\xbf"), finding, part)


def _broken_in_file(data: bytes, finding: Diagnostic, fix: Fix) -> Iterator[str]:
    after = applied(data, fix.edits)
    if not compiles(data.decode()):
        return  # newer than the running Python
    if not compiles(after.decode()):
        yield "it does not compile"
        return
    # The fix of a suppression that silences nothing takes it away.
    if not finding.code.startswith("ASL0") and comments(data) - comments(after):
        yield f"it loses {comments(data) - comments(after)}"
    if untouched(data, [edit.span for edit in fix.edits]) != untouched(after, spans_after(fix)):
        yield "it changes statements outside of its edits"


def _sources() -> dict[str, dict[str, bytes]]:
    projects = FIXTURES / "projects"
    folders = [path for path in (*FIXTURES.iterdir(), *projects.iterdir()) if path.is_dir() and path != projects]
    cases = {f"fixtures/{folder.name}": _texts(folder) for folder in folders}
    cases |= {
        f"examples/{rule.name}": {f"bad{number}.py": item.bad.encode() for number, item in enumerate(rule.examples)}
        for rule in all_rules()
        if rule.fix_safety
    }
    if CORPUS:
        packages = (path for path in Path(CORPUS).iterdir() if path.is_dir())
        cases |= {f"corpus/{package.name}": _texts(package) for package in packages}
    return dict(sorted(cases.items()))


def _texts(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


SOURCES = _sources()
SAFETY = {rule.code: rule.fix_safety for rule in all_rules()}
WORDS = {Applicability.SAFE: r"\bSAFE\b", Applicability.UNSAFE: r"\bUNSAFE\b", Applicability.DISPLAY: r"\bshown\b"}


@pytest.mark.parametrize("files", SOURCES.values(), ids=SOURCES.keys())
def test_a_fix_keeps_its_promises(files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").touch()
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    broken = [
        f"{item.location.path}:{item.location.start.row}: {item.code}: {problem}"
        for item in check(["."], Settings(jobs=1, select=("ALL",))).diagnostics
        for fix in item.fixes
        for problem in broken_promises(files, item, fix)
    ]
    assert not broken, "\n".join(broken)


PROGRAM = b"""\
import os

@decorated
def f(x):  # why
    if x:
        return 1
    try:
        g()
    except ValueError:
        pass
    match x:
        case 1: pass
"""


@pytest.mark.parametrize(
    ("edited", "units"),
    [
        ([], 11),
        ([Span(0, 0)], 10),  # the import, which the edit adjoins
        ([Span(12, 13)], 10),  # a decorator belongs to the header
        (
            [Span(PROGRAM.index(b"return"), PROGRAM.index(b"return") + 1)],
            9,
        ),  # so ends the `if`
        ([Span(PROGRAM.index(b"ValueError"), PROGRAM.index(b"ValueError") + 1)], 10),
        (
            [Span(PROGRAM.index(b"case 1") + 5, PROGRAM.index(b"case 1") + 6)],
            9,
        ),  # so ends the `match`
        ([Span(0, len(PROGRAM))], 0),
    ],
)
def test_what_counts_as_untouched(edited: list[Span], units: int) -> None:
    assert len(untouched(PROGRAM, edited)) == units

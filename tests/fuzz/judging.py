"""What must hold of every run, whatever it is run on."""

from __future__ import annotations

import ast
import json
import re
import warnings
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from asynclint.cli.exit_codes import exit_code
from asynclint.config.settings import Settings, SettingsError
from asynclint.report.formats import Format, render
from asynclint.run.checks import check
from asynclint.run.fixes import fix
from asynclint.source.problems import INTERNAL_ERROR, OVER_BUDGET, SYNTAX_ERROR, UNREADABLE_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from asynclint.core.diagnostic import CheckError, Report

SETTINGS = Settings(select=("ALL",), jobs=1, use_cache=False, count_unresolved=True, everything=True)
_EXPECTED = frozenset({SYNTAX_ERROR, UNREADABLE_FILE, OVER_BUDGET})
_LINES_OF_ONE_FORM = (Format.CONCISE, Format.GITHUB, Format.FULL)
_CONTROL = re.compile(r"[^\n\x20-\x7e\xa0-\U0010ffff]|[\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class BrokenPromiseError(AssertionError):
    """Something that must hold does not."""


def judge(folder: Path, sources: Mapping[str, bytes], configuration: str = "", *, fixes: bool = False) -> None:
    """Check a project of these files by name, and all that is reported of it.

    Raises BrokenPromiseError where something does not hold, or whatever the run raised.
    """
    for file in folder.iterdir():
        file.unlink()
    (folder / "pyproject.toml").write_text(configuration)
    for name, data in sources.items():
        (folder / name).write_bytes(data)
    try:
        report = check([str(folder)], SETTINGS)
    except SettingsError as error:
        if not configuration:
            raise BrokenPromiseError(f"refused settings: {error!r}") from error
        return
    _judge_errors(report.errors, sources)
    _judge_places(report)
    _judge_code(report)
    for output_format in Format:
        _judge_text(output_format, render(report, output_format, exit_code=exit_code(report, SETTINGS)))
    if fixes:
        fixed = fix([str(folder)], SETTINGS, unsafe=True, write=False)
        _judge_errors(fixed.report.errors, {})
        for change in fixed.changes:
            if _reads(change.before) and not _reads(change.after):
                raise BrokenPromiseError(f"{change.shown} cannot be read once it is fixed")


def _judge_errors(errors: Iterable[CheckError], sources: Mapping[str, bytes]) -> None:
    for error in errors:
        name = error.filename.rpartition("/")[2]
        if error.code == INTERNAL_ERROR or error.code not in _EXPECTED:
            raise BrokenPromiseError(f"{error.code} in {error.filename}: {error.message}\n{error.details}")
        readable = name in sources and b"\0" not in sources[name] and _reads(sources[name])
        if error.code == SYNTAX_ERROR and readable and "too deeply" not in error.message:
            raise BrokenPromiseError(f"Python reads {error.filename}: {error.message}")


def _reads(data: bytes) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(data)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def _judge_places(report: Report) -> None:
    texts = {source.shown: source.data for source in report.sources}
    for item in report.diagnostics:
        span, data = item.location.span, texts[item.location.path]
        if not 0 <= span.start <= span.end <= len(data):
            raise BrokenPromiseError(f"{item.code} stands outside of its file: {span}")
        data[span.start : span.end].decode()
        for edit in (edit for one in item.fixes for edit in one.edits):
            text = texts.get(edit.location.path)
            if text is not None and not 0 <= edit.location.span.start <= edit.location.span.end <= len(text):
                raise BrokenPromiseError(f"{item.code} edits outside of its file")


def _judge_code(report: Report) -> None:
    code = exit_code(report, SETTINGS)
    serious = any(item.severity.value in ("error", "warning") for item in report.diagnostics)
    if code != (2 if report.errors else 1 if serious else 0):
        raise BrokenPromiseError(f"exit code {code}")


def _judge_text(output_format: Format, text: str) -> None:
    match output_format:
        case Format.JSON | Format.GITLAB:
            json.loads(text)
        case Format.SARIF:
            (run,) = json.loads(text)["runs"]
            for result in run["results"]:
                (place,) = result["locations"]
                region = place["physicalLocation"]["region"]
                if not 1 <= region["startLine"] <= region.get("endLine", region["startLine"]):
                    raise BrokenPromiseError(f"region {region}")
        case Format.JSON_LINES:
            for line in text.splitlines():
                json.loads(line)
        case Format.JUNIT:
            ET.fromstring(text)
        case _ if output_format in _LINES_OF_ONE_FORM:
            found = _CONTROL.search(text)
            if found is not None:
                raise BrokenPromiseError(f"{output_format.value} holds {found.group()!r}")

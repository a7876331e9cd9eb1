"""What must hold of every run, and of all that is reported of it."""

from __future__ import annotations

import dataclasses
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import jsonschema
import msgspec
from tests.fuzz.judge_reading import is_python
from tests.fuzz.promises import BrokenPromiseError, lay

from asynclint.cli.exit_codes import exit_code
from asynclint.config.settings import Settings
from asynclint.flow.errors import LowerError
from asynclint.flow.lower import lower
from asynclint.report.formats import Format, render
from asynclint.report.gitlab import Issue
from asynclint.report.json_report import JsonReport
from asynclint.run.checks import check
from asynclint.run.fixes import fix
from asynclint.source.problems import INTERNAL_ERROR, OVER_BUDGET, SYNTAX_ERROR, UNREADABLE_FILE
from asynclint.source.text import UnreadableFile, decode_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from asynclint.core.diagnostic import CheckError, Diagnostic, Report

SETTINGS = Settings(select=("ALL",), jobs=1, use_cache=False, count_unresolved=True, everything=True)
_EXPECTED = frozenset({SYNTAX_ERROR, UNREADABLE_FILE, OVER_BUDGET})
_LINES_OF_ONE_FORM = (Format.CONCISE, Format.GITHUB, Format.FULL)
_CONTROL = re.compile(r"[^\n\x20-\x7e\xa0-\U0010ffff]|[\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_SARIF = jsonschema.Draft4Validator(
    json.loads((Path(__file__).parents[1] / "report/sarif-schema-2.1.0.json").read_text()),
    format_checker=jsonschema.FormatChecker(),
)


def judge_check(folder: Path, sources: Mapping[str, bytes]) -> Report:
    """Check a project of these files by name, and all that is reported of it.

    Raises BrokenPromiseError where something does not hold, or whatever the run raised.
    """
    lay(folder, sources)
    report = check([str(folder)], SETTINGS)
    _judge_errors(report.errors, sources)
    _judge_places(report)
    _judge_code(report)
    if report.files + len({error.filename for error in report.errors}) < len(sources):
        raise BrokenPromiseError("a file that is neither checked nor an error")
    judge_texts(report)
    return report


def judge_exhaustive(folder: Path, sources: Mapping[str, bytes]) -> None:
    """The findings do not depend on the front end, where both read every file."""
    lay(folder, {name: data for name, data in sources.items() if _both_read(data)})
    usual, slow = (check([str(folder)], dataclasses.replace(SETTINGS, exhaustive=slow)) for slow in (False, True))
    if render(usual, Format.JSON) != render(slow, Format.JSON):
        raise BrokenPromiseError("another front end, other findings")


def judge_fixes(folder: Path, sources: Mapping[str, bytes]) -> None:
    """What could be read can be read after its fixes, which leave no fix to make."""
    lay(folder, sources)
    fixed = fix([str(folder)], SETTINGS, unsafe=True, write=True)
    _judge_errors(fixed.report.errors, {})
    for change in fixed.changes:
        if is_python(change.before) and not is_python(change.after):
            raise BrokenPromiseError(f"{change.shown} cannot be read once it is fixed")
    again = fix([str(folder)], SETTINGS, unsafe=True, write=False)
    if fixed.stable and again.changes:
        raise BrokenPromiseError(f"{again.changes[0].shown} is fixed again")


def judge_suppressions(folder: Path, sources: Mapping[str, bytes]) -> None:
    """Comments silence findings and make none but their own; those that are useless can be removed without harm."""
    report = judge_check(folder, sources)
    everything = check([str(folder)], dataclasses.replace(SETTINGS, ignore_suppressions=True))
    if not set(_found(report)) <= set(_found(everything)):
        raise BrokenPromiseError("a comment makes a finding")
    fixed = fix([str(folder)], SETTINGS, unsafe=False, write=True, fixable=_about_suppressions)
    _judge_errors(fixed.report.errors, {})
    if _found(fixed.report) != _found(report):
        raise BrokenPromiseError("the removal of a useless comment changes what is found")


def _found(report: Report) -> list[tuple[str, str, str]]:
    """The findings but those about comments, by what a removed comment cannot change."""
    others = (item for item in report.diagnostics if not item.code.startswith("ASL00"))
    return sorted((item.location.path, item.code, item.message) for item in others)


def _about_suppressions(report: Report) -> tuple[Diagnostic, ...]:
    return tuple(item for item in report.diagnostics if item.code == "ASL001")


def _judge_errors(errors: Iterable[CheckError], sources: Mapping[str, bytes]) -> None:
    for error in errors:
        name = error.filename.rpartition("/")[2]
        if error.code == INTERNAL_ERROR or error.code not in _EXPECTED:
            raise BrokenPromiseError(f"{error.code} in {error.filename}: {error.message}\n{error.details}")
        readable = name in sources and b"\0" not in sources[name] and is_python(sources[name])
        if error.code == SYNTAX_ERROR and readable and "too deeply" not in error.message:
            raise BrokenPromiseError(f"Python reads {error.filename}: {error.message}")


def _both_read(data: bytes) -> bool:
    try:
        text = decode_source(data, "/m.py", "m.py").text
        return lower(text).front_end == "ast" and lower(text, reference=True).front_end == "libcst"
    except (LowerError, UnreadableFile):
        return False


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


# --------------------------------------------------------------------------------------------------------------
# Texts


def judge_texts(report: Report) -> None:
    """The report in every format."""
    for output_format in Format:
        text = render(report, output_format, exit_code=exit_code(report, SETTINGS))
        _judge_text(output_format, text, report)


def _judge_text(output_format: Format, text: str, report: Report) -> None:
    count = len(report.diagnostics)
    match output_format:
        case Format.JSON:
            written = msgspec.json.decode(text, type=JsonReport, strict=True)
            _judge_count(output_format, len(written["diagnostics"]), count)
        case Format.GITLAB:
            issues = msgspec.json.decode(text, type=list[Issue], strict=True)
            _judge_count(output_format, len({issue["fingerprint"] for issue in issues}), count + len(report.errors))
        case Format.SARIF:
            _judge_sarif(text, count)
        case Format.JSON_LINES:
            lines = [json.loads(line) for line in text.split("\n")[:-1]]
            _judge_count(output_format, len(lines), count + len(report.errors) + 1)
        case Format.JUNIT:
            ET.fromstring(text)
        case Format.HTML:
            _judge_page(text, count)
        case _ if output_format in _LINES_OF_ONE_FORM:
            found = _CONTROL.search(text)
            if found is not None:
                raise BrokenPromiseError(f"{output_format.value} holds {found.group()!r}")


def _judge_count(output_format: Format, found: int, expected: int) -> None:
    if found != expected:
        raise BrokenPromiseError(f"{output_format.value} has {found} of {expected}")


def _judge_sarif(text: str, count: int) -> None:
    written = json.loads(text)
    for error in _SARIF.iter_errors(written):
        raise BrokenPromiseError(f"no SARIF: {error.message} at {list(error.absolute_path)}")
    (run,) = written["runs"]
    _judge_count(Format.SARIF, len(run["results"]), count)
    for result in run["results"]:
        (place,) = result["locations"]
        region = place["physicalLocation"]["region"]
        if not 1 <= region["startLine"] <= region.get("endLine", region["startLine"]):
            raise BrokenPromiseError(f"region {region}")


class _Page(HTMLParser):
    """The elements of a page, and what is in its scripts of data."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.data = ""
        self._is_data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._is_data = tag == "script" and ("type", "application/json") in attrs

    def handle_endtag(self, tag: str) -> None:
        self._is_data = self._is_data and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._is_data:
            self.data += data


def _judge_page(text: str, count: int) -> None:
    page = _Page()
    page.feed(text)
    if page.tags.count("script") != 2 or {"img", "b", "iframe"} & set(page.tags):
        raise BrokenPromiseError("the page has elements that are not its own")
    _judge_count(Format.HTML, len(json.loads(page.data)["findings"]), count)

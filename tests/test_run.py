"""The pipeline as a whole, with rules made for the occasion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import asynclint.run.analysis
import asynclint.run.planning
from asynclint.config.settings import Settings, SettingsError
from asynclint.core.diagnostic import Confidence, Diagnostic, Report, Severity
from asynclint.core.span import Span
from asynclint.findings.suppression_rules import SUPPRESSION_RULES
from asynclint.findings.unchecked import UNCHECKED
from asynclint.rulekit.rule import Rule
from asynclint.run.checks import check
from asynclint.source.discovery import Discovery, discover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from asynclint.semantics.module_context import ModuleContext


def rule(code: str, query: Callable[[ModuleContext], Iterator[Diagnostic]], *, default: bool = True) -> Rule:
    return Rule(code, f"rule-{code[3:]}", "", "", Severity.ERROR, Confidence.HIGH, (), query, default=default)


def each_function(module: ModuleContext) -> Iterator[Diagnostic]:
    """Reports every function, last one first."""
    for function in reversed(module.module.functions):
        where = module.location(Span(function.ir.start, function.ir.end))
        yield Diagnostic("ASL900", "rule-900", Severity.ERROR, Confidence.HIGH, "m", where, symbol=function.qualname)


def failing(module: ModuleContext) -> Iterator[Diagnostic]:
    yield from each_function(module)
    if module.module.path.endswith("b.py"):
        raise KeyError("two\nlines")


def known_modules(module: ModuleContext) -> Iterator[Diagnostic]:
    """Says which files the project of a module has."""
    names = sorted(item.display for item in module.project.modules)
    where = module.location(Span(0, 0))
    yield Diagnostic("ASL901", "rule-901", Severity.NOTE, Confidence.HIGH, " ".join(names), where)


@pytest.fixture(autouse=True)
def rules(monkeypatch: pytest.MonkeyPatch) -> None:
    made = (
        rule("ASL900", each_function),
        rule("ASL901", known_modules, default=False),
        rule("ASL902", failing, default=False),
    )
    monkeypatch.setattr(asynclint.run.analysis, "all_rules", lambda: made)
    infos = (*(item.info for item in made), *SUPPRESSION_RULES, *UNCHECKED)
    monkeypatch.setattr(asynclint.run.planning, "described_rules", lambda: infos)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.py", "sub/b.py", "sub/c.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("def f(): pass\ndef g(): pass\n")
    return tmp_path


def places(report: Report) -> list[str]:
    return [f"{item.location.path}:{item.location.start.row}" for item in report.diagnostics]


@pytest.mark.usefixtures("tree")
def test_findings_come_in_order_with_fingerprints() -> None:
    report = check(["."], Settings())
    assert places(report) == ["a.py:1", "a.py:2", "sub/b.py:1", "sub/b.py:2", "sub/c.py:1", "sub/c.py:2"]
    assert all(item.fingerprint for item in report.diagnostics)
    assert (report.files, report.errors, report.suppressed) == (3, (), 0)
    assert [info.code for info in report.rules] == ["ASL900", "ASL001", "ASL002", "ASL010", "ASL011"]


def test_the_whole_project_is_read_and_what_was_asked_for_is_reported(tree: Path) -> None:
    (tree / "broken.py").write_text("def (:\n")
    report = check(["sub/c.py"], Settings(select=("ASL901",)))
    assert [item.message for item in report.diagnostics] == ["a.py sub/b.py sub/c.py"]
    assert (places(report), report.files, report.errors) == (["sub/c.py:1"], 1, ())


def test_each_path_is_checked_in_its_project(tree: Path) -> None:
    settings = Settings(select=("ASL901",))
    (tree / "pyproject.toml").touch()
    (tree / "sub/pyproject.toml").touch()
    assert [item.message for item in check(["sub/b.py"], settings).diagnostics] == ["a.py sub/b.py sub/c.py"]
    (tree / "sub/asynclint.toml").write_text("root = true\n")
    apart = ["a.py sub/b.py sub/c.py", "sub/b.py sub/c.py"]
    assert [item.message for item in check(["sub/b.py", "a.py"], settings).diagnostics] == apart
    assert [item.message for item in check(["sub/b.py", "."], settings).diagnostics] == [*apart, apart[1]]


def test_a_file_that_is_left_out_of_its_project_is_checked_when_given(tree: Path) -> None:
    (tree / ".gitignore").write_text("b.py\n")
    assert places(check(["."], Settings())) == ["a.py:1", "a.py:2", "sub/c.py:1", "sub/c.py:2"]
    assert places(check(["sub/b.py"], Settings())) == ["sub/b.py:1", "sub/b.py:2"]


def test_the_working_folder_changes_names_only(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "pyproject.toml").touch()
    above = check(["sub"], Settings())
    monkeypatch.chdir(tree / "sub")
    within = check(["."], Settings())
    assert places(within) == [place.removeprefix("sub/") for place in places(above)]
    assert [item.fingerprint for item in within.diagnostics] == [item.fingerprint for item in above.diagnostics]
    assert places(check([".."], Settings()))[0] == f"{tree}/a.py:1"


@pytest.mark.usefixtures("tree")
def test_a_rule_that_fails_on_a_file_is_named_and_the_rest_goes_on() -> None:
    report = check(["."], Settings(select=("ASL900", "ASL902")))
    assert len(report.diagnostics) == 12
    (error,) = report.errors
    assert (error.code, error.filename) == ("internal-error", "sub/b.py")
    assert error.message.startswith("rule ASL902 rule-902 failed: KeyError: 'two\\nlines' (test_run.py:")


def test_a_file_that_vanishes_during_the_run_is_named_and_the_rest_goes_on(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def discover_and_delete(paths: tuple[str, ...], **options: Any) -> Discovery:
        found = discover(paths, **options)
        (tree / "sub/b.py").unlink(missing_ok=True)
        return found

    monkeypatch.setattr(asynclint.run.planning, "discover", discover_and_delete)
    report = check(["."], Settings())
    assert places(report) == ["a.py:1", "a.py:2", "sub/c.py:1", "sub/c.py:2"]
    assert [(error.code, error.filename) for error in report.errors] == [("ASL011", "sub/b.py")]
    assert report.files == 2


@pytest.mark.usefixtures("tree")
def test_unknown_rules_are_refused() -> None:
    with pytest.raises(SettingsError, match="did you mean `rule-90"):
        check(["."], Settings(select=("rule-90",)))


def test_exhaustive_reading_finds_the_same(tree: Path) -> None:
    (tree / "a.py").write_text("async def f():\n    def g(): pass\n")
    assert check(["."], Settings(exhaustive=True)) == check(["."], Settings())


def test_progress_is_told(tree: Path) -> None:
    told: list[tuple[str, int, int]] = []
    check([str(tree)], Settings(), lambda *step: told.append(step))
    assert told == [("reading", 3, 3), ("checking", 1, 3), ("checking", 2, 3), ("checking", 3, 3)]

"""Every fix of every rule, on every fixture and example: the result compiles, stays, and brings nothing new."""

from __future__ import annotations

import io
import tokenize
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from asynclint.config.settings import Settings
from asynclint.fixing.judgement import compiles
from asynclint.rulekit.discovery import all_rules
from asynclint.run import analysis
from asynclint.run.checks import check
from asynclint.run.fixes import fix

if TYPE_CHECKING:
    from asynclint.run.fixes import Fixed

FIXTURES = Path(__file__).parent.parent / "fixtures"
PROJECTS = FIXTURES / "projects"
EVERYTHING = Settings(jobs=1, select=("ALL",))
REFUSED = {("ASL302", "it would bring ASL301 "), ("ASL302", "it would bring ASL213 ")}
"""What runs in the background only once it is handed over properly may turn out to fail there in silence."""


def _files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _cases() -> dict[str, dict[str, bytes]]:
    """The files of each fixture folder, project and example, by name."""
    folders = [path for path in (*FIXTURES.iterdir(), *PROJECTS.iterdir()) if path.is_dir() and path != PROJECTS]
    cases = {folder.relative_to(FIXTURES).as_posix(): _files(folder) for folder in folders}
    for rule in all_rules():
        for number, example in enumerate(rule.examples):
            texts = {"bad.py": example.bad.encode(), "good.py": example.good.encode()}
            cases[f"examples/{rule.name}/{number}"] = texts
    return dict(sorted(cases.items()))


CASES = _cases()


@pytest.mark.parametrize("files", CASES.values(), ids=CASES.keys())
def test_fixing_a_project(files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").touch()
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    before = _counted()
    with monkeypatch.context() as patch:
        patch.setattr(analysis, "all_rules", lambda: tuple(reversed(all_rules())))
        in_other_order = fix(["."], EVERYTHING, unsafe=True, write=False)

    fixed = fix(["."], EVERYTHING, unsafe=True, write=True)

    assert fixed.changes == in_other_order.changes

    for item in fixed.refused:
        assert (item.repair.diagnostic.code, item.reason[:22]) in REFUSED, item.reason
    for change in fixed.changes:
        # Syntax newer than the running Python is judged by the check below.
        assert compiles(change.after.decode()) or not compiles(change.before.decode())
        assert (tmp_path / change.shown).read_bytes() == change.after
        assert not _comments(change.before) - _comments(change.after)
    after = _counted()
    assert not after - before, "new findings"
    assert before.total() - after.total() >= len(fixed.made)
    assert _changes(fix(["."], EVERYTHING, unsafe=True, write=True)) == []


def _changes(fixed: Fixed) -> list[str]:
    return [change.shown for change in fixed.changes]


def _counted() -> Counter[tuple[str, str]]:
    report = check(["."], EVERYTHING)
    assert not report.errors
    return Counter((item.location.path, item.code) for item in report.diagnostics)


def _comments(data: bytes) -> Counter[str]:
    """The comments, but for those that silence findings: an unused one is fixed by taking it away."""
    tokens = tokenize.generate_tokens(io.StringIO(data.decode()).readline)
    found = (token.string for token in tokens if token.type == tokenize.COMMENT)
    return Counter(text for text in found if "noqa" not in text and "asynclint:" not in text)

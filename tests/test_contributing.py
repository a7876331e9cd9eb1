"""The walk-through of CONTRIBUTING.md works as it is printed."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from asynclint.config.settings import Settings
from asynclint.rulekit.expectations import differences
from asynclint.rulekit.rule import Rule
from asynclint.run.checks import check

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTRIBUTING = Path(__file__).parent.parent / "CONTRIBUTING.md"


@pytest.fixture
def rule(tmp_path: Path) -> Iterator[Rule]:
    """The rule of the walk-through, loaded as if it were saved where the text says."""
    (code,) = re.findall(r"```python\n(.*?)```", CONTRIBUTING.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "outdated_loop_access.py"
    path.write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"asynclint.rules.{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert isinstance(module.RULE, Rule)
    yield module.RULE
    path.unlink()


def test_the_first_rule_does_what_its_examples_say(rule: Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asynclint.run.analysis.all_rules", lambda: (rule,))
    monkeypatch.setattr("asynclint.run.planning.described_rules", lambda: (rule.info,))
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").touch()
    for example in rule.examples:
        for text in (example.bad, example.good):
            (project / "example.py").write_text(text, encoding="utf-8")
            monkeypatch.chdir(project)
            report = check(["."], Settings(jobs=1))
            assert not report.errors
            assert not differences(text, report.diagnostics, "example.py")
    assert "# expect:" in rule.examples[0].bad

"""The pages of the rules and the table in the README say what the rules say."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from asynclint.rulekit.discovery import all_rules
from asynclint.rulekit.page import TABLE_BEGIN, TABLE_END

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def generate_docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_docs", ROOT / "scripts" / "generate_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_files_are_up_to_date(generate_docs: ModuleType) -> None:
    assert generate_docs.outdated(ROOT) == [], "run python scripts/generate_docs.py"


def test_what_is_written_is_up_to_date(generate_docs: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(f"# Title\n\n{TABLE_BEGIN}\n{TABLE_END}\n")
    pages = tmp_path / "docs" / "rules"
    pages.mkdir(parents=True)
    (pages / "rule-that-is-gone.md").write_text("old")
    assert tmp_path / "README.md" in generate_docs.outdated(tmp_path)
    generate_docs.write(tmp_path)
    assert generate_docs.outdated(tmp_path) == []
    assert not (pages / "rule-that-is-gone.md").exists()
    for rule in all_rules():
        assert rule.code in (pages / f"{rule.name}.md").read_text()
        assert f"docs/rules/{rule.name}.md" in (tmp_path / "README.md").read_text()


def test_a_page_changed_by_hand_is_noticed(generate_docs: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(f"{TABLE_BEGIN}\n{TABLE_END}\n")
    generate_docs.write(tmp_path)
    page = tmp_path / "docs" / "rules" / f"{all_rules()[0].name}.md"
    page.write_text(page.read_text() + "more\n")
    assert generate_docs.outdated(tmp_path) == [page]

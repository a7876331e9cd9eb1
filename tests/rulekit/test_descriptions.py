"""The table of descriptions says what the rules say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.findings.suppression_rules import SUPPRESSION_RULES
from asynclint.findings.unchecked import UNCHECKED
from asynclint.rulekit import descriptions
from asynclint.rulekit.descriptions import described_rules, table_text
from asynclint.rulekit.discovery import all_rules

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

INFOS = tuple(
    sorted((*(rule.info for rule in all_rules()), *SUPPRESSION_RULES, *UNCHECKED), key=lambda info: info.code)
)


def test_the_table_holds_every_rule_as_it_describes_itself() -> None:
    assert described_rules() == INFOS


def test_a_rule_whose_file_is_new_describes_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new = all_rules()[0]
    table = tmp_path / "descriptions.json"
    table.write_text(table_text(info for info in INFOS if info.code != new.code), encoding="utf-8")
    monkeypatch.setattr(descriptions, "TABLE", str(table))
    assert new.code not in {info.code for info in described_rules()}

    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "just_written.py").touch()
    monkeypatch.setattr(descriptions, "_RULES", str(tmp_path / "rules"))
    assert described_rules() == INFOS

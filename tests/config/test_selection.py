"""Which rules are on for what people write."""

from __future__ import annotations

import pytest

from asynclint.config.selection import find_rule, select_rules
from asynclint.config.settings import SettingsError
from asynclint.core.diagnostic import Confidence, RuleInfo, Severity


def rule(code: str, name: str, *, default: bool = True) -> RuleInfo:
    return RuleInfo(code, name, "", "", Severity.ERROR, Confidence.HIGH, default, "", "", ())


RULES = (
    rule("ASL101", "discarded-task"),
    rule("ASL201", "blocking-sleep"),
    rule("ASL204", "blocking-file-io"),
    rule("ASL213", "needless-async-route", default=False),
)


def chosen(select: str = "", ignore: str = "") -> str:
    return " ".join(code[3:] for code in sorted(select_rules(RULES, tuple(select.split()), tuple(ignore.split()))))


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        ("", "", "101 201 204"),
        ("ALL", "", "101 201 204 213"),
        ("ASL2", "", "201 204"),
        ("ASL", "", "101 201 204"),
        ("ASL213", "", "213"),
        ("needless-async-route", "", "213"),
        ("discarded-task ASL201", "", "101 201"),
        ("", "ASL2", "101"),
        ("", "blocking-sleep", "101 204"),
        ("", "ASL213", "101 201 204"),
        ("ASL2", "ASL204", "201"),
        ("ASL204", "ASL2", "204"),
        ("ALL", "ASL2", "101"),
        ("ASL2", "ASL2", ""),
        ("ASL20", "ASL2", "201 204"),
        ("ALL", "ALL", ""),
    ],
)
def test_the_closer_selector_decides(select: str, ignore: str, expected: str) -> None:
    assert chosen(select, ignore) == expected


def test_every_unknown_selector_is_named_with_what_may_be_meant() -> None:
    with pytest.raises(SettingsError) as caught:
        chosen("blocking-slep asl201 ASL2O4", "XYZ")
    assert caught.value.problems == (
        "unknown rule `blocking-slep`; did you mean `blocking-sleep`?",
        "unknown rule `asl201`; did you mean `ASL201`?",
        "unknown rule `ASL2O4`; did you mean `ASL204`?",
        "unknown rule `XYZ`; `asynclint rules` lists them",
    )


def test_a_rule_is_found_by_code_and_by_name_but_not_by_prefix() -> None:
    assert find_rule(RULES, "ASL101") is find_rule(RULES, "discarded-task")
    with pytest.raises(SettingsError, match="unknown rule `ASL20`; did you mean `ASL20"):
        find_rule(RULES, "ASL20")

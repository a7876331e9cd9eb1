"""What rules say of themselves: in one style, complete, unique."""

from __future__ import annotations

import ast
import inspect
import re
from typing import TYPE_CHECKING

import pytest

from asynclint.config.options import BY_KEY
from asynclint.config.settings import Settings
from asynclint.rulekit.discovery import all_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asynclint.core.diagnostic import Report
    from asynclint.rulekit.rule import Rule

RULES = all_rules()

rules = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


def test_there_are_rules() -> None:
    assert RULES


def test_codes_and_names_are_unique() -> None:
    words = [word for rule in RULES for word in (rule.code, rule.name)]
    assert len(words) == len(set(words))


@rules
def test_codes(rule: Rule) -> None:
    assert re.fullmatch(r"ASL\d{3}", rule.code)


@rules
def test_names_are_those_of_their_files(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert rule.check.__module__.rpartition(".")[2] == rule.name.replace("-", "_")


@rules
def test_the_module_says_in_one_line_what_it_finds(rule: Rule) -> None:
    module = inspect.getmodule(rule.check)
    assert module is not None
    assert module.__doc__
    assert len(module.__doc__.splitlines()) == 1


@rules
def test_summaries(rule: Rule) -> None:
    assert _has_message_style(rule.summary)
    assert len(rule.summary) <= 100


@rules
def test_rationales_are_paragraphs(rule: Rule) -> None:
    assert rule.rationale.endswith(".")
    assert len(rule.rationale) > len(rule.summary)


@rules
def test_fix_safety_says_which(rule: Rule) -> None:
    assert not rule.fix_safety or re.search(r"\b(SAFE|UNSAFE|shown)\b", rule.fix_safety)


@rules
def test_timelines_show_two_at_once(rule: Rule) -> None:
    lines = rule.timeline.splitlines()
    assert len(lines) >= 2
    assert max(map(len, lines)) <= 100
    assert {"━", "┄"} & set(rule.timeline)


@rules
def test_limits_are_sentences(rule: Rule) -> None:
    assert rule.limits
    for limit in rule.limits:
        assert re.fullmatch(r"[A-Z].*\.", limit), limit


@rules
def test_settings_are_keys_of_the_configuration(rule: Rule) -> None:
    assert set(rule.settings) <= BY_KEY.keys()


@rules
def test_there_are_examples_and_they_parse(rule: Rule) -> None:
    assert rule.examples
    for example in rule.examples:
        ast.parse(example.bad)
        ast.parse(example.good)


@rules
def test_messages_of_the_examples(rule: Rule, run: Callable[[Mapping[str, str], Settings], Report]) -> None:
    report = run(
        {f"example_{number}.py": example.bad for number, example in enumerate(rule.examples)},
        Settings(jobs=1, select=(rule.code,)),
    )
    assert report.diagnostics
    for finding in report.diagnostics:
        assert _has_message_style(finding.message), finding.message
        for step in finding.chain:
            assert _has_message_style(step.message), step.message
        for fix in finding.fixes:
            assert _has_message_style(fix.message), fix.message


def _has_message_style(text: str) -> bool:
    """One line that starts in lower case or with code, and has no full stop at the end."""
    return bool(re.match(r"[a-z`]", text)) and not text.endswith(".") and "\n" not in text

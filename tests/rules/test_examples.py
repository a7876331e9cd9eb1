"""Every example of every rule does what its page says: the defect is found where it is marked, the remedy is silent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from asynclint.config.settings import Settings
from asynclint.core.diagnostic import Applicability, Edit, Fix
from asynclint.rulekit.discovery import all_rules
from asynclint.rulekit.expectations import as_shown, parse_expectations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from asynclint.core.diagnostic import Report
    from asynclint.rulekit.rule import Example, Rule


class Case(NamedTuple):
    rule: Rule
    example: Example

    @property
    def settings(self) -> Settings:
        """The default rules and the one whose example it is."""
        codes = {rule.code for rule in all_rules() if rule.default} | {self.rule.code}
        return Settings(jobs=1, select=tuple(sorted(codes)))


CASES = [Case(rule, example) for rule in all_rules() for example in rule.examples]

examples = pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule.name)


@examples
def test_the_defect_is_found_where_it_is_marked(
    case: Case, disagreements: Callable[[Mapping[str, str], Settings], list[str]]
) -> None:
    failures = disagreements({"example.py": case.example.bad}, case.settings)
    assert not failures, "\n".join(failures)


@examples
def test_the_defect_is_of_its_rule(case: Case) -> None:
    assert case.rule.code in {item.code for item in parse_expectations(case.example.bad)}


@examples
def test_the_remedy_is_silent(case: Case, disagreements: Callable[[Mapping[str, str], Settings], list[str]]) -> None:
    assert not parse_expectations(case.example.good)
    failures = disagreements({"example.py": case.example.good}, case.settings)
    assert not failures, "\n".join(failures)


@examples
def test_the_fix_gives_the_remedy(case: Case, run: Callable[[Mapping[str, str], Settings], Report]) -> None:
    report = run({"example.py": case.example.bad}, case.settings)
    fixes = [_applied_fix(item.fixes) for item in report.diagnostics]
    if not fixes or any(fix is None for fix in fixes):
        pytest.skip("not every finding of the example has a fix that is applied")
    assert as_shown(_fixed(case.example.bad, [fix for fix in fixes if fix is not None])) == as_shown(case.example.good)


def _applied_fix(fixes: Iterable[Fix]) -> Fix | None:
    return next((fix for fix in fixes if fix.applicability is not Applicability.DISPLAY), None)


def _fixed(source: str, fixes: Iterable[Fix]) -> str:
    """The source after all edits; those that several fixes share are made once."""
    edits: set[Edit] = {edit for fix in fixes for edit in fix.edits}
    data = source.encode()
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        data = data[: edit.span.start] + edit.content.encode() + data[edit.span.end :]
    lines = (line.split("  # expect:")[0] for line in data.decode().splitlines())
    return "\n".join(lines) + "\n"


BLOCKS = [
    pytest.param(block, id=f"{rule.name}-{number}")
    for rule in all_rules()
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", rule.guide, re.DOTALL))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_what_a_guide_recommends_is_silent(
    block: str, disagreements: Callable[[Mapping[str, str], Settings], list[str]]
) -> None:
    assert not parse_expectations(block)
    failures = disagreements({"example.py": block}, Settings(jobs=1))
    assert not failures, "\n".join(failures)

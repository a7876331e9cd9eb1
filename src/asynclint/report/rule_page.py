"""What `asynclint rule` and `asynclint rules` print: descriptions of rules, for people and as JSON."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asynclint.core.diagnostic import RuleInfo

_WIDTH = 88


class JsonExample(TypedDict):
    bad: str
    good: str


class JsonRule(TypedDict):
    code: str
    name: str
    summary: str
    rationale: str
    severity: str
    confidence: str
    default: bool
    fix_safety: str
    examples: list[JsonExample]
    timeline: str
    limits: list[str]
    settings: list[str]
    url: str


def page(rule: RuleInfo) -> str:
    """All there is to say of a rule, as plain text."""
    return "\n\n".join(_sections(rule)) + "\n"


def table(rules: Sequence[RuleInfo]) -> str:
    """A line for each rule: code, name, severity, whether it is off by default, summary."""
    rows = [(rule.code, rule.name, rule.severity.value, "" if rule.default else "off", rule.summary) for rule in rules]
    widths = [max((len(row[place]) for row in rows), default=0) for place in range(4)]
    return "".join(_row(row, widths) + "\n" for row in rows)


def page_json(rule: RuleInfo) -> str:
    return json.dumps(_as_json(rule), indent=2) + "\n"


def table_json(rules: Sequence[RuleInfo]) -> str:
    return json.dumps([_as_json(rule) for rule in rules], indent=2) + "\n"


def _row(row: tuple[str, ...], widths: list[int]) -> str:
    *fields, summary = row
    return "  ".join([*(text.ljust(width) for text, width in zip(fields, widths, strict=True)), summary])


def _sections(rule: RuleInfo) -> Iterator[str]:
    off = "" if rule.default else ", off unless selected"
    yield f"{rule.code} {rule.name}\n{rule.severity.value}, {rule.confidence.value} confidence{off}"
    yield _paragraph(rule.summary)
    yield "Why\n" + _paragraph(rule.rationale)
    if rule.timeline:
        yield _code(rule.timeline)
    for bad, good in rule.examples:
        yield "Bad\n" + _code(bad)
        yield "Good\n" + _code(good)
    if rule.fix_safety:
        yield "Fix\n" + _paragraph(rule.fix_safety)
    if rule.limits:
        yield "What it does not see\n" + "\n".join(map(_item, rule.limits))
    if rule.settings:
        yield "Configuration\n" + _paragraph(", ".join(rule.settings))
    yield rule.url


def _paragraph(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), _WIDTH, break_long_words=False, break_on_hyphens=False)


def _item(text: str) -> str:
    return textwrap.fill(text, _WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)


def _code(source: str) -> str:
    return textwrap.indent(source.strip("\n"), "    ")


def _as_json(rule: RuleInfo) -> JsonRule:
    return {
        "code": rule.code,
        "name": rule.name,
        "summary": rule.summary,
        "rationale": rule.rationale,
        "severity": rule.severity.value,
        "confidence": rule.confidence.value,
        "default": rule.default,
        "fix_safety": rule.fix_safety,
        "examples": [{"bad": bad, "good": good} for bad, good in rule.examples],
        "timeline": rule.timeline,
        "limits": list(rule.limits),
        "settings": list(rule.settings),
        "url": rule.url,
    }

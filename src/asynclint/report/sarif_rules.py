"""Rules as SARIF describes them: the texts that GitHub shows beside an alert."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from asynclint.core.diagnostic import Confidence, RuleInfo, Severity
from asynclint.report.rule_page import page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import Report

Json: TypeAlias = "dict[str, object]"

MOST_NAME = 255
MOST_DESCRIPTION = 1024
"""Characters that GitHub takes of a rule's name and of either description."""

_PROBLEM_SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
_FAMILIES = {
    "ASL0": ("maintainability",),
    "ASL1": ("correctness", "tasks"),
    "ASL2": ("performance", "event-loop"),
    "ASL3": ("reliability", "background-work"),
    "ASL4": ("reliability", "lifecycle"),
}
"""What the families of codes are about."""


def described_rules(report: Report) -> tuple[RuleInfo, ...]:
    """Every rule that was enabled or has a finding, sorted by code."""
    rules = {diagnostic.code: _unknown(diagnostic.code, diagnostic.name) for diagnostic in report.diagnostics}
    rules |= {rule.code: rule for rule in report.rules}
    return tuple(rules[code] for code in sorted(rules))


def descriptor(rule: RuleInfo) -> Json:
    """The `reportingDescriptor` of a rule."""
    described: Json = {
        "id": rule.code,
        "name": rule.name[:MOST_NAME],
        "shortDescription": {"text": shortened(_sentence(rule.summary), MOST_DESCRIPTION)},
        "fullDescription": {"text": shortened(_paragraph(rule.rationale), MOST_DESCRIPTION)},
        "help": {"text": page(rule), "markdown": _markdown(rule)},
        "defaultConfiguration": {"enabled": True, "level": rule.severity.value},
        "properties": {
            "tags": ["async", *_FAMILIES.get(rule.code[:4], ())],
            "precision": rule.confidence.value,
            "problem.severity": _PROBLEM_SEVERITIES[rule.severity],
        },
    }
    if rule.url:
        described["helpUri"] = rule.url
    return described


def shortened(text: str, most: int) -> str:
    """At most so many characters; an ellipsis says that there were more."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _unknown(code: str, name: str) -> RuleInfo:
    """A rule that has a finding and no description: a defect of ours, but no reason to write a broken file."""
    return RuleInfo(code, name, name, name, Severity.WARNING, Confidence.MEDIUM, True, "", "", ())


def _markdown(rule: RuleInfo) -> str:
    return "\n\n".join(_sections(rule)) + "\n"


def _sections(rule: RuleInfo) -> Iterator[str]:
    yield f"**{_sentence(rule.summary)}.**"
    yield f"## Why is this bad?\n\n{_paragraph(rule.rationale)}"
    for bad, good in rule.examples:
        yield f"## Example\n\n{_code(bad)}\n\nUse instead:\n\n{_code(good)}"
    if rule.fix_safety:
        yield f"## Fix\n\n{_paragraph(rule.fix_safety)}"
    if rule.examples:  # what has none says that a file was not checked, which nothing silences
        yield (
            f"## How to silence it\n\n`# asynclint: ignore[{rule.name}] reason` on a line of the statement, or "
            f"`--ignore {rule.code}` for the whole run."
        )
    if rule.url:
        yield f"[{rule.name} in the documentation]({rule.url})"


def _sentence(summary: str) -> str:
    text = _paragraph(summary)
    return text[:1].upper() + text[1:]


def _paragraph(text: str) -> str:
    return " ".join(text.split())


def _code(source: str) -> str:
    return f"```python\n{source.strip()}\n```"

"""The documentation of rules as Markdown: a page for each, and the table of all for the README."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Confidence
from asynclint.rulekit.expectations import as_shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asynclint.core.diagnostic import RuleInfo

TABLE_BEGIN = "<!-- rules: begin (scripts/generate_docs.py) -->"
FIRST_STEPS = "../getting-started.md#the-event-loop-in-two-minutes"
HOW_IT_WORKS = "../how-it-works.md#what-is-not-followed"
CONFIGURATION = "../configuration.md"
LEGEND = "Time goes to the right: `━` runs, `┄` waits, `▶` answers, `✗` fails."
TABLE_END = "<!-- rules: end -->"


def markdown_page(rule: RuleInfo) -> str:
    """What stands in `docs/rules/<name>.md`."""
    return "\n\n".join(_sections(rule)) + "\n"


def markdown_table(rules: Iterable[RuleInfo], pages: str) -> str:
    """A row for each rule that links to its page in the folder `pages`."""
    rows = [
        f"| {rule.code} | [{rule.name}]({pages}/{rule.name}.md) | {_severity(rule)} | {_cell(rule.summary)} |"
        for rule in rules
    ]
    return "\n".join(["| Code | Rule | Severity | What it finds |", "|---|---|---|---|", *rows])


def with_table(text: str, table: str) -> str:
    """The text with what stands between the two markers replaced. Raises ValueError where they are missing."""
    before, begin, rest = text.partition(TABLE_BEGIN)
    _, end, after = rest.partition(TABLE_END)
    if not begin or not end:
        raise ValueError(f"the lines `{TABLE_BEGIN}` and `{TABLE_END}` must stand in the text")
    return f"{before}{begin}\n{table}\n{end}{after}"


def _sections(rule: RuleInfo) -> Iterator[str]:
    yield f"# {rule.name} ({rule.code})"
    yield f"**{_sentence(rule.summary)}**"
    yield f"{_facts(rule)}."
    yield "## Why is this bad?"
    yield _paragraph(rule.rationale)
    if rule.timeline:
        yield f"```text\n{rule.timeline.strip()}\n```"
        yield f"{LEGEND} New to event loops? [Two minutes]({FIRST_STEPS}) are enough."
    for bad, good in rule.examples:
        yield "## Example"
        yield _code(as_shown(bad))
        yield "Use instead:"
        yield _code(good)
    if rule.guide:
        yield rule.guide.strip()
    if rule.fix_safety:
        yield "## Fix safety"
        yield _paragraph(rule.fix_safety)
    if rule.limits:
        yield "## What it does not see"
        yield "\n".join(f"- {limit}" for limit in rule.limits)
        yield f"What no rule can follow stands in [how it works]({HOW_IT_WORKS})."
    if rule.settings:
        yield "## Configuration"
        yield "\n".join(f"- [`{key}`]({CONFIGURATION}#{key})" for key in rule.settings)
    yield "## How to silence it"
    if not rule.examples:  # no finding in code, but a file that was not checked
        yield "It cannot be silenced: nothing was checked there. `exclude` and `extend-exclude` leave files out."
        return
    yield f"`# asynclint: ignore[{rule.name}] reason` or `# noqa: {rule.code}` on a line of the statement."


def _facts(rule: RuleInfo) -> str:
    facts = [f"Severity: {rule.severity.value}"]
    if rule.confidence is not Confidence.HIGH:
        facts.append(f"confidence: {rule.confidence.value}")
    facts.append("on by default" if rule.default else f"off unless selected (`--select {rule.code}`)")
    return ", ".join(facts)


def _severity(rule: RuleInfo) -> str:
    return rule.severity.value if rule.default else f"{rule.severity.value}, off by default"


def _sentence(summary: str) -> str:
    return summary[:1].upper() + summary[1:]


def _paragraph(text: str) -> str:
    return " ".join(text.split())


def _code(source: str) -> str:
    return f"```python\n{source.strip()}\n```"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

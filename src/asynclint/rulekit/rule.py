"""The form of a rule: one file under `asynclint.rules` that ends in `RULE = Rule(…)`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint import HOME
from asynclint.core.diagnostic import Confidence, Diagnostic, RuleInfo, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asynclint.semantics.module_context import ModuleContext

DOCS_URL = HOME + "/blob/main/docs/rules/{name}.md"


@dataclass(frozen=True, slots=True)
class Example:
    """A defect and its remedy, both complete modules.

    Lines of `bad` that a rule must report end in `# expect: CODE` (several codes separated by commas); no other
    line may be reported by any rule. `good` is silent under all rules.
    """

    bad: str
    good: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A query over a module and its project.

    `check` is stateless: it yields diagnostics built with `ModuleContext.diagnostic`. `summary` is one line,
    `rationale` a paragraph that says what happens to whom. `fix_safety` says which fix is offered, whether it is
    SAFE or UNSAFE, and why; empty where none is. `timeline` draws what happens, a line for each request or task, with
    `━` where it runs, `┄` where it waits and `✗` where it fails. `limits` are sentences that say what the rule does not
    see, `settings` the keys of the configuration by which it can be told more. `guide` is Markdown for the rule's page:
    what a decision between remedies needs, in sections of its own; its Python blocks are complete modules, silent under
    all rules.
    """

    code: str
    name: str
    summary: str
    rationale: str
    severity: Severity
    confidence: Confidence
    examples: tuple[Example, ...]
    check: Callable[[ModuleContext], Iterator[Diagnostic]]
    fix_safety: str = ""
    default: bool = True
    timeline: str = ""
    limits: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    guide: str = ""

    @property
    def url(self) -> str:
        return DOCS_URL.format(name=self.name)

    @property
    def info(self) -> RuleInfo:
        """The rule as people read it: the examples without what they tell the tests."""
        from asynclint.rulekit.expectations import as_shown  # noqa: PLC0415 - a run asks no rule to describe itself

        return RuleInfo(
            code=self.code,
            name=self.name,
            summary=self.summary,
            rationale=self.rationale,
            severity=self.severity,
            confidence=self.confidence,
            default=self.default,
            url=self.url,
            fix_safety=self.fix_safety,
            examples=tuple((as_shown(example.bad), example.good) for example in self.examples),
            timeline=self.timeline,
            limits=self.limits,
            settings=self.settings,
            guide=self.guide,
        )

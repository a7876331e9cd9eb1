"""What holds for the findings of a file: which rules are on, and what the configuration makes of them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.config.config import DEFAULTS
from asynclint.config.selection import closeness, refuse_unknown, select_rules
from asynclint.core.diagnostic import Applicability, Confidence, Severity
from asynclint.findings.directives import Vocabulary
from asynclint.findings.policy import Policy
from asynclint.findings.suppression_rules import SUPPRESSION_WITHOUT_REASON

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asynclint.config.config import Config
    from asynclint.config.configurations import Configurations
    from asynclint.config.settings import Settings
    from asynclint.core.diagnostic import Diagnostic, Fix, RuleInfo


@dataclass(frozen=True, slots=True, eq=False)
class Ruling:
    """The rules that are on, the policy for suppressions, and per rule how its findings are changed."""

    policy: Policy
    least: Confidence
    changes: dict[str, Change]

    def applied(self, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
        """The findings that are sure enough, with the severity and the fixes that are wanted."""
        return [
            self.changes[item.code].apply(item) if item.code in self.changes else item
            for item in diagnostics
            if _RANK[item.confidence] <= _RANK[self.least]
        ]


_RANK = {Confidence.HIGH: 0, Confidence.MEDIUM: 1, Confidence.LOW: 2}


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of the findings of a rule; None leaves a thing as it is.

    `usual` is the severity that the rule gives its findings: a milder one has a reason of its own, and stays.
    """

    usual: Severity
    severity: Severity | None = None
    unfixable: bool = False
    applicability: Applicability | None = None

    def apply(self, diagnostic: Diagnostic) -> Diagnostic:
        severity = diagnostic.severity
        if self.severity is not None and (severity is self.usual or self.severity.rank > severity.rank):
            severity = self.severity
        return dataclasses.replace(
            diagnostic, severity=severity, fixes=tuple(self._fix(fix) for fix in diagnostic.fixes)
        )

    def _fix(self, fix: Fix) -> Fix:
        if fix.applicability is Applicability.DISPLAY:
            return fix
        wanted = Applicability.DISPLAY if self.unfixable else self.applicability
        return fix if wanted is None else dataclasses.replace(fix, applicability=wanted)


class Rulings:
    """The ruling for each file, made once for all files with the same settings."""

    def __init__(self, rules: tuple[RuleInfo, ...], settings: Settings, configurations: Configurations) -> None:
        """Raises SettingsError where the settings name a rule that does not exist."""
        refuse_unknown((*settings.select, *settings.ignore), rules)
        self._rules = rules
        self._settings = settings
        self._configurations = configurations
        self._vocabulary = Vocabulary(rules)
        self._made: dict[tuple[int, tuple[int, ...]], Ruling] = {}

    def of(self, path: str) -> Ruling:
        """The ruling for the file of an absolute path."""
        config = self._config(path)
        tables = (*config.per_file_ignores, *config.extend_per_file_ignores)
        matching = tuple(place for place, (pattern, _) in enumerate(tables) if pattern.matches(path))
        key = (id(config), matching)
        found = self._made.get(key)
        if found is None:
            off = frozenset(
                rule.code for rule in self._rules for place in matching if closeness(tables[place][1], rule)
            )
            found = self._made[key] = self._make(config, off)
        return found

    def enabled(self, paths: Iterable[str]) -> frozenset[str]:
        """The codes that are on for some of the files, whatever is ignored in single ones."""
        configs = {id(config): config for config in map(self._config, paths)} or {0: DEFAULTS}
        return frozenset().union(*(self._selected(config) for config in configs.values()))

    def _config(self, path: str) -> Config:
        if self._settings.everything:
            return DEFAULTS
        return self._configurations.for_folder(path.rpartition("/")[0] or "/").config

    def _make(self, config: Config, off: frozenset[str]) -> Ruling:
        settings = self._settings
        honours = config.honour_peer_noqa if settings.honour_peer_noqa is None else settings.honour_peer_noqa
        return Ruling(
            Policy(self._vocabulary, self._selected(config) - off, honours),
            settings.min_confidence or Confidence(config.min_confidence),
            {rule.code: change for rule in self._rules if (change := _change(rule, config)) is not None},
        )

    def _selected(self, config: Config) -> frozenset[str]:
        settings = self._settings
        turned_off = (*config.ignore, *config.extend_ignore)
        wants_reasons = (SUPPRESSION_WITHOUT_REASON.code,) if config.require_suppression_reason else ()
        if settings.select:
            return select_rules(self._rules, settings.select, settings.ignore, milder=turned_off)
        ignore = (*settings.ignore, *turned_off)
        return select_rules(self._rules, config.select, ignore, extend=(*config.extend_select, *wants_reasons))


def _change(rule: RuleInfo, config: Config) -> Change | None:
    change = Change(
        rule.severity,
        _severity(rule, config),
        unfixable=closeness(config.unfixable, rule) >= max(1, closeness(config.fixable, rule))
        or not closeness(config.fixable, rule),
        applicability=_applicability(rule, config),
    )
    return None if change == Change(rule.severity) else change


def _severity(rule: RuleInfo, config: Config) -> Severity | None:
    """That of the closest selector, of equals the last one."""
    near = [(closeness((selector,), rule), severity) for selector, severity in reversed(config.severity)]
    best = max(near, key=lambda item: item[0], default=(0, None))
    return best[1] if best[0] else None


def _applicability(rule: RuleInfo, config: Config) -> Applicability | None:
    if closeness(config.extend_unsafe_fixes, rule):
        return Applicability.UNSAFE
    return Applicability.SAFE if closeness(config.extend_safe_fixes, rule) else None

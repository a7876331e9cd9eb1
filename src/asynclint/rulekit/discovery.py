"""Every rule there is: a new file under `asynclint.rules` is found without being listed anywhere."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from asynclint.rulekit.rule import Rule

if TYPE_CHECKING:
    from types import ModuleType

RULES_PACKAGE = "asynclint.rules"
"""By name, because rules stand above this layer."""


class RuleDiscoveryError(Exception):
    """A rule module is not as a rule module must be; the message names it."""


@cache
def all_rules() -> tuple[Rule, ...]:
    """All rules, on by default or not, in the order of their codes."""
    return load_rules(importlib.import_module(RULES_PACKAGE))


def find_rule(wanted: str) -> Rule | None:
    """The rule with this code or name."""
    return next((rule for rule in all_rules() if wanted in (rule.code, rule.name)), None)


def load_rules(package: ModuleType) -> tuple[Rule, ...]:
    """The rules of the modules of a package, in the order of their codes."""
    rules = [_load(f"{package.__name__}.{module.name}") for module in pkgutil.iter_modules(package.__path__)]
    for attribute in ("code", "name"):
        counts = Counter(str(getattr(rule, attribute)) for rule in rules)
        repeated = sorted(value for value, count in counts.items() if count > 1)
        if repeated:
            raise RuleDiscoveryError(f"several rules of `{package.__name__}` have the {attribute} {repeated[0]}")
    return tuple(sorted(rules, key=lambda rule: rule.code))


def _load(module_name: str) -> Rule:
    rule = getattr(importlib.import_module(module_name), "RULE", None)
    if not isinstance(rule, Rule):
        raise RuleDiscoveryError(f"module `{module_name}` must end in `RULE = Rule(…)`")
    return rule

"""Every code that a report may carry, described without importing a rule.

Rules import the model they ask, which takes longer than all that `asynclint rule` is allowed. So what they say of
themselves also stands in a table beside this module, written by scripts/generate_docs.py and compared with the rules in
CI. A rule that the table has never seen, because its file is new, is asked itself.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from asynclint.core.diagnostic import Confidence, RuleInfo, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

_HERE = os.path.dirname(__file__)  # noqa: PTH120 - pathlib takes 5 ms to import
TABLE = f"{_HERE}/descriptions.json"
_RULES = f"{_HERE}/../rules"


def described_rules() -> tuple[RuleInfo, ...]:
    """All descriptions, sorted by code."""
    with open(TABLE, encoding="utf-8") as file:  # noqa: PTH123 - as above
        table = json.load(file)
    known = {info.code: info for info in map(_read, table["rules"])}
    if not _rule_modules() <= set(table["modules"]):
        from asynclint.rulekit.discovery import all_rules  # noqa: PLC0415 - what this module is there to spare

        known |= {rule.code: rule.info for rule in all_rules()}
    return tuple(sorted(known.values(), key=lambda info: info.code))


def table_text(infos: Iterable[RuleInfo]) -> str:
    """The table that holds these descriptions, beside the modules that rules were found in."""
    rules = [_written(info) for info in sorted(infos, key=lambda info: info.code)]
    return json.dumps({"modules": sorted(_rule_modules()), "rules": rules}, indent=1, ensure_ascii=False) + "\n"


def _rule_modules() -> set[str]:
    """Their names; none where the program is installed without its sources, and then none is new."""
    names = os.listdir(_RULES)  # noqa: PTH208 - as above
    return {name.removesuffix(".py") for name in names if name.endswith(".py")} - {"__init__"}


def _written(info: RuleInfo) -> dict[str, Any]:
    fields = {name: getattr(info, name) for name in RuleInfo.__slots__}
    return {**fields, "severity": info.severity.value, "confidence": info.confidence.value}


def _read(fields: dict[str, Any]) -> RuleInfo:
    read = {
        "severity": Severity(fields["severity"]),
        "confidence": Confidence(fields["confidence"]),
        "examples": tuple((bad, good) for bad, good in fields["examples"]),
        "limits": tuple(fields["limits"]),
        "settings": tuple(fields["settings"]),
    }
    return RuleInfo(**{**fields, **read})

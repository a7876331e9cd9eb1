"""How often each rule was reported, and how long it took."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Applicability

if TYPE_CHECKING:
    from asynclint.core.diagnostic import Report


def render(report: Report) -> str:
    """A line for each rule with findings: how many, code, name, how many have a fix; the most frequent ones first."""
    counts = Counter((item.code, item.name) for item in report.diagnostics)
    fixable = Counter(
        item.code
        for item in report.diagnostics
        if any(fix.applicability is not Applicability.DISPLAY for fix in item.fixes)
    )
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    wide = max((len(str(count)) for count in counts.values()), default=0)
    return "".join(
        f"{count:>{wide}}  {code}  {name}{f'  ({fixable[code]} with a fix)' if fixable[code] else ''}\n"
        for (code, name), count in rows
    )


def timings(report: Report) -> str:
    """A line for each phase in order, for each rule, the slowest first, and for each counter."""
    names = {rule.code: rule.name for rule in report.rules}
    phases = [item for item in report.timings if item[0] not in names]
    rules = sorted((item for item in report.timings if item[0] in names), key=lambda item: (-item[1], item[0]))
    if rules:
        phases.append(("checking", sum(seconds for _, seconds in rules)))
    rows = [*phases, *((f"{code}  {names[code]}", seconds) for code, seconds in rules)]
    spent = "".join(f"{seconds:9.3f} s  {name}\n" for name, seconds in rows)
    return spent + "".join(f"{count:9,}    {name}\n" for name, count in report.counters)

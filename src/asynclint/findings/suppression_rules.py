"""The rules about suppressions themselves."""

from __future__ import annotations

from typing import Final

from asynclint.core.diagnostic import Confidence, RuleInfo, Severity
from asynclint.rulekit.rule import DOCS_URL


def _info(  # noqa: PLR0913 - each is a field of the description
    code: str, name: str, summary: str, rationale: str, example: tuple[str, str], *, fix: str = "", default: bool = True
) -> RuleInfo:
    return RuleInfo(
        code=code,
        name=name,
        summary=summary,
        rationale=rationale,
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        default=default,
        url=DOCS_URL.format(name=name),
        fix_safety=fix,
        examples=(example,),
    )


def _example(comment: str) -> str:
    return f"import time\n\n\nasync def tick():\n    time.sleep(1)  {comment}\n"


_GOOD: Final = _example("# asynclint: ignore[blocking-sleep] a script, nothing else runs")

UNUSED_SUPPRESSION: Final = _info(
    "ASL001",
    "unused-suppression",
    "a comment that silences a rule which finds nothing there",
    "What it silenced is mended or has moved. Left in place, it hides the next mistake on that statement. Only codes "
    "of asynclint are judged, only those of rules that ran, and never a bare `# noqa`, which other tools may need. "
    "`ignore-next`, `ignore-file` and `disable` are judged by what they speak for, an `enable` by whether it ends a "
    "`disable`.",
    (
        "import asyncio\n\n\nasync def tick():\n    await asyncio.sleep(1)  # noqa: ASL201\n",
        "import asyncio\n\n\nasync def tick():\n    await asyncio.sleep(1)\n",
    ),
    fix="SAFE: the code is taken out of the list, or the comment removed with its last code; codes of other tools and "
    "other text stay. No code changes.",
)
UNKNOWN_CODE: Final = _info(
    "ASL002",
    "unknown-suppression-code",
    "a comment that silences a rule which does not exist",
    "A misspelt code or name silences nothing. In `# noqa` lists only codes that begin with ASL are judged, since all "
    "others belong to other tools; in `# asynclint: ignore[…]` every word is, and so is the word before the list.",
    (_example("# asynclint: ignore[blocking-slep]"), _GOOD),
    fix="UNSAFE: the word is replaced by the rule that it is surely meant to be, which silences what is reported now. "
    "Where several come into question, there is no fix.",
)
BLANKET_SUPPRESSION: Final = _info(
    "ASL003",
    "blanket-suppression",
    "a comment that silences all rules on its statement",
    "`# noqa` or `# asynclint: ignore` without a list hides the mistakes made on that statement tomorrow as well as "
    "the one it was written for. Name the rules that are meant.",
    (_example("# noqa"), _GOOD),
    default=False,
)
SUPPRESSION_WITHOUT_REASON: Final = _info(
    "ASL004",
    "suppression-without-reason",
    "a comment that silences a rule and does not say why",
    "Whoever reads the comment later cannot tell whether it still holds. A few words after the list are enough: "
    "`# noqa: ASL201 runs before the server starts`. What other tools obey is no reason, and a `# noqa` without a "
    "code of asynclint is not asked for one. The setting `require-suppression-reason` turns the rule on.",
    (_example("# asynclint: ignore[blocking-sleep]"), _GOOD),
    default=False,
)

SUPPRESSION_RULES: Final = (UNUSED_SUPPRESSION, UNKNOWN_CODE, BLANKET_SUPPRESSION, SUPPRESSION_WITHOUT_REASON)

"""The codes under which a run says that a file was not checked. No rule, so never turned off."""

from __future__ import annotations

from asynclint.core.diagnostic import Confidence, RuleInfo, Severity
from asynclint.rulekit.rule import DOCS_URL
from asynclint.source.problems import SYNTAX_ERROR, UNREADABLE_FILE


def _info(code: str, name: str, summary: str, rationale: str) -> RuleInfo:
    return RuleInfo(
        code=code,
        name=name,
        summary=summary,
        rationale=rationale,
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        default=True,
        url=DOCS_URL.format(name=name),
        fix_safety="",
        examples=(),
    )


UNCHECKED = (
    _info(
        SYNTAX_ERROR,
        "syntax-error",
        "a file that cannot be parsed as Python",
        "Nothing is known of such a file, so the run ends with exit code 2 and checks the other files. Syntax newer "
        "than the running Python is understood. A template that merely ends in .py is best named otherwise, or left "
        "out with `extend-exclude`.",
    ),
    _info(
        UNREADABLE_FILE,
        "unreadable-file",
        "a file that cannot be read or decoded",
        "The file is gone, may not be read, is over the size limit, is no regular file, or is not text in the "
        "encoding it declares (UTF-8 where it declares none). That must be one in which ASCII stands for itself: "
        "`latin-1`, `cp1252`, `gbk` or `shift_jis`, but not `utf-7`, `unicode_escape` or `punycode`, in which code can "
        "hide. The run ends with exit code 2 and checks the other files.",
    ),
)

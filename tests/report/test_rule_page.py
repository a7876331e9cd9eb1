"""Pages and tables of rules."""

from __future__ import annotations

import json

from asynclint.core.diagnostic import Confidence, RuleInfo, Severity
from asynclint.report.rule_page import page, page_json, table, table_json

SLEEP = RuleInfo(
    code="ASL201",
    name="blocking-sleep",
    summary="A sleep stops the event loop",
    rationale="While it sleeps, " + "no other request is answered, " * 5,
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    default=True,
    url="https://example.org/blocking-sleep",
    fix_safety="SAFE for a statement.",
    examples=(("async def f():\n    time.sleep(1)\n", "async def f():\n    await asyncio.sleep(1)\n"),),
    timeline="request A  ━━▶ 200\nrequest B  ┄┄━━▶ 200\n",
    limits=("How long it takes.", "Libraries that the tables do not know, " + "and so on, " * 6),
    settings=("blocking-calls", "offload-functions"),
)
ROUTE = RuleInfo(
    code="ASL213",
    name="needless-async-route",
    summary="A route that never awaits",
    rationale="It blocks.",
    severity=Severity.NOTE,
    confidence=Confidence.LOW,
    default=False,
    url="https://example.org/needless",
    fix_safety="",
    examples=(),
)


def test_a_page_says_everything() -> None:
    assert page(SLEEP) == (
        "ASL201 blocking-sleep\nerror, high confidence\n\n"
        "A sleep stops the event loop\n\n"
        "Why\n"
        "While it sleeps, no other request is answered, no other request is answered, no other\n"
        "request is answered, no other request is answered, no other request is answered,\n\n"
        "    request A  ━━▶ 200\n    request B  ┄┄━━▶ 200\n\n"
        "Bad\n    async def f():\n        time.sleep(1)\n\n"
        "Good\n    async def f():\n        await asyncio.sleep(1)\n\n"
        "Fix\nSAFE for a statement.\n\n"
        "What it does not see\n"
        "- How long it takes.\n"
        "- Libraries that the tables do not know, and so on, and so on, and so on, and so on, and\n"
        "  so on, and so on,\n\n"
        "Configuration\nblocking-calls, offload-functions\n\n"
        "https://example.org/blocking-sleep\n"
    )
    assert page(ROUTE).splitlines()[1] == "note, low confidence, off unless selected"


def test_a_table_is_aligned_and_marks_what_is_off() -> None:
    assert table((SLEEP, ROUTE)) == (
        "ASL201  blocking-sleep        error       A sleep stops the event loop\n"
        "ASL213  needless-async-route  note   off  A route that never awaits\n"
    )
    assert table(()) == ""


def test_both_are_there_as_json() -> None:
    described = json.loads(page_json(SLEEP))
    assert described["code"] == "ASL201"
    assert described["settings"] == ["blocking-calls", "offload-functions"]
    assert described["examples"][0]["good"].startswith("async def")
    assert [item["default"] for item in json.loads(table_json((SLEEP, ROUTE)))] == [True, False]

"""Pages and tables of rules in Markdown."""

from __future__ import annotations

import dataclasses

import pytest

from asynclint.core.diagnostic import Confidence, RuleInfo, Severity
from asynclint.rulekit.page import TABLE_BEGIN, TABLE_END, markdown_page, markdown_table, with_table

INFO = RuleInfo(
    code="ASL201",
    name="blocking-sleep",
    summary="`time.sleep` on the event loop",
    rationale="Every other request\n    waits.",
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    default=True,
    url="",
    fix_safety="UNSAFE: others may run meanwhile.",
    examples=(("time.sleep(1)  # expect: ASL201\n", "await asyncio.sleep(1)\n"),),
)

PAGE = """\
# blocking-sleep (ASL201)

**`time.sleep` on the event loop**

Severity: error, on by default.

## Why is this bad?

Every other request waits.

## Example

```python
time.sleep(1)  # ASL201
```

Use instead:

```python
await asyncio.sleep(1)
```

## Fix safety

UNSAFE: others may run meanwhile.

## How to silence it

`# asynclint: ignore[blocking-sleep] reason` or `# noqa: ASL201` on a line of the statement.
"""


def test_page() -> None:
    assert markdown_page(INFO) == PAGE


def test_page_of_a_rule_that_is_off_and_unsure() -> None:
    info = dataclasses.replace(INFO, default=False, confidence=Confidence.LOW, fix_safety="")
    page = markdown_page(info)
    assert "Severity: error, confidence: low, off unless selected (`--select ASL201`)." in page
    assert "## Fix safety" not in page


def test_table() -> None:
    info = dataclasses.replace(INFO, default=False, summary="a | b")
    assert markdown_table([INFO, info], "docs/rules").splitlines()[2:] == [
        "| ASL201 | [blocking-sleep](docs/rules/blocking-sleep.md) | error | `time.sleep` on the event loop |",
        "| ASL201 | [blocking-sleep](docs/rules/blocking-sleep.md) | error, off by default | a \\| b |",
    ]


def test_the_table_is_put_between_its_markers() -> None:
    text = f"before\n{TABLE_BEGIN}\nold\n{TABLE_END}\nafter\n"
    once = with_table(text, "new")
    assert once == f"before\n{TABLE_BEGIN}\nnew\n{TABLE_END}\nafter\n"
    assert with_table(once, "new") == once


@pytest.mark.parametrize("text", ["", TABLE_BEGIN, TABLE_END])
def test_markers_that_are_missing_are_named(text: str) -> None:
    with pytest.raises(ValueError, match="must stand in the text"):
        with_table(text, "new")

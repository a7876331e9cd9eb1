"""A report that has one of everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asynclint.core.diagnostic import (
    Applicability,
    ChainStep,
    CheckError,
    Confidence,
    Diagnostic,
    Edit,
    Fix,
    Report,
    Severity,
)
from asynclint.core.span import Location, Span
from asynclint.source.lines import LineTable

if TYPE_CHECKING:
    from collections.abc import Callable

MAIN = """\
@app.get("/")
async def index():
    data = load("naïve 😀", 1)
    asyncio.create_task(work())
"""
LOADING = """\
def load(name, count):
    return requests.get(name)
"""


def locate(path: str, source: str, part: str) -> Location:
    data = source.encode()
    start = data.index(part.encode())
    return LineTable(data).location(path, Span(start, start + len(part.encode())))


@pytest.fixture
def locator() -> Callable[[str, str, str], Location]:
    """Where a part of a source text stands: `locator(path, source, part)`."""
    return locate


@pytest.fixture
def blocking() -> Diagnostic:
    call = locate("app/main.py", MAIN, 'load("naïve 😀", 1)')
    return Diagnostic(
        code="ASL202",
        name="blocking-http",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        message="`requests.get` blocks the event loop",
        location=call,
        symbol="index",
        chain=(
            ChainStep(locate("app/loading.py", LOADING, "load"), "`load` runs on the event loop"),
            ChainStep(locate("app/loading.py", LOADING, "requests.get(name)"), "`requests.get` waits for the network"),
        ),
        cause="app/loading.py:load:requests.get",
        fixes=(
            Fix(
                Applicability.UNSAFE,
                "run `load` in a thread",
                (Edit(call, 'await run_in_threadpool(load, "naïve 😀", 1)'),),
            ),
        ),
        url="https://example.org/blocking-http",
        fingerprint="0123456789abcdef",
    )


@pytest.fixture
def discarded() -> Diagnostic:
    return Diagnostic(
        code="ASL101",
        name="discarded-task",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message="the task is kept nowhere",
        location=locate("app/main.py", MAIN, "asyncio.create_task(work())"),
    )


@pytest.fixture
def report(blocking: Diagnostic, discarded: Diagnostic) -> Report:
    errors = (
        CheckError("ASL010", "app/broken.py", "invalid syntax", locate("app/broken.py", "x = = 1\n", "= 1")),
        CheckError("missing-path", "nowhere", "there is no such file or folder"),
    )
    return Report((blocking, discarded), errors, files=2, suppressed=0, unresolved_calls=3, rules=())

"""Whether exceptions of background work escape."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, TypeAlias

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asynclint.project.project import Project

    LinkProgram: TypeAlias = Callable[[Mapping[str, str]], Project]

PRELUDE = """
import asyncio, contextlib, functools, httpx, logging, smtplib
logger = logging.getLogger(__name__)
client = httpx.AsyncClient()
def guarded(f):
    @functools.wraps(f)
    async def wrapper(*args):
        try:
            return await f(*args)
        except Exception:
            logger.exception("failed")
    return wrapper
async def save():
    try:
        await client.post("/")
    except Exception:
        logger.exception("failed")
async def risky():
    await client.post("/")
"""

ESCAPES = {
    "bare work": "await client.post('/')",
    "raise": "raise ValueError",
    "narrow handler": "try:\n    await client.post('/')\nexcept ValueError:\n    pass",
    "handler that raises again": "try:\n    await client.post('/')\nexcept Exception:\n    logger.error('x')\n    raise",
    "finally only": "try:\n    await client.post('/')\nfinally:\n    logger.info('x')",
    "work outside the try": "await client.post('/')\ntry:\n    await client.get('/')\nexcept Exception:\n    pass",
    "else of the try": "try:\n    pass\nexcept Exception:\n    pass\nelse:\n    await client.get('/')",
    "unguarded callee": "await risky()",
    "sync input and output": "smtplib.SMTP('host')",
    "narrow suppress": "with contextlib.suppress(ValueError):\n    await client.post('/')",
}
COVERED = {
    "whole body": "try:\n    await client.post('/')\nexcept Exception:\n    logger.exception('x')",
    "bare except": "try:\n    await client.post('/')\nexcept:\n    pass",
    "tuple with Exception": "try:\n    await client.post('/')\nexcept (ValueError, Exception):\n    pass",
    "each item of a loop": "for x in y:\n    try:\n        await client.post('/')\n    except Exception:\n        continue",
    "endless loop": "while True:\n    try:\n        await client.post('/')\n    except Exception:\n        pass\n    await asyncio.sleep(1)",
    "logging before the try": "logger.info('x')\nstart = 1\ntry:\n    await client.post('/')\nexcept Exception:\n    pass",
    "suppress": "with contextlib.suppress(Exception):\n    await client.post('/')",
    "guarded callee": "await save()",
    "nothing that can fail": "logger.info('x')\nawait asyncio.sleep(1)",
}


@pytest.mark.parametrize(
    ("escapes", "case"), [(f, c) for f, cases in ((True, ESCAPES), (False, COVERED)) for c in cases]
)
def test_coverage(escapes: bool, case: str, link: LinkProgram) -> None:
    body = (ESCAPES | COVERED)[case]
    project = link({"main.py": PRELUDE + "async def work():\n" + textwrap.indent(body, "    ") + "\n"})
    (function,) = [item for item in project.modules[0].functions if item.name == "work"]
    assert (project.exceptions.escape(function) is not None) is escapes


def test_a_decorator_of_the_project_covers_what_it_wraps(link: LinkProgram) -> None:
    text = PRELUDE + "@guarded\nasync def work():\n    await client.post('/')\n"
    (function,) = [item for item in link({"main.py": text}).modules[0].functions if item.name == "work"]
    assert link({"main.py": text}).exceptions.escape(function) is None


def test_the_way_leads_to_what_fails(link: LinkProgram) -> None:
    text = PRELUDE + "async def work():\n    await risky()\n"
    project = link({"main.py": text})
    (function,) = [item for item in project.modules[0].functions if item.name == "work"]
    escape = project.exceptions.escape(function)
    assert escape is not None
    steps = [(step.function.name, step.what) for step in project.exceptions.chain(escape)]
    assert steps == [("work", "calls `risky`"), ("risky", "calls `httpx.AsyncClient.post`")]


def test_the_verdict_does_not_depend_on_what_was_asked_before(link: LinkProgram) -> None:
    functions = "".join(f"def f{number}(): f{number + 1}()\n" for number in range(7))
    text = f"import smtplib\n{functions}def f7(): smtplib.SMTP('x')\n"

    def escapes(order: list[str]) -> dict[str, bool]:
        project = link({"main.py": text})
        by_name = {item.name: item for item in project.modules[0].functions}
        return {name: project.exceptions.escape(by_name[name]) is not None for name in order}

    names = [f"f{number}" for number in range(8)]
    assert escapes(names) == escapes(names[::-1])


def test_work_beside_a_try_is_not_covered_by_it(link: LinkProgram) -> None:
    text = (
        PRELUDE
        + "def send(): smtplib.SMTP('x')\ndef work():\n    send()\n    try:\n        len('')\n    except Exception: pass\n"
    )
    project = link({"main.py": text})
    (function,) = [item for item in project.modules[0].functions if item.name == "work"]
    assert project.exceptions.escape(function) is not None

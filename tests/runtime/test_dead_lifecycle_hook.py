"""Which hooks a real application runs when it is started and stopped."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from asynclint.rulekit.expectations import as_shown
from asynclint.rules.dead_lifecycle_hook import RULE

if TYPE_CHECKING:
    from tests.runtime.conftest import Served, Source

    from asynclint.rulekit.rule import Example

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def started(source: str) -> list[str]:
    """What the hooks of the module note when its application is started and stopped."""
    namespace: dict[str, Any] = {"__name__": "served"}
    exec(compile(source, "<example>", "exec"), namespace)
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> dict[str, str]:
        await asyncio.sleep(0)
        return messages.pop(0)

    async def send(message: dict[str, str]) -> None:
        await asyncio.sleep(0)
        assert message["type"].endswith(".complete")

    asyncio.run(namespace["app"]({"type": "lifespan", "state": {}}, receive, send))
    return list(namespace["started"])


@pytest.mark.parametrize("example", RULE.examples, ids=["handlers", "mounted"])
def test_one_hook_more_runs(example: Example) -> None:
    bad, good = started(as_shown(example.bad)), started(example.good)
    assert len(good) == len(bad) + 1
    assert set(bad) < set(good)


AT_THE_END = {
    'on_event("startup")': 'on_event("shutdown")',
    "    await warm_cache()\n    yield\n": "    yield\n    await warm_cache()\n",
    '    started.append("admin")\n    yield\n': '    yield\n    started.append("admin")\n',
    "started.append(": "print(",
}
"""What the hooks do is done where the application ends, and said aloud."""


@pytest.mark.parametrize(("number", "lost"), [(0, {"cache"}), (1, {"admin"})], ids=["handlers", "mounted"])
def test_under_a_server_that_gets_sigterm(number: int, lost: set[str], source: Source, served: Served) -> None:
    """What a dead hook has to close stays open to the end of the process."""
    printed = {}
    for side in ("bad", "good"):
        module = source(RULE, side, number)
        for old, new in AT_THE_END.items():
            module = module.replace(old, new)
        printed[side] = set(served(module).split())
    assert printed["good"] - printed["bad"] == lost


ROUTER = """
from contextlib import asynccontextmanager
from fastapi import APIRouter, FastAPI
started = []

@asynccontextmanager
async def lifespan(app):
    started.append("lifespan")
    yield

router = APIRouter()

@router.on_event("startup")
async def on_router():
    started.append("router")

app = FastAPI(lifespan=lifespan)
app.include_router(router)
"""


def test_handlers_of_an_included_router_run() -> None:
    assert sorted(started(ROUTER)) == ["lifespan", "router"]


REPLACED = """
from contextlib import asynccontextmanager
from fastapi import FastAPI

started = []
app = FastAPI()


@app.on_event("startup")
async def start():
    started.append("handler")


before = app.router.lifespan_context


@asynccontextmanager
async def lifespan(app):
    started.append("lifespan")
    {body}


app.router.lifespan_context = lifespan
"""


@pytest.mark.parametrize(
    ("body", "expected"), [("yield", {"lifespan"}), ("async with before(app): yield", {"lifespan", "handler"})]
)
def test_a_lifespan_that_is_put_in_the_place_of_another(body: str, expected: set[str]) -> None:
    assert set(started(REPLACED.format(body=body))) == expected

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asynclint.flow import ir

if TYPE_CHECKING:
    from collections.abc import Callable

    from asynclint.project.project import Project

PRELUDE = """\
import contextlib
from fastapi import HTTPException

class OwnError(Exception): ...
class InnerError(OwnError): ...
class Base:
    def run(self): raise OwnError
class Heir(Base):
    def run(self): return 1

def fails(): raise OwnError
def fails_too(): fails()
async def fails_later(): raise OwnError
def may_fail(x):
    if x: raise OwnError
def stub(): raise NotImplementedError

@contextlib.contextmanager
def forgiving():
    try: yield
    except OwnError: pass

@contextlib.contextmanager
def translating():
    yield

"""

RAISES = {
    "raise": "start()\nraise OwnError",
    "both branches": "start()\nif x: raise OwnError\nelse: raise InnerError",
    "other handler": "try:\n  start()\n  raise OwnError\nexcept KeyError: pass",
    "narrower handler": "try:\n  start()\n  raise OwnError\nexcept InnerError: pass",
    "handler raises": "try:\n  start()\n  raise InnerError\nexcept OwnError:\n  raise\nexcept Exception: pass",
    "finally": "try:\n  start()\n  raise OwnError\nfinally:\n  clean()",
    "call": "start()\nfails()",
    "call of a call": "start()\nfails_too()",
    "returned call": "start()\nreturn fails()",
    "awaited call": "start()\nawait fails_later()",
    "with": "with translating():\n  start()\n  raise OwnError",
    "suppress of another": "with contextlib.suppress(KeyError):\n  start()\n  raise OwnError",
    "http": "try:\n  start()\n  raise HTTPException(400)\nexcept HTTPException:\n  raise\nexcept Exception:\n  return",
    "in handler": "try: f()\nexcept KeyError:\n  start()\n  raise",
    "star": "try:\n  start()\n  raise OwnError\nexcept* KeyError: pass",
}
RETURNS = {
    "end": "start()",
    "return": "start()\nreturn 1",
    "caught": "try:\n  start()\n  raise InnerError\nexcept OwnError: pass",
    "caught by all": "try:\n  start()\n  raise InnerError\nexcept Exception: pass",
    "caught call": "try:\n  start()\n  fails()\nexcept OwnError: pass",
    "replaced": "try:\n  start()\n  raise OwnError\nfinally:\n  return 1",
    "suppress": "with contextlib.suppress(OwnError):\n  start()\n  raise InnerError",
    "forgiven": "with forgiving():\n  start()\n  raise InnerError",
    "coroutine": "start()\nfails_later()",
    "overridden": "start()\nBase().run()",
    "interface": "start()\nstub()",
    "raised and caught again": "start()\nfor y in x:\n  try:\n    fails()\n  except OwnError: pass",
}
EITHER = {
    "one branch": "start()\nif x: raise OwnError",
    "unknown kind": "try:\n  start()\n  raise make()\nexcept KeyError: pass",
    "unknown handler": "try:\n  start()\n  raise OwnError\nexcept kinds(): pass",
    "raised again from a handler": "start()\nfor y in x:\n  try:\n    fails()\n  except OwnError:\n    if y: raise",
    "of a library": "try:\n  start()\n  raise OwnError\nexcept x.Error: pass",
}


@pytest.fixture
def departures(link: Callable[[dict[str, str]], Project]) -> Callable[[str], tuple[bool, bool]]:
    """Whether a body returns, and whether it raises, after the statement that calls `start`."""

    def ask(body: str) -> tuple[bool, bool]:
        text = PRELUDE + "async def f(x, make, kinds):\n" + "".join(f"  {line}\n" for line in body.splitlines())
        built = link({"m.py": text})
        function = next(item for item in built.modules[0].functions if item.name == "f")
        call = next(item for item in function.index.calls if isinstance(item.func, ir.Name) and item.func.id == "start")
        statement = function.index.statement_of(call)
        assert statement is not None
        found = built.departures.after(function, statement)
        return bool(found.returns), bool(found.raised)

    return ask


@pytest.mark.parametrize("body", RAISES.values(), ids=RAISES)
def test_only_raises(body: str, departures: Callable[[str], tuple[bool, bool]]) -> None:
    assert departures(body) == (False, True)


@pytest.mark.parametrize("body", RETURNS.values(), ids=RETURNS)
def test_only_returns(body: str, departures: Callable[[str], tuple[bool, bool]]) -> None:
    assert departures(body) == (True, False)


@pytest.mark.parametrize("body", EITHER.values(), ids=EITHER)
def test_either(body: str, departures: Callable[[str], tuple[bool, bool]]) -> None:
    assert departures(body) == (True, True)

"""Callables and decorators that take a plain function: what becomes of the coroutine if they are given an async one.

The sources are the documentation of the standard library, AnyIO, Starlette, Pydantic ("Validators": they are called,
not awaited) and APScheduler 3 (coroutine functions run under AsyncIOScheduler and the executor that belongs to it).
"""

from __future__ import annotations

import enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from asynclint.knowledge.asyncio_api import LOOP_CALLBACKS, SYNC_CALLBACKS, loop_callback
from asynclint.knowledge.names import canonical, lineage
from asynclint.knowledge.offloading import OFFLOADERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asynclint.knowledge.callables import CallableParameter


class Outcome(enum.Enum):
    """What is done with the coroutine object that the async function returns."""

    THREAD = "thread"
    """It comes back from the worker instead of a result, or is dropped there."""
    LOOP = "loop"
    """The event loop drops it."""
    DROPPED = "dropped"
    TRUTH = "truth"
    ORDER = "order"
    VALUE = "value"
    """It is taken for the result, by the next step or by the caller."""
    REUSED = "reused"
    """It is kept and handed out again, but can be awaited only once."""


class Callback(NamedTuple):
    """A parameter that takes a plain function."""

    parameter: CallableParameter
    outcome: Outcome


_OUTCOMES: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        "concurrent.futures.Future.add_done_callback": Outcome.DROPPED,
        "filter": Outcome.TRUTH,
        "itertools.dropwhile": Outcome.TRUTH,
        "itertools.filterfalse": Outcome.TRUTH,
        "itertools.takewhile": Outcome.TRUTH,
        "functools.reduce": Outcome.VALUE,
        "itertools.accumulate": Outcome.VALUE,
        "itertools.groupby": Outcome.VALUE,
        "atexit.register": Outcome.DROPPED,
        "signal.signal": Outcome.DROPPED,
        "weakref.finalize": Outcome.DROPPED,
    }
)

DECORATORS: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        "apscheduler.schedulers.background.BackgroundScheduler.scheduled_job": Outcome.DROPPED,
        "apscheduler.schedulers.blocking.BlockingScheduler.scheduled_job": Outcome.DROPPED,
        "atexit.register": Outcome.DROPPED,
        "functools.cache": Outcome.REUSED,
        "functools.cached_property": Outcome.REUSED,
        "functools.lru_cache": Outcome.REUSED,
        **dict.fromkeys(
            (
                "pydantic.field_serializer",
                "pydantic.field_validator",
                "pydantic.model_serializer",
                "pydantic.model_validator",
                "pydantic.root_validator",
                "pydantic.validator",
            ),
            Outcome.VALUE,
        ),
    }
)
"""Decorators that register or wrap a plain function."""

_PARAMETERS: Final[Mapping[str, CallableParameter]] = MappingProxyType({**SYNC_CALLBACKS, **OFFLOADERS})

CALLBACK_NAMES: Final = frozenset(name.rpartition(".")[2] for name in _PARAMETERS)
"""The last part of each name: a look at that is cheaper than asking what a call means."""


def find_callback(name: str) -> Callback | None:
    """The parameter of an external callable (a method also of a subclass) that takes a plain function."""
    name = canonical(name)
    on_loop = loop_callback(name)
    if on_loop is not None:
        return Callback(on_loop, Outcome.LOOP)
    owner, _, last = name.rpartition(".")
    candidates = [name, *(f"{base}.{last}" for base in (lineage(owner)[1:] if owner else ()))]
    for candidate in candidates:
        parameter = _PARAMETERS.get(candidate)
        if parameter is not None:
            return Callback(parameter, _outcome(candidate))
    return None


def _outcome(name: str) -> Outcome:
    if name in LOOP_CALLBACKS:
        return Outcome.LOOP
    if name in OFFLOADERS:
        return Outcome.THREAD
    return _OUTCOMES.get(name, Outcome.ORDER)

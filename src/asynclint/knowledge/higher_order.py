"""Builtins and functions of the standard library that call, or iterate over, what they are given, before they return.

Read from the library's documentation (Built-in Functions, functools, itertools, heapq, re).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from asynclint.knowledge.callables import CallableParameter

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEY = CallableParameter(None, "key")

APPLIERS: Final[Mapping[str, CallableParameter]] = MappingProxyType(
    {
        "functools.reduce": CallableParameter(0),
        "heapq.nlargest": CallableParameter(2, "key"),
        "heapq.nsmallest": CallableParameter(2, "key"),
        "list.sort": _KEY,
        "max": _KEY,
        "min": _KEY,
        "re.sub": CallableParameter(1, "repl"),
        "re.subn": CallableParameter(1, "repl"),
        "sorted": _KEY,
    }
)
"""They call the argument at once."""

LAZY_APPLIERS: Final = frozenset(
    {"filter", "itertools.dropwhile", "itertools.filterfalse", "itertools.starmap", "itertools.takewhile", "map"}
)
"""They call their first argument for each item, once their result is iterated."""

CONSUMERS: Final[Mapping[str, int]] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "all", "any", "bytes.join", "collections.Counter", "collections.deque", "dict", "frozenset", "list",
                "list.extend", "max", "min", "next", "set", "set.update", "sorted", "str.join", "sum", "tuple",
            ),
            0,
        ),
        "functools.reduce": 1,
    }
)  # fmt: skip
"""They iterate over the argument at this position."""

ITERATOR_WRAPPERS: Final = frozenset({"enumerate", "itertools.chain", "itertools.islice", "iter", "reversed", "zip"})
"""Iterating over what they give iterates over their arguments."""

SPECIAL_METHODS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "abs": "__abs__",
        "bool": "__bool__",
        "bytes": "__bytes__",
        "float": "__float__",
        "hash": "__hash__",
        "int": "__int__",
        "iter": "__iter__",
        "len": "__len__",
        "repr": "__repr__",
        "str": "__str__",
    }
)
"""The special method of its argument that a builtin calls (Python's data model, section 3.3)."""

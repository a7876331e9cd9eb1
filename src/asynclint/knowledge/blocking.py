"""The catalogue of external callables that block the calling thread.

The rows of `asynclint.knowledge.catalogue` name the rule that reports the call, the tier, the replacement to offer and
the source of the knowledge: the linters and detectors that list the name (`ruff`, `flake8-async`, `sonar`,
`blockbuster`, …), or `library` where it is known from the library's own code and documentation alone. `libraries.csv`
says which distribution has each package, and the version that the rows were last held against.

In a replacement, `{name}` stands for the whole name of the callable, `{owner}` and `{method}` for its two parts.

A row for `Class.__iter__` (its tier is `lazy`) says that iterating over an instance blocks, one for `Class.__enter__`
or `Class.__exit__` that entering or leaving `with` does.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from asynclint.knowledge.argument_forms import UNKNOWN, Flags, InstanceOf, parse_forms
from asynclint.knowledge.catalogue import find_row
from asynclint.knowledge.names import bases, canonical
from asynclint.knowledge.values import attribute_type, element_type, entered_type, returns, through_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "UNKNOWN",
    "BlockingCall",
    "Flags",
    "InstanceOf",
    "Tier",
    "attribute_type",
    "bases",
    "canonical",
    "element_type",
    "entered_type",
    "is_nonblocking_form",
    "is_nonblocking_receiver",
    "lookup",
    "returns",
]

Tier: TypeAlias = Literal["blocks", "metadata", "lazy", "listing", "lock", "handle"]
"""How a call blocks.

* `blocks`: it waits for something outside the process, or works for long.
* `metadata`: it asks the file system something small, or does work of a few milliseconds: worth a note.
* `lazy`: it returns at once; iterating over the result blocks.
* `listing`: as `lazy`, where iterating asks the file system something small: the entries of one folder.
* `lock`: it takes a lock of this process, which blocks only if some holder blocks, waits or awaits.
* `handle`: it works on a file or response that another row (`open`, `httpx.get`, …) reports already, or that is in
  memory by then: worth no finding beside that one.
"""


@dataclass(frozen=True, slots=True)
class BlockingCall:
    """A row of the catalogue; `name` is canonical. For `unless` see `asynclint.knowledge.argument_forms`."""

    name: str
    rule: str
    tier: Tier
    replacement: str
    unless: str
    source: str

    @property
    def is_lazy(self) -> bool:
        """Whether not the call blocks, but iterating over what it returns."""
        return self.tier in {"lazy", "listing"}


@functools.cache
def lookup(name: str) -> BlockingCall | None:
    """What is known of the blocking of external callable `name`: a function, a class, or `Class.method`.

    Any spelling of the name will do; methods are also found through base classes, and through known attributes
    (`openai.OpenAI.chat.completions.create`). None: not known to block.
    """
    direct = canonical(name)
    found = _find(direct)
    if found is None:
        resolved = through_attributes(direct)
        found = _find(resolved) if resolved != direct else None
    return found


def is_nonblocking_form(call: BlockingCall, positional: Sequence[object], keywords: Mapping[str, object]) -> bool:
    """Whether these arguments make the call return at once.

    Arguments are constants as they are, `Flags`, `InstanceOf`, or `UNKNOWN`; the receiver of a method is not among
    them. Of a call with `*args` or `**kwargs`, give the arguments before them only if the answer may be "no".
    """
    return any(form.holds(positional, keywords) for form in parse_forms(call.unless) if not form.of_receiver)


def is_nonblocking_receiver(call: BlockingCall, positional: Sequence[object], keywords: Mapping[str, object]) -> bool:
    """Whether the method never blocks on an object constructed with these arguments (`put` on an unbounded queue)."""
    return any(form.holds(positional, keywords) for form in parse_forms(call.unless) if form.of_receiver)


def _find(name: str) -> BlockingCall | None:
    row = find_row(name)
    if row is None:
        return None
    if row.name != name:
        name = name.removesuffix(".__call__")
    owner, _, method = name.rpartition(".")
    replacement = row.replacement.format(name=name, owner=owner, method=method)
    return BlockingCall(name, row.rule, cast("Tier", row.tier), replacement, row.unless, row.source)

"""What is known of values that external callables return and external objects hold.

The rows of `returns.csv` are of four kinds:

* `call`: the callable returns an instance of the type. `X.__call__` stands for calling an instance of X,
  `X.__getitem__` for subscription, `X.__truediv__` for `/`, `X.__or__` for `|`.
* `attribute`: the attribute holds an instance of the type. `X.__getattr__` stands for any other public name that no
  table knows as a method.
* `element`: iterating over what the callable returns (or over an instance of the class) gives instances of the type.
* `enter`: `with` on what the callable returns (or on an instance of the class) binds an instance of the type.

Calling a class gives an instance of it and needs no row; neither does a class whose `with` binds the instance itself.
Where a client blocks through the objects it holds (see `asynclint.knowledge.catalogue`), the path to such an
object, `openai.OpenAI.chat`, serves as its class.
"""

from __future__ import annotations

import functools
from typing import Final, TypeAlias

from asynclint.knowledge.catalogue import find_row, holds_clients
from asynclint.knowledge.names import canonical, lineage
from asynclint.knowledge.tables import read_table

_Table: TypeAlias = dict[str, str]


@functools.cache
def returns(name: str) -> str | None:
    """The class of what the external callable `name` (a function, or Class.method) returns."""
    name = canonical(name)
    found = _of_member("call", name) or _of_member("call", through_attributes(name))
    if found is not None:
        return found
    held = _dynamic_attribute(name)
    return None if held is None else _of_member("call", f"{held}.__call__")


JOB_CLASSES: Final = frozenset({"celery.Task", "dramatiq.Actor", "taskiq.AsyncTaskiqDecoratedTask"})
"""What the decorators of job queues make of a function; calling it still runs the function, here and now."""

QUEUED_CLASSES: Final = frozenset({"huey.api.TaskWrapper"})
"""What other job queues make of a function: calling it puts a job into the queue (huey/api.py)."""


@functools.cache
def attribute_type(name: str) -> str | None:
    """The class of the value of the external attribute `name` (Class.attribute)."""
    resolved = through_attributes(name)
    return _of_member("attribute", resolved) or _dynamic_attribute(resolved) or _path(resolved)


@functools.cache
def element_type(name: str) -> str | None:
    """The class of what iteration over the result of callable `name`, or over an instance of class `name`, gives."""
    return _of_result("element", canonical(name))


@functools.cache
def entered_type(name: str) -> str | None:
    """The class of what `with` binds for the result of callable `name`, or for an instance of class `name`."""
    return _of_result("enter", canonical(name))


@functools.cache
def through_attributes(name: str) -> str:
    """`name` with each known attribute on its way replaced by the class of its value, canonical.

    `docker.DockerClient.containers.run` is `docker.models.containers.ContainerCollection.run`.
    """
    name = canonical(name)
    end = name.find(".")
    while end != -1:
        held = _of_member("attribute", name[:end]) or _dynamic_attribute(name[:end])
        if held is not None:
            name = held + name[end:]
            end = len(held)
        end = name.find(".", end + 1)
    return name


def _of_member(kind: str, name: str) -> str | None:
    """The row for a function, or for a method or attribute of a class or of its base classes."""
    table = _tables()[kind]
    if name in table:
        return table[name]
    owner, _, last = name.rpartition(".")
    bases = lineage(owner)[1:] if owner else ()
    return next((table[f"{base}.{last}"] for base in bases if f"{base}.{last}" in table), None)


def _of_result(kind: str, name: str) -> str | None:
    """The row for a callable, a method of a class or of its base classes, or for a class or one of its base classes."""
    table = _tables()[kind]
    inherited = (table[base] for base in lineage(name) if base in table)
    return _of_member(kind, name) or next(inherited, None)


def _dynamic_attribute(name: str) -> str | None:
    owner, _, last = name.rpartition(".")
    if not owner or last.startswith("_"):
        return None
    held = _of_member("attribute", f"{owner}.__getattr__")
    is_method = held is not None and (_of_member("call", name) or find_row(name)) is not None
    return None if is_method else held


def _path(name: str) -> str | None:
    return name if holds_clients(name) else None


@functools.cache
def _tables() -> dict[str, _Table]:
    tables: dict[str, _Table] = {"call": {}, "attribute": {}, "element": {}, "enter": {}}
    for name, kind, type_name in read_table("returns"):
        tables[kind][name] = type_name
    return tables

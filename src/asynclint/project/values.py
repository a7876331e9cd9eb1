"""What an expression may stand for: the small domain of values that inference works in.

A value says only what is known. `UNKNOWN` absorbs the rest: rules report on what is known and stay silent on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asynclint.flow import ir
    from asynclint.project.model import Class, Function, Module, Scope


class _Value(msgspec.Struct, frozen=True, gc=False):
    """Values are made by the million. They hold what lives as long as the project, so none is part of a cycle."""


class Unknown(_Value, frozen=True):
    """Nothing is known."""


class Const(_Value, frozen=True):
    """A literal."""

    value: bool | float | str | None


class ModuleValue(_Value, frozen=True):
    """A module of the project."""

    module: Module


class NamespaceValue(_Value, frozen=True):
    """A folder without `__init__` that holds modules of the project, by absolute path."""

    folder: str


class External(_Value, frozen=True):
    """Something that lives outside the project, by dotted name: a module, function, class or method."""

    name: str


class FunctionValue(_Value, frozen=True):
    """A function of the project, not bound to a receiver."""

    function: Function


class BoundMethod(_Value, frozen=True):
    """A method of the project with the object it was taken from."""

    function: Function
    receiver: Value


class ClassValue(_Value, frozen=True):
    """A class of the project itself.

    `own` tells that it is what the method under analysis gets as `cls`; `args` are those of `Repository[User]`.
    """

    cls: Class
    own: bool = False
    args: tuple[Value, ...] = ()


class Instance(_Value, frozen=True):
    """An object of a project class, or of an external class by dotted name. `element` is what iterating gives.

    `own` and `args` as in `ClassValue`: an own object is the one that the method under analysis runs on, so that
    whoever calls the method knows its class better.
    """

    cls: Class | str
    element: Value | None = None
    own: bool = False
    args: tuple[Value, ...] = ()


class SuperValue(_Value, frozen=True):
    """`super()` inside a method of `cls`."""

    cls: Class
    receiver: Value


class Coroutine(_Value, frozen=True):
    """What calling an async function gives; awaiting it gives `result`."""

    function: Function | None
    result: Value


class GeneratorValue(_Value, frozen=True):
    """What calling a generator function gives (sync or async), or a context manager made of one."""

    function: Function
    context_manager: bool = False
    receiver: Value | None = None


class TaskValue(_Value, frozen=True):
    """An `asyncio.Task` or Future around a coroutine."""

    coroutine: Value


class PartialValue(_Value, frozen=True):
    """`functools.partial(target, …)`."""

    target: Value


class LambdaValue(_Value, frozen=True):
    """A lambda and the body it stands in."""

    node: ir.Lambda
    scope: Scope


class Container(_Value, frozen=True):
    """A list, tuple, set or dict. `items` are known for displays, else empty; `element` is any member.

    `keys` are those of a dict display of constant keys, in the order of its `items`.
    """

    element: Value
    items: tuple[Value, ...] = ()
    kind: str = "list"
    keys: tuple[str | int | None, ...] = ()


class Union(_Value, frozen=True):
    """One of several, each possible on some path. Never nested, never of one member."""

    members: tuple[Value, ...]


Value: TypeAlias = (
    Unknown
    | Const
    | ModuleValue
    | NamespaceValue
    | External
    | FunctionValue
    | BoundMethod
    | ClassValue
    | Instance
    | SuperValue
    | Coroutine
    | GeneratorValue
    | TaskValue
    | PartialValue
    | LambdaValue
    | Container
    | Union
)

UNKNOWN = Unknown()
NONE = Const(None)


def members(value: Value) -> tuple[Value, ...]:
    """The alternatives of a value."""
    return value.members if type(value) is Union else (value,)


def union(values: Sequence[Value]) -> Value:
    """Any of the values. None is dropped beside others: using the name says that it is not None there."""
    if len(values) == 1:
        return values[0]
    flat: list[Value] = []
    for value in values:
        for member in members(value):
            if member not in flat:
                flat.append(member)
    known = [member for member in flat if member != NONE] or flat
    if not known:
        return UNKNOWN
    return known[0] if len(known) == 1 else Union(tuple(known))


def full_name(value: Value) -> str:
    """The dotted name of a function or class, by which a project can declare what it does; empty for the rest."""
    match value:
        case External(name=name):
            return name
        case FunctionValue(function=function) | BoundMethod(function=function):
            return function.full_name
        case ClassValue(cls=cls):
            return cls.full_name
        case _:
            return ""


def known_members(value: Value) -> tuple[Value, ...]:
    """The alternatives that say something."""
    return tuple(member for member in members(value) if not isinstance(member, Unknown))

"""One name for each thing of an external library, and the base classes of its classes.

A library lets its users reach the same object by several paths (`requests.Session`, `requests.sessions.Session`). Every
table of this package speaks of it by one of them, and `canonical` finds that one.
"""

from __future__ import annotations

import functools

from asynclint.knowledge.tables import read_table

_BUILTINS = "builtins."
_MAX_STEPS = 8  # an alias may lead to an alias; the tests hold the chains shorter than this


@functools.cache
def canonical(name: str) -> str:
    """The spelling under which the tables know `name`.

    The longest aliased prefix is replaced, again and again until none is left, so that a method of a re-exported class
    and a function of a re-exported module are found too. Names of builtins are bare: `open`, not `builtins.open`.
    """
    for _ in range(_MAX_STEPS):
        shorter = _replace_prefix(name.removeprefix(_BUILTINS))
        if shorter == name:
            break
        name = shorter
    return name


def bases(name: str) -> tuple[str, ...]:
    """The direct base classes of the external class `name`, as far as they matter here, canonical."""
    return _bases().get(canonical(name), ())


def lineage(name: str) -> tuple[str, ...]:
    """The class `name` and all its known base classes, the nearest first, canonical."""
    return _lineage(canonical(name))


@functools.cache
def _lineage(name: str) -> tuple[str, ...]:
    found = [name]
    for class_name in found:
        found.extend(base for base in _bases().get(class_name, ()) if base not in found)
    return tuple(found)


def _replace_prefix(name: str) -> str:
    aliases = _aliases()
    end = len(name)
    while end > 0:
        target = aliases.get(name[:end])
        if target is not None:
            return target + name[end:]
        end = name.rfind(".", 0, end)
    return name


@functools.cache
def _aliases() -> dict[str, str]:
    return {row[0]: row[1] for row in read_table("aliases")}


@functools.cache
def _bases() -> dict[str, tuple[str, ...]]:
    return {name: tuple(listed.split("|")) for name, listed in read_table("bases")}


@functools.cache
def libraries() -> frozenset[str]:
    """The top-level names of the packages that the tables know, which a project does not use for its own folders."""
    return frozenset(package.partition(".")[0] for package, _distribution, _version in read_table("libraries"))

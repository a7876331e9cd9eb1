"""The functions that a project gives to a worker thread by itself, other than through the framework."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asynclint.knowledge.names import lineage
from asynclint.knowledge.offloading import OFFLOADERS
from asynclint.project.sites import argument_at
from asynclint.project.values import BoundMethod, External, FunctionValue, PartialValue, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.flow import ir
    from asynclint.knowledge.callables import CallableParameter
    from asynclint.project.model import Function, Scope
    from asynclint.project.project import Project
    from asynclint.project.values import Value

THREADS: Final = {
    name: parameter for name, parameter in OFFLOADERS.items() if "rocess" not in name and "Pool" not in name
}
"""The offloaders that run a function in a thread of this process."""

_NAMES = frozenset(name.rpartition(".")[2] for name in THREADS)


def given_to_thread(project: Project, scope: Scope, call: ir.Call) -> tuple[str, ir.Expr] | None:
    """The offloader that is called, and the callable it is given."""
    targets = project.evaluator.targets(project.evaluator.value(call.func, scope))
    names = [target.name for target in targets if isinstance(target, External)]
    parameters = [_thread_parameter(name) for name in names]
    if len(names) != len(targets) or not names or parameters[0] is None or None in parameters:
        return None
    node = argument_at(call, parameters[0])
    return None if node is None else (names[0], node)


def _thread_parameter(name: str) -> CallableParameter | None:
    """The parameter that a function of a thread is given by, also where the method is that of a base class."""
    if "rocess" in name:
        return None
    owner, _, last = name.rpartition(".")
    candidates = [name, *(f"{base}.{last}" for base in (lineage(owner)[1:] if owner else ()))]
    return next((THREADS[candidate] for candidate in candidates if candidate in THREADS), None)


def find_thread_functions(project: Project) -> dict[Function, str]:
    """The plain functions that the project gives to a thread, and what runs them there."""
    found: dict[Function, str] = {}
    for scope, call in project.calls_named(_NAMES):
        given = given_to_thread(project, scope, call)
        for function in _functions(project.evaluator.value(given[1], scope)) if given is not None else ():
            if given is not None and not function.is_async and not function.is_generator:
                found.setdefault(function, given[0])
    return found


def _functions(value: Value) -> Iterator[Function]:
    for member in members(value):
        match member:
            case FunctionValue(function=function) | BoundMethod(function=function):
                yield function
            case PartialValue(target=target):
                yield from _functions(target)
            case _:
                continue

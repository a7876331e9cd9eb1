"""Which functions run because another one does, before that one has returned.

The calls of a module are read again only after a change of something that they were read from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from asynclint.project.reads import BodyAnswers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asynclint.project.model import Function
    from asynclint.project.project import Project


class FunctionCalls(NamedTuple):
    """What a function calls, each by the number of its module and its own there, and what that was read from."""

    read_from: int
    callees: list[tuple[int, int]]


ModuleCalls: TypeAlias = "Mapping[int, FunctionCalls]"
"""The calls of functions of one module, as far as they were asked for, by their numbers in the module."""


class CallGraph:
    """Callees that a function calls or awaits: what it hands to a task or a thread runs beside it."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._callees: BodyAnswers[tuple[Function, ...]] = BodyAnswers(project.reads, self._read)
        self._known: dict[Function, tuple[Function, ...]] = {}
        self._earlier: dict[str, ModuleCalls] = {}

    def callees(self, function: Function) -> tuple[Function, ...]:
        """The functions that run because this one does, in source order of the calls."""
        return self._callees.of(function)

    def _read(self, function: Function) -> tuple[Function, ...]:
        found = self._known[function] = self._found(function)
        return found

    def _found(self, function: Function) -> tuple[Function, ...]:
        earlier = self._earlier.get(function.module.path, {}).get(function.number)
        if earlier is not None:
            self._project.reads.mask |= earlier.read_from
            modules = self._project.modules
            return tuple(modules[module].functions[number] for module, number in earlier.callees)
        sites = self._project.call_sites.sites(function)
        called = (callee for site in sites for callee in site.functions if site.awaited or not callee.is_async)
        return tuple(dict.fromkeys(called))

    def take(self, earlier: Mapping[str, ModuleCalls], changed: int) -> None:
        """Take over the calls, by the paths of modules, that were read from nothing that has changed since."""
        self._earlier = {
            path: {number: item for number, item in calls.items() if not item.read_from & changed}
            for path, calls in earlier.items()
        }

    def holds(self, changed: int) -> bool:
        """Whether what was taken over was read from none of these changes."""
        return not any(item.read_from & changed for calls in self._earlier.values() for item in calls.values())

    def calls(self) -> dict[str, ModuleCalls]:
        """All calls that are known, by the path of the module."""
        found = {path: dict(calls) for path, calls in self._earlier.items()}
        for function, callees in self._known.items():
            read_from = self._project.reads.of_body(function)
            places = [(callee.module.number, callee.number) for callee in callees]
            found.setdefault(function.module.path, {})[function.number] = FunctionCalls(read_from, places)
        return dict(found)

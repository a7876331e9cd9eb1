"""Which methods of the project stand behind an abstract one."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Class, Function


class OverridingReader:
    """Finds implementations by the names of methods first, so that only classes that have one are looked at."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._found: dict[int, tuple[Function, ...]] = {}

    def implementations(self, function: Function) -> tuple[Function, ...]:
        """The sync methods that fill in a method which only declares an interface; () for any other function.

        Those of test suites are left out: what a fake does says nothing of the service.
        """
        owner = function.owner
        if owner is None or function.is_async or not function.is_stub:
            return ()
        found = self._found.get(id(function))
        if found is None:
            candidates = self._by_name.get(function.name, ())
            found = tuple(item for item in candidates if item is not function and self._fills_in(item, owner))
            self._found[id(function)] = found
        return found

    def _fills_in(self, candidate: Function, base: Class) -> bool:
        cls = candidate.owner
        if cls is None or candidate.is_async or candidate.is_generator or candidate.is_stub:
            return False
        if self._evaluator.layout.is_test(candidate.module):
            return False
        return base in self._evaluator.members.mro(cls)

    @cached_property
    def _by_name(self) -> dict[str, list[Function]]:
        found: dict[str, list[Function]] = {}
        for module in self._evaluator.layout.modules.values():
            for function in module.functions:
                if function.ir.parent_class >= 0:
                    found.setdefault(function.name, []).append(function)
        return found

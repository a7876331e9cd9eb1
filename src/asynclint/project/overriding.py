"""Which methods of the project stand behind an abstract one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.project.reads import Answers
from asynclint.project.tables import Table, listed

if TYPE_CHECKING:
    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Class, Function


class OverridingReader:
    """Finds implementations by the names of methods first, so that only classes that have one are looked at."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._found: Answers[int, tuple[Function, ...]] = Answers(evaluator.reads, self._find)
        self._by_name: Table[str, list[Function]] = Table(evaluator.reads, "methods", self._name_all, listed)

    def implementations(self, function: Function) -> tuple[Function, ...]:
        """The sync methods that fill in a method which only declares an interface; () for any other function.

        Those of test suites are left out: what a fake does says nothing of the service.
        """
        owner = function.owner
        if owner is None or function.is_async or not function.is_stub:
            return ()
        return self._found.of(id(function), function, owner)

    def _find(self, function: Function, owner: Class) -> tuple[Function, ...]:
        candidates = self._by_name.get(function.name) or ()
        return tuple(item for item in candidates if item is not function and self._fills_in(item, owner))

    def _fills_in(self, candidate: Function, base: Class) -> bool:
        cls = candidate.owner
        if cls is None or candidate.is_async or candidate.is_generator or candidate.is_stub:
            return False
        if self._evaluator.layout.is_test(candidate.module):
            return False
        return base in self._evaluator.members.mro(cls)

    def _name_all(self) -> dict[str, list[Function]]:
        found: dict[str, list[Function]] = {}
        for module in self._evaluator.layout.modules.values():
            for function in module.functions:
                if function.ir.parent_class >= 0:
                    found.setdefault(function.name, []).append(function)
        return found

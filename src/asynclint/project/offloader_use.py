"""How often the modules of a project move work to a thread by each of the callables for that."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from asynclint.knowledge.offloading import INTERCHANGEABLE
from asynclint.project.model import module_of
from asynclint.project.tables import Table
from asynclint.project.values import External

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asynclint.project.model import Module
    from asynclint.project.project import Project

_NAMES = frozenset(name.rpartition(".")[2] for name in INTERCHANGEABLE)


class OffloaderUse:
    """Counts the calls outside tests, by canonical name."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._by_module = Table(project.reads, "offloader use", self._count, _shown)
        self._all = Table(project.reads, "all offloader use", self._sum, _shown)

    def in_module(self, module: Module) -> Counter[str]:
        """Those of a module."""
        return self._by_module.get(module) or Counter()

    def in_project(self) -> Counter[str]:
        """Those of all modules."""
        return self._all.get("") or Counter()

    def _count(self) -> dict[Module, Counter[str]]:
        evaluator = self._project.evaluator
        found: dict[Module, Counter[str]] = {}
        for scope, call in self._project.calls_named(_NAMES):
            if self._project.is_test(module_of(scope)):
                continue
            for target in evaluator.targets(evaluator.value(call.func, scope)):
                if isinstance(target, External) and target.name in INTERCHANGEABLE:
                    found.setdefault(module_of(scope), Counter())[target.name] += 1
        return found

    def _sum(self) -> Mapping[str, Counter[str]]:
        return {"": sum(self._by_module.rows().values(), Counter())}


def _shown(uses: Counter[str]) -> str:
    return repr(sorted(uses.items()))

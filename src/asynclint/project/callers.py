"""Where the project calls a function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.project.reads import Answers
from asynclint.project.tables import Table, listed
from asynclint.project.values import BoundMethod, FunctionValue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.flow import ir
    from asynclint.project.model import Function, Module, Scope
    from asynclint.project.project import Project


class CallerReader:
    """Lists the calls of functions outside tests, by module and place; each function is looked for once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._calls: Answers[Function, tuple[tuple[Scope, ir.Call], ...]] = Answers(project.reads, self._find)
        self._renaming = Table(project.reads, "renamed imports", self._find_renaming, listed)

    def of(self, function: Function) -> tuple[tuple[Scope, ir.Call], ...]:
        """The calls that surely or possibly run the function, each with the body it stands in."""
        return self._calls.of(function, function)

    def _find_renaming(self) -> dict[str, list[Module]]:
        """By a name, the modules that import something of this name under another."""
        found: dict[str, list[Module]] = {}
        for module in self._project.modules:
            for name in {alias.name for alias in module.ir.aliases}:
                found.setdefault(name, []).append(module)
        return found

    def _find(self, function: Function) -> tuple[tuple[Scope, ir.Call], ...]:
        return tuple(self._each(function))

    def _each(self, function: Function) -> Iterator[tuple[Scope, ir.Call]]:
        evaluator = self._project.evaluator
        name = function.name
        calling = {*self._project.modules_calling((name,)), *(self._renaming.get(name) or ())}
        for module in sorted(calling, key=lambda item: item.path):
            if self._project.is_test(module):
                continue
            for scope, call in self._project.module_calls_named(module, module.import_aliases(name) | {name}):
                targets = evaluator.targets(evaluator.value(call.func, scope))
                if any(isinstance(item, FunctionValue | BoundMethod) and item.function is function for item in targets):
                    yield scope, call

"""Where the project calls a function."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from asynclint.project.values import BoundMethod, FunctionValue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from asynclint.flow import ir
    from asynclint.project.model import Function, Module, Scope
    from asynclint.project.project import Project

_CALLED = re.compile(rb"(\w+)\(")
_RENAMES = re.compile(rb" as ")
_LAST_WORD = re.compile(rb"\w+\Z")
_LONGEST_NAME = 100


class CallerReader:
    """Lists the calls of functions outside tests, by module and place; each function is looked for once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._modules = tuple(module for module in project.modules if not project.is_test(module))
        self._calls: dict[Function, tuple[tuple[Scope, ir.Call], ...]] = {}

    def of(self, function: Function) -> tuple[tuple[Scope, ir.Call], ...]:
        """The calls that surely or possibly run the function, each with the body it stands in."""
        found = self._calls.get(function)
        if found is None:
            found = self._calls[function] = tuple(self._find(function))
        return found

    @cached_property
    def _calling(self) -> dict[str, list[Module]]:
        """By the name of a function of the project, the modules that may call it, as formatters write calls."""
        return self._modules_with(_CALLED.findall)

    @cached_property
    def _renaming(self) -> dict[str, list[Module]]:
        return self._modules_with(_renamed)

    def _modules_with(self, names_in: Callable[[bytes], Iterable[bytes]]) -> dict[str, list[Module]]:
        wanted = {function.name.encode() for module in self._project.modules for function in module.functions}
        found: dict[str, list[Module]] = {}
        for module in self._modules:
            for name in wanted.intersection(names_in(module.data)):
                found.setdefault(name.decode(), []).append(module)
        return found

    def _find(self, function: Function) -> Iterator[tuple[Scope, ir.Call]]:
        evaluator = self._project.evaluator
        renaming = self._renaming.get(function.name, ())
        for module in sorted({*self._calling.get(function.name, ()), *renaming}, key=lambda item: item.path):
            names = module.import_aliases(function.name) | {function.name}
            for scope, call in self._project.module_calls_named(module, names):
                targets = evaluator.targets(evaluator.value(call.func, scope))
                if any(isinstance(item, FunctionValue | BoundMethod) and item.function is function for item in targets):
                    yield scope, call


def _renamed(data: bytes) -> Iterator[bytes]:
    """The words before ` as `, found from there: few places have one."""
    for found in _RENAMES.finditer(data):
        start = found.start()
        word = _LAST_WORD.search(data, max(0, start - _LONGEST_NAME), start)
        if word is not None:
            yield word.group()

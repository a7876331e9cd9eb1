"""Which modules of the project import which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.project.places import bodies_with
from asynclint.project.values import ModuleValue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from asynclint.project.linking import Linker
    from asynclint.project.model import Module, Scope


class ImportGraph:
    """Reads the imports of each module once, those at its top and those of all its bodies apart."""

    def __init__(self, linker: Linker) -> None:
        self._linker = linker
        self._at_top: dict[Module, frozenset[Module]] = {}
        self._anywhere: dict[Module, frozenset[Module]] = {}

    def at_top(self, module: Module) -> frozenset[Module]:
        """The modules that the top level of a module names: what is imported before the module is whole."""
        found = self._at_top.get(module)
        if found is None:
            found = self._at_top[module] = frozenset(self._named_in((module,), module))
        return found

    def anywhere(self, module: Module) -> frozenset[Module]:
        """The modules that any body of a module names: what it may load sooner or later."""
        found = self._anywhere.get(module)
        if found is None:
            found = self._anywhere[module] = frozenset(self._named_in(bodies_with(module, "import"), module))
        return found

    def reached(self, module: Module, imports: Callable[[Module], frozenset[Module]]) -> frozenset[Module]:
        """The module itself, and all that follows from it by one of the two kinds of `imports`."""
        seen = {module}
        pending = [module]
        while pending:
            found = imports(pending.pop()) - seen
            seen |= found
            pending += found
        return frozenset(seen)

    def _named_in(self, bodies: Iterable[Scope], module: Module) -> Iterator[Module]:
        linker = self._linker
        for body in bodies:
            bindings = (item for bound in body.index.bindings.values() for item in bound)
            for binding in (*bindings, *body.index.star_imports):
                match binding.statement, binding.source:
                    case ir.ImportFrom() as statement, _:
                        values = [linker.imported(binding, module), linker.import_source(statement, module)]
                    case ir.Import(), ir.Alias(name=name):
                        values = [linker.imported(binding, module), linker.absolute(name, module)]
                    case _:
                        continue
                yield from (value.module for value in values if isinstance(value, ModuleValue))

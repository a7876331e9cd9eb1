"""Which modules of the project import which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.project.places import bodies_with
from asynclint.project.reads import Answers
from asynclint.project.values import ModuleValue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from asynclint.project.linking import Linker
    from asynclint.project.model import Module, Scope
    from asynclint.project.reads import Reads


class ImportGraph:
    """Reads the imports of each module once, those at its top and those of all its bodies apart."""

    def __init__(self, linker: Linker, reads: Reads) -> None:
        self._linker = linker
        self._at_top: Answers[Module, frozenset[Module]] = Answers(reads, self._find_at_top)
        self._anywhere: Answers[Module, frozenset[Module]] = Answers(reads, self._find_anywhere)

    def at_top(self, module: Module) -> frozenset[Module]:
        """The modules that the top level of a module names: what is imported before the module is whole."""
        return self._at_top.of(module, module)

    def _find_at_top(self, module: Module) -> frozenset[Module]:
        return frozenset(self._named_in((module,), module))

    def anywhere(self, module: Module) -> frozenset[Module]:
        """The modules that any body of a module names: what it may load sooner or later."""
        return self._anywhere.of(module, module)

    def _find_anywhere(self, module: Module) -> frozenset[Module]:
        return frozenset(self._named_in(bodies_with(module, "import"), module))

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

"""A change of several modules in the making: its edits by module, and the names that each module gives to things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Applicability, Edit, Fix
from asynclint.project.values import ModuleValue
from asynclint.semantics import rewrite
from asynclint.semantics.module_head import ModuleHead, free_name, module_head, words
from asynclint.semantics.names import local_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asynclint.project.model import Function, Module
    from asynclint.project.places import GlobalPlace
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.rewrite import ImportedName, TextEdit


class CannotBeWrittenError(Exception):
    """A change that has no form which is sure to be right; callers then show none."""


class Draft:
    """Collects edits. What it is asked for is put down as an edit where the module lacks it (an import)."""

    def __init__(self, context: ModuleContext) -> None:
        self._context = context
        self._project = context.project
        self._linker = context.project.evaluator.linker
        self._edits: dict[Module, list[TextEdit]] = {}
        self._heads: dict[Module, ModuleHead] = {context.module: context.head}

    def add(self, module: Module, edits: Iterable[TextEdit] | None) -> None:
        """Raises CannotBeWrittenError for edits that were refused."""
        if edits is None:
            raise CannotBeWrittenError
        self._edits.setdefault(module, []).extend(edits)

    def shown(self, message: str) -> Fix:
        """The change as a fix that is shown and never applied."""
        return Fix(Applicability.DISPLAY, message, tuple(self._located()))

    def _located(self) -> Iterator[Edit]:
        for module, found in self._edits.items():
            edits = rewrite.joined(module.data, found)
            if edits is None:
                raise CannotBeWrittenError
            for span, content in edits:
                yield Edit(self._context.elsewhere(module, span), content)

    # -- names -------------------------------------------------------------------------------------------------

    def free(self, module: Module, wanted: str) -> str:
        """A name that occurs nowhere in the module."""
        return free_name(wanted, words(module.data))

    def free_local(self, function: Function | None, wanted: str, reference: str) -> str:
        """A name for a local of a function (None: one that is yet to be written) that reads `reference`."""
        taken = (
            words(function.module.data[function.ir.start : function.ir.end]) if function is not None else frozenset()
        )
        return free_name(wanted, taken | {reference.partition(".")[0]})

    def outside(self, module: Module, source: str, attribute: str, function: Function | None) -> str:
        """The text for something of the standard library, in a function of the module."""
        hidden = local_names(function) if function is not None else frozenset()
        data, head = module.data, self._head(module)
        return self._imported(module, rewrite.import_name(data, head, source, attribute, hidden))

    def member(self, module: Module, sources: tuple[str, ...], attribute: str) -> str:
        """The text at module level for what any of the sources gives, imported by `from` if none is there."""
        data, head = module.data, self._head(module)
        for source in sources:
            known = rewrite.imported_name(head, source, attribute)
            if known is not None:
                return known
        found = rewrite.import_member(data, head, sources[0], attribute)
        return self._imported(module, found or rewrite.import_name(data, head, sources[0], attribute))

    def global_of(self, place: GlobalPlace, module: Module, function: Function | None) -> str:
        """The text for a global of a module of the project, in a function of the same or another one."""
        hidden = local_names(function) if function is not None else frozenset()
        if place.module is module and place.name not in hidden:
            return place.name
        for name in module.index.bindings:
            if name not in hidden and (text := self._known(place, name, module)) is not None:
                return text
        if not self._may_import(place.module, module):
            raise CannotBeWrittenError
        data, head, source = module.data, self._head(module), place.module.name
        is_constant = len(place.module.index.bindings.get(place.name, ())) <= 1
        found = None
        if is_constant and place.name not in place.module.global_writers:
            found = rewrite.import_member(data, head, source, place.name)
        return self._imported(module, found or rewrite.import_name(data, head, source, place.name, hidden))

    def _known(self, place: GlobalPlace, name: str, module: Module) -> str | None:
        """The text for a global by a name that an import of the module binds."""
        bindings = module.index.bindings[name]
        if len(bindings) != 1 or bindings[0].block or bindings[0].kind not in {"import", "import-from"}:
            return None
        value = self._linker.imported(bindings[0], module)
        if isinstance(value, ModuleValue) and value.module is place.module:
            return f"{name}.{place.name}"
        places = self._project.task_lifetimes.places
        # A global that is assigned anew later has another value than the name that was imported.
        is_same = places.of_variable(name, module) == place and place.name not in place.module.global_writers
        return name if is_same else None

    def _may_import(self, source: Module, importer: Module) -> bool:
        """Whether the import resolves, and closes no circle."""
        value = self._linker.absolute(source.name, importer)
        if not isinstance(value, ModuleValue) or value.module is not source:
            return False
        graph = self._project.import_graph
        return source in graph.at_top(importer) or importer not in graph.reached(source, graph.at_top)

    def _head(self, module: Module) -> ModuleHead:
        if module not in self._heads:
            self._heads[module] = module_head(module.data, module.ir)
        return self._heads[module]

    def _imported(self, module: Module, found: ImportedName | None) -> str:
        if found is None:
            raise CannotBeWrittenError
        self.add(module, found.edits)
        return found.text

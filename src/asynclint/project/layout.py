"""The modules of a project by path, made from what the front ends gave."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from asynclint.knowledge.declared import NOTHING_DECLARED
from asynclint.project.model import Module, ModuleSource
from asynclint.project.reads import Reads
from asynclint.project.roots import ImportRoots

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from asynclint.knowledge.declared import Declared


WORDS: Final = "words"
"""The table of identifiers, by which those who ask for one are known (see `Reads.ask`)."""


class Layout:
    """All modules, which of them a name means to an importer, and what the project declares of its functions.

    `src` are the folders that the project declares as import roots.
    """

    def __init__(
        self,
        sources: Sequence[ModuleSource],
        root: str,
        third_party: Iterable[str] = (),
        src: tuple[str, ...] = (),
        declared: Declared = NOTHING_DECLARED,
    ) -> None:
        self.root = root
        self.declared = declared
        paths = tuple(source.path for source in sources)
        self.roots = ImportRoots(root, paths, frozenset(third_party), src)
        self.modules: dict[str, Module] = {}
        self.reads = Reads()
        for number, source in enumerate(sorted(sources, key=lambda item: item.path)):
            located = self.roots.locate(source.path)
            self.modules[source.path] = Module(source, located.name, located.import_root, self.reads, number)
        self._tests = {path for path in self.modules if self._names_test(path)}

    def is_test(self, module: Module) -> bool:
        """Whether the module belongs to a test suite, by the naming conventions of pytest."""
        return module.path in self._tests

    def _names_test(self, module_path: str) -> bool:
        path = PurePosixPath(module_path[len(self.root) :])
        named = path.name.startswith("test_") or path.stem.endswith("_test") or path.name == "conftest.py"
        return named or bool({"tests", "test", "testing"} & set(path.parts[:-1]))

    def module_at(self, path: str) -> Module | None:
        return self.modules.get(path)

    def modules_with(self, word: str) -> tuple[Module, ...]:
        """The modules in whose code an identifier stands, by path (see `ModuleIR.words`)."""
        self.reads.ask(WORDS, word)
        return tuple([self._ordered[place] for place in self._places.get(word, ())])

    @cached_property
    def _ordered(self) -> tuple[Module, ...]:
        return tuple(self.modules.values())

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """By identifier, the modules that have it, as places in `_ordered`."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        with self.reads.apart():
            for place, module in enumerate(self._ordered):
                for word in module.ir.words.split():
                    found[word].append(place)
        return found

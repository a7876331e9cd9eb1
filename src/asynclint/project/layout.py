"""The modules of a project by path, made from what the front ends gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.project.model import Module, ModuleSource
from asynclint.project.roots import ImportRoots

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Layout:
    """All modules, and which of them a name means to an importer."""

    def __init__(self, sources: Sequence[ModuleSource], root: str, third_party: Iterable[str] = ()) -> None:
        self.root = root
        self.roots = ImportRoots(root, tuple(source.path for source in sources), frozenset(third_party))
        self.modules: dict[str, Module] = {}
        for source in sorted(sources, key=lambda item: item.path):
            located = self.roots.locate(source.path)
            self.modules[source.path] = Module(source, located.name, located.import_root)

    def module_at(self, path: str) -> Module | None:
        return self.modules.get(path)

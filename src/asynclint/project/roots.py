"""Where imports start from, and which file a dotted name means to a given importer.

Resolution follows what `sys.path` would be at run time: the folder that holds the importer's topmost package comes
first, then the folders above it that are not packages, then the other import roots of the project, nearest first.
So two services that both call their package `app` each find their own.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import cached_property
from posixpath import basename, dirname
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SUFFIXES = (".py", ".pyi")
_INIT = ("/__init__.py", "/__init__.pyi")


@dataclass(frozen=True, slots=True)
class Located:
    """A module's dotted name and the folder that name starts from."""

    name: str
    import_root: str


@dataclass
class ImportRoots:
    """The layout of a project's files. `paths` are absolute, with `/`."""

    root: str
    paths: tuple[str, ...]
    third_party: frozenset[str] = frozenset()
    """Top-level names known to belong to installed libraries: never taken for a file beside the importer."""
    declared: tuple[str, ...] = ()
    """Folders that the project says it imports from, tried before those that are found."""
    _found: dict[tuple[str, str], str | None] = field(default_factory=dict)
    _roots: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def packages(self) -> frozenset[str]:
        """Folders with an `__init__`."""
        return frozenset(dirname(path) for path in self.paths if path.endswith(_INIT))

    @cached_property
    def by_stem(self) -> dict[str, str]:
        """Files by path without suffix and `/__init__`; a `.py` is preferred to its stub, a package to a module."""
        found: dict[str, str] = {}
        for path in sorted(self.paths, key=lambda item: (item.endswith("i"), not item.endswith(_INIT))):
            stem = path.removesuffix(".pyi").removesuffix(".py").removesuffix("/__init__")
            found.setdefault(stem, path)
        return found

    @cached_property
    def _names(self) -> frozenset[str]:
        """The names of all files and folders: an import that begins with any other leads out of the project."""
        return frozenset(basename(stem) for stem in (*self.by_stem, *self.folders))

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder that holds a Python file somewhere below."""
        found: set[str] = set()
        for path in self.paths:
            folder = dirname(path)
            while folder not in found and len(folder) >= len(self.root):
                found.add(folder)
                folder = dirname(folder)
        return frozenset(found)

    @cached_property
    def all_roots(self) -> tuple[str, ...]:
        """Folders from which some package of the project is imported, sorted."""
        found = {self.root, *self.declared}
        for folder in self.packages:
            found.add(dirname(self._topmost(folder)))
        found |= {folder for folder in self.folders if folder.endswith("/src") and folder not in self.packages}
        return tuple(sorted(found))

    def locate(self, path: str) -> Located:
        """The name a module has when it is imported from its own root."""
        folder = dirname(path)
        stem = path.removesuffix(".pyi").removesuffix(".py").removesuffix("/__init__")
        if folder in self.packages:
            root = dirname(self._topmost(folder))
        else:
            root = next((item for item in reversed(self.all_roots) if _inside(folder, item)), folder)
        return Located(stem[len(root) :].strip("/").replace("/", "."), root)

    def find(self, importer: str, name: str) -> str | None:
        """The file or namespace folder that the absolute dotted name means to the importing file; None if outside."""
        folder = dirname(importer)
        key = (folder, name)
        if key not in self._found:
            self._found[key] = self._search(folder, name)
        found = self._found[key]
        # `redis.py` that imports redis means the library: a script that imports itself would not have run.
        return None if found == importer and self._shadowed(name) else found

    def submodule(self, container: str, name: str) -> str | None:
        """A module inside a package, given by its `__init__` file or its folder."""
        folder = dirname(container) if container.endswith(_SUFFIXES) else container
        return self._at(f"{folder}/{name}")

    def relative(self, importer: str, level: int, module: str) -> str | None:
        """The file that `from ..module import` means."""
        folder = dirname(importer)
        for _ in range(level - 1):
            folder = dirname(folder)
        return self._at(f"{folder}/{module.replace('.', '/')}" if module else folder)

    def _topmost(self, package: str) -> str:
        while dirname(package) in self.packages:
            package = dirname(package)
        return package

    def _at(self, stem: str) -> str | None:
        found = self.by_stem.get(stem)
        if found is not None:
            return found
        return stem if stem in self.folders else None

    def _search(self, folder: str, name: str) -> str | None:
        if name.partition(".")[0] not in self._names:
            return None
        tail = "/" + name.replace(".", "/")
        for root in self._roots_for(folder):
            found = self._at(root + tail)
            if found is None:
                continue
            if not self._shadowed(name) or self._comes_first(root, folder, found, name):
                return found
        return None

    def _comes_first(self, root: str, folder: str, found: str, name: str) -> bool:
        """Whether a file found from a root is imported rather than the library of its name.

        Beside the importer it is where the program is started there, first on `sys.path`; but modules of the standard
        library are imported long before that by whatever starts the program. Of other services only packages count.
        """
        top = name.partition(".")[0]
        if not found.endswith(_SUFFIXES):
            return False
        if root == folder:
            return root in self.all_roots and top not in sys.stdlib_module_names
        return _inside(folder, root) or f"{root.rstrip('/')}/{top}" in self.packages

    def _shadowed(self, name: str) -> bool:
        top = name.partition(".")[0]
        return top in sys.stdlib_module_names or top in self.third_party

    def _roots_for(self, folder: str) -> tuple[str, ...]:
        if folder not in self._roots:
            self._roots[folder] = tuple(dict.fromkeys(self._candidate_roots(folder)))
        return self._roots[folder]

    def _candidate_roots(self, folder: str) -> Iterable[str]:
        current = dirname(self._topmost(folder)) if folder in self.packages else folder
        while _inside(current, self.root):
            if current not in self.packages:
                yield current
            current = dirname(current)
        yield from self.declared
        yield from sorted(self.all_roots, key=lambda item: (-len(_common(item, folder)), item))


def _inside(folder: str, root: str) -> bool:
    return folder == root or folder.startswith(root.rstrip("/") + "/")


def _common(left: str, right: str) -> list[str]:
    shared: list[str] = []
    for one, other in zip(left.split("/"), right.split("/"), strict=False):
        if one != other:
            break
        shared.append(one)
    return shared

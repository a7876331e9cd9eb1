"""What `from … import *` brings a module, followed through modules that do the same.

Such imports may go in circles. So each question is a search of its own, which looks at every module once; what it finds
on the way is right for the module that it began at, and kept for no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from asynclint.flow import ir
from asynclint.knowledge import blocking as knowledge
from asynclint.project.reads import Answers
from asynclint.project.values import UNKNOWN, External, ModuleValue, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.linking import Linker
    from asynclint.project.model import Module
    from asynclint.project.reads import Reads

MAX_REEXPORTS = 20
"""Modules a name is followed through."""


class _Reach(NamedTuple):
    """All that a module imports everything of, directly or not."""

    modules: frozenset[Module]
    libraries: frozenset[str]


class StarImports:
    """Finds names behind `import *`."""

    def __init__(self, linker: Linker, reads: Reads) -> None:
        self._linker = linker
        self._reaches: Answers[Module, _Reach] = Answers(reads, self._find_reach)
        self._bound: Answers[frozenset[Module], frozenset[str]] = Answers(reads, _names)
        self._listed: Answers[Module, frozenset[str] | None] = Answers(reads, _dunder_all)

    def value(self, name: str, module: Module) -> Value:
        """What the last `import *` after all other bindings of the name in the module gives it."""
        if not module.index.star_imports or not self._may_bring(name, module):
            return UNKNOWN
        return self._search(name, module, {module}, 0)

    def source(self, name: str, module: Module) -> Module | None:
        """The module of the project from which an `import *` brings the name."""
        for statement in module.index.starred_after([], None):
            source = self._linker.import_source(statement, module)
            if isinstance(source, ModuleValue) and source.module is not module and self._exports(name, source.module):
                return source.module
        return None

    def _search(self, name: str, module: Module, seen: set[Module], depth: int) -> Value:
        for statement in module.index.starred_after(module.index.reaching(name, None), None):
            match self._linker.import_source(statement, module):
                case ModuleValue(module=source) if source not in seen and self._exports(name, source):
                    seen.add(source)
                    value = self._exported(name, source, seen, depth + 1)
                    if not isinstance(value, Unknown):
                        return value
                case External(name=library) if _has(library, name):
                    return External(f"{library}.{name}")
                case _:
                    pass
        return UNKNOWN

    def _exported(self, name: str, module: Module, seen: set[Module], depth: int) -> Value:
        """A name of a module: what its own `import *` give it, else its binding, else a submodule."""
        linker = self._linker
        value: Value = UNKNOWN
        if module.index.star_imports and depth <= MAX_REEXPORTS:
            value = self._search(name, module, seen, depth)
        if isinstance(value, Unknown) and linker.binds(module, name):
            value = linker.bound(name, module) if module.index.star_imports else linker.module_name(name, module, None)
        if isinstance(value, Unknown):
            value = linker.submodule(name, module) or value
        return value

    def _exports(self, name: str, module: Module) -> bool:
        """Whether `import *` takes the name from the module, if it is there."""
        listed = self._listed.of(module, module)
        return not name.startswith("_") if listed is None else name in listed

    # -- a look ahead ------------------------------------------------------------------------------------------

    def _may_bring(self, name: str, module: Module) -> bool:
        """Whether a search may find anything: most names that are asked for are a module's own, or builtins."""
        reach = self._reaches.of(module, module)
        return (
            name in self._bound.of(reach.modules, reach.modules)
            or any(_has(library, name) for library in reach.libraries)
            or any(item.is_package and self._linker.submodule(name, item) for item in reach.modules)
        )

    def _find_reach(self, module: Module) -> _Reach:
        modules: set[Module] = set()
        libraries: set[str] = set()
        waiting = [module]
        while waiting:
            for found in self._sources(waiting.pop()):
                if isinstance(found, str):
                    libraries.add(found)
                elif found in self._reaches:
                    reach = self._reaches.of(found)
                    modules |= {found, *reach.modules}
                    libraries |= reach.libraries
                elif found not in modules:
                    modules.add(found)
                    waiting.append(found)
        return _Reach(frozenset(modules), frozenset(libraries))

    def _sources(self, module: Module) -> Iterator[Module | str]:
        for binding in module.index.star_imports:
            if isinstance(binding.statement, ir.ImportFrom):
                match self._linker.import_source(binding.statement, module):
                    case ModuleValue(module=source):
                        yield source
                    case External(name=library):
                        yield library


def _names(modules: frozenset[Module]) -> frozenset[str]:
    """The names that any of the modules binds."""
    return frozenset(
        name for module in modules for names in (module.index.bindings, module.global_writers) for name in names
    )


def _has(library: str, name: str) -> bool:
    """Whether the tables have the name: what a library exports is not known, but these are its own."""
    full = f"{library}.{name}"
    return not name.startswith("_") and (knowledge.lookup(full) is not None or knowledge.returns(full) is not None)


def _dunder_all(module: Module) -> frozenset[str] | None:
    bindings = module.index.bindings.get("__all__")
    if not bindings:
        return None
    parts = [binding.value for binding in bindings] + [
        call.args[0]
        for call in module.index.calls
        if isinstance(call.func, ir.Attribute)
        and call.func.attr in {"append", "extend"}
        and isinstance(call.func.value, ir.Name)
        and call.func.value.id == "__all__"
        and call.args
    ]
    names: set[str] = set()
    for part in parts:
        listed = _strings(part)
        if listed is None:
            return None
        names |= listed
    return frozenset(names)


def _strings(node: ir.Expr | None) -> set[str] | None:
    """The strings that an expression lists; None where they cannot be told."""
    match node:
        case ir.Constant(value=str() as name):
            return {name}
        case ir.Starred(value=inner):
            return _strings(inner)
        case ir.Collection(items=items):
            parts = [_strings(item) for item in items]
        case ir.BinOp(op="+", left=left, right=right):
            parts = [_strings(left), _strings(right)]
        case _:
            return None
    return None if None in parts else set().union(*(part for part in parts if part is not None))

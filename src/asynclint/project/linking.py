"""Imports, re-exports and module globals, followed over the whole project."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.knowledge import blocking as knowledge
from asynclint.project.model import Module
from asynclint.project.values import (
    NONE,
    UNKNOWN,
    Const,
    External,
    Instance,
    ModuleValue,
    NamespaceValue,
    Unknown,
    Value,
    members,
    union,
)

MAX_REEXPORTS = 20
"""Modules an alias is followed through; a cycle of re-exports ends there."""

BUILTINS = frozenset(dir(builtins))

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.inference import Evaluator
    from asynclint.project.layout import Layout
    from asynclint.project.model import Scope
    from asynclint.project.scopes import Binding, Use


class Linker:
    """Follows names from module to module. Cycles end in unknown, never in a loop."""

    def __init__(self, layout: Layout, evaluator: Evaluator) -> None:
        self._layout = layout
        self._evaluator = evaluator
        self._searched: dict[str, set[int]] = {}
        """For each name that is looked for behind `import *`, the modules that were asked."""
        self._star_depth = 0
        self._imported_modules: dict[Module, frozenset[Module]] = {}

    def module_value(self, found: str) -> Value:
        """The value of a module given by its file, or of a namespace given by its folder."""
        module = self._layout.module_at(found)
        return ModuleValue(module) if module is not None else NamespaceValue(found)

    def imported(self, binding: Binding, module: Module) -> Value:
        """What an import statement binds to the name."""
        alias = binding.source
        if not isinstance(alias, ir.Alias):
            return UNKNOWN
        if isinstance(binding.statement, ir.Import):
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            return self.absolute(name, module)
        if isinstance(binding.statement, ir.ImportFrom):
            return self._imported_from(binding.statement, alias.name, module)
        return UNKNOWN

    def absolute(self, name: str, importer: Module) -> Value:
        """`import name`, seen from a module."""
        found = self._layout.roots.find(importer.path, name)
        return self.module_value(found) if found is not None else External(name)

    def _imported_from(self, statement: ir.ImportFrom, name: str, importer: Module) -> Value:
        source = self.import_source(statement, importer)
        match source:
            case External(name=module):
                return External(f"{module}.{name}")
            case ModuleValue() | NamespaceValue():
                return self.member(source, name, importer)
            case _:
                return UNKNOWN

    def import_source(self, statement: ir.ImportFrom, importer: Module) -> Value:
        """The module that a `from … import` names."""
        if statement.level:
            found = self._layout.roots.relative(importer.path, statement.level, statement.module)
            return self.module_value(found) if found is not None else UNKNOWN
        return self.absolute(statement.module, importer)

    def imported_modules(self, module: Module) -> frozenset[Module]:
        """The modules of the project that the top level of a module names in its imports."""
        if module not in self._imported_modules:
            self._imported_modules[module] = frozenset(self._find_imported(module))
        return self._imported_modules[module]

    def _find_imported(self, module: Module) -> Iterator[Module]:
        bindings = (item for bound in module.index.bindings.values() for item in bound)
        for binding in (*bindings, *module.index.star_imports):
            values = [self.imported(binding, module)]
            match binding.statement, binding.source:
                case ir.ImportFrom() as statement, _:
                    values.append(self.import_source(statement, module))
                case ir.Import(), ir.Alias(name=name):
                    values.append(self.absolute(name, module))
            yield from (value.module for value in values if isinstance(value, ModuleValue))

    def member(self, container: ModuleValue | NamespaceValue, name: str, importer: Module | None = None) -> Value:
        """`container.name`: a global of the module, else a submodule of the package."""
        if isinstance(container, NamespaceValue):
            found = self._layout.roots.submodule(container.folder, name)
            return self.module_value(found) if found is not None else UNKNOWN
        module = container.module
        submodule = self._layout.roots.submodule(module.path, name) if module.is_package else None
        if module is importer and submodule is not None:
            # `from . import name` inside a package's own __init__ means the submodule.
            return self.module_value(submodule)
        if self.binds(module, name):
            value = self.module_name(name, module, None)
            if not isinstance(value, Unknown) or submodule is None:
                return value
        if submodule is not None:
            return self.module_value(submodule)
        return self._from_stars(name, module, None)

    def binds(self, module: Module, name: str) -> bool:
        return name in module.index.bindings or name in module.global_writers

    def module_name(self, name: str, module: Module, use: Use | None) -> Value:
        """The value of a module global; at `use` when asked from the module's own body, else at its end."""
        if use is not None and name in module.index.bindings:
            bindings = module.index.reaching(name, use)
            if bindings and not module.index.starred_after(bindings, use):
                return union([self._evaluator.binding(binding, module) for binding in bindings])
        key = (id(module), name)
        memo = self._evaluator.memo
        found = memo.globals.get(key)
        if found is None:
            if key in memo.active_globals:
                return UNKNOWN
            memo.active_globals.add(key)
            try:
                found = self._module_name(name, module)
            finally:
                memo.active_globals.discard(key)
            if not isinstance(found, Unknown) or not memo.active_globals:
                memo.globals[key] = found
        return found

    def _module_name(self, name: str, module: Module) -> Value:
        evaluator = self._evaluator
        starred = self._from_stars(name, module, None)
        if not isinstance(starred, Unknown):
            return starred
        if not self.binds(module, name):
            return External(name) if name in BUILTINS else UNKNOWN
        bindings = module.index.reaching(name, None)
        values = [evaluator.binding(binding, module) for binding in bindings]
        if any(binding.kind in {"function", "class"} for binding in bindings):
            replaced = evaluator.outside.on_module(module, name)
            values = values if replaced is None else [replaced]
        for writer in module.global_writers.get(name, ()):
            values += [evaluator.binding(binding, writer) for binding in writer.index.bindings[name]]
        return evaluator.filling.of_global(_without_placeholders(values), name, module)

    def alias(self, node: ir.Name | ir.Attribute, scope: Scope) -> tuple[ir.Expr, Scope] | None:
        """The expression that a name (local, global, imported or `module.name`) is assigned once, and its body."""
        if isinstance(node, ir.Attribute):
            owner = self._evaluator.value(node.value, scope)
            return self._global_alias(node.attr, owner.module) if isinstance(owner, ModuleValue) else None
        around: Scope | None = scope
        while around is not None and not isinstance(around, Module):
            if around.index.binds(node.id):
                return _single(around.index.bindings[node.id], around)
            around = around.parent
        return self._global_alias(node.id, scope if isinstance(scope, Module) else scope.module)

    def _global_alias(self, name: str, module: Module, depth: int = 0) -> tuple[ir.Expr, Scope] | None:
        bindings = module.index.bindings.get(name, [])
        if not bindings and depth <= MAX_REEXPORTS:
            starred = self._star_source(name, module)
            return None if starred is None else self._global_alias(name, starred, depth + 1)
        if len(bindings) != 1 or depth > MAX_REEXPORTS:
            return None
        (binding,) = bindings
        if isinstance(binding.statement, ir.ImportFrom) and isinstance(binding.source, ir.Alias):
            source = self.import_source(binding.statement, module)
            if isinstance(source, ModuleValue):
                return self._global_alias(binding.source.name, source.module, depth + 1)
            return None
        return _single(bindings, module)

    def _from_stars(self, name: str, module: Module, use: Use | None) -> Value:
        """What the last `import *` after all other bindings of the name gives it."""
        if not module.index.star_imports or self._star_depth > MAX_REEXPORTS:
            return UNKNOWN
        outermost = name not in self._searched
        searched = self._searched.setdefault(name, set())
        if id(module) in searched:  # modules may import all of each other: one look at each is enough
            return UNKNOWN
        searched.add(id(module))
        self._star_depth += 1
        try:
            return self._starred(name, module, use)
        finally:
            self._star_depth -= 1
            if outermost:
                del self._searched[name]

    def _starred(self, name: str, module: Module, use: Use | None) -> Value:
        for statement in module.index.starred_after(module.index.reaching(name, use), use):
            match self.import_source(statement, module):
                case ModuleValue(module=source) if source is not module and self._exports(source, name):
                    value = self.member(ModuleValue(source), name)
                    if not isinstance(value, Unknown):
                        return value
                case External(name=source_name) if not name.startswith("_"):
                    # What a library exports is not known, but the names that the tables have are its own.
                    full = f"{source_name}.{name}"
                    if knowledge.lookup(full) is not None or knowledge.returns(full) is not None:
                        return External(full)
                case _:
                    pass
        return UNKNOWN

    def _star_source(self, name: str, module: Module) -> Module | None:
        """The module of the project from which an `import *` brings the name."""
        for statement in module.index.starred_after([], None):
            source = self.import_source(statement, module)
            if isinstance(source, ModuleValue) and source.module is not module and self._exports(source.module, name):
                return source.module
        return None

    def _exports(self, module: Module, name: str) -> bool:
        listed = _dunder_all(module)
        if listed is not None:
            return name in listed
        return not name.startswith("_")


def _single(bindings: list[Binding], scope: Scope) -> tuple[ir.Expr, Scope] | None:
    if len(bindings) != 1 or bindings[0].value is None or bindings[0].path:
        return None
    return (bindings[0].value, scope) if bindings[0].kind in {"assign", "annotation"} else None


def _without_placeholders(values: list[Value]) -> Value:
    """A global set to None or a constant first and to an object later is that object to those who use it."""
    flat = [member for value in values for member in members(value)]
    real: list[Value] = [value for value in flat if not isinstance(value, Const)]
    known: list[Value] = [value for value in real if not isinstance(value, Unknown)]
    if any(isinstance(value, Instance) for value in known):
        real = known
    return union(real) if real else union(flat or [NONE])


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

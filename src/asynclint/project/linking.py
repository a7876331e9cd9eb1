"""Imports, re-exports and module globals, followed over the whole project."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.project.model import Module
from asynclint.project.star_imports import MAX_REEXPORTS, StarImports
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

BUILTINS = frozenset(dir(builtins))

if TYPE_CHECKING:
    from asynclint.project.inference import Evaluator
    from asynclint.project.layout import Layout
    from asynclint.project.model import Scope
    from asynclint.project.scopes import Binding, Use


class Linker:
    """Follows names from module to module. Cycles end in unknown, never in a loop."""

    def __init__(self, layout: Layout, evaluator: Evaluator) -> None:
        self._layout = layout
        self._evaluator = evaluator
        self._stars = StarImports(self, layout.reads)

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

    def member(self, container: ModuleValue | NamespaceValue, name: str, importer: Module | None = None) -> Value:
        """`container.name`: a global of the module, else a submodule of the package."""
        if isinstance(container, NamespaceValue):
            found = self._layout.roots.submodule(container.folder, name)
            return self.module_value(found) if found is not None else UNKNOWN
        module = container.module
        submodule = self.submodule(name, module)
        if module is importer and submodule is not None:
            # `from . import name` inside a package's own __init__ means the submodule.
            return submodule
        if self.binds(module, name):
            value = self.module_name(name, module, None)
            if not isinstance(value, Unknown) or submodule is None:
                return value
        if submodule is not None:
            return submodule
        return self._stars.value(name, module)

    def submodule(self, name: str, package: Module) -> Value | None:
        """A module in the folder of a package; None where there is none, or it is no package."""
        found = self._layout.roots.submodule(package.path, name) if package.is_package else None
        return None if found is None else self.module_value(found)

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
        if found is not None:
            memo.take(key)
            return found
        return memo.answer(memo.globals, key, key, UNKNOWN, self._module_name, name, module)

    def _module_name(self, name: str, module: Module) -> Value:
        starred = self._stars.value(name, module)
        if not isinstance(starred, Unknown):
            return starred
        if not self.binds(module, name):
            return External(name) if name in BUILTINS else UNKNOWN
        return self.bound(name, module)

    def bound(self, name: str, module: Module) -> Value:
        """What the bindings of a module global give it at the end, whatever an `import *` behind them brings."""
        evaluator = self._evaluator
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
            starred = self._stars.source(name, module)
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

"""Coroutine objects that are used as the value which awaiting them would give.

A coroutine is followed from the expression that makes it through locals, loops and comprehensions of the same body.
A use counts if on every path to it the local holds a coroutine (and nothing in the body asks what it holds).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import dotted
from asynclint.knowledge.asyncio_api import COROUTINE_SINKS
from asynclint.project.model import Class, Function, Module
from asynclint.project.values import External
from asynclint.semantics import coroutines
from asynclint.semantics.value_uses import Usage, ValueUse, collected_use, is_returned_by_route, use_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Scope
    from asynclint.project.scopes import Binding
    from asynclint.semantics.module_context import ModuleContext

_COROUTINE_API = frozenset({"send", "throw", "close"})
_INSPECTORS = frozenset({"iscoroutine", "isawaitable", "isinstance", "hasattr", "callable", "type", "getattr"})
_SOFT = frozenset({Usage.TRUTH, Usage.IDENTITY, Usage.COMPARISON, Usage.MEMBERSHIP, Usage.LOG, Usage.FORMAT, Usage.KEY})
"""Uses that do no harm to a coroutine that is awaited or handed on elsewhere."""

_MAX_DEPTH = 4


@dataclass(frozen=True, slots=True, eq=False)
class Misuse:
    """A coroutine (made by `node`, or injected into the parameter that `node` reads) and what it is used for."""

    scope: Scope
    node: ir.Call | ir.Attribute | ir.Name
    name: str
    use: ValueUse
    variable: str = ""
    """The local through which it is used."""
    awaited: bool = False
    """It is also awaited, or given to what awaits it."""

    @property
    def is_injected(self) -> bool:
        return isinstance(self.node, ir.Name)


def misuses(module: ModuleContext) -> Iterator[Misuse]:
    """Every coroutine of the module that is used as a value."""
    for site in module.coroutine_sites:
        found = _use_of_coroutine(module, site.node, site.scope, 0)
        if found is not None and not (site.is_of_library and found.use.usage is Usage.CONTEXT):
            yield Misuse(site.scope, site.node, site.name, found.use, found.variable, found.awaited)
    if b"Depends" in module.module.data or b"Security" in module.module.data:
        for function in module.module.functions:
            yield from _injected(module, function)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    use: ValueUse
    variable: str = ""
    awaited: bool = False


def _use_of_coroutine(module: ModuleContext, node: ir.Expr, scope: Scope, depth: int) -> _Found | None:
    use = use_of(module, node, scope)
    if use is not None:
        return _Found(use) if _is_misuse(use) else None
    if depth > _MAX_DEPTH:
        return None
    parent = scope.index.parents.get(id(node))
    match parent:
        case ir.Assign(targets=targets, value=value) if value is node:
            return _first(_through_name(module, target, parent, scope) for target in targets)
        case ir.AnnAssign(target=target, value=value) if value is node:
            return _through_name(module, target, parent, scope)
        case ir.NamedExpr(target=target, value=value) if value is node:
            found = _use_of_coroutine(module, parent, scope, depth + 1)
            where = scope.index.use(node)
            statement = None if where.inner else where.statement
            return found or _through_name(module, target, statement, scope)
        case ir.Comprehension(elements=elements) if any(element is node for element in elements):
            return use_of_collection(module, parent, scope, depth + 1)
        case ir.Collection():
            return _unpacked(module, node, parent, scope) or use_of_collection(module, parent, scope, depth + 1)
        case _:
            return None


def _unpacked(module: ModuleContext, node: ir.Expr, parent: ir.Collection, scope: Scope) -> _Found | None:
    """`a, b = load(1), load(2)`."""
    around = scope.index.parents.get(id(parent))
    if not isinstance(around, ir.Assign) or around.value is not parent:
        return None
    position = next(index for index, item in enumerate(parent.items) if item is node)
    for target in around.targets:
        if isinstance(target, ir.Collection) and len(target.items) == len(parent.items):
            return _through_name(module, target.items[position], around, scope)
    return None


def use_of_collection(module: ModuleContext, node: ir.Expr, scope: Scope, depth: int = 0) -> _Found | None:
    """What is done with the elements of a collection of coroutines."""
    if not coroutines.holds_coroutines(module, node, scope):
        return None
    use = collected_use(module, node, scope, node)
    if use is not None:
        return _Found(use)
    parent = scope.index.parents.get(id(node))
    match parent:
        case ir.Call(func=ir.Name(id="list" | "tuple"), args=(inner,)) if inner is node and depth < _MAX_DEPTH:
            return use_of_collection(module, parent, scope, depth + 1)
        case ir.For(iter=iterable, target=target) if iterable is node:
            return _through_name(module, target, parent, scope)
        case ir.Comprehension(generators=generators):
            clause = next((item for item in generators if item.iter is node), None)
            return None if clause is None else _through_clause(module, clause, scope)
        case ir.Subscript(value=value) if value is node and depth < _MAX_DEPTH:
            is_slice = isinstance(parent.index, ir.Collection)
            return None if is_slice else _element_use(module, parent, scope)
        case ir.Assign(targets=(ir.Name() as target,), value=value) if value is node and depth < _MAX_DEPTH:
            return _first(
                use_of_collection(module, read, scope, depth + 1) for read in _reads(module, target.id, parent, scope)
            )
        case _:
            return None


def _element_use(module: ModuleContext, node: ir.Subscript, scope: Scope) -> _Found | None:
    use = use_of(module, node, scope)
    return _Found(use) if use is not None and _is_misuse(use) and use.usage not in _SOFT else None


def _through_clause(module: ModuleContext, clause: ir.Generator, scope: Scope) -> _Found | None:
    if not isinstance(clause.target, ir.Name) or clause.is_async:
        return None
    name = clause.target.id
    reads = [
        node
        for node in module.project.paths.of(scope).names.get(name, ())
        if node is not clause.target and _is_bound_by(node, clause, scope)
    ]
    uses = [(node, use_of(module, node, scope)) for node in reads]
    kept = any(use is None for _, use in uses)
    for _, use in uses:
        if use is not None and _is_misuse(use) and not (kept and use.usage in _SOFT):
            return _Found(use, name, _is_awaited(module, [read for read, _ in uses], scope))
    return None


def _is_bound_by(node: ir.Name, clause: ir.Generator, scope: Scope) -> bool:
    use = scope.index.use(node)
    inner = next((item for item in use.inner if item.name == node.id), None)
    return inner is not None and inner.value is clause.iter


def _through_name(module: ModuleContext, target: ir.Expr, statement: ir.Stmt | None, scope: Scope) -> _Found | None:
    if not isinstance(target, ir.Name) or isinstance(scope, Class) or statement is None:
        return None
    return _misuse_of_local(module, target.id, _reads(module, target.id, statement, scope), scope)


def _reads(module: ModuleContext, name: str, statement: ir.Stmt, scope: Scope) -> list[ir.Name]:
    """The reads of a local that may see what the statement binds."""
    found = []
    for node in module.project.paths.reads(name, scope):
        definitions = module.project.paths.definitions(node, scope)
        if definitions is not None and any(binding.statement is statement for binding in definitions):
            found.append(node)
    return found


def _misuse_of_local(module: ModuleContext, name: str, reads: list[ir.Name], scope: Scope) -> _Found | None:
    if _is_inspected(module, name, scope):
        return None
    uses = [(node, use_of(module, node, scope)) for node in reads]
    kept = any(use is None or not _is_misuse(use) for _, use in uses) or _is_captured(name, scope)
    for node, use in uses:
        if use is None or not _is_misuse(use) or (kept and use.usage in _SOFT):
            continue
        if coroutines.is_coroutine(module, node, scope):
            return _Found(use, name, _is_awaited(module, [read for read, _ in uses], scope))
    return None


def _is_awaited(module: ModuleContext, reads: list[ir.Name], scope: Scope) -> bool:
    for node in reads:
        match scope.index.parents.get(id(node)):
            case ir.Await():
                return True
            case ir.Call() as call if call.func is not node and _calls_sink(module, call, scope):
                return True
    return False


def _calls_sink(module: ModuleContext, call: ir.Call, scope: Scope) -> bool:
    """Whether a call awaits the coroutines it is given, or makes tasks of them."""
    evaluator = module.project.evaluator
    targets = evaluator.targets(evaluator.value(call.func, scope))
    return any(isinstance(target, External) and target.name in COROUTINE_SINKS for target in targets)


def _is_inspected(module: ModuleContext, name: str, scope: Scope) -> bool:
    """Whether the body asks what kind of object the local holds."""
    for node in module.project.paths.reads(name, scope):
        parent = scope.index.parents.get(id(node))
        callee = parent.func if isinstance(parent, ir.Call) and parent.func is not node else None
        if callee is not None and dotted(callee).rpartition(".")[2] in _INSPECTORS:
            return True
    return False


def _is_captured(name: str, scope: Scope) -> bool:
    """Whether the name occurs in a function inside this one."""
    if not isinstance(scope, Function):
        return isinstance(scope, Module)
    marker = name.encode()
    return any(
        scope in inner.ancestors() and scope.module.data.find(marker, inner.ir.start, inner.ir.end) >= 0
        for inner in scope.module.functions
        if scope.ir.start < inner.ir.start < scope.ir.end
    )


def _is_misuse(use: ValueUse) -> bool:
    if use.usage is Usage.ATTRIBUTE:
        return use.detail not in _COROUTINE_API and not use.detail.startswith(("__", "cr_"))
    return True


def _first(items: Iterator[_Found | None]) -> _Found | None:
    return next((item for item in items if item is not None), None)


# -- dependencies ----------------------------------------------------------------------------------------------------


def _injected(module: ModuleContext, function: Function) -> Iterator[Misuse]:
    """Parameters into which FastAPI puts the coroutine that a sync dependency returns."""
    if not any(_has_dependency(param) for param in function.ir.params) or not module.project.roles.of(function):
        return
    for param in function.ir.params:
        binding = _binding_of(param, function) if _has_dependency(param) else None
        name = None if binding is None else coroutines.injected_coroutine(module, binding, function)
        if name is None or binding is None:
            continue
        reads = [
            node
            for node in module.project.paths.reads(param.name, function)
            if module.project.paths.definitions(node, function) == (binding,)
        ]
        found = _misuse_of_local(module, param.name, reads, function) or _returned(module, reads, function)
        if found is not None and isinstance(found.use.node, ir.Name):
            yield Misuse(function, found.use.node, name, found.use, param.name, found.awaited)


def _returned(module: ModuleContext, reads: list[ir.Name], function: Function) -> _Found | None:
    for node in reads:
        if is_returned_by_route(module, node, function):
            return _Found(ValueUse(Usage.SERIALISATION, node, function), node.id)
    return None


def _has_dependency(param: ir.Param) -> bool:
    return isinstance(param.default, ir.Call) or isinstance(param.annotation, ir.Subscript)


def _binding_of(param: ir.Param, function: Function) -> Binding | None:
    return next((binding for binding in function.index.bindings.get(param.name, ()) if binding.source is param), None)

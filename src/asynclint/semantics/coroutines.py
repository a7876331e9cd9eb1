"""Coroutine objects: which expressions certainly give one, and which of them are dropped.

Certain is what every alternative says: all functions that a call may run are async, none is replaced in the module
(as tests do), overridden by a sync one, or wrapped by a decorator that nothing is known of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import dotted, walk
from asynclint.knowledge.coroutines import is_coroutine_function
from asynclint.project.dispositions import Fate
from asynclint.project.model import Class, Function
from asynclint.project.places import bodies_with
from asynclint.project.roles import Role
from asynclint.project.values import (
    BoundMethod,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    LambdaValue,
    Unknown,
    members,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Scope
    from asynclint.project.scopes import Binding
    from asynclint.project.values import Value
    from asynclint.semantics.module_context import ModuleContext

_TRANSPARENT = frozenset(
    {
        "staticmethod", "classmethod", "functools.wraps", "abc.abstractmethod", "typing.override", "typing.final",
        "typing.no_type_check", "typing_extensions.override", "typing_extensions.final", "tenacity.retry",
        "backoff.on_exception",
    },
)  # fmt: skip

_MAX_DEPTH = 8
"""Steps from a use to the call that makes its coroutine; real code has two or three."""


@dataclass(frozen=True, slots=True, eq=False)
class CoroutineSite:
    """An expression that gives a coroutine object: a call, or an attribute that is an async property.

    `name` is the qualified name of the async function, `how` what becomes of the coroutine where it is dropped.
    """

    scope: Scope
    node: ir.Call | ir.Attribute
    name: str
    how: str = ""

    @property
    def is_of_library(self) -> bool:
        """Many coroutine functions of libraries return an object that is also an async context manager."""
        return is_coroutine_function(self.name)


# -- finding them ----------------------------------------------------------------------------------------------------


def coroutine_sites(module: ModuleContext) -> Iterator[CoroutineSite]:
    """Every expression of the module that certainly gives a coroutine and is not awaited on the spot."""
    for scope in _scopes_to_read(module):
        for call in scope.index.calls:
            if isinstance(scope.index.parents.get(id(call)), ir.Await | ir.YieldFrom | ir.Yield):
                continue
            if _may_be_async(module, scope, call.func):
                name = coroutine_name(module, scope, call)
                if name is not None:
                    yield CoroutineSite(scope, call, name)
        yield from _property_sites(module, scope)


def _scopes_to_read(module: ModuleContext) -> Iterator[Scope]:
    """The bodies that may have such an expression, by the names in them: the others need not be decoded."""
    names = module.project.coroutine_names
    aliases = {
        name
        for name, bindings in module.module.index.bindings.items()
        if any(_may_stand_for_async(binding, names) for binding in bindings)
    }
    properties = {
        id(scope)
        for name in module.project.async_property_names
        if name.encode() in module.module.data
        for scope in bodies_with(module.module, name)
    }
    yield module.module
    yield from module.module.classes
    for function in module.module.functions:
        calls = function.ir.calls
        if (
            function.ir.called_locals
            or not names.isdisjoint(calls)
            or not aliases.isdisjoint(calls)
            or any(param.annotation is not None and param.name in calls for param in function.ir.params)
            or id(function) in properties
        ):
            yield function


def _property_sites(module: ModuleContext, scope: Scope) -> Iterator[CoroutineSite]:
    names = module.project.async_property_names
    for node in scope.index.attributes if names else ():
        if node.attr in names and not isinstance(scope.index.parents.get(id(node)), ir.Await):
            name = _async_property(module, scope, node)
            if name is not None:
                yield CoroutineSite(scope, node, name)


def _may_be_async(module: ModuleContext, scope: Scope, callee: ir.Expr) -> bool:
    """A look at the callee's last name, before the costlier question what it means."""
    names = module.project.coroutine_names
    if isinstance(callee, ir.Attribute):
        return callee.attr in names
    if not isinstance(callee, ir.Name):
        return False
    if callee.id in names:
        return True
    bindings = scope.index.bindings.get(callee.id) or module.module.index.bindings.get(callee.id, [])
    return any(_may_stand_for_async(binding, names) for binding in bindings)


def _may_stand_for_async(binding: Binding, names: frozenset[str]) -> bool:
    """Whether a name may be bound to an async function of any other name, or to one of `names`."""
    return (
        binding.kind in {"assign", "annotation"}
        or (binding.kind == "param" and binding.annotation is not None)
        or (isinstance(binding.source, ir.Alias) and binding.source.name in names)
    )


# -- certainty -------------------------------------------------------------------------------------------------------


def coroutine_name(module: ModuleContext, scope: Scope, call: ir.Call) -> str | None:
    """The name of what is called, if every alternative certainly gives a coroutine."""
    if _is_asked_about(scope, call.func):
        return None
    return _name_of_callable(module, module.project.evaluator.value(call.func, scope), depth=0)


def async_callable_name(module: ModuleContext, scope: Scope, node: ir.Expr) -> str | None:
    """The name of a callable that is handed over, if calling it certainly gives a coroutine."""
    if _is_asked_about(scope, node):
        return None
    value = module.project.evaluator.value(node, scope)
    return (
        None
        if any(isinstance(member, ClassValue) for member in members(value))
        else _name_of_callable(module, value, depth=0)
    )


def _is_asked_about(scope: Scope, node: ir.Expr) -> bool:
    """Whether the body asks `iscoroutinefunction(f)` of the same callable: it has a branch for either answer."""
    if "iscoroutinefunction" not in scope.ir.calls:
        return False
    name = dotted(node)
    return bool(name) and any(
        dotted(call.func).rpartition(".")[2] == "iscoroutinefunction" and call.args and dotted(call.args[0]) == name
        for call in scope.index.calls
    )


def _name_of_callable(module: ModuleContext, value: Value, depth: int) -> str | None:
    names: list[str] = []
    for target in module.project.evaluator.targets(value):
        match target:
            case External(name=name) if is_coroutine_function(name):
                names.append(name)
            case FunctionValue(function=function):
                if not _gives_coroutine(module, function, depth) or _is_replaced(module, function.name):
                    return None
                names.append(function.qualname)
            case BoundMethod(function=function, receiver=receiver):
                certain = _gives_coroutine(module, function, depth) and not _is_replaced(module, function.name)
                if not certain or not _is_async_in_subclasses(module, receiver, function, depth):
                    return None
                names.append(function.qualname)
            case LambdaValue(node=node, scope=scope):
                made = _name_of_body(module, node.body, scope, depth)
                if made is None:
                    return None
                names.append(made)
            case _:
                return None
    return names[0] if names else None


def _name_of_body(module: ModuleContext, body: ir.Expr, scope: Scope, depth: int) -> str | None:
    """The async function whose coroutine a lambda returns."""
    if not isinstance(body, ir.Call) or depth > _MAX_DEPTH:
        return None
    return _name_of_callable(module, module.project.evaluator.value(body.func, scope), depth + 1)


def _gives_coroutine(module: ModuleContext, function: Function, depth: int) -> bool:
    """Whether calling the function certainly gives a coroutine: it is async, or hands on that of one that is."""
    if function.is_generator or _declares_iterator(function) or not _has_plain_decorators(module, function):
        return False
    return function.is_async or returns_coroutine(module, function, depth)


def _declares_iterator(function: Function) -> bool:
    """`async def stream(self) -> AsyncIterator[str]: ...` stands for methods that are async generators."""
    return (
        function.is_stub
        and function.ir.returns is not None
        and any(word in _annotation_words(function.ir.returns) for word in ("Iterator", "Generator", "Iterable", "Any"))
    )


def _annotation_words(node: ir.Expr) -> str:
    return " ".join(
        part.id if isinstance(part, ir.Name) else part.attr if isinstance(part, ir.Attribute) else str(part.value)
        for part in walk(node)
        if isinstance(part, ir.Name | ir.Attribute | ir.Constant)
    )


def returns_coroutine(module: ModuleContext, function: Function, depth: int = 0) -> bool:
    """Whether a sync function returns a coroutine on every path: what is returned has to be seen.

    A declared Awaitable says nothing: it may be a task, which runs by itself.
    """
    if depth > _MAX_DEPTH or function.is_async or function.is_generator:
        return False
    returned = [statement for statement in function.index.statements if isinstance(statement, ir.Return)]
    if not returned or module.project.paths.of(function).may_end:
        return False
    return all(item.value is not None and is_coroutine(module, item.value, function, depth + 1) for item in returned)


def is_coroutine(module: ModuleContext, node: ir.Expr, scope: Scope, depth: int = 0) -> bool:
    """Whether the value of an expression is a coroutine object on every path that leads to it."""
    if depth > _MAX_DEPTH:
        return False
    match node:
        case ir.Call():
            value = module.project.evaluator.value(node.func, scope)
            return _name_of_callable(module, value, depth) is not None
        case ir.Name():
            definitions = module.project.paths.definitions(node, scope)
            return bool(definitions) and all(
                is_bound_to_coroutine(module, binding, scope, depth + 1) for binding in definitions or ()
            )
        case ir.IfExp(body=body, orelse=orelse):
            return all(is_coroutine(module, part, scope, depth + 1) for part in (body, orelse))
        case ir.NamedExpr(value=value):
            return is_coroutine(module, value, scope, depth + 1)
        case ir.Attribute():
            return node.attr in module.project.async_property_names and (
                _async_property(module, scope, node) is not None
            )
        case _:
            return False


def is_bound_to_coroutine(module: ModuleContext, binding: Binding, scope: Scope, depth: int = 0) -> bool:
    """Whether a binding certainly gives its name a coroutine."""
    if binding.value is None or depth > _MAX_DEPTH:
        return binding.kind == "param" and is_injected_coroutine(module, binding, scope)
    match binding.kind:
        case "assign" | "annotation":
            part = _part(binding.value, binding.path)
            return part is not None and is_coroutine(module, part, scope, depth + 1)
        case "for" | "comprehension" if not binding.path and not (binding.kind == "comprehension" and binding.index):
            return holds_coroutines(module, binding.value, scope, depth + 1)
        case _:
            return False


def _part(node: ir.Expr, path: tuple[int, ...]) -> ir.Expr | None:
    """The item of a tuple display that a target of the same form is bound to."""
    for position in path:
        if not isinstance(node, ir.Collection) or not 0 <= position < len(node.items):
            return None
        if any(isinstance(item, ir.Starred) for item in node.items):
            return None
        node = node.items[position]
    return node


def holds_coroutines(module: ModuleContext, node: ir.Expr, scope: Scope, depth: int = 0) -> bool:
    """Whether the expression is a collection, made here, of nothing but coroutines."""
    if depth > _MAX_DEPTH:
        return False
    match node:
        case ir.Comprehension(kind=kind, elements=(element,)) if kind != "dict":
            return is_coroutine(module, element, scope, depth + 1)
        case ir.Call(func=ir.Name(id="map")):
            return mapped_coroutines(module, node, scope) is not None
        case ir.Call(func=ir.Name(id="list" | "tuple"), args=(inner,)):
            return holds_coroutines(module, inner, scope, depth + 1)
        case ir.Collection(items=items) if items:
            return all(is_coroutine(module, item, scope, depth + 1) for item in items)
        case ir.Name():
            definitions = module.project.paths.definitions(node, scope)
            return (
                bool(definitions)
                and all(
                    binding.kind in {"assign", "annotation"}
                    and not binding.path
                    and binding.value is not None
                    and holds_coroutines(module, binding.value, scope, depth + 1)
                    for binding in definitions or ()
                )
                and not _is_filled(module, node.id, scope)
            )
        case _:
            return False


def mapped_coroutines(module: ModuleContext, node: ir.Call, scope: Scope) -> str | None:
    """The async function that a call of `map` calls for each item, without awaiting it."""
    callee = module.project.evaluator.value(node.func, scope)
    if not isinstance(callee, External) or callee.name != "map" or len(node.args) < 2:
        return None
    return async_callable_name(module, scope, node.args[0])


def _is_filled(module: ModuleContext, name: str, scope: Scope) -> bool:
    """Whether anything is done to a local collection but to look at what is in it."""
    for read in module.project.paths.reads(name, scope):
        match scope.index.parents.get(id(read)):
            case ir.Attribute():
                return True
            case ir.Subscript() as around if isinstance(scope.index.parents.get(id(around)), ir.Assign | ir.Delete):
                return True
    return False


def is_injected_coroutine(module: ModuleContext, binding: Binding, scope: Scope) -> bool:
    """Whether FastAPI gives the parameter what a sync dependency returns, and that is a coroutine."""
    return injected_coroutine(module, binding, scope) is not None


def injected_coroutine(module: ModuleContext, binding: Binding, scope: Scope) -> str | None:
    """The name of the sync dependency whose coroutine FastAPI injects for the parameter.

    FastAPI awaits what it calls if that is an async function, never what a sync one returns. A decorated one is
    passed over: since 0.124 FastAPI looks through `functools.wraps`.
    """
    param = binding.source
    if not isinstance(scope, Function) or not isinstance(param, ir.Param):
        return None
    around = scope.owner or scope.parent
    for part in (param.default, param.annotation):
        call = _dependency_call(part)
        if call is None or not call.args or not module.project.roles.is_dependency(call, around):
            continue
        names: list[str] = []
        for member in members(module.project.evaluator.value(call.args[0], around)):
            match member:
                case FunctionValue(function=function) if not function.is_async and not function.ir.decorators:
                    if not returns_coroutine(module, function):
                        return None
                    names.append(function.qualname)
                case LambdaValue(node=node, scope=lambda_scope):
                    if not is_coroutine(module, node.body, lambda_scope):
                        return None
                    names.append("lambda")
                case _:
                    return None
        return names[0] if names else None
    return None


def _dependency_call(node: ir.Expr | None) -> ir.Call | None:
    """`Depends(f)`, or the one in `Annotated[X, Depends(f)]`."""
    match node:
        case ir.Call():
            return node
        case ir.Subscript(index=ir.Collection(items=(_, *extras))):
            return next((item for item in extras if isinstance(item, ir.Call)), None)
        case _:
            return None


def _async_property(module: ModuleContext, scope: Scope, node: ir.Attribute) -> str | None:
    """The name of the async property that reading the attribute certainly runs."""
    reader = module.project.evaluator.members
    found: list[str] = []
    for member in members(module.project.evaluator.value(node.value, scope)):
        if not isinstance(member, Instance) or not isinstance(member.cls, Class):
            return None
        method = reader.method(member.cls, node.attr)
        if method is None or not method.is_async or method.is_generator or not reader.is_property(method):
            return None
        if len(method.ir.decorators) != 1 or _is_replaced(module, node.attr):
            return None
        for subclass in reader.subclasses(member.cls):
            own = reader.own_method(subclass, node.attr) if node.attr in subclass.index.bindings else method
            if own is None or not own.is_async:
                return None
        found.append(method.qualname)
    return found[0] if found else None


def _has_plain_decorators(module: ModuleContext, function: Function) -> bool:
    """Whether calling the decorated function certainly gives a coroutine, as calling the bare one would."""
    if function.owner is not None and any("sync" in name for name in _class_decorators(function.owner)):
        return False
    if module.project.roles.of(function):
        return True
    for node in function.ir.decorators:
        callee = node.func if isinstance(node, ir.Call) else node
        value = module.project.evaluator.value_outside(callee, function)
        if isinstance(value, External) and value.name in _TRANSPARENT:
            continue
        decorator = getattr(value, "function", None)
        is_factory = isinstance(node, ir.Call)
        if isinstance(decorator, Function) and module.project.evaluator.calls.keeps_async(
            decorator, factory=is_factory
        ):
            continue
        return False
    return True


def _class_decorators(cls: Class) -> Iterator[str]:
    return (dotted(node.func if isinstance(node, ir.Call) else node) for node in cls.ir.decorators)


def _is_async_in_subclasses(module: ModuleContext, receiver: Value, function: Function, depth: int) -> bool:
    """Whether no subclass of the receiver's class overrides the method with one that gives something else."""
    if any(not isinstance(getattr(member, "cls", None), Class) for member in members(receiver)):
        return not any(isinstance(member, Unknown) for member in members(receiver))
    reader = module.project.evaluator.members
    for member in members(receiver):
        cls = getattr(member, "cls", None)
        for subclass in reader.subclasses(cls) if isinstance(cls, Class) else ():
            if function.name not in subclass.index.bindings or _is_fake(module, subclass):
                continue
            own = reader.own_method(subclass, function.name)
            if own is None or (own is not function and not _gives_coroutine(module, own, depth + 1)):
                return False
    return True


def _is_fake(module: ModuleContext, cls: Class) -> bool:
    """Whether only tests put an object of the class in the place of another."""
    return not module.is_test and module.project.is_test(cls.module)


def _is_replaced(module: ModuleContext, name: str) -> bool:
    """Whether the module assigns an attribute of that name, or names it in a string as a patch does.

    `service.load = Mock()`, `patch.object(service, "load")`, `monkeypatch.setattr("app.db.load", …)`.
    """
    return name in module.assigned_attributes or (module.is_test and name in module.quoted_names)


# -- dropped ---------------------------------------------------------------------------------------------------------


def dropped_coroutines(module: ModuleContext) -> Iterator[CoroutineSite]:
    """Calls of async functions, of any module, whose result nobody awaits or looks at."""
    for site in module.coroutine_sites:
        if id(site.node) in module.misused_coroutines:
            continue
        how = _loss(module, site.scope, site.node)
        if how is not None:
            yield CoroutineSite(site.scope, site.node, site.name, how)


def _loss(module: ModuleContext, scope: Scope, call: ir.Call | ir.Attribute) -> str | None:
    parent = scope.index.parents.get(id(call))
    if isinstance(parent, ir.Attribute | ir.Compare | ir.BinOp):
        return None
    disposition = module.project.dispositions.of(call, scope)
    if disposition.fate is Fate.DROPPED:
        return disposition.how
    by_route = (
        disposition.how == "returned"
        and isinstance(scope, Function)
        and Role.ROUTE in module.project.roles.of(scope)
        and not _use_is_deferred(scope, call)
    )
    return "returned by a route" if by_route else None


def _use_is_deferred(scope: Scope, call: ir.Call | ir.Attribute) -> bool:
    use = scope.index.use_of(call)
    return use is not None and use.deferred

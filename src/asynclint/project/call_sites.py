"""Where a body hands control to other code in the same thread: calls, properties, context managers, iteration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.flow.traversal import span_start, walk
from asynclint.knowledge import blocking as knowledge
from asynclint.project.model import Class, Function, Module, module_of
from asynclint.project.off_loop import off_loop_statements
from asynclint.project.values import (
    BoundMethod,
    ClassValue,
    External,
    FunctionValue,
    GeneratorValue,
    Instance,
    LambdaValue,
    Unknown,
    Value,
    members,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Scope

SiteKind = Literal["call", "property", "enter", "iterate", "construct"]

CONSUMERS = frozenset(
    {
        "list", "tuple", "set", "frozenset", "dict", "sorted", "sum", "any", "all", "min", "max", "next",
        "collections.deque", "collections.Counter", "str.join", "bytes.join", "list.extend", "set.update",
    },
)  # fmt: skip
"""Callables that iterate over their first argument before they return."""


@dataclass(frozen=True, slots=True)
class Callee:
    """A function of the project that a site may run.

    `receiver` is the class of the object it runs on, where that is known. `call` tells that the site's own arguments
    are its arguments, the receiver aside.
    """

    function: Function
    receiver: Class | None = None
    call: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class CallSite:
    """A place in a body where other code runs before the next line of it does.

    `callees` are the functions of the project that may run, `externals` the names outside it. `awaited` says
    that the result is awaited on the spot.
    """

    kind: SiteKind
    node: ir.Expr
    span: Span
    statement: ir.Stmt
    callees: tuple[Callee, ...]
    externals: tuple[str, ...]
    awaited: bool

    @property
    def functions(self) -> tuple[Function, ...]:
        return tuple(callee.function for callee in self.callees)


class CallSiteReader:
    """Lists the call sites of bodies, each body once."""

    def __init__(self, evaluator: Evaluator, property_names: frozenset[str]) -> None:
        self._evaluator = evaluator
        self._property_names = property_names
        self._sites: dict[int, tuple[CallSite, ...]] = {}
        self._called: dict[int, tuple[str, ...]] = {}
        self.unresolved: dict[tuple[str, int], int] = {}
        """How many calls of a body, by its module's path and its place, nothing is known of."""

    def sites(self, scope: Scope) -> tuple[CallSite, ...]:
        """The sites of a body in source order, those aside that run only where no event loop does.

        Lambdas and nested definitions are not entered.
        """
        found = self._sites.get(id(scope))
        if found is None:
            off_loop = off_loop_statements(scope.body)
            sites = (site for site in self._read(scope) if id(site.statement) not in off_loop)
            found = tuple(sorted(sites, key=lambda site: site.span))
            self._sites[id(scope)] = found
        return found

    def _read(self, scope: Scope) -> Iterator[CallSite]:
        index = scope.index
        for call in index.calls:
            use = index.uses[id(call)]
            if use.deferred or (use.lazy and not self._is_consumed(call, scope)):
                continue
            yield from self._of_call(call, use.statement, scope)
        for attribute in index.attributes:
            if attribute.attr in self._property_names:
                yield from self._of_attribute(attribute, scope)
        for statement in index.statements:
            if isinstance(statement, ir.With) and not statement.is_async:
                for item in statement.items:
                    yield from self._of_context(item.context, statement, scope)
            elif isinstance(statement, ir.For) and not statement.is_async:
                yield from self._of_iteration(statement.iter, statement, scope)
        yield from self._of_comprehensions(scope)
        yield from self._of_unpacking(scope)

    # -- calls -------------------------------------------------------------------------------------------------

    def _of_call(self, call: ir.Call, statement: ir.Stmt, scope: Scope) -> Iterator[CallSite]:
        targets = self._evaluator.targets(self._evaluator.value(call.func, scope))
        awaited = isinstance(scope.index.parents.get(id(call)), ir.Await)
        callees: list[Callee] = []
        externals: list[str] = []
        for target in targets:
            self._add_target(target, callees, externals)
        for callee in tuple(callees):
            self._add_arguments_called(callee, call, scope, callees, externals)
        if any(isinstance(target, Unknown) for target in targets):
            key = (module_of(scope).path, -1 if isinstance(scope, Module) else scope.ir.start)
            self.unresolved[key] = self.unresolved.get(key, 0) + 1
        if callees or externals:
            span = Span(call.start, call.end)
            unique = tuple(dict.fromkeys(callees))
            yield CallSite("call", call, span, statement, unique, tuple(dict.fromkeys(externals)), awaited)
        if call.args and isinstance(call.func, ir.Attribute) and call.func.attr == "enter_context":
            yield from self._of_context(call.args[0], statement, scope)
        if call.args and (_joins(call) or any(name in CONSUMERS for name in externals)):
            yield from self._of_iteration(call.args[0], statement, scope)

    def _add_target(self, target: Value, callees: list[Callee], externals: list[str]) -> None:
        match target:
            case FunctionValue(function=function) | BoundMethod(function=function):
                if not function.is_generator:
                    callees.append(Callee(function, _receiver(target), call=True))
                    callees += [Callee(wrapper) for wrapper in self._evaluator.calls.wrappers(function)]
            case ClassValue(cls=cls):
                callees += [Callee(function, cls, call=True) for function in self._constructors(cls)]
            case External(name=name):
                externals.append(name)
            case LambdaValue(node=node, scope=around):
                self._add_lambda(node, around, callees, externals)
            case _:
                pass

    def _add_lambda(self, node: ir.Lambda, around: Scope, callees: list[Callee], externals: list[str]) -> None:
        """Calls in the body of a lambda that is itself called here."""
        for part in walk(node.body):
            if isinstance(part, ir.Call) and not isinstance(around.index.parents.get(id(part)), ir.Await):
                for target in self._evaluator.targets(self._evaluator.value(part.func, around)):
                    if not isinstance(target, LambdaValue):
                        self._add_target(target, callees, externals)

    def _add_arguments_called(
        self,
        callee: Callee,
        call: ir.Call,
        scope: Scope,
        callees: list[Callee],
        externals: list[str],
    ) -> None:
        """Callables handed to a function that calls its parameter: they run here as well."""
        if not callee.call:
            return
        for name in self._called_parameters(callee.function):
            argument = argument_for(callee.function, name, call, skips_first=callee.receiver is not None)
            if argument is None:
                continue
            for target in self._evaluator.targets(self._evaluator.value(argument, scope)):
                match target:
                    case FunctionValue(function=function) | BoundMethod(function=function) if function.is_generator:
                        continue
                    case FunctionValue(function=function) | BoundMethod(function=function):
                        callees.append(Callee(function, _receiver(target)))
                    case _:
                        self._add_target(target, callees, externals)

    def _called_parameters(self, function: Function) -> tuple[str, ...]:
        """The parameters that the function itself calls, in its own thread."""
        found = self._called.get(id(function))
        if found is None:
            names = {param.name for param in function.ir.params}
            index = function.index
            called = {
                call.func.id
                for call in index.calls
                if isinstance(call.func, ir.Name) and call.func.id in names and not index.uses[id(call)].deferred
            }
            found = tuple(sorted(name for name in called if len(index.bindings[name]) == 1))
            self._called[id(function)] = found
        return found

    def _constructors(self, cls: Class) -> Iterator[Function]:
        for name in ("__new__", "__init__", "__post_init__"):
            method = self._evaluator.members.method(cls, name)
            if method is not None:
                yield method

    def _is_consumed(self, node: ir.Expr, scope: Scope) -> bool:
        """Whether the generator expression around the node is used up on the spot."""
        parents = scope.index.parents
        current: ir.Expr | ir.Stmt | None = node
        while current is not None:
            around = parents.get(id(current))
            if isinstance(current, ir.Comprehension) and current.kind == "generator":
                return isinstance(around, ir.Call) and self._consumes(around, current, scope)
            current = around
        return False

    def _consumes(self, call: ir.Call, argument: ir.Expr, scope: Scope) -> bool:
        if not call.args or call.args[0] is not argument:
            return False
        if isinstance(call.func, ir.Attribute) and call.func.attr in {"join", "extend", "update"}:
            return True
        targets = self._evaluator.targets(self._evaluator.value(call.func, scope))
        return any(isinstance(target, External) and target.name in CONSUMERS for target in targets)

    # -- implicit calls ----------------------------------------------------------------------------------------

    def _of_attribute(self, node: ir.Attribute, scope: Scope) -> Iterator[CallSite]:
        use = scope.index.uses[id(node)]
        if use.deferred or use.lazy or _is_stored(node, scope):
            return
        callees: list[Callee] = []
        for member in members(self._evaluator.value(node.value, scope)):
            if isinstance(member, Instance) and isinstance(member.cls, Class):
                method = self._evaluator.members.method(member.cls, node.attr)
                if method is not None and self._evaluator.members.is_property(method):
                    callees.append(Callee(method, member.cls))
        if callees:
            span = Span(node.start, node.end)
            yield CallSite("property", node, span, use.statement, tuple(callees), (), awaited=False)

    def _of_context(self, node: ir.Expr, statement: ir.Stmt, scope: Scope) -> Iterator[CallSite]:
        callees: list[Callee] = []
        for member in members(self._evaluator.value(node, scope)):
            match member:
                case GeneratorValue(function=function, context_manager=True) if not function.is_async:
                    callees.append(Callee(function))
                case Instance(cls=Class() as cls):
                    callees += self._methods(cls, "__enter__", "__exit__")
                case _:
                    pass
        if callees:
            yield CallSite("enter", node, _span(node), statement, tuple(callees), (), awaited=False)

    def _methods(self, cls: Class, *names: str) -> Iterator[Callee]:
        for name in names:
            method = self._evaluator.members.method(cls, name)
            if method is not None:
                yield Callee(method, cls)

    def _of_iteration(self, node: ir.Expr, statement: ir.Stmt, scope: Scope) -> Iterator[CallSite]:
        callees: list[Callee] = []
        for member in members(self._evaluator.value(node, scope)):
            match member:
                case GeneratorValue(function=function, context_manager=False) if not function.is_async:
                    callees.append(Callee(function))
                case Instance(cls=Class() as cls):
                    callees += self._methods(cls, "__iter__", "__next__")
                case _:
                    pass
        externals = self._lazy_externals(node, scope)
        if callees or externals:
            yield CallSite("iterate", node, _span(node), statement, tuple(callees), externals, awaited=False)

    def _lazy_externals(self, node: ir.Expr, scope: Scope) -> tuple[str, ...]:
        """Calls such as `path.rglob(…)` that do their work when they are iterated."""
        if isinstance(node, ir.Name):
            use = scope.index.uses.get(id(node))
            bindings = scope.index.reaching(node.id, use) if scope.index.binds(node.id) else []
            values = [item.value for item in bindings if item.kind == "assign" and not item.path]
            node = values[0] if len(values) == 1 and values[0] is not None else node
        if not isinstance(node, ir.Call):
            return ()
        targets = self._evaluator.targets(self._evaluator.value(node.func, scope))
        names = [target.name for target in targets if isinstance(target, External)]
        return tuple(name for name in names if (known := knowledge.lookup(name)) is not None and known.tier == "lazy")

    def _of_unpacking(self, scope: Scope) -> Iterator[CallSite]:
        """`[*rows()]`, `f(*rows())`."""
        for call in scope.index.calls:
            around = scope.index.parents.get(id(call))
            use = scope.index.uses[id(call)]
            if isinstance(around, ir.Starred) and not use.deferred and not use.lazy:
                yield from self._of_iteration(call, use.statement, scope)

    def _of_comprehensions(self, scope: Scope) -> Iterator[CallSite]:
        index = scope.index
        seen: set[int] = set()
        for node in list(index.parents.values()):
            if not isinstance(node, ir.Comprehension) or id(node) in seen:
                continue
            seen.add(id(node))
            use = index.uses[id(node)]
            if use.deferred or use.lazy or (node.kind == "generator" and not self._generator_consumed(node, scope)):
                continue
            for clause in node.generators:
                if not clause.is_async:
                    yield from self._of_iteration(clause.iter, use.statement, scope)

    def _generator_consumed(self, node: ir.Comprehension, scope: Scope) -> bool:
        around = scope.index.parents.get(id(node))
        return isinstance(around, ir.Call) and self._consumes(around, node, scope)


def _receiver(target: Value) -> Class | None:
    """The class of the object that a bound method was taken from."""
    if not isinstance(target, BoundMethod):
        return None
    cls = getattr(target.receiver, "cls", None)
    return cls if isinstance(cls, Class) else target.function.owner


def argument_for(function: Function, name: str, call: ir.Call, *, skips_first: bool) -> ir.Expr | None:
    """What a call passes for a parameter; None where nothing is passed, or where that is not certain."""
    for keyword in call.keywords:
        if keyword.name == name:
            return keyword.value
    positional = [param.name for param in function.ir.params if param.kind in {"positional", "positional-only"}]
    positional = positional[1:] if skips_first else positional
    if name not in positional or any(isinstance(arg, ir.Starred) for arg in call.args):
        return None
    position = positional.index(name)
    return call.args[position] if position < len(call.args) else None


def _joins(call: ir.Call) -> bool:
    """`b"".join(…)`: the IR does not tell one bytes literal from another."""
    return isinstance(call.func, ir.Attribute) and call.func.attr == "join" and isinstance(call.func.value, ir.Opaque)


def _is_stored(node: ir.Attribute, scope: Scope) -> bool:
    around = scope.index.parents.get(id(node))
    match around:
        case ir.Assign(targets=targets):
            return any(target is node for target in targets)
        case ir.AugAssign(target=target) | ir.AnnAssign(target=target):
            return target is node
        case ir.Delete():
            return True
        case _:
            return False


def _span(node: ir.Expr) -> Span:
    start = span_start(node)
    end = getattr(node, "end", None)
    if end is None:
        end = start + len(node.id.encode()) if isinstance(node, ir.Name) else start
    return Span(start, int(end))

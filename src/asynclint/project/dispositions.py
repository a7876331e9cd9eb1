"""What becomes of a value that must not be lost: a Task, or a coroutine object that nobody has awaited yet.

The value is followed from the expression that makes it through locals, containers, closures and parameters of the
project's own functions. Wherever it may be kept, awaited or handed to code that is not known, the answer is `KEPT`:
a finding rests on every way being seen to drop it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from asynclint.flow import ir
from asynclint.knowledge.asyncio_api import AWAITERS, LOOP_CALLBACKS
from asynclint.knowledge.classes import WEAK_COLLECTIONS
from asynclint.project.call_sites import argument_for
from asynclint.project.model import Class, Function, Module, Scope
from asynclint.project.values import (
    BoundMethod,
    External,
    FunctionValue,
    full_name,
    members,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from asynclint.project.inference import Evaluator
    from asynclint.project.scopes import Binding

MAX_DEPTH = 12
"""Hand-overs a value is followed through; real code has two or three."""


class Fate(enum.Enum):
    """From best to worst, what a use does with the value."""

    KEPT = "kept"
    """Awaited, returned, stored beyond the frame, or given to code that may do so."""
    CALLBACK = "callback"
    """Only given a done-callback: its outcome may be seen, but nothing keeps it alive."""
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Disposition:
    """What becomes of a value. `callbacks` are the done-callbacks it is given, with the bodies they stand in."""

    fate: Fate
    callbacks: tuple[tuple[ir.Expr, Scope], ...] = ()
    how: str = ""
    """For dropped values "statement", "unused local", "local collection", "argument", "weak set" or "lambda"; for kept
    ones "collection" or "returned" where that is all that keeps it."""


KEPT = Disposition(Fate.KEPT)
RETURNED = Disposition(Fate.KEPT, how="returned")
IN_COLLECTION = Disposition(Fate.KEPT, how="collection")

_PRINTERS = frozenset({"print", "str", "repr", "id", "type", "isinstance", "format", "len", "bool", "hash"})
_LOGGERS = ("logging.", "loguru.", "structlog.")
_NEUTRAL_METHODS = frozenset({"set_name", "get_name"})
_REMOVERS = frozenset({"discard", "remove", "pop"})
KEEPERS = frozenset({"append", "add", "insert", "extend", "update", "appendleft", "setdefault", "put", "put_nowait"})
"""Methods of collections that put their argument in."""

_CONTAINER_TYPES = frozenset({"list", "set", "dict", "tuple", "collections.deque", "collections.defaultdict"})


_WEAK_REFERENCES = frozenset({"weakref.proxy", "weakref.ref"})


class DispositionReader:
    """Follows values."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._active: set[tuple[int, str]] = set()

    def of(self, node: ir.Expr, scope: Scope, depth: int = 0) -> Disposition:
        """What becomes of the value of an expression that stands in the body of `scope`."""
        parent = scope.index.parents.get(id(node))
        if parent is None or depth > MAX_DEPTH or self._is_keeper(scope):
            return KEPT
        handler = self._by_parent.get(type(parent))
        return handler(self, node, parent, scope, depth + 1) if handler is not None else KEPT

    def keeps_what_it_returns(self, function: Function) -> bool:
        """Whether the function puts a local that it returns where it lasts longer than the call."""
        returned = {
            item.value.id
            for item in function.index.statements
            if isinstance(item, ir.Return) and isinstance(item.value, ir.Name)
        }
        uses = [use for name in sorted(returned) for use in self._uses(name, function, None)]
        fates = (self.of_use(use, function, 0) for use in uses)
        return any(fate.fate is Fate.KEPT and fate.how != "returned" for fate in fates)

    def _is_keeper(self, scope: Scope) -> bool:
        """Whether the configuration says that the function looks after its tasks."""
        return isinstance(scope, Function) and scope.full_name in self._evaluator.layout.declared.task_keepers

    # -- by what stands around the value -----------------------------------------------------------------------

    def _in_statement(self, _node: ir.Expr, _parent: ir.ExprStmt, _scope: Scope, _depth: int) -> Disposition:
        return Disposition(Fate.DROPPED, how="statement")

    def _in_return(self, _node: ir.Expr, _parent: ir.Return, _scope: Scope, _depth: int) -> Disposition:
        return RETURNED

    def _in_assignment(self, node: ir.Expr, parent: ir.Assign, scope: Scope, depth: int) -> Disposition:
        if any(target is node for target in parent.targets):
            return KEPT
        return _best([self._into(target, parent, (), scope, depth) for target in parent.targets])

    def _in_annotated(self, node: ir.Expr, parent: ir.AnnAssign, scope: Scope, depth: int) -> Disposition:
        return KEPT if parent.target is node else self._into(parent.target, parent, (), scope, depth)

    def _in_walrus(self, node: ir.Expr, parent: ir.NamedExpr, scope: Scope, depth: int) -> Disposition:
        if parent.target is node:
            return KEPT
        return _best([self._into(parent.target, None, (), scope, depth, parent), self.of(parent, scope, depth)])

    def _in_display(self, node: ir.Expr, parent: ir.Collection, scope: Scope, depth: int) -> Disposition:
        around = scope.index.parents.get(id(parent))
        if isinstance(around, ir.Assign) and parent.kind == "tuple" and around.value is parent:
            position = next(index for index, item in enumerate(parent.items) if item is node)
            return _best([self._into(target, around, (position,), scope, depth) for target in around.targets])
        return self.of(parent, scope, depth)

    def _through(self, _node: ir.Expr, parent: ir.Expr, scope: Scope, depth: int) -> Disposition:
        return self.of(parent, scope, depth)

    def _in_comprehension(self, node: ir.Expr, parent: ir.Comprehension, scope: Scope, depth: int) -> Disposition:
        if not any(element is node for element in parent.elements):
            return KEPT
        return self.of(parent, scope, depth)

    def _in_lambda(self, node: ir.Expr, parent: ir.Lambda, scope: Scope, _depth: int) -> Disposition:
        """What a lambda returns is lost where the loop is what calls it."""
        around = scope.index.parents.get(id(parent))
        if parent.body is not node or not isinstance(around, ir.Call):
            return KEPT
        targets = self._evaluator.targets(self._evaluator.value(around.func, scope))
        names = {target.name for target in targets if isinstance(target, External)}
        called_by_loop = bool(names) and names <= set(LOOP_CALLBACKS) | {"asyncio.Task.add_done_callback"}
        return Disposition(Fate.DROPPED, how="lambda") if called_by_loop else KEPT

    def _in_attribute(self, _node: ir.Expr, parent: ir.Attribute, scope: Scope, _depth: int) -> Disposition:
        """`create_task(…).add_done_callback(f)` keeps nothing; other methods belong to somebody who looks after it."""
        around = scope.index.parents.get(id(parent))
        if not isinstance(around, ir.Call) or around.func is not parent:
            return KEPT
        if parent.attr == "add_done_callback" and around.args:
            callback = around.args[0]
            removes = isinstance(callback, ir.Attribute) and callback.attr in _REMOVERS
            # `tasks.discard` lets go of the task when it is done; it says nothing about what keeps it until then.
            return Disposition(Fate.DROPPED if removes else Fate.CALLBACK, ((callback, scope),), "unused local")
        return Disposition(Fate.DROPPED, how="statement") if parent.attr in _NEUTRAL_METHODS else KEPT

    def _in_format(self, _node: ir.Expr, _parent: ir.FString, _scope: Scope, _depth: int) -> Disposition:
        return Disposition(Fate.DROPPED, how="argument")

    def _in_test(self, node: ir.Expr, parent: ir.If | ir.While | ir.Assert, _scope: Scope, _depth: int) -> Disposition:
        return Disposition(Fate.DROPPED, how="statement") if parent.test is node else KEPT

    def _in_augmented(self, node: ir.Expr, parent: ir.AugAssign, scope: Scope, depth: int) -> Disposition:
        """`tasks += [create_task(…)]`: the collection grows; as a target it is not looked at."""
        if parent.target is node:
            return Disposition(Fate.DROPPED)
        grows = isinstance(node, ir.Collection | ir.Comprehension) and parent.op in {"+", "|"}
        return self._into_collection(parent.target, scope, depth) if grows else KEPT

    def _in_call(self, node: ir.Expr, parent: ir.Call, scope: Scope, depth: int) -> Disposition:
        if parent.func is node:
            return KEPT
        targets = self._evaluator.targets(self._evaluator.value(parent.func, scope))
        if self._evaluator.layout.declared.task_keepers.any_of(full_name(target) for target in targets):
            return KEPT
        if isinstance(parent.func, ir.Attribute) and parent.func.attr in KEEPERS:
            return self._into_collection(parent.func.value, scope, depth)
        fates = [self._given_to(target, node, parent, scope, depth) for target in targets]
        return _best(fates) if fates else KEPT

    def _given_to(self, target: object, node: ir.Expr, call: ir.Call, scope: Scope, depth: int) -> Disposition:
        match target:
            case External(name=name) if name in _PRINTERS or name.startswith(_LOGGERS):
                return Disposition(Fate.DROPPED, how="argument")
            case External(name=name) if name in _WEAK_REFERENCES:
                return Disposition(Fate.DROPPED, how="weak set")
            case External(name=name) if name in AWAITERS:
                return KEPT
            case External(name=name) if name in _CONTAINER_TYPES:
                return self.of(call, scope, depth)
            case FunctionValue(function=function) | BoundMethod(function=function):
                bound = isinstance(target, BoundMethod)
                return self._parameter(function, node, call, depth, skips_first=bound)
            case _:
                return KEPT

    def _parameter(
        self, function: Function, node: ir.Expr, call: ir.Call, depth: int, *, skips_first: bool
    ) -> Disposition:
        """What the function of the project does with the parameter that receives the value."""
        if function.is_stub or (function.ir.decorators and function.owner is None):
            return KEPT
        name = _parameter_name(function, node, call, skips_first=skips_first)
        name = name or _rest_parameter_name(function, node, call, skips_first=skips_first)
        if name is None:
            return KEPT
        return self._local(name, function, None, depth)

    # -- into names and collections ----------------------------------------------------------------------------

    def _into(  # noqa: PLR0913 - one decision by the form of the target
        self,
        target: ir.Expr,
        statement: ir.Stmt | None,
        path: tuple[int, ...],
        scope: Scope,
        depth: int,
        walrus: ir.NamedExpr | None = None,
    ) -> Disposition:
        match target:
            case ir.Name(id=name):
                if isinstance(scope, Module | Class) or not scope.index.binds(name):
                    return KEPT
                binding = _binding_of(scope, name, statement, walrus)
                return self._local(name, scope, binding, depth)
            case ir.Collection(items=items) if path and path[0] < len(items):
                if any(isinstance(item, ir.Starred) for item in items):
                    return KEPT
                return self._into(items[path[0]], statement, path[1:], scope, depth, walrus)
            case ir.Collection(items=items):
                fates = [self._into(item, statement, (), scope, depth, walrus) for item in items]
                return _best(fates) if fates else KEPT
            case ir.Subscript(value=container):
                return self._into_collection(container, scope, depth)
            case ir.Starred(value=value):
                return self._into(value, statement, (), scope, depth, walrus)
            case _:
                return KEPT

    def _into_collection(self, container: ir.Expr, scope: Scope, depth: int) -> Disposition:
        """Into a collection: as good as what becomes of that, if it is a local one."""
        value = self._evaluator.value(container, scope)
        if any(getattr(member, "cls", None) in WEAK_COLLECTIONS for member in members(value)):
            return Disposition(Fate.DROPPED, how="weak set")
        while isinstance(container, ir.Subscript) and isinstance(container.value, ir.Name | ir.Subscript):
            container = container.value  # `tasks[key].append(…)` is as good as `tasks`
        if not isinstance(container, ir.Name) or isinstance(scope, Module | Class):
            return IN_COLLECTION
        if not scope.index.binds(container.id):
            return IN_COLLECTION
        bindings = [item for item in scope.index.bindings[container.id] if not _grows(item)]
        if not all(_is_new_collection(binding) for binding in bindings):
            return IN_COLLECTION
        fate = self._local(container.id, scope, None, depth)
        return fate if fate.fate is Fate.KEPT else Disposition(fate.fate, fate.callbacks, "local collection")

    def _local(self, name: str, scope: Scope, binding: Binding | None, depth: int) -> Disposition:
        """What becomes of a local: the best of its uses; dropped where there is none."""
        key = (id(scope), name)
        if key in self._active or depth > MAX_DEPTH:
            return Disposition(Fate.DROPPED, how="unused local")
        if self._is_captured(name, scope):
            return KEPT
        self._active.add(key)
        try:
            fates = [self.of_use(use, scope, depth) for use in self._uses(name, scope, binding)]
        finally:
            self._active.discard(key)
        if not fates:
            return Disposition(Fate.DROPPED, how="unused local")
        best = _best(fates)
        return Disposition(best.fate, best.callbacks, "unused local") if best.fate is Fate.DROPPED else best

    def of_use(self, use: ir.Name, scope: Scope, depth: int) -> Disposition:
        """What one use of a local that holds the value does with it."""
        parent = scope.index.parents.get(id(use))
        match parent:
            case ir.Call(func=ir.Attribute(value=receiver, attr=attr)) if receiver is use and attr in KEEPERS:
                return Disposition(Fate.DROPPED)
            case ir.Attribute(attr=attr) if attr in KEEPERS and _is_called(parent, scope):
                # `tasks.append(…)` puts something in; it does not look at what is there.
                return Disposition(Fate.DROPPED)
            case ir.Attribute(attr=attr) if attr in _REMOVERS and not _is_called(parent, scope):
                return Disposition(Fate.DROPPED)
            case ir.Attribute(attr="clear") if _is_called(parent, scope):
                return Disposition(Fate.DROPPED)
            case ir.Subscript(value=value) if value is use and _is_target(parent, scope):
                return Disposition(Fate.DROPPED)
            case ir.Subscript(value=value) if value is use and _is_filled(parent, scope):
                return Disposition(Fate.DROPPED)
            case ir.ExprStmt() | ir.Delete():
                return Disposition(Fate.DROPPED)
            case ir.Call(func=ir.Name(id="len" | "print" | "id" | "repr" | "str")):
                return Disposition(Fate.DROPPED)
            case ir.FString():
                return Disposition(Fate.DROPPED)
            case _:
                return self.of(use, scope, depth)

    def _uses(self, name: str, scope: Scope, binding: Binding | None) -> Iterator[ir.Name]:
        """The places that read the local and may see the binding."""
        index = scope.index
        for node in scope.index.names.get(name, ()):
            if _is_target(node, scope):
                continue
            use = index.use(node)
            if any(inner.name == name for inner in use.inner):
                continue
            if binding is None or use.deferred or _is_in(binding, index.reaching(name, use)):
                yield node

    def _is_captured(self, name: str, scope: Scope) -> bool:
        """Whether a nested function or class uses the local: it may keep it as long as it lives itself."""
        if not isinstance(scope, Function):
            return True
        marker = name.encode()
        if any(cls.parent is scope and name in cls.index.names for cls in scope.module.classes):
            return True
        for inner in scope.module.functions:
            if scope not in inner.ancestors() or inner.index.binds(name):
                continue
            if scope.module.data.find(marker, inner.ir.start, inner.ir.end) < 0:
                continue
            if name in inner.index.names or name in inner.index.nonlocal_names:
                return True
        return False

    _by_parent: ClassVar[dict[type, Callable[[DispositionReader, Any, Any, Scope, int], Disposition]]] = {
        ir.ExprStmt: _in_statement,
        ir.Return: _in_return,
        ir.Assign: _in_assignment,
        ir.AnnAssign: _in_annotated,
        ir.NamedExpr: _in_walrus,
        ir.Collection: _in_display,
        ir.Starred: _through,
        ir.IfExp: _through,
        ir.BoolOp: _through,
        ir.Dict: _through,
        ir.Comprehension: _in_comprehension,
        ir.Lambda: _in_lambda,
        ir.FString: _in_format,
        ir.If: _in_test,
        ir.While: _in_test,
        ir.Assert: _in_test,
        ir.AugAssign: _in_augmented,
        ir.Attribute: _in_attribute,
        ir.Call: _in_call,
    }


def _best(fates: list[Disposition]) -> Disposition:
    """The kindest of several: one use that keeps the value is enough."""
    callbacks = tuple(callback for fate in fates for callback in fate.callbacks)
    if not fates:
        return KEPT
    best = min(fates, key=lambda fate: (_RANK[fate.fate], fate.how != ""))
    return Disposition(best.fate, callbacks, best.how)


_RANK = {Fate.KEPT: 0, Fate.CALLBACK: 1, Fate.DROPPED: 2}


def _is_filled(node: ir.Expr, scope: Scope) -> bool:
    """`tasks[key].append(…)`."""
    around = scope.index.parents.get(id(node))
    return isinstance(around, ir.Attribute) and around.attr in KEEPERS and _is_called(around, scope)


def _is_called(node: ir.Attribute, scope: Scope) -> bool:
    around = scope.index.parents.get(id(node))
    return isinstance(around, ir.Call) and around.func is node


def _is_target(node: ir.Expr, scope: Scope) -> bool:
    """Whether the expression is assigned to, rather than read."""
    current: ir.Expr | ir.Stmt = node
    around = scope.index.parents.get(id(node))
    while isinstance(around, ir.Collection | ir.Starred):
        current, around = around, scope.index.parents.get(id(around))
    match around:
        case ir.Assign(targets=targets):
            return any(target is current for target in targets)
        case ir.AnnAssign(target=target) | ir.For(target=target) | ir.NamedExpr(target=target):
            return target is current
        case ir.With(items=items):
            return any(item.target is current for item in items)
        case ir.Comprehension(generators=generators):
            return any(clause.target is current for clause in generators)
        case _:
            return False


def _binding_of(
    scope: Scope,
    name: str,
    statement: ir.Stmt | None,
    walrus: ir.NamedExpr | None,
) -> Binding | None:
    for binding in scope.index.bindings.get(name, ()):
        if walrus is not None and binding.value is walrus.value:
            return binding
        if statement is not None and binding.statement is statement and binding.kind != "augmented":
            return binding
    return None


def _is_in(binding: Binding, seen: Sequence[Binding]) -> bool:
    """Whether the value is among what is seen: `tasks += more` leaves in it what was there."""
    return binding in seen or any(item.kind == "augmented" and item.order > binding.order for item in seen)


def _grows(binding: Binding) -> bool:
    """`tasks += […]`."""
    return binding.kind == "augmented" and isinstance(binding.value, ir.Collection | ir.Comprehension)


def _is_new_collection(binding: Binding) -> bool:
    """Whether the binding makes a collection here, so that it lives no longer than the frame."""
    match binding.value:
        case ir.Collection() | ir.Dict() | ir.Comprehension():
            return binding.kind in {"assign", "annotation"}
        case ir.Call(func=ir.Name(id=callee)) if callee in {"set", "list", "dict", "deque", "defaultdict"}:
            return binding.kind in {"assign", "annotation"}
        case _:
            return False


def _parameter_name(function: Function, node: ir.Expr, call: ir.Call, *, skips_first: bool) -> str | None:
    """The parameter that receives an argument; None where that is not certain."""
    names = (param.name for param in function.ir.params)
    return next((name for name in names if argument_for(function, name, call, skips_first=skips_first) is node), None)


def _rest_parameter_name(function: Function, node: ir.Expr, call: ir.Call, *, skips_first: bool) -> str | None:
    """The `*tasks` that receives an argument."""
    kinds = [param.kind for param in function.ir.params]
    position = next((index for index, argument in enumerate(call.args) if argument is node), -1)
    before = sum(kind in {"positional", "positional-only"} for kind in kinds) - skips_first
    if "var-positional" not in kinds or position < before:
        return None
    if any(isinstance(argument, ir.Starred) for argument in call.args[:position]):
        return None
    return function.ir.params[kinds.index("var-positional")].name

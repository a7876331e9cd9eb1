"""What ends a task: wherever the project cancels it, awaits it, or hands it to code that may.

A task is followed from the call that makes it through locals, collections, attributes, globals, parameters and returns
of the project's own functions. Where it reaches code that is not known, that code is taken to look after it: a finding
rests on every way being seen to leave the task alone.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias

from asynclint.flow import ir
from asynclint.flow.traversal import bound_names, dotted, span_start
from asynclint.knowledge.asyncio_api import AWAITERS, TASK_FACTORIES
from asynclint.project.function_use import FunctionUse
from asynclint.project.model import Class, Function, Module, Scope
from asynclint.project.places import AttributePlace, LocalPlace, Mention, Place, PlaceReader
from asynclint.project.reads import Answers
from asynclint.project.values import BoundMethod, ClassValue, External, FunctionValue, Unknown, Value, full_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asynclint.project.project import Project

MAX_STEPS = 4000
"""Mentions looked at for one task; what is mentioned more often is taken to be ended somewhere."""

_READERS = frozenset(
    {"get", "pop", "popitem", "popleft", "values", "items", "copy", "setdefault", "union", "difference"}
)
"""Methods of collections that give their members."""

_STORERS = frozenset({"append", "add", "insert", "extend", "update", "appendleft", "setdefault", "push"})
"""Methods of collections that keep their argument."""

_COPIERS = frozenset(
    {
        "list", "tuple", "set", "frozenset", "dict", "sorted", "reversed", "iter", "enumerate", "zip", "filter", "next",
        "copy.copy", "typing.cast", "itertools.chain", "itertools.chain.from_iterable", "collections.deque",
    },
)  # fmt: skip
_LOOKERS = frozenset(
    {
        "len", "bool", "isinstance", "issubclass", "str", "repr", "print", "id", "hash", "hasattr", "type", "callable",
        "any", "all", "sum", "min", "max", "format", "asyncio.isfuture", "asyncio.iscoroutine", "inspect.isawaitable",
        "weakref.ref",
    },
)  # fmt: skip
_NEW = frozenset({"list", "set", "dict", "deque", "defaultdict", "OrderedDict", "WeakSet", "WeakValueDictionary"})
"""They make a collection that only those know who are given it."""

_LOG_METHODS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log", "trace", "success"})
_LOGGERS = ("logging.", "loguru.", "structlog.")


@dataclass(frozen=True, slots=True)
class End:
    """The task is cancelled, awaited or handed to unknown code in this body.

    `cancel` is the attribute by which it is cancelled, None for the other ways.
    """

    scope: Scope
    cancel: ir.Attribute | None = None


@dataclass(frozen=True, slots=True)
class Store:
    """The task is kept in a place; `target` is the place as written there."""

    place: Place
    target: ir.Expr
    scope: Scope


_Move: TypeAlias = Mention | Store | End
"""Where following a value leads: to another expression that has it, to a place that keeps it, or to its end."""


class _Visit(NamedTuple):
    """A mention to look at; `taken_in` is the body in which the task was last taken out of a lasting place."""

    mention: Mention
    taken_in: Scope | None

    @property
    def key(self) -> tuple[int, int]:
        return id(self.mention.node), id(self.taken_in)


@dataclass(frozen=True, slots=True)
class TaskEnding:
    """What becomes of a task in the end.

    `end` is the first place found that ends it; `stores` are the attributes and globals that keep it, in the order
    in which they were met. `idle` is a function that would end it, if anything called it; `asked` is one that ends it
    when a client asks for that.
    """

    end: End | None
    stores: tuple[Store, ...]
    idle: Function | None = None
    asked: Function | None = None


class TaskEndReader:
    """Follows tasks to their ends."""

    def __init__(self, project: Project, places: PlaceReader) -> None:
        self._project = project
        self._evaluator = project.evaluator
        self._places = places
        self._returns: Answers[int, tuple[_Move, ...]] = Answers(project.reads, self._of_returned)
        self._use = FunctionUse(project, places)

    def is_used(self, function: Scope) -> bool:
        """Whether something may call the function: the project, or a framework that it is made for."""
        return self._use.is_used(function)

    def of(self, node: ir.Expr, scope: Scope) -> TaskEnding:
        """Follow the task, or collection of tasks, that an expression gives."""
        origin = Mention(node, scope)
        stores: dict[Place, Store] = {}
        idle: Function | None = None
        asked: Function | None = None
        for move, visit in self._moves(origin):
            if isinstance(move, End):
                if self._is_for_good(move, visit, origin):
                    return TaskEnding(move, _lasting(stores))
                if isinstance(visit.taken_in, Function) and not self._use.is_used(visit.taken_in):
                    idle = idle or visit.taken_in
                elif isinstance(visit.taken_in, Function) and self._use.is_for_requests(visit.taken_in):
                    asked = asked or visit.taken_in
            if isinstance(move, Store):
                stores.setdefault(move.place, move)
        return TaskEnding(None, _lasting(stores), idle, asked)

    def ends(self, node: ir.Expr, scope: Scope) -> tuple[End, ...]:
        """Every place that ends the task, be it only for a client or before a restart."""
        return tuple(move for move, _ in self._moves(Mention(node, scope)) if isinstance(move, End))

    def _moves(self, origin: Mention) -> Iterator[tuple[_Move, _Visit]]:
        """All that is done with the value, nearest first; what is mentioned too often is taken to be ended."""
        queue: deque[_Visit] = deque([_Visit(origin, None)])
        seen = {queue[0].key}
        while queue:
            visit = queue.popleft()
            if len(seen) >= MAX_STEPS:
                yield End(origin.scope), _Visit(origin, None)
                return
            for move in self._follow(*visit.mention):
                yield move, visit
                for following in self._after(move, visit):
                    if following.key not in seen:
                        seen.add(following.key)
                        queue.append(following)

    def _after(self, move: _Move, visit: _Visit) -> Iterator[_Visit]:
        match move:
            case Mention():
                yield _Visit(move, visit.taken_in)
            case Store(place=LocalPlace() as place):
                yield from (_Visit(mention, visit.taken_in) for mention in self._places.mentions(place))
            case Store(place=place, scope=scope):
                for mention in self._places.mentions(place):
                    if self._project.applications.is_one_place(place, scope, mention.scope):
                        yield _Visit(mention, mention.scope)
            case End():
                pass

    def _is_for_good(self, end: End, visit: _Visit, origin: Mention) -> bool:
        """Whether the end may be the last one: not just what a client asks for, or a restart, or called by nobody."""
        if visit.taken_in is None:
            return True
        if self._use.is_for_requests(visit.taken_in) or self._use.is_for_requests(end.scope):
            return False
        if visit.mention.scope is origin.scope and _always_follows(origin.node, visit.mention.node, origin.scope):
            return False
        # Where nobody calls what starts the task either, both are there for the users of a library.
        return self._use.is_used(visit.taken_in) or not self._use.is_used(origin.scope)

    def _follow(self, node: ir.Expr, scope: Scope) -> Iterator[_Move]:
        parent = scope.index.parents.get(id(node))
        handler = self._BY_PARENT.get(type(parent))
        if handler is not None:
            yield from handler(self, node, parent, scope)

    # -- by what stands around the value -----------------------------------------------------------------------

    def _ends(self, _node: ir.Expr, _parent: ir.Expr, scope: Scope) -> Iterator[_Move]:
        yield End(scope)

    def _through(self, _node: ir.Expr, parent: ir.Expr, scope: Scope) -> Iterator[_Move]:
        yield Mention(parent, scope)

    def _in_dict(self, node: ir.Expr, parent: ir.Dict, scope: Scope) -> Iterator[_Move]:
        if any(value is node for value in parent.values):
            yield Mention(parent, scope)

    def _in_subscript(self, node: ir.Expr, parent: ir.Subscript, scope: Scope) -> Iterator[_Move]:
        if parent.value is node:
            yield Mention(parent, scope)

    def _in_choice(self, node: ir.Expr, parent: ir.IfExp, scope: Scope) -> Iterator[_Move]:
        if parent.test is not node:
            yield Mention(parent, scope)

    def _in_lambda(self, node: ir.Expr, parent: ir.Lambda, scope: Scope) -> Iterator[_Move]:
        if parent.body is node:
            yield End(scope)

    def _in_comprehension(self, node: ir.Expr, parent: ir.Comprehension, scope: Scope) -> Iterator[_Move]:
        if any(element is node for element in parent.elements):
            yield Mention(parent, scope)
        for clause in parent.generators:
            if clause.iter is node:
                for name, _ in bound_names(clause.target):
                    yield from self._of_inner(name.id, clause.iter, scope)

    def _of_inner(self, name: str, source: ir.Expr, scope: Scope) -> Iterator[_Move]:
        """The reads of a variable of a comprehension."""
        for read in scope.index.names.get(name, ()):
            use = scope.index.use(read)
            nearest = next((binding for binding in use.inner if binding.name == name), None)
            if nearest is not None and nearest.value is source:
                yield Mention(read, scope)

    def _in_attribute(self, _node: ir.Expr, parent: ir.Attribute, scope: Scope) -> Iterator[_Move]:
        around = scope.index.parents.get(id(parent))
        is_called = isinstance(around, ir.Call) and around.func is parent
        if parent.attr == "cancel":
            yield End(scope, parent)
        elif is_called and parent.attr in _READERS and isinstance(around, ir.Call):
            yield Mention(around, scope)

    def _in_assignment(self, node: ir.Expr, parent: ir.Assign, scope: Scope) -> Iterator[_Move]:
        if parent.value is node:
            for target in parent.targets:
                yield from self._into(target, parent, scope)

    def _in_annotated(self, node: ir.Expr, parent: ir.AnnAssign | ir.AugAssign, scope: Scope) -> Iterator[_Move]:
        if parent.value is node:
            yield from self._into(parent.target, parent, scope)

    def _in_walrus(self, node: ir.Expr, parent: ir.NamedExpr, scope: Scope) -> Iterator[_Move]:
        if parent.value is node:
            yield Mention(parent, scope)
            yield from self._into(parent.target, scope.index.use(parent).statement, scope)

    def _in_for(self, node: ir.Expr, parent: ir.For, scope: Scope) -> Iterator[_Move]:
        if parent.iter is node:
            yield from self._into(parent.target, parent, scope)

    def _in_return(self, _node: ir.Expr, _parent: ir.Return, scope: Scope) -> Iterator[_Move]:
        if isinstance(scope, Function):
            yield from self._returns.of(id(scope), scope)

    def _of_returned(self, function: Function) -> tuple[_Move, ...]:
        return tuple(self._returned(function)) or (End(function),)

    # -- into names and places ---------------------------------------------------------------------------------

    def _into(self, target: ir.Expr, statement: ir.Stmt, scope: Scope) -> Iterator[_Move]:
        """What becomes of a value that is assigned to a target."""
        match target:
            case ir.Collection(items=items):
                for item in items:
                    yield from self._into(item, statement, scope)
            case ir.Starred(value=value):
                yield from self._into(value, statement, scope)
            case ir.Name(id=name) if (place := self._own_local(name, scope)) is not None:
                yield from self._reads(place, statement)
            case _:
                yield from self._kept(target, scope)

    def _own_local(self, name: str, scope: Scope) -> LocalPlace | None:
        place = self._places.of_variable(name, scope)
        return place if isinstance(place, LocalPlace) and place.function is scope else None

    def _reads(self, place: LocalPlace, statement: ir.Stmt) -> Iterator[_Move]:
        """The reads of a local that may see what the statement assigned; those of nested functions may always."""
        for read, around in self._places.mentions(place):
            use = around.index.use(read)
            bindings = around.index.reaching(place.name, use) if around is place.function and not use.deferred else None
            if bindings is None or any(item.statement is statement for item in bindings):
                yield Mention(read, around)

    def _kept(self, target: ir.Expr, scope: Scope) -> Iterator[_Move]:
        """The value is put in the place of an expression, itself or as a member."""
        place = self._places.of(target, scope)
        if place is None:
            yield End(scope)
            return
        yield Store(place, target, scope)
        if isinstance(place, LocalPlace):
            yield from self._origins(place)

    def _origins(self, place: LocalPlace) -> Iterator[_Move]:
        """Where a collection that a local stands for came from, and is kept too."""
        function = place.function
        for binding in function.index.bindings.get(place.name, ()):
            match binding.value:
                case ir.Constant() | ir.Collection() | ir.Dict() | ir.Comprehension():
                    pass
                case ir.Call(func=callee) if dotted(callee).rpartition(".")[2] in _NEW:
                    pass
                case ir.Name() | ir.Attribute() | ir.Subscript() | ir.Call(func=ir.Attribute()) as value:
                    origin = self._places.of(value, function)
                    yield Store(origin, value, function) if origin is not None else End(function)
                case None if binding.kind != "param":
                    pass
                case _:
                    yield End(function)

    # -- into calls --------------------------------------------------------------------------------------------

    def _in_call(self, node: ir.Expr, parent: ir.Call, scope: Scope) -> Iterator[_Move]:
        if parent.func is node:
            return
        for target in self._evaluator.targets(self._evaluator.value(parent.func, scope)):
            yield from self._given_to(target, node, parent, scope)

    def _given_to(self, target: Value, node: ir.Expr, call: ir.Call, scope: Scope) -> Iterator[_Move]:
        if full_name(target) in self._evaluator.layout.declared.task_keepers:
            yield End(scope)
            return
        match target:
            case FunctionValue(function=function):
                yield from self._parameter(function, node, call, scope, skip=0)
            case BoundMethod(function=function):
                yield from self._parameter(function, node, call, scope, skip=1)
            case ClassValue(cls=cls):
                yield from self._constructed(cls, node, call, scope)
            case External(name=name):
                yield from self._given_outside(name, node, call, scope)
            case Unknown():
                yield from self._given_outside("", node, call, scope)
            case _:
                yield End(scope)

    def _given_outside(self, name: str, node: ir.Expr, call: ir.Call, scope: Scope) -> Iterator[_Move]:
        method = call.func.attr if isinstance(call.func, ir.Attribute) else ""
        if name in AWAITERS:
            yield End(scope)
        elif name in _COPIERS or name in TASK_FACTORIES:
            yield Mention(call, scope)
        elif name in {"getattr", "setattr"}:
            yield from self._by_name(name, node, call, scope)
        elif name == "functools.partial":
            yield from self._partial(node, call, scope)
        elif method in _STORERS and isinstance(call.func, ir.Attribute):
            yield from self._kept(call.func.value, scope)
        elif name not in _LOOKERS and not name.startswith(_LOGGERS) and method.lstrip("a") not in _LOG_METHODS:
            yield End(scope)

    def _by_name(self, name: str, node: ir.Expr, call: ir.Call, scope: Scope) -> Iterator[_Move]:
        """`getattr(task, "cancel")` and `setattr(holder, "attribute", task)`."""
        attr = call.args[1] if len(call.args) > 1 else None
        value = attr.value if isinstance(attr, ir.Constant) else None
        if name == "getattr" and call.args[0] is node:
            if not isinstance(value, str) or value == "cancel":
                yield End(scope)
        elif name == "setattr" and call.args[-1] is node:
            yield Store(AttributePlace(value, None), node, scope) if isinstance(value, str) else End(scope)

    def _partial(self, node: ir.Expr, call: ir.Call, scope: Scope) -> Iterator[_Move]:
        position = next((index for index, arg in enumerate(call.args) if arg is node), 0)
        for target in self._evaluator.targets(self._evaluator.value(call.args[0], scope)):
            function = target.function if isinstance(target, FunctionValue | BoundMethod) else None
            params = _positional(function) if function is not None else ()
            place = position - 1 + (1 if isinstance(target, BoundMethod) else 0)
            if function is None or position == 0 or place >= len(params):
                yield End(scope)
            else:
                yield Store(LocalPlace(function, params[place].name), node, scope)

    def _parameter(
        self,
        function: Function,
        node: ir.Expr,
        call: ir.Call,
        scope: Scope,
        *,
        skip: int,
    ) -> Iterator[_Move]:
        """Into the parameter of a project function that takes the value."""
        name = parameter_name(function, node, call, skip)
        if name is None or is_declaration(function):
            yield End(scope)
        else:
            yield Store(LocalPlace(function, name), node, scope)

    def _constructed(self, cls: Class, node: ir.Expr, call: ir.Call, scope: Scope) -> Iterator[_Move]:
        """Into an object: a parameter of `__init__`, or the field of that name or position."""
        init = self._evaluator.members.method(cls, "__init__")
        if init is not None:
            yield from self._parameter(init, node, call, scope, skip=1)
            return
        keyword = next((item.name for item in call.keywords if item.value is node), None)
        position = next((index for index, arg in enumerate(call.args) if arg is node), len(call.args))
        fields = self._fields(cls)
        name = keyword if keyword in fields else fields[position] if position < len(fields) else None
        yield Store(AttributePlace(name, cls), node, scope) if name is not None else End(scope)

    def _fields(self, cls: Class) -> list[str]:
        """The annotated attributes of a class and its bases, in the order in which a dataclass takes them."""
        found: dict[str, None] = {}
        for entry in reversed(self._evaluator.members.mro(cls)):
            for name, bindings in entry.index.bindings.items() if isinstance(entry, Class) else ():
                if any(binding.kind == "annotation" for binding in bindings):
                    found[name] = None
        return list(found)

    # -- out of functions --------------------------------------------------------------------------------------

    def _returned(self, function: Function) -> Iterator[_Move]:
        """The calls of a function, whose value is what it returns."""
        if function.is_generator or self._project.roles.of(function):
            yield End(function)
        elif self._evaluator.members.is_property(function):
            yield from self._places.mentions(AttributePlace(function.name, function.owner))
        else:
            for scope, call in self._project.calls_named(frozenset({function.name})):
                if self._project.is_test(module_of(scope)) or not self._may_call(call, function, scope):
                    continue
                around = scope.index.parents.get(id(call))
                if not function.is_async:
                    yield Mention(call, scope)
                else:
                    yield Mention(around, scope) if isinstance(around, ir.Await) else End(scope)

    def _may_call(self, call: ir.Call, function: Function, scope: Scope) -> bool:
        for target in self._evaluator.targets(self._evaluator.value(call.func, scope)):
            match target:
                case Unknown():
                    return True
                case FunctionValue(function=called) | BoundMethod(function=called):
                    if called is function:
                        return True
                case _:
                    pass
        return False

    _BY_PARENT: ClassVar[dict[type, Callable[[TaskEndReader, ir.Expr, Any, Scope], Iterator[_Move]]]] = {
        ir.Await: _ends,
        ir.Yield: _ends,
        ir.YieldFrom: _ends,
        ir.With: _ends,
        ir.Attribute: _in_attribute,
        ir.Call: _in_call,
        ir.Assign: _in_assignment,
        ir.AnnAssign: _in_annotated,
        ir.AugAssign: _in_annotated,
        ir.NamedExpr: _in_walrus,
        ir.Collection: _through,
        ir.Starred: _through,
        ir.BoolOp: _through,
        ir.BinOp: _through,
        ir.Dict: _in_dict,
        ir.Comprehension: _in_comprehension,
        ir.Subscript: _in_subscript,
        ir.IfExp: _in_choice,
        ir.Lambda: _in_lambda,
        ir.For: _in_for,
        ir.Return: _in_return,
    }


def _lasting(stores: dict[Place, Store]) -> tuple[Store, ...]:
    return tuple(store for place, store in stores.items() if not isinstance(place, LocalPlace))


def _always_follows(later: ir.Expr, earlier: ir.Expr, scope: Scope) -> bool:
    """Whether a body that evaluates the earlier expression cannot but come to the later one."""
    start, end = span_start(earlier), span_start(later)
    around, block = (scope.index.use(node).block for node in (later, earlier))
    if not 0 <= start < end or block[: len(around)] != around:
        return False
    return not any(
        isinstance(item, ir.Return | ir.Raise) and start < item.start < end for item in scope.index.statements
    )


def module_of(scope: Scope) -> Module:
    return scope if isinstance(scope, Module) else scope.module


def _positional(function: Function) -> tuple[ir.Param, ...]:
    return tuple(param for param in function.ir.params if param.kind in {"positional-only", "positional"})


def parameter_name(function: Function, node: ir.Expr, call: ir.Call, skip: int) -> str | None:
    """The parameter that receives an argument; `skip` parameters are filled by the receiver."""
    params = _positional(function)[skip:]
    rest = next((param.name for param in function.ir.params if param.kind == "var-positional"), None)
    for position, arg in enumerate(call.args):
        if isinstance(arg, ir.Starred):
            return rest if arg is node else None
        if arg is node:
            return params[position].name if position < len(params) else rest
    keyword = next((item.name for item in call.keywords if item.value is node), None)
    named = {param.name for param in function.ir.params if param.kind in {"positional", "keyword-only"}}
    return keyword if keyword in named else None


def is_declaration(function: Function) -> bool:
    """Whether the body only declares the function: what runs in its stead is not known."""
    for statement in function.body:
        match statement:
            case ir.Pass() | ir.Raise() | ir.ExprStmt(value=ir.Opaque() | ir.Constant()):
                pass
            case _:
                return False
    return True

"""Database sessions and connections that several tasks use at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.flow.traversal import dotted, header_exprs, walk
from asynclint.knowledge.asyncio_api import ASYNC_LOCKS, COLLECTION_AWAITERS, GROUP_TASK_FACTORIES, TASK_FACTORIES
from asynclint.knowledge.connections import SINGLE_TASK_CONNECTIONS
from asynclint.project.model import Class, Function
from asynclint.project.sites import argument_for
from asynclint.project.values import BoundMethod, External, FunctionValue, Instance, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Scope
    from asynclint.project.scopes import Binding
    from asynclint.semantics.module_context import ModuleContext

MAX_DEPTH: Final = 3
"""Functions that a connection is handed through, or methods that call each other, until it is used."""

_STARTERS = frozenset({"gather", "wait", "as_completed", "create_task", "ensure_future", "start_soon"})


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """Where a connection is put to work: the function, and the place in it."""

    function: Function
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class SharedConnection:
    """A connection that is in use by one task while the call gives it to another.

    `first` is the call before, the same one if it is repeated. `kind` is the class, `uses` is what either does with it.
    """

    scope: Scope
    call: ir.Call
    first: ir.Call
    name: str
    kind: str
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """A coroutine that runs beside others: `callee(*arguments)`.

    `many`: once for each item of a loop. `nested`: an argument of the coroutine that runs, `timed(work(session))`.
    """

    call: ir.Call
    callee: ir.Expr
    arguments: ir.Call
    skipped: int
    many: bool
    nested: bool = False


@dataclass(frozen=True, slots=True)
class _Held:
    """A connection that some work uses."""

    key: str
    kind: str
    use: Use | None


def shared_connections(module: ModuleContext) -> Iterator[SharedConnection]:
    """Those of this module, each at the second use."""
    if not module.project.mentions_connections:
        return
    scopes: dict[int, tuple[Scope, list[ir.Call]]] = {}
    for scope, call in module.project.module_calls_named(module.module, _STARTERS):
        if isinstance(scope, Function):
            scopes.setdefault(id(scope), (scope, []))[1].append(call)
    for scope, calls in scopes.values():
        for group in _groups(module, scope, calls):
            yield from _in_group(module, scope, group)


def _in_group(module: ModuleContext, scope: Scope, group: list[_Work]) -> Iterator[SharedConnection]:
    seen: dict[str, tuple[_Work, _Held]] = {}
    reported: set[str] = set()
    for work in group:
        for held in _held(module, scope, work):
            if held.key in reported:
                continue
            if held.key in seen or work.many:
                first, before = seen.get(held.key, (work, held))
                uses = tuple(use for use in (before.use, held.use) if use is not None)
                reported.add(held.key)
                yield SharedConnection(scope, work.call, first.call, held.key, held.kind, tuple(dict.fromkeys(uses)))
            else:
                seen[held.key] = (work, held)


# -- what runs at once -----------------------------------------------------------------------------------------------


def _groups(module: ModuleContext, scope: Scope, calls: list[ir.Call]) -> Iterator[list[_Work]]:
    """Work of a body that runs at the same time."""
    started: list[tuple[ir.Call, _Work]] = []
    for call in calls:
        names = _externals(module, scope, call)
        if "asyncio.gather" in names:
            yield [work for arg in call.args for work in _of_argument(scope, arg)]
        elif names & COLLECTION_AWAITERS and call.args:
            yield list(_of_collection(scope, call.args[0]))
        elif names & TASK_FACTORIES or names & GROUP_TASK_FACTORIES:
            work = _of_factory(scope, call, is_call=not any(name.startswith("anyio.") for name in names))
            if work is not None:
                started.append((call, work))
    yield from _overlapping(scope, started)


def _externals(module: ModuleContext, scope: Scope, call: ir.Call) -> frozenset[str]:
    targets = module.project.evaluator.targets(module.project.evaluator.value(call.func, scope))
    return frozenset(target.name for target in targets if isinstance(target, External))


def _of_argument(scope: Scope, node: ir.Expr) -> Iterator[_Work]:
    if isinstance(node, ir.Starred):
        yield from _of_collection(scope, node.value)
    elif isinstance(node, ir.Call):
        yield from _of_call(scope, node)


def _of_call(scope: Scope, node: ir.Call, *, many: bool = False) -> Iterator[_Work]:
    """A coroutine, or a task around one."""
    last = node.func.attr if isinstance(node.func, ir.Attribute) else getattr(node.func, "id", "")
    if last in {"create_task", "ensure_future", "wait_for", "shield"} and node.args:
        if isinstance(node.args[0], ir.Call):
            yield from _of_call(scope, node.args[0], many=many)
    else:
        yield _Work(node, node.func, node, 0, many)
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            if isinstance(argument, ir.Call):
                yield _Work(argument, argument.func, argument, 0, many, nested=True)


def _of_collection(scope: Scope, node: ir.Expr, depth: int = 0) -> Iterator[_Work]:
    """The members of a display or comprehension, or of a local that holds one or is appended to."""
    match node:
        case ir.Collection(items=items):
            for item in items:
                yield from _of_argument(scope, item)
        case ir.Comprehension(elements=(ir.Call() as element,)):
            yield from _of_call(scope, element, many=True)
        case ir.Name(id=name) if depth < MAX_DEPTH:
            bindings = scope.index.reaching(name, scope.index.use_of(node))
            for binding in bindings:
                if binding.kind in {"assign", "annotation"} and binding.value is not None and not binding.path:
                    yield from _of_collection(scope, binding.value, depth + 1)
            yield from _appended(scope, name)


def _appended(scope: Scope, name: str) -> Iterator[_Work]:
    for call in scope.index.calls:
        match call:
            case ir.Call(func=ir.Attribute(value=ir.Name(id=holder), attr="append" | "add"), args=(ir.Call() as item,)):
                if holder == name:
                    yield from _of_call(scope, item, many=_loop_around(scope, call) is not None)
            case _:
                continue


def _loop_around(scope: Scope, node: ir.Expr) -> ir.For | ir.While | None:
    current = scope.index.statement_of(node)
    while current is not None:
        current = scope.index.enclosing.get(id(current))
        if isinstance(current, ir.For | ir.While):
            return current
    return None


def _of_factory(scope: Scope, call: ir.Call, *, is_call: bool) -> _Work | None:
    """`create_task(f(x))`, `group.start_soon(f, x)`."""
    if not call.args:
        return None
    many = _is_repeated(scope, call)
    first = call.args[0]
    if not is_call:
        return _Work(call, first, call, 1, many)
    return _Work(call, first.func, first, 0, many) if isinstance(first, ir.Call) else None


def _is_repeated(scope: Scope, call: ir.Call) -> bool:
    """Started again for the next item while it still runs: in a comprehension, or in a loop that does not wait."""
    current: ir.Expr | ir.Stmt | None = call
    while current is not None and not hasattr(current, "body"):
        if isinstance(current, ir.Comprehension):
            return True
        if isinstance(current, ir.Await):
            return False
        current = scope.index.parents.get(id(current))
    loop = _loop_around(scope, call)
    return loop is not None and not _leaves_or_waits(scope, loop, call)


def _leaves_or_waits(scope: Scope, loop: ir.For | ir.While, call: ir.Call) -> bool:
    """Whether the loop may wait for the task before it goes on: any await or jump behind it is taken to do so."""
    statement = scope.index.statement_of(call)
    for other in scope.index.statements:
        around: ir.Stmt | None = other
        while around is not None and around is not loop:
            around = scope.index.enclosing.get(id(around))
        if around is None or other is loop:
            continue
        if isinstance(other, ir.Return | ir.Break) or getattr(other, "is_async", False):
            return True
        if other is not statement and any(
            isinstance(node, ir.Await) for expr in header_exprs(other) for node in walk(expr)
        ):
            return True
    return False


def _overlapping(scope: Scope, started: list[tuple[ir.Call, _Work]]) -> Iterator[list[_Work]]:
    """Tasks of one block, up to the next await behind each: until then they run beside each other."""
    group: list[_Work] = []
    last: ir.Call | None = None
    for call, work in sorted(started, key=lambda item: item[0].start):
        if last is not None and not _same_run(scope, last, call):
            yield group
            group = []
        group.append(work)
        last = call
    if group:
        yield group


def _same_run(scope: Scope, first: ir.Call, second: ir.Call) -> bool:
    """Whether the second call surely follows the first with no await between them."""
    index = scope.index
    one, other = index.use(first), index.use(second)
    if one.block != other.block or one.deferred or other.deferred:
        return False
    for statement in index.statements:
        start = statement.start
        if first.end < start < second.start:
            if getattr(statement, "is_async", False):
                return False
            if any(isinstance(node, ir.Await) for expr in header_exprs(statement) for node in walk(expr)):
                return False
    holder = index.statement_of(first)
    return holder is not None and not any(
        isinstance(node, ir.Await) for expr in header_exprs(holder) for node in walk(expr)
    )


# -- what it uses ----------------------------------------------------------------------------------------------------


def _held(module: ModuleContext, scope: Scope, work: _Work) -> Iterator[_Held]:
    targets = members(module.project.evaluator.value(work.callee, scope))
    functions = [item for item in targets if isinstance(item, FunctionValue | BoundMethod) and item.function.is_async]
    if isinstance(work.callee, ir.Attribute):
        kind = _kind(module, work.callee.value, scope)
        if kind and not work.nested and not _is_own(scope, work, work.callee.value):
            yield _Held(dotted(work.callee.value), kind, None)
            return
        receiver = dotted(work.callee.value)
        for item in functions:
            if receiver and isinstance(item, BoundMethod) and not _is_own(scope, work, work.callee.value):
                for found in _of_receiver(module, item.function, 0):
                    yield _Held(f"{receiver}.{found.key}", found.kind, found.use)
    for item in functions[:1]:
        bound = isinstance(item, BoundMethod)
        for param in item.function.ir.params:
            node = _argument(item.function, param.name, work, skips_first=bound)
            if node is None or not isinstance(node, ir.Name | ir.Attribute) or _is_own(scope, work, node):
                continue
            kind = _kind(module, node, scope)
            use = _use_of(module, item.function, param.name, 0) if kind else None
            if use is not None:
                yield _Held(dotted(node), kind, use)


def _argument(function: Function, name: str, work: _Work, *, skips_first: bool) -> ir.Expr | None:
    call = work.arguments
    if work.skipped:
        call = ir.Call(call.func, call.args[work.skipped :], call.keywords, call.start, call.end)
    return argument_for(function, name, call, skips_first=skips_first)


def _kind(module: ModuleContext, node: ir.Expr, scope: Scope) -> str:
    """The class of a connection that serves one task at a time; empty for anything else."""
    found = members(module.project.evaluator.value(node, scope))
    names = [_connection_class(module, member) for member in found]
    return names[0] if names and all(names) else ""


def _connection_class(module: ModuleContext, value: object) -> str:
    if not isinstance(value, Instance):
        return ""
    if isinstance(value.cls, Class):
        is_one = module.project.evaluator.members.is_subclass(value.cls, SINGLE_TASK_CONNECTIONS)
        return value.cls.name if is_one else ""
    return value.cls.rpartition(".")[2] if value.cls in SINGLE_TASK_CONNECTIONS else ""


def _is_own(scope: Scope, work: _Work, node: ir.Expr) -> bool:
    """Whether each round of the loop or comprehension around the work has an object of its own."""
    root = node
    while isinstance(root, ir.Attribute):
        root = root.value
    if not isinstance(root, ir.Name):
        return True
    use = scope.index.use_of(root)
    if use is None or any(binding.name == root.id for binding in use.inner):
        return True
    loop = _loop_around(scope, work.call)
    if not work.many or loop is None:
        return False
    # The names that the loop binds: its targets, and what its body assigns.
    return any(_is_bound_in(scope, binding, loop) for binding in scope.index.reaching(root.id, use))


def _is_bound_in(scope: Scope, binding: Binding, loop: ir.For | ir.While) -> bool:
    current = binding.statement
    while current is not None:
        if current is loop:
            return True
        current = scope.index.enclosing.get(id(current))
    return False


def _of_receiver(module: ModuleContext, method: Function, depth: int) -> Iterator[_Held]:
    """Connections in attributes of `self` that a method uses."""
    if not method.ir.params or depth > MAX_DEPTH or _is_locked(module, method):
        return
    own = method.ir.params[0].name
    for attribute in method.index.attributes:
        if not (isinstance(attribute.value, ir.Name) and attribute.value.id == own):
            continue
        parent = method.index.parents.get(id(attribute))
        if isinstance(parent, ir.Attribute):
            kind = _kind(module, attribute, method)
            if kind and _is_awaited_call(method, parent):
                yield _Held(attribute.attr, kind, Use(method, Span(attribute.start, attribute.end)))
        elif isinstance(parent, ir.Call) and parent.func is attribute:
            for member in members(module.project.evaluator.value(attribute, method)):
                if isinstance(member, BoundMethod) and member.function is not method:
                    yield from _of_receiver(module, member.function, depth + 1)


def _use_of(module: ModuleContext, function: Function, name: str, depth: int) -> Use | None:
    """Where an async function awaits something of the connection in its parameter."""
    if depth > MAX_DEPTH or not function.is_async or _is_locked(module, function):
        return None
    if [binding.kind for binding in function.index.bindings.get(name, ())] != ["param"]:
        return None
    for attribute in function.index.attributes:
        if (
            isinstance(attribute.value, ir.Name)
            and attribute.value.id == name
            and _is_awaited_call(function, attribute)
        ):
            return Use(function, Span(attribute.start, attribute.end))
    for callee, param in _handed_on(module, function, name):
        found = _use_of(module, callee, param, depth + 1)
        if found is not None:
            return found
    return None


def _handed_on(module: ModuleContext, function: Function, name: str) -> Iterator[tuple[Function, str]]:
    """The functions that are given the parameter, and theirs that receives it."""
    for call in function.index.calls:
        for member in members(module.project.evaluator.value(call.func, function)):
            if not isinstance(member, FunctionValue | BoundMethod) or member.function is function:
                continue
            bound = isinstance(member, BoundMethod)
            for param in member.function.ir.params:
                node = argument_for(member.function, param.name, call, skips_first=bound)
                if isinstance(node, ir.Name) and node.id == name:
                    yield member.function, param.name


def _is_awaited_call(function: Function, attribute: ir.Attribute) -> bool:
    index = function.index
    call = index.parents.get(id(attribute))
    if not isinstance(call, ir.Call) or call.func is not attribute:
        return False
    around = index.parents.get(id(call))
    return isinstance(around, ir.Await) or (isinstance(around, ir.With | ir.For) and around.is_async)


def _is_locked(module: ModuleContext, function: Function) -> bool:
    """Whether the function takes turns with others by a lock of asyncio's."""
    return any(
        isinstance(statement, ir.With)
        and statement.is_async
        and any(
            isinstance(member, Instance) and member.cls in ASYNC_LOCKS
            for item in statement.items
            for member in members(module.project.evaluator.value(item.context, function))
        )
        for statement in function.index.statements
    )

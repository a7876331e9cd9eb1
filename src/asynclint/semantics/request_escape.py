"""Work that goes on when the request is over, with objects that are closed by then."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asynclint.flow import ir
from asynclint.flow.traversal import dotted, header_exprs, walk
from asynclint.project.dispositions import Fate
from asynclint.project.model import Class, Function, module_of
from asynclint.project.request_scope import closes
from asynclint.project.roles import Role
from asynclint.project.sites import argument_for
from asynclint.project.values import BoundMethod, FunctionValue, Instance, members
from asynclint.semantics import background

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Scope
    from asynclint.project.request_scope import Loan
    from asynclint.project.values import Value
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.tasks import TaskSite

MAX_CALLS: Final = 3
"""Methods of one object that call each other until one uses what the object holds."""

CLOSED_EARLY = ((0, 106), (0, 118))
"""From the first of these versions up to the second, what dependencies yield is closed before background tasks run."""

_CONNECTION = re.compile(r"(Session|Connection|Cursor|Transaction)$")
_BODY_READERS = frozenset({"body", "json", "form", "stream"})
_SIGNALS = ("asyncio.", "anyio.", "janus.")
"""Queues and events: where the task shares one with the handler, the handler may well wait for it."""


@dataclass(frozen=True, slots=True, eq=False)
class EscapingObject:
    """Something lent by the request in the hands of work that outlives it.

    `name` is how the handler calls it, `function` the work, if that is known. `is_task` tells a task from a FastAPI
    background function; `is_open` says that the object stays open until that is through.
    """

    scope: Scope
    call: ir.Call
    name: str
    loan: Loan
    function: Function | None
    is_task: bool
    is_open: bool


def escaping_objects(module: ModuleContext) -> Iterator[EscapingObject]:
    """The tasks and background functions of this module that are given something that the request lends."""
    if not module.project.roles.functions(Role.ROUTE, Role.WEBSOCKET, Role.DEPENDENCY):
        return
    for site in module.task_sites:
        if site.coroutine is not None and _outlives(site):
            for name, loan, function in _captured(module, site.coroutine, site.scope):
                yield EscapingObject(site.scope, site.call, name, loan, function, is_task=True, is_open=False)
                break
    for item in (*background.scheduled(module), *background.attached(module)):
        handed = _Handed(item.callee, tuple(_arguments(item.call, item.callee)), item.functions[:1])
        for name, loan, function in _captured_by(module, handed, item.scope):
            is_open = not _is_closed_before_tasks(module, loan)
            if not is_open or _is_worth_a_note(module, loan):
                yield EscapingObject(item.scope, item.call, name, loan, function, is_task=False, is_open=is_open)
                break


def _outlives(site: TaskSite) -> bool:
    """Whether nothing in the handler waits for the task."""
    if site.disposition.fate is not Fate.KEPT:
        return True
    return site.disposition.how == "collection" and not _collection_is_awaited(site)


def _collection_is_awaited(site: TaskSite) -> bool:
    """`await asyncio.gather(*self.tasks)` in the same body."""
    index = site.scope.index
    holders = _holders(site)
    return any(
        isinstance(node, ir.Await) and any(dotted(part) in holders for part in walk(node.value))
        for statement in index.statements
        for expr in header_exprs(statement)
        for node in walk(expr)
    )


def _holders(site: TaskSite) -> frozenset[str]:
    """The collections that the task is put into, and the local that holds it until then."""
    index = site.scope.index
    statement = index.statement_of(site.call)
    found: set[str] = set()
    for target in getattr(statement, "targets", ()):
        found.add(dotted(target.value if isinstance(target, ir.Subscript) else target))
    for call in index.calls:
        receives = any(arg is site.call or dotted(arg) in found for arg in call.args)
        if receives and isinstance(call.func, ir.Attribute):
            found.add(dotted(call.func.value))
    return frozenset(found - {"", "asyncio"})


def _is_closed_before_tasks(module: ModuleContext, loan: Loan) -> bool:
    low, high = CLOSED_EARLY
    if loan.kind == "request":
        return True
    return loan.ends_with_function or low <= module.project.fastapi_version_of(module.module)[:2] < high


def _is_worth_a_note(module: ModuleContext, loan: Loan) -> bool:
    """A connection that is held for longer than the request is one less for the others."""
    if loan.closing is None:
        return False
    yielded = module.project.evaluator.yielded(loan.closing.function)
    return any(
        isinstance(member, Instance) and _CONNECTION.search(_class_name(member)) is not None
        for member in members(yielded)
    )


def _class_name(value: Instance) -> str:
    name = value.cls.name if isinstance(value.cls, Class) else value.cls.rpartition(".")[2]
    return "" if name == "ClientSession" else name


# -- what is handed over ---------------------------------------------------------------------------------------------

_Captured = tuple[str, "Loan", Function | None]


@dataclass(frozen=True, slots=True, eq=False)
class _Handed:
    """A function for later with its arguments, those of a partial included."""

    callee: ir.Expr
    arguments: tuple[tuple[str | None, int, ir.Expr], ...]
    functions: tuple[Function, ...]


def _arguments(call: ir.Call, callee: ir.Expr | None = None) -> Iterator[tuple[str | None, int, ir.Expr]]:
    """Keyword or None, position, and value; `callee` is the argument that is itself what is called."""
    positional = [arg for arg in call.args if arg is not callee]
    yield from ((None, place, arg) for place, arg in enumerate(positional))
    yield from ((keyword.name, -1, keyword.value) for keyword in call.keywords if keyword.value is not callee)


def _captured(module: ModuleContext, coroutine: ir.Expr, scope: Scope) -> Iterator[_Captured]:
    """What the coroutine of a task was given."""
    if isinstance(coroutine, ir.Call):
        values = module.project.evaluator.targets(module.project.evaluator.value(coroutine.func, scope))
        functions = tuple(value.function for value in values if isinstance(value, FunctionValue | BoundMethod))
        handed = _Handed(coroutine.func, tuple(_arguments(coroutine)), functions[:1])
        if not _shares_signals(module, handed, scope):
            yield from _captured_by(module, handed, scope)


def _captured_by(module: ModuleContext, handed: _Handed, scope: Scope) -> Iterator[_Captured]:
    callee = handed.callee
    if isinstance(callee, ir.Call):  # `partial(work, session)`
        inner = _Handed(callee.args[0] if callee.args else callee.func, tuple(_arguments(callee)), handed.functions)
        if _is_partial(module, callee, scope):
            bound = tuple((name, place - 1, node) for name, place, node in inner.arguments if place)
            yield from _captured_by(module, _Handed(inner.callee, bound, handed.functions), scope)
        return
    function = handed.functions[0] if handed.functions else None
    if isinstance(callee, ir.Lambda):
        yield from _in_lambda(module, callee, scope)
        return
    yield from _receiver(module, callee, function, scope)
    for keyword, place, node in handed.arguments:
        yield from _argument(module, keyword, place, node, function, scope)
    if function is not None and isinstance(scope, Function) and scope in function.ancestors():
        yield from _closed_over(module, function, scope)


def _is_partial(module: ModuleContext, call: ir.Call, scope: Scope) -> bool:
    value = module.project.evaluator.value(call.func, scope)
    return any(getattr(member, "name", "") == "functools.partial" for member in members(value))


def _in_lambda(module: ModuleContext, node: ir.Lambda, scope: Scope) -> Iterator[_Captured]:
    for part in walk(node.body):
        if isinstance(part, ir.Name):
            parent = scope.index.parents.get(id(part))
            is_used = isinstance(parent, ir.Call) or _is_method_call(scope, part)
            loan = module.project.loans.of_name(part.id, scope, part) if is_used else None
            if loan is not None and loan.kind != "request" and not loan.attribute:
                yield part.id, loan, None


def _receiver(module: ModuleContext, callee: ir.Expr, function: Function | None, scope: Scope) -> Iterator[_Captured]:
    """`session.commit`, or a method of an object that holds the session and uses it: `Mailer(session).send`."""
    if not isinstance(callee, ir.Attribute) or not isinstance(callee.value, ir.Name | ir.Call):
        return
    name, loan = _lent(module, callee.value, scope)
    if loan is None:
        return
    if loan.kind == "request":
        if callee.attr in _BODY_READERS:
            yield name, loan, function
    elif not loan.attribute or (function is not None and _uses_attribute(function, loan.attribute, 0)):
        yield name, loan, function


def _argument(  # noqa: PLR0913 - one argument with all that is known of it
    module: ModuleContext, keyword: str | None, place: int, node: ir.Expr, function: Function | None, scope: Scope
) -> Iterator[_Captured]:
    param = _parameter(function, keyword, place) if function is not None else None
    if function is not None and param is None and keyword is not None:
        return
    if isinstance(node, ir.Starred | ir.Collection | ir.Dict):
        yield from _members(module, node, function, scope)
        return
    name, loan = _lent(module, node, scope)
    if loan is None:
        return
    if isinstance(node, ir.Attribute):
        if node.attr in _part_of(loan):
            yield name, loan, function
    elif _is_used(module, loan, function, param):
        yield name, loan, function


def _lent(module: ModuleContext, node: ir.Expr, scope: Scope) -> tuple[str, Loan | None]:
    """What an argument is, or is a part of, with its name."""
    loans = module.project.loans
    match node:
        case ir.Name(id=name):
            return name, loans.of_name(name, scope, node)
        case ir.Attribute(value=ir.Name(id=name) as holder):
            return dotted(node), loans.of_name(name, scope, holder)
        case ir.Call(func=func):
            return dotted(func), loans.held(node, scope, 0)
        case _:
            return "", None


def _members(module: ModuleContext, node: ir.Expr, function: Function | None, scope: Scope) -> Iterator[_Captured]:
    """Displays: `[file, other]`, `{"session": session}`, `*files`."""
    for part in walk(node):
        if isinstance(part, ir.Name) and isinstance(
            scope.index.parents.get(id(part)), ir.Starred | ir.Collection | ir.Dict
        ):
            loan = module.project.loans.of_name(part.id, scope, part)
            if loan is not None and loan.kind != "request" and not loan.attribute:
                yield part.id, loan, function


def _part_of(loan: Loan) -> frozenset[str]:
    """The attributes under which the lent object itself, or what it stands on, is reached."""
    if loan.attribute:
        return frozenset({loan.attribute})
    return frozenset({"file"}) if loan.kind == "upload" else frozenset()


def _parameter(function: Function, keyword: str | None, place: int) -> ir.Param | None:
    if keyword is not None:
        return next((param for param in function.ir.params if param.name == keyword), None)
    positional = [param for param in function.ir.params if param.kind in {"positional", "positional-only"}]
    if function.owner is not None and "staticmethod" not in function.decorator_names:
        positional = positional[1:]
    return positional[place] if 0 <= place < len(positional) else None


def _is_used(module: ModuleContext, loan: Loan, function: Function | None, param: ir.Param | None) -> bool:
    """Whether the work uses what it was given, as far as can be seen."""
    if function is None or param is None:
        return loan.kind != "request" and not loan.attribute and function is None
    text = function.module.data[function.ir.start : function.ir.end]
    name = param.name.encode()
    if loan.attribute:
        return re.search(rb"\b" + name + rb"\." + loan.attribute.encode() + rb"\b", text) is not None
    if loan.kind == "request":
        return _reads_body(module, function, param.name) and not _is_body_read_before(module, loan)
    if any(closes(call, param.name) for call in function.index.calls):
        return False  # the work has taken it over
    return any(_is_name(node, param.name) for node in _expressions(function))


def _is_name(node: ir.Expr, name: str) -> bool:
    return isinstance(node, ir.Name) and node.id == name


def _expressions(function: Function) -> Iterator[ir.Expr]:
    for inner in (function, *(item for item in function.module.functions if function in item.ancestors())):
        for statement in inner.index.statements:
            for expr in header_exprs(statement):
                yield from walk(expr)


def _uses_attribute(method: Function, attribute: str, depth: int) -> bool:
    """Whether a method uses `self.attribute`, by itself or through other methods of the object."""
    receiver = method.ir.params[0].name if method.ir.params else ""
    for node in _expressions(method):
        if isinstance(node, ir.Attribute) and _is_name(node.value, receiver):
            if node.attr == attribute:
                return True
            owner = method.owner
            if owner is not None and depth < MAX_CALLS:
                for other in owner.methods:
                    if other.name == node.attr and other is not method and _uses_attribute(other, attribute, depth + 1):
                        return True
    return False


def _closed_over(module: ModuleContext, function: Function, scope: Function) -> Iterator[_Captured]:
    """Names of the handler that a function defined in it uses."""
    own = (function, *(item for item in function.module.functions if function in item.ancestors()))
    for inner in own:
        for statement in inner.index.statements:
            for expr in header_exprs(statement):
                for node in walk(expr):
                    if not isinstance(node, ir.Name) or inner.index.binds(node.id) or function.index.binds(node.id):
                        continue
                    if not (isinstance(inner.index.parents.get(id(node)), ir.Call) or _is_method_call(inner, node)):
                        continue
                    loan = module.project.loans.of_name(node.id, scope) if scope.index.binds(node.id) else None
                    if loan is not None and loan.kind != "request" and not loan.attribute:
                        yield node.id, loan, function


def _is_method_call(scope: Scope, node: ir.Name) -> bool:
    parent = scope.index.parents.get(id(node))
    around = scope.index.parents.get(id(parent))
    return isinstance(parent, ir.Attribute) and isinstance(around, ir.Call) and around.func is parent


def _shares_signals(module: ModuleContext, handed: _Handed, scope: Scope) -> bool:
    """Whether the task is given a queue or an event, by which the handler may follow it to its end."""
    for _, _, node in handed.arguments:
        if isinstance(node, ir.Name) and any(_is_signal(value) for value in _values(module, node, scope)):
            return True
    return False


def _values(module: ModuleContext, node: ir.Expr, scope: Scope) -> tuple[Value, ...]:
    return members(module.project.evaluator.value(node, scope))


def _is_signal(value: Value) -> bool:
    return isinstance(value, Instance) and isinstance(value.cls, str) and value.cls.startswith(_SIGNALS)


# -- the body of the request -----------------------------------------------------------------------------------------


def _reads_body(module: ModuleContext, function: Function, name: str, depth: int = 0) -> bool:
    for call in function.index.calls:
        if isinstance(call.func, ir.Attribute) and call.func.attr in _BODY_READERS and _is_name(call.func.value, name):
            return True
    if depth >= MAX_CALLS:
        return False
    for call in function.index.calls:
        for target in members(module.project.evaluator.value(call.func, function)):
            if isinstance(target, FunctionValue | BoundMethod) and target.function is not function:
                bound = isinstance(target, BoundMethod)
                for param in target.function.ir.params:
                    given = argument_for(target.function, param.name, call, skips_first=bound)
                    if given is not None and _is_name(given, name):
                        return _reads_body(module, target.function, param.name, depth + 1)
    return False


def _is_body_read_before(module: ModuleContext, loan: Loan) -> bool:
    """Whether FastAPI, the handler or a dependency may have read the body, which is then kept."""
    handler = loan.handler
    for node in _expressions(handler):
        if isinstance(node, ir.Attribute) and node.attr in _BODY_READERS and _is_name(node.value, loan.param):
            return True
    for call in handler.index.calls:
        statement = handler.index.statement_of(call)
        awaited = isinstance(handler.index.parents.get(id(call)), ir.Await)
        if awaited and statement is not None and any(_is_name(arg, loan.param) for arg in call.args):
            return True
    around = handler.owner or handler.parent
    for param in handler.ir.params:
        if param.name == loan.param or param.annotation is None:
            continue
        for value in members(module.project.evaluator.annotations.read(param.annotation, around)):
            if not isinstance(value, Instance) or value.cls not in _NOT_IN_BODY:
                return True
    return bool(handler.ir.decorators and any(b"Depends" in _text(handler, item) for item in handler.ir.decorators))


_NOT_IN_BODY = frozenset(
    {"str", "int", "float", "bool", "uuid.UUID", "datetime.datetime", "datetime.date", "fastapi.BackgroundTasks",
     "starlette.background.BackgroundTasks", "fastapi.Response", "starlette.responses.Response"}
)  # fmt: skip


def _text(function: Function, node: ir.Expr) -> bytes:
    start, end = getattr(node, "start", 0), getattr(node, "end", 0)
    return module_of(function).data[start:end]

"""Functions that run in the background: which, scheduled where, and whether anything catches what they raise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import walk
from asynclint.project.dispositions import Fate
from asynclint.project.scopes import flows
from asynclint.project.uncovered import CLOSERS
from asynclint.project.values import (
    NONE,
    BoundMethod,
    Const,
    Container,
    Coroutine,
    External,
    FunctionValue,
    Instance,
    LambdaValue,
    PartialValue,
    members,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import ChainStep
    from asynclint.project.exceptions import Escape
    from asynclint.project.model import Function, Scope
    from asynclint.project.roles import Scheduled
    from asynclint.project.values import Value
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.tasks import TaskSite

_PLAIN_DATA = frozenset({"str", "int", "float", "bool", "bytes", "list", "dict", "set", "tuple"})
_REMOVERS = frozenset({"discard", "remove", "pop", "popitem", "clear", "set"})


@dataclass(frozen=True, slots=True, eq=False)
class UnguardedWork:
    """A function started in the background whose exceptions nobody sees.

    `function` is what fails: the one started, or one that it is given to run. `is_task` tells a task from a FastAPI
    background function; `more_follow` says that later background functions of the same request are skipped then.
    """

    scope: Scope
    call: ir.Call
    function: Function
    escape: Escape
    is_task: bool
    more_follow: bool


def scheduled(module: ModuleContext) -> Iterator[Scheduled]:
    """The `add_task` calls of this module on FastAPI's own BackgroundTasks."""
    return iter(module.project.roles.scheduled(module.module))


def attached(module: ModuleContext) -> Iterator[Scheduled]:
    """The `BackgroundTask(f, …)` of this module, which responses take as `background=`."""
    return iter(module.project.roles.attached(module.module))


def _declared(module: ModuleContext) -> Iterator[Scheduled]:
    """The calls of this module of the background runners that the project declares."""
    return iter(module.project.roles.declared_background(module.module))


def unguarded_work(module: ModuleContext) -> Iterator[UnguardedWork]:
    """Background functions and fire-and-forget tasks of this module that let exceptions escape."""
    items = [item for item in scheduled(module) if not _is_called(module, item)]
    for item in items:
        escape = _escape(module, item)
        if escape is not None:
            more = any(other.scope is item.scope and _may_follow(other, item) for other in items)
            yield UnguardedWork(item.scope, item.call, escape.function, escape, is_task=False, more_follow=more)
    for item in (*_declared(module), *attached(module)):
        escape = None if _is_called(module, item) else _escape(module, item)
        if escape is not None:
            yield UnguardedWork(item.scope, item.call, escape.function, escape, is_task=False, more_follow=False)
    for site in module.task_sites:
        escape = _escape_of_task(module, site) if _is_fire_and_forget(module, site) else None
        if escape is not None and escape.certain:
            yield UnguardedWork(site.scope, site.call, escape.function, escape, is_task=True, more_follow=False)


def _may_follow(later: Scheduled, first: Scheduled) -> bool:
    """Whether one request may schedule both, one after the other."""
    before, after = first.scope.index.use(first.call).block, later.scope.index.use(later.call).block
    return later.call.start > first.call.start and flows(before, after)


def _escape(module: ModuleContext, item: Scheduled) -> Escape | None:
    if not item.functions or item.functions[0].name.lstrip("_") in CLOSERS:
        return None
    skips = int(bool(item.call.args) and item.call.args[0] is item.callee)
    return module.project.exceptions.escape_of_call(item.functions[0], item.call, item.scope, skips=skips)


def _escape_of_task(module: ModuleContext, site: TaskSite) -> Escape | None:
    if site.function is None or site.function.name.lstrip("_") in CLOSERS:
        return None
    if isinstance(site.coroutine, ir.Call):
        return module.project.exceptions.escape_of_call(site.function, site.coroutine, site.scope, skips=0)
    return module.project.exceptions.escape(site.function)


def _is_called(module: ModuleContext, item: Scheduled) -> bool:
    """`add_task(f(x))`: what is handed over is not the function (a partial is)."""
    if not isinstance(item.callee, ir.Call):
        return False
    value = module.project.evaluator.value(item.callee, item.scope)
    return not isinstance(value, PartialValue)


def _is_fire_and_forget(module: ModuleContext, site: TaskSite) -> bool:
    disposition = site.disposition
    if disposition.fate is Fate.KEPT and (disposition.how != "collection" or not disposition.callbacks):
        return False
    return not any(_reads_outcome(module, node, scope) for node, scope in disposition.callbacks)


def _reads_outcome(module: ModuleContext, node: ir.Expr, scope: Scope) -> bool:
    """Whether a done-callback looks at the task's exception or result; an unknown one is taken to do so."""
    if isinstance(node, ir.Attribute) and node.attr in _REMOVERS:
        return False
    return any(_callback_reads(module, member) for member in members(module.project.evaluator.value(node, scope)))


def _callback_reads(module: ModuleContext, value: Value) -> bool:
    match value:
        case FunctionValue(function=function) | BoundMethod(function=function):
            text = function.module.data[function.ir.start : function.ir.end]
            return b".exception(" in text or b".result(" in text or _hands_on(function)
        case LambdaValue(node=node):
            return any(_may_read(part, {param.name for param in node.params}) for part in walk(node.body))
        case PartialValue(target=target):
            return any(_callback_reads(module, member) for member in members(target))
        case External(name=name):
            return name.rpartition(".")[2] not in _REMOVERS
        case _:
            return True


def _may_read(part: ir.Expr, names: set[str]) -> bool:
    """Whether a part of a lambda asks for the outcome, or hands one of the names to something that may."""
    if isinstance(part, ir.Attribute):
        return part.attr in {"exception", "result"}
    return isinstance(part, ir.Call) and _hands_over(part, names)


def _hands_on(function: Function) -> bool:
    """Whether the callback passes the task itself to something else, which may look at it."""
    names = {param.name for param in function.ir.params} - {"self", "cls"}
    return any(_hands_over(call, names) for call in function.index.calls)


def _hands_over(call: ir.Call, names: set[str]) -> bool:
    return not _is_removal(call) and any(isinstance(arg, ir.Name) and arg.id in names for arg in call.args)


def _is_removal(call: ir.Call) -> bool:
    return isinstance(call.func, ir.Attribute) and call.func.attr in _REMOVERS


def escape_steps(module: ModuleContext, escape: Escape) -> Iterator[ChainStep]:
    """The way from the background function to where the exception comes from."""
    for step in module.project.exceptions.chain(escape):
        yield module.step(step.function.module, step.span, f"`{step.function.qualname}` {step.what}")


def first_source(module: ModuleContext, escape: Escape) -> str:
    """The last step of the way: what fails, and how."""
    last = module.project.exceptions.chain(escape)[-1]
    return last.what if last.function is escape.function else f"reaches `{last.function.qualname}`, which {last.what}"


# -- add_task(f(x)) --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class CalledTooEarly:
    """`add_task(f(x))`: the function is called, and what it returns is handed over in its place."""

    scope: Scope
    call: ir.Call
    inner: ir.Call
    name: str
    is_async: bool


def called_too_early(module: ModuleContext) -> Iterator[CalledTooEarly]:
    """Calls of project functions handed to `add_task` that certainly do not return a callable."""
    for item in (*scheduled(module), *attached(module)):
        inner = item.callee
        if not isinstance(inner, ir.Call):
            continue
        targets = module.project.evaluator.targets(module.project.evaluator.value(inner.func, item.scope))
        functions = [target.function for target in targets if isinstance(target, FunctionValue | BoundMethod)]
        if not functions or len(functions) != len(targets):
            continue
        result = module.project.evaluator.value(inner, item.scope)
        if all(_is_no_callable(member) for member in members(result)):
            yield CalledTooEarly(item.scope, item.call, inner, functions[0].qualname, functions[0].is_async)


def _is_no_callable(value: Value) -> bool:
    if isinstance(value, Instance):
        return value.cls in _PLAIN_DATA
    return value == NONE or isinstance(value, Const | Container | Coroutine)

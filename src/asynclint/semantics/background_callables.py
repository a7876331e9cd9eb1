"""What is handed to `add_task` and can be called, but never does its work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import dotted
from asynclint.knowledge.asyncio_api import TASK_FACTORIES
from asynclint.project.values import (
    BoundMethod,
    ClassValue,
    Coroutine,
    External,
    FunctionValue,
    LambdaValue,
    PartialValue,
    TaskValue,
    members,
)
from asynclint.semantics import background

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Function, Scope
    from asynclint.project.roles import Scheduled
    from asynclint.project.values import Value
    from asynclint.semantics.module_context import ModuleContext

_TRANSPARENT = frozenset({"staticmethod", "classmethod", "contextlib.contextmanager", "contextlib.asynccontextmanager"})
"""Decorators under which a generator function still does nothing when it is called."""


@dataclass(frozen=True, slots=True, eq=False)
class VainCallable:
    """An `add_task` (or `BackgroundTask`) of something that does not work there.

    `how` is "coroutine" (what it returns is never awaited), "generator" (what it returns is never iterated), "class"
    (instances are awaited, which they cannot be), "factory" (makes a task where no loop runs), "task" (a task is no
    function) or "awaited" (`add_task` itself is awaited). `name` is what people call it.
    """

    scope: Scope
    call: ir.Call
    how: str
    name: str
    function: Function | None = None


def vain_callables(module: ModuleContext) -> Iterator[VainCallable]:
    """Those of this module."""
    for item in background.scheduled(module):
        if isinstance(item.scope.index.parents.get(id(item.call)), ir.Await):
            yield VainCallable(item.scope, item.call, "awaited", dotted(item.call.func))
        else:
            yield from _vain(module, item)
    for item in background.attached(module):
        yield from _vain(module, item)


def _vain(module: ModuleContext, item: Scheduled) -> Iterator[VainCallable]:
    value = module.project.evaluator.value(item.callee, item.scope)
    found = [_judged(module, item, member) for member in members(value)]
    first = found[0]
    if first is not None and all(one is not None and one.how == first.how for one in found):
        yield first


def _judged(module: ModuleContext, item: Scheduled, value: Value) -> VainCallable | None:
    """What is wrong with one alternative; None if it may well do its work."""
    match value:
        case LambdaValue(node=node, scope=around):
            return _of_lambda(module, item, node, around)
        case FunctionValue(function=function) | BoundMethod(function=function):
            how = _of_function(module, function)
            return VainCallable(item.scope, item.call, how, function.qualname, function) if how else None
        case PartialValue(target=target):
            found = [_judged(module, item, member) for member in members(target)]
            return found[0] if all(one is not None for one in found) else None
        case ClassValue(cls=cls):
            called = module.project.evaluator.members.method(cls, "__call__")
            awaitable = module.project.evaluator.members.method(cls, "__await__")
            if called is not None and called.is_async and awaitable is None:
                return VainCallable(item.scope, item.call, "class", cls.name, called)
            return None
        case External(name=name) if name in TASK_FACTORIES:
            return VainCallable(item.scope, item.call, "factory", name)
        case TaskValue():
            return VainCallable(item.scope, item.call, "task", "")
        case _:
            return None


def _of_lambda(module: ModuleContext, item: Scheduled, node: ir.Lambda, around: Scope) -> VainCallable | None:
    value = module.project.evaluator.value(node.body, around)
    results = members(value)
    if _is_coroutine(value):
        function = next(member.function for member in results if isinstance(member, Coroutine))
        name = function.qualname if function is not None else ""
        return VainCallable(item.scope, item.call, "coroutine", name, function)
    if all(isinstance(member, TaskValue) for member in results):
        return VainCallable(item.scope, item.call, "factory", dotted(getattr(node.body, "func", node.body)))
    return None


def _of_function(module: ModuleContext, function: Function) -> str:
    evaluator = module.project.evaluator
    for node in function.ir.decorators:
        value = evaluator.value_outside(node, function)
        if not (isinstance(value, External) and value.name in _TRANSPARENT):
            return ""
    if function.is_generator:
        return "generator"
    if function.is_async or function.is_stub:
        return ""
    # A declared Awaitable may be a task, which runs by itself: what is returned has to be seen.
    values = [
        None if statement is None or statement.value is None else evaluator.value(statement.value, function)
        for statement in module.project.departures.of(function).returns
    ]
    if values and all(value is not None and _is_coroutine(value) for value in values):
        return "coroutine"
    return ""


def _is_coroutine(value: Value) -> bool:
    return all(isinstance(member, Coroutine) and member.function is not None for member in members(value))

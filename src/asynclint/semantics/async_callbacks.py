"""Async functions that are given to what calls a plain function: nobody awaits the coroutines they return."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.knowledge.names import canonical
from asynclint.knowledge.sync_callbacks import CALLBACK_NAMES, DECORATORS, Outcome, find_callback
from asynclint.project.sites import argument_at
from asynclint.project.values import External, members
from asynclint.semantics import coroutine_misuse, coroutines
from asynclint.semantics.tasks import imported_as

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.knowledge.sync_callbacks import Callback
    from asynclint.project.model import Function, Scope
    from asynclint.semantics.module_context import ModuleContext

_TRANSPARENT = frozenset({"staticmethod", "classmethod"})
_LEFT_TO_OTHERS = frozenset({Outcome.LOOP, Outcome.TRUTH, Outcome.ORDER})
"""What a lambda returns to these is a dropped coroutine, or one that is used as a value."""


@dataclass(frozen=True, slots=True, eq=False)
class AsyncCallback:
    """`receiver` is given the async function `name`: by the call `node`, or as a decorator of the function `node`."""

    receiver: str
    name: str
    outcome: Outcome
    scope: Scope
    node: ir.Call | Function


def async_callbacks(module: ModuleContext) -> Iterator[AsyncCallback]:
    """Every place of the module that hands an async function to what does not await what it returns."""
    names = CALLBACK_NAMES | {"map"}
    for scope, call in module.project.module_calls_named(module.module, names | imported_as(module, names)):
        found = _given(module, scope, call) or _mapped(module, scope, call)
        if found is not None:
            yield found
    for function in module.module.functions:
        if function.is_async and not function.is_generator and function.ir.decorators:
            yield from _decorated(module, function)


def _given(module: ModuleContext, scope: Scope, call: ir.Call) -> AsyncCallback | None:
    evaluator = module.project.evaluator
    targets = evaluator.targets(evaluator.value(call.func, scope))
    found: list[tuple[str, Callback]] = []
    for target in targets:
        callback = find_callback(target.name) if isinstance(target, External) else None
        if callback is None or not isinstance(target, External):
            return None
        found.append((canonical(target.name), callback))
    if not found:
        return None
    receiver, callback = found[0]
    node = argument_at(call, callback.parameter)
    if node is None or (isinstance(node, ir.Lambda) and callback.outcome in _LEFT_TO_OTHERS):
        return None
    name = coroutines.async_callable_name(module, scope, node)
    if name is None or _takes_coroutine(scope, call) or _is_replaced(module, receiver):
        return None
    return AsyncCallback(receiver, name, callback.outcome, scope, call)


def _is_replaced(module: ModuleContext, receiver: str) -> bool:
    """Whether the project puts another class in the place of the library's: `setattr(threading, "Thread", …)`.

    That is how runtimes without threads run what is written for threads.
    """
    words = receiver.split(".")
    name = next((word for word in reversed(words) if word[:1].isupper()), "")
    if not name:
        return False
    put = re.compile(rb"""["']""" + name.encode() + rb"""["'],\s*[A-Za-z_][\w.]*\s*[,)]""")
    return any(
        (other is module.module or not module.project.is_test(other)) and put.search(other.data)
        for other in module.project.modules
    )


def _takes_coroutine(scope: Scope, call: ir.Call) -> bool:
    """`await (await to_thread(f))`: whoever wrote this knows that a coroutine comes back."""
    around = scope.index.parents.get(id(call))
    return isinstance(around, ir.Await) and isinstance(scope.index.parents.get(id(around)), ir.Await)


def _mapped(module: ModuleContext, scope: Scope, call: ir.Call) -> AsyncCallback | None:
    """`map(f, items)` whose coroutines are used as values; they may as well be awaited one by one, or gathered."""
    if not isinstance(call.func, ir.Name) or len(call.args) < 2:
        return None
    name = coroutines.mapped_coroutines(module, call, scope)
    if name is None or isinstance(call.args[0], ir.Lambda):
        return None
    use = coroutine_misuse.use_of_collection(module, call, scope)
    return None if use is None else AsyncCallback("map", name, Outcome.VALUE, scope, call)


def _decorated(module: ModuleContext, function: Function) -> Iterator[AsyncCallback]:
    """The decorator next to the function, those aside that only say how a method is bound."""
    for node in reversed(function.ir.decorators):
        value = module.project.evaluator.value_outside(node.func if isinstance(node, ir.Call) else node, function)
        names = {canonical(member.name) for member in members(value) if isinstance(member, External)}
        if names & _TRANSPARENT:
            continue
        for name in sorted(names):
            if name in DECORATORS:
                yield AsyncCallback(name, function.qualname, DECORATORS[name], function, function)
        return

"""Decorators of the project that put something else in place of a function: what they make of it no longer runs it.

`@wraps` around a call of the function leaves it what it was, with more around it. A wrapper that never mentions the
function, or only hands it to a thread, is another thing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import dotted, header_exprs, walk
from asynclint.knowledge.names import lineage
from asynclint.knowledge.offloading import OFFLOADERS
from asynclint.project.paths import BodyPaths
from asynclint.project.values import UNKNOWN, External, FunctionValue, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Function


class ReplacingReader:
    """Reads the bodies of decorators."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def stand_in(self, decorator: Function, wrapper: Function | None) -> Value | None:
        """What `decorator` puts in place of the function it is given; None where that is the function still.

        `decorator` takes the function; `wrapper` is the inner function that it returns, if that is what it does.
        """
        taken = _taken(decorator)
        if taken is None:
            return None
        if wrapper is None:
            return None if self._may_return(decorator) else UNKNOWN
        if not _mentions(wrapper, taken):
            return FunctionValue(wrapper)
        return None if self._runs(wrapper, taken) else UNKNOWN

    def keeps_async(self, decorator: Function) -> bool:
        """Whether calling what `decorator` makes of an async function certainly gives a coroutine as well.

        It returns the function itself, an async one, or a plain one that returns what the function gives. A decorator
        that asks whether it has an async function before it, has an async wrapper for it.
        """
        taken = _taken(decorator)
        returned = [item.value for item in decorator.index.statements if isinstance(item, ir.Return)]
        if taken is None or not returned or decorator.is_async or decorator.is_generator:
            return False
        inner = {
            item.name: item for item in decorator.module.functions if item.ir.parent_function == decorator.ir.index
        }
        made = [name for value in returned for name in _certainly_returned(value)]
        if any(_is_coroutine_function(inner.get(name)) for name in made) and _asks_for_async(decorator, taken):
            return True
        return all(
            name == taken or _is_coroutine_function(inner.get(name)) or _hands_on(inner.get(name), taken)
            for name in made
        )

    def makes_class(self, decorator: Function) -> bool:
        """Whether all that it returns are classes that it defines."""
        returned = [item.value for item in decorator.index.statements if isinstance(item, ir.Return)]
        made = {name for name, items in decorator.index.bindings.items() if all(item.kind == "class" for item in items)}
        return bool(returned) and all(isinstance(value, ir.Name) and value.id in made for value in returned)

    def _may_return(self, decorator: Function) -> bool:
        """Whether what it returns may be made of the function it is given: anything but plain constants may."""
        returned = [item.value for item in decorator.index.statements if isinstance(item, ir.Return)]
        made = any(value is not None and not isinstance(value, ir.Constant | ir.Opaque) for value in returned)
        return made or decorator.is_stub or decorator.is_generator

    def _runs(self, wrapper: Function, taken: str) -> bool:
        """Whether the wrapper itself may run the function, rather than have a thread run it."""
        names = list(_names(wrapper, taken))
        inner = {item.name for item in wrapper.module.functions if item.ir.parent_function == wrapper.ir.index}
        for name in inner:
            names += _names(wrapper, name)
        return any(not self._is_handed_to_thread(name, wrapper) for name in names)

    def _is_handed_to_thread(self, node: ir.Expr, wrapper: Function) -> bool:
        around = wrapper.index.parents.get(id(node))
        current: ir.Expr | ir.Stmt = node
        while around is not None and not isinstance(around, ir.Await):
            if isinstance(around, ir.Call) and around.func is not current and self._offloads(around, wrapper):
                return True
            current, around = around, wrapper.index.parents.get(id(around))
        return False

    def _offloads(self, call: ir.Call, wrapper: Function) -> bool:
        targets = self._evaluator.targets(self._evaluator.value(call.func, wrapper))
        return bool(targets) and all(isinstance(item, External) and _is_offloader(item.name) for item in targets)


def returned_names(node: ir.Expr) -> list[ir.Name]:
    """The names a `return` may give back: `return wrapper`, `return cast(F, wrapper)`, `return wraps(f)(wrapper)`."""
    match node:
        case ir.Name():
            return [node]
        case ir.Call():
            return [name for arg in node.args for name in returned_names(arg)]
        case ir.IfExp():
            return [*returned_names(node.body), *returned_names(node.orelse)]
        case _:
            return []


def _certainly_returned(node: ir.Expr | None) -> list[str]:
    """The names one of which is what a `return` gives back, in every known form; "" for any other form."""
    match node:
        case ir.Name(id=name):
            return [name]
        case ir.IfExp():
            return [*_certainly_returned(node.body), *_certainly_returned(node.orelse)]
        case ir.Call(func=ir.Call(func=maker), args=(given,)) if _last_name(maker) == "wraps":
            return _certainly_returned(given)
        case ir.Call(func=callee, args=(given, _)) if _last_name(callee) == "update_wrapper":
            return _certainly_returned(given)
        case ir.Call(func=callee, args=(_, given)) if _last_name(callee) == "cast":
            return _certainly_returned(given)
        case _:
            return [""]


def _last_name(callee: ir.Expr) -> str:
    return dotted(callee).rpartition(".")[2]


def _is_coroutine_function(function: Function | None) -> bool:
    return function is not None and function.is_async and not function.is_generator


def _asks_for_async(decorator: Function, taken: str) -> bool:
    return any(
        _last_name(call.func) == "iscoroutinefunction"
        and any(isinstance(arg, ir.Name) and arg.id == taken for arg in call.args)
        for call in decorator.index.calls
    )


def _hands_on(wrapper: Function | None, taken: str) -> bool:
    """Whether the plain wrapper returns, on every path, what calling the function that was taken gives."""
    if wrapper is None or wrapper.is_async or wrapper.is_generator or BodyPaths(wrapper).may_end:
        return False
    returned = [item.value for item in wrapper.index.statements if isinstance(item, ir.Return)]
    return bool(returned) and all(_is_call_of(value, taken, wrapper) for value in returned)


def _is_call_of(node: ir.Expr | None, taken: str, wrapper: Function) -> bool:
    match node:
        case ir.Call(func=ir.Name(id=name)):
            return name == taken
        case ir.Name(id=name):
            bindings = wrapper.index.bindings.get(name, [])
            return bool(bindings) and all(
                item.kind == "assign" and isinstance(item.value, ir.Call) and _is_call_of(item.value, taken, wrapper)
                for item in bindings
            )
        case _:
            return False


def _is_offloader(name: str) -> bool:
    """Whether it is one of the table, also where the method is that of a base class."""
    owner, _, last = name.rpartition(".")
    bases = lineage(owner) if owner else ()
    return name in OFFLOADERS or any(f"{base}.{last}" in OFFLOADERS for base in bases)


def _taken(decorator: Function) -> str | None:
    """The parameter that gets the function."""
    names = [param.name for param in decorator.ir.params if param.kind in {"positional", "positional-only"}]
    if decorator.owner is not None and "staticmethod" not in decorator.decorator_names:
        names = names[1:]
    return names[0] if names else None


def _mentions(function: Function, name: str) -> bool:
    text = function.module.data[function.ir.start : function.ir.end]
    return re.search(rb"\b" + name.encode() + rb"\b", text) is not None


def _names(function: Function, name: str) -> Iterator[ir.Name]:
    for statement in function.index.statements:
        for expr in header_exprs(statement):
            yield from (node for node in walk(expr) if isinstance(node, ir.Name) and node.id == name)

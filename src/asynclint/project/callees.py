"""What runs when a value is called: functions of the project, and names outside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import walk
from asynclint.project.model import Class
from asynclint.project.sites import Callee
from asynclint.project.values import BoundMethod, ClassValue, External, FunctionValue, Instance, LambdaValue, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Function, Scope

_CONSTRUCTORS = ("__new__", "__init__", "__post_init__")


class CalleeReader:
    """Collects callees of values into two lists: functions of the project, and external names."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def add(self, target: Value, callees: list[Callee], externals: list[str], *, call: bool = True) -> None:
        """Add what calling the target runs at once. `call` tells that the site's arguments are the target's own."""
        match target:
            case FunctionValue(function=function) | BoundMethod(function=function):
                if not function.is_generator:
                    callees.append(Callee(function, receiver_class(target), call=call))
                    callees += [Callee(wrapper) for wrapper in self._evaluator.calls.wrappers(function)]
            case ClassValue(cls=cls):
                callees += [Callee(function, cls, call=call) for function in self._constructors(cls)]
            case External(name=name):
                externals.append(name)
            case LambdaValue(node=node, scope=around):
                self._add_lambda(node, around, callees, externals)
            case _:
                pass

    def applied(self, node: ir.Expr, scope: Scope) -> tuple[tuple[Callee, ...], tuple[str, ...]]:
        """What runs where other code calls the callable that the expression gives, with arguments of its own."""
        callees: list[Callee] = []
        externals: list[str] = []
        for target in self._evaluator.targets(self._evaluator.value(node, scope)):
            self.add(target, callees, externals, call=False)
        return tuple(dict.fromkeys(callees)), tuple(dict.fromkeys(externals))

    def dispatched(self, target: Value) -> Iterator[Callee]:
        """The implementations that calling an abstract method of an object may run.

        None for constructors, nor where the class is named: `super().run()`, `Base.run(self)`.
        """
        match target:
            case BoundMethod(function=function, receiver=Instance()) if function.name not in _CONSTRUCTORS:
                for item in self._evaluator.overriding.implementations(function):
                    yield Callee(item, item.owner, call=True, dispatched=True)
            case _:
                return

    def _add_lambda(self, node: ir.Lambda, around: Scope, callees: list[Callee], externals: list[str]) -> None:
        """Calls in the body of a lambda that is itself called here."""
        for part in walk(node.body):
            if isinstance(part, ir.Call) and not isinstance(around.index.parents.get(id(part)), ir.Await):
                for target in self._evaluator.targets(self._evaluator.value(part.func, around)):
                    if not isinstance(target, LambdaValue):
                        self.add(target, callees, externals)

    def _constructors(self, cls: Class) -> Iterator[Function]:
        for name in _CONSTRUCTORS:
            method = self._evaluator.members.method(cls, name)
            if method is not None:
                yield method


def receiver_class(target: Value) -> Class | None:
    """The class of the object that a bound method was taken from."""
    if not isinstance(target, BoundMethod):
        return None
    cls = getattr(target.receiver, "cls", None)
    return cls if isinstance(cls, Class) else target.function.owner

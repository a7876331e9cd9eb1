"""What type variables stand for: the arguments of `Repository[User]`, of its subclasses, and of generic functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import walk
from asynclint.project.model import Class
from asynclint.project.reads import BodyAnswers
from asynclint.project.sites import argument_for
from asynclint.project.values import (
    UNKNOWN,
    BoundMethod,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    SuperValue,
    Unknown,
    Value,
    members,
    union,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Function, Scope

_TYPE_VARIABLE = Instance("typing.TypeVar")
_LISTING = frozenset({"Generic", "Protocol"})
_CALLABLES = frozenset({"Callable"})
_AWAITABLES = frozenset({"Awaitable", "Coroutine"})
_CLASSES = frozenset({"type", "Type"})
_MAX_BASES = 30
_OF_ONE = frozenset({"Optional", "Final", "ClassVar", "Annotated"})


class GenericReader:
    """Reads the type variables of classes and functions, each once."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._returned: BodyAnswers[frozenset[str]] = BodyAnswers(evaluator.reads, self._find_returned)
        self._parameters: BodyAnswers[tuple[str, ...]] = BodyAnswers(evaluator.reads, self._find_parameters)

    def result(self, function: Function, receiver: Value | None, call: ir.Call, scope: Scope) -> Value | None:
        """What a call gives, where the annotation says so by type variables; None where it has none."""
        if function.ir.returns is None or not self._returned.of(function):
            return None
        known = self._of_call(function, receiver, call, scope)
        around = function.owner or function.parent
        return self._evaluator.annotations.read_with(function.ir.returns, around, function, known)

    def attribute(self, receiver: Instance, name: str) -> Value:
        """An attribute or property of an object of a generic class, by its annotation."""
        if not isinstance(receiver.cls, Class):
            return UNKNOWN
        for entry in self._evaluator.members.mro(receiver.cls):
            if not isinstance(entry, Class):
                return UNKNOWN
            for annotation, scope in self._annotations(entry, name):
                known = self.arguments(receiver.cls, entry, receiver.args)
                if known:
                    return self._evaluator.annotations.read_with(annotation, scope, None, known)
        return UNKNOWN

    def arguments(self, cls: Class, owner: Class, args: tuple[Value, ...], depth: int = 0) -> dict[str, Value]:
        """What the type variables of `owner` stand for in `cls[args]`, which is `owner` or derives from it."""
        own = dict(zip(self._parameters.of(cls), args, strict=False))
        if cls is owner or depth > _MAX_BASES:
            return own if cls is owner else {}
        for base in cls.ir.bases:
            node = base.value if isinstance(base, ir.Subscript) else base
            for member in members(self._evaluator.value(node, cls.parent)):
                if isinstance(member, ClassValue) and owner in self._evaluator.members.mro(member.cls):
                    given = tuple(self._read(item, cls, own) for item in _items(base))
                    return self.arguments(member.cls, owner, given, depth + 1)
        return {}

    def _read(self, node: ir.Expr, cls: Class, known: dict[str, Value]) -> Value:
        return self._evaluator.annotations.read_with(node, cls.parent, None, known)

    # -- which names are variables -----------------------------------------------------------------------------

    def is_variable(self, node: ir.Name | ir.Attribute, scope: Scope) -> bool:
        return isinstance(node, ir.Name | ir.Attribute) and self._evaluator.value(node, scope) == _TYPE_VARIABLE

    def _find_returned(self, function: Function) -> frozenset[str]:
        """The type variables in the annotation of what a function returns."""
        returns = function.ir.returns
        around = function.owner or function.parent
        names = {*function.ir.type_params, *(function.owner.ir.type_params if function.owner else ())}
        mentioned = [] if returns is None else [part for part in walk(returns) if isinstance(part, ir.Name)]
        return frozenset(part.id for part in mentioned if part.id in names or self.is_variable(part, around))

    def _find_parameters(self, cls: Class) -> tuple[str, ...]:
        return cls.ir.type_params or tuple(dict.fromkeys(self._listed(cls)))

    def _listed(self, cls: Class) -> Iterator[str]:
        bases = [base for base in cls.ir.bases if isinstance(base, ir.Subscript)]
        listing = [base for base in bases if _last(base.value) in _LISTING]
        for base in listing or bases:
            for part in walk(base.index):
                if isinstance(part, ir.Name) and self.is_variable(part, cls.parent):
                    yield part.id

    def _annotations(self, cls: Class, name: str) -> Iterator[tuple[ir.Expr, Scope]]:
        for binding in cls.index.bindings.get(name, ()):
            if binding.annotation is not None:
                yield binding.annotation, cls
            elif binding.kind == "function":
                function = cls.module.functions[binding.index]
                if function.ir.returns is not None and self._evaluator.members.is_property(function):
                    yield function.ir.returns, cls
        for item in self._evaluator.members.self_assignments(cls).get(name, ()):
            if item.annotation is not None:
                yield item.annotation, cls
            elif isinstance(item.value, ir.Name):
                for param in item.function.ir.params:
                    if param.name == item.value.id and param.annotation is not None:
                        yield param.annotation, cls

    # -- what a call says --------------------------------------------------------------------------------------

    def _of_call(self, function: Function, receiver: Value | None, call: ir.Call, scope: Scope) -> dict[str, Value]:
        known: dict[str, Value] = {}
        if isinstance(receiver, SuperValue):
            receiver = receiver.receiver
        if isinstance(receiver, Instance | ClassValue) and isinstance(receiver.cls, Class) and function.owner:
            known |= self.arguments(receiver.cls, function.owner, receiver.args)
        around = function.owner or function.parent
        for position, param in enumerate(function.ir.params):
            if param.annotation is None:
                continue
            if position == 0 and receiver is not None:
                self._match(param.annotation, receiver, around, known)
                continue
            given = argument_for(function, param.name, call, skips_first=receiver is not None)
            if given is not None:
                self._match(param.annotation, self._evaluator.value(given, scope), around, known)
        return known

    def _match(self, node: ir.Expr, value: Value, scope: Scope, known: dict[str, Value]) -> None:
        """Learn from a value given for a parameter of the annotated type."""
        match node:
            case ir.Name(id=name):
                if not isinstance(value, Unknown):
                    known.setdefault(name, value)
            case ir.BinOp(op="|", left=left, right=right):
                self._match(left, value, scope, known)
                self._match(right, value, scope, known)
            case ir.Subscript(value=base, index=index):
                last = _last(base)
                items = index.items if isinstance(index, ir.Collection) and index.items else (index,)
                if last in _OF_ONE:
                    self._match(items[0], value, scope, known)
                elif last in _CLASSES:
                    self._match(items[0], self._instance_of(value), scope, known)
                elif last in _CALLABLES:
                    self._match(items[-1], self._called(value), scope, known)
                elif last in _AWAITABLES:
                    self._match(items[-1], self._evaluator.awaited(value), scope, known)
                elif len(items) == 1:
                    self._match(items[0], self._evaluator.element(value), scope, known)
            case _:
                return

    def _instance_of(self, value: Value) -> Value:
        match value:
            case ClassValue(cls=cls, args=args):
                return Instance(cls, args=args)
            case External(name=name) if name.rpartition(".")[2][:1].isupper():
                return Instance(name)
            case _:
                return UNKNOWN

    def _called(self, value: Value) -> Value:
        found: list[Value] = []
        for member in members(value):
            match member:
                case FunctionValue(function=function):
                    found.append(self._evaluator.calls.function_result(function))
                case BoundMethod(function=function, receiver=receiver):
                    found.append(self._evaluator.calls.function_result(function, receiver))
                case _:
                    found.append(self._instance_of(member))
        return union(found)


def _items(base: ir.Expr) -> tuple[ir.Expr, ...]:
    if not isinstance(base, ir.Subscript):
        return ()
    return base.index.items if isinstance(base.index, ir.Collection) and base.index.items else (base.index,)


def _last(node: ir.Expr) -> str:
    match node:
        case ir.Name(id=name) | ir.Attribute(attr=name):
            return name
        case _:
            return ""

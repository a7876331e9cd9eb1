"""Attributes: of modules, classes (by their order of resolution), instances and external objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.knowledge import blocking as knowledge
from asynclint.project.model import Class, Function
from asynclint.project.values import (
    UNKNOWN,
    BoundMethod,
    ClassValue,
    Const,
    Container,
    External,
    FunctionValue,
    Instance,
    ModuleValue,
    NamespaceValue,
    PartialValue,
    SuperValue,
    TaskValue,
    Unknown,
    Value,
    members,
    union,
)

if TYPE_CHECKING:
    from asynclint.project.inference import Evaluator
    from asynclint.project.scopes import Binding

PROPERTIES = frozenset(
    {
        "property", "functools.cached_property", "abc.abstractproperty", "django.utils.functional.cached_property",
        "sqlalchemy.ext.hybrid.hybrid_property", "pydantic.computed_field", "propcache.cached_property",
        "propcache.api.cached_property", "propcache.api.under_cached_property", "werkzeug.utils.cached_property",
    },
)  # fmt: skip

MroEntry = Class | str | None
"""A class of the project, an external class by name, or None for a base that could not be resolved."""


@dataclass(frozen=True, slots=True)
class SelfAssignment:
    """`self.attr = value` somewhere in a method (or its annotated form, or a `with`/`for` target)."""

    function: Function
    value: ir.Expr | None
    annotation: ir.Expr | None
    path: tuple[int, ...]
    statement: ir.Stmt


class MemberReader:
    """Looks attributes up as Python would, as far as the sources tell."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._mros: dict[int, tuple[MroEntry, ...]] = {}
        self._self: dict[int, dict[str, list[SelfAssignment]]] = {}
        self._attributes: dict[tuple[int, str], Value] = {}
        self._subclasses: dict[int, list[Class]] | None = None

    # -- classes -----------------------------------------------------------------------------------------------

    def mro(self, cls: Class) -> tuple[MroEntry, ...]:
        """The order in which attributes are looked up: depth first, left to right, the last of equals kept."""
        found = self._mros.get(id(cls))
        if found is None:
            self._mros[id(cls)] = (cls,)  # a cycle of bases ends here
            found = self._linearise(cls)
            self._mros[id(cls)] = found
        return found

    def _linearise(self, cls: Class) -> tuple[MroEntry, ...]:
        entries: list[MroEntry] = [cls]
        for base in cls.ir.bases:
            for member in members(self._evaluator.value(base, cls.parent)):
                match member:
                    case ClassValue(cls=parent):
                        entries += self.mro(parent)
                    case External(name=name):
                        entries += self._external_mro(knowledge.canonical(name))
                    case _:
                        entries.append(None)
        result: list[MroEntry] = []
        for entry in reversed(entries):
            if entry not in result:
                result.append(entry)
        # The class itself stays first even where a cycle of bases names it again.
        result = [entry for entry in reversed(result) if entry is not cls]
        return (cls, *result)

    def _external_mro(self, name: str) -> list[MroEntry]:
        return [name, *(entry for base in knowledge.bases(name) for entry in self._external_mro(base))]

    def is_subclass(self, cls: Class, names: frozenset[str]) -> bool:
        """Whether an external class of one of the names is among its ancestors."""
        return any(isinstance(entry, str) and entry in names for entry in self.mro(cls))

    def method(self, cls: Class, name: str) -> Function | None:
        """The method of that name a project class has, its own or inherited."""
        for entry in self.mro(cls):
            if isinstance(entry, Class):
                function = self.own_method(entry, name)
                if function is not None:
                    return function
            elif entry is None:
                return None
        return None

    def own_method(self, cls: Class, name: str) -> Function | None:
        for binding in reversed(cls.index.bindings.get(name, [])):
            if binding.kind == "function":
                function = cls.module.functions[binding.index]
                if _replaces_accessor(function):
                    continue
                return function
            if binding.kind == "assign" and binding.value is not None:
                value = self._evaluator.value(binding.value, cls)
                if isinstance(value, FunctionValue):
                    return value.function
            return None
        return None

    def is_property(self, function: Function) -> bool:
        """Whether reading the attribute runs the function."""
        if function.owner is None or not function.ir.decorators:
            return False
        for node in function.ir.decorators:
            value = self._evaluator.value(node, function.owner)
            if isinstance(value, External) and value.name in PROPERTIES:
                return True
        return any(name.endswith(("property", ".getter")) for name in function.decorator_names)

    # -- attributes --------------------------------------------------------------------------------------------

    def attribute(self, value: Value, name: str) -> Value:  # noqa: C901, PLR0912 - a case for each kind of value
        """`value.name` for one alternative."""
        match value:
            case ModuleValue() | NamespaceValue():
                return self._evaluator.linker.member(value, name)
            case External():
                return self._of_external(value.name, name)
            case ClassValue(cls=cls):
                return self._of_class(cls, name, value)
            case Instance(cls=Class() as cls):
                return self._of_instance(cls, name, value)
            case Instance(cls=str() as cls):
                return self._of_external_instance(cls, name)
            case SuperValue():
                return self._of_super(value, name)
            case TaskValue():
                return External(f"asyncio.Task.{name}")
            case Container(kind=kind):
                return External(f"{'list' if kind in {'generator', 'tuple'} else kind}.{name}")
            case Const(value=str()):
                return External(f"str.{name}")
            case Const(value=None) | Unknown():
                return UNKNOWN
            case FunctionValue() | BoundMethod() if name == "__wrapped__":
                return value
            case PartialValue() if name == "func":
                return value.target
            case _:
                return UNKNOWN

    def _of_external(self, owner: str, name: str) -> Value:
        kind = knowledge.attribute_type(f"{owner}.{name}")
        return Instance(kind) if kind else External(f"{owner}.{name}")

    def _of_external_instance(self, cls: str, name: str) -> Value:
        for owner in self._external_mro(cls):
            kind = knowledge.attribute_type(f"{owner}.{name}")
            if kind:
                return Instance(kind)
        return External(f"{cls}.{name}")

    def _of_class(self, cls: Class, name: str, receiver: Value) -> Value:
        for entry in self.mro(cls):
            match entry:
                case Class():
                    found = self._in_class(entry, name, receiver, instance=False)
                    if found is not None:
                        return found
                case str():
                    return External(f"{entry}.{name}")
                case None:
                    return UNKNOWN
        return UNKNOWN

    def _of_instance(self, cls: Class, name: str, receiver: Value) -> Value:
        key = (id(cls), name)
        found = self._attributes.get(key)
        if found is None:
            self._attributes[key] = UNKNOWN  # an attribute defined by itself is unknown
            found = self._instance_attribute(cls, name, receiver)
            self._attributes[key] = found
        return found

    def _instance_attribute(self, cls: Class, name: str, receiver: Value) -> Value:
        found: list[Value] = []
        for entry in self.mro(cls):
            match entry:
                case Class():
                    found += self._assigned(entry, name)
                    own = self._in_class(entry, name, receiver, instance=True)
                    if own is not None:
                        found.append(own)
                        break
                case str():
                    if not found:
                        found.append(self._of_external_instance(entry, name))
                    break
                case None:
                    break
        real = [value for value in found if not isinstance(value, Const)]
        known = [value for value in real if not isinstance(value, Unknown)]
        return union(known or real or found)

    def _assigned(self, cls: Class, name: str) -> list[Value]:
        values: list[Value] = []
        for item in self.self_assignments(cls).get(name, ()):
            if item.annotation is not None:
                values.append(self._evaluator.annotations.read(item.annotation, item.function))
            if item.value is not None:
                value = self._evaluator.value(item.value, item.function)
                match item.statement:
                    case ir.With(is_async=is_async):
                        value = self._evaluator.entered(value, is_async=is_async)
                    case ir.For():
                        value = self._evaluator.element(value)
                    case _:
                        pass
                values.append(self._evaluator.unpack(value, item.path))
        return values

    def _in_class(self, cls: Class, name: str, receiver: Value, *, instance: bool) -> Value | None:
        bindings = cls.index.bindings.get(name)
        if not bindings:
            return None
        reached = cls.index.reaching(name, None)
        if any(item.kind == "function" and _replaces_accessor(cls.module.functions[item.index]) for item in reached):
            reached = [item for item in bindings if item.kind == "function"][:1]  # the getter, which came first
        values = [self._bound(binding, cls, receiver, instance=instance) for binding in reached]
        return union(values) if values else None

    def _bound(self, binding: Binding, cls: Class, receiver: Value, *, instance: bool) -> Value:
        if binding.kind != "function":
            return self._evaluator.binding(binding, cls)
        function = cls.module.functions[binding.index]
        if self.is_property(function):
            return self._evaluator.returned(function) if instance else UNKNOWN
        value = self._evaluator.definition(function)
        if not isinstance(value, FunctionValue):
            return value
        decorators = set(function.decorator_names)
        if "staticmethod" in decorators:
            return value
        if "classmethod" in decorators:
            return BoundMethod(value.function, ClassValue(cls))
        return BoundMethod(value.function, receiver) if instance else value

    def _of_super(self, value: SuperValue, name: str) -> Value:
        receiver = value.receiver
        cls = receiver.cls if isinstance(receiver, Instance | ClassValue) else value.cls
        order = self.mro(cls) if isinstance(cls, Class) else self.mro(value.cls)
        rest = order[order.index(value.cls) + 1 :] if value.cls in order else self.mro(value.cls)[1:]
        for entry in rest:
            match entry:
                case Class():
                    found = self._in_class(entry, name, receiver, instance=True)
                    if found is not None:
                        return found
                case str():
                    return External(f"{entry}.{name}")
                case None:
                    return UNKNOWN
        return UNKNOWN

    # -- assignments to self -----------------------------------------------------------------------------------

    def self_assignments(self, cls: Class) -> dict[str, list[SelfAssignment]]:
        """By attribute, every assignment to it through the receiver in the class's own methods."""
        found = self._self.get(id(cls))
        if found is None:
            found = {}
            for function in cls.methods:
                if function.ir.params and "staticmethod" not in function.decorator_names:
                    _collect(function, function, function.ir.params[0].name, found)
            self._self[id(cls)] = found
        return found


def _replaces_accessor(function: Function) -> bool:
    """`@name.setter` and `@name.deleter` complete a property; reading the attribute does not run them."""
    return any(name.endswith((".setter", ".deleter")) for name in function.decorator_names)


def _collect(function: Function, method: Function, receiver: str, into: dict[str, list[SelfAssignment]]) -> None:
    marker = f"{receiver}.".encode()
    if marker not in method.module.data[method.ir.start : method.ir.end]:
        return
    for statement in function.index.statements:
        for target, value, annotation in _targets(statement):
            for attribute, path in _receiver_attributes(target, receiver):
                item = SelfAssignment(function, value, annotation, path, statement)
                into.setdefault(attribute, []).append(item)


def _targets(statement: ir.Stmt) -> list[tuple[ir.Expr, ir.Expr | None, ir.Expr | None]]:
    match statement:
        case ir.Assign():
            return [(target, statement.value, None) for target in statement.targets]
        case ir.AnnAssign():
            return [(statement.target, statement.value, statement.annotation)]
        case ir.With():
            return [(item.target, item.context, None) for item in statement.items if item.target is not None]
        case ir.For():
            return [(statement.target, statement.iter, None)]
        case _:
            return []


def _receiver_attributes(target: ir.Expr, receiver: str) -> list[tuple[str, tuple[int, ...]]]:
    match target:
        case ir.Attribute(value=ir.Name(id=name), attr=attr) if name == receiver:
            return [(attr, ())]
        case ir.Collection(items=items):
            found: list[tuple[str, tuple[int, ...]]] = []
            for position, item in enumerate(items):
                found += [(attr, (position, *path)) for attr, path in _receiver_attributes(item, receiver)]
            return found
        case _:
            return []

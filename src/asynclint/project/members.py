"""Attributes: of modules, classes (by their order of resolution), instances and external objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.knowledge import blocking as knowledge
from asynclint.knowledge.values import JOB_CLASSES
from asynclint.project.model import Class, Function
from asynclint.project.outside_assignments import HOLDERS
from asynclint.project.reads import UNSETTLED, BodyAnswers
from asynclint.project.tables import Table, listed
from asynclint.project.values import (
    NONE,
    UNKNOWN,
    BoundMethod,
    ClassValue,
    Const,
    Container,
    Coroutine,
    External,
    FunctionValue,
    GeneratorValue,
    Instance,
    ModuleValue,
    NamespaceValue,
    PartialValue,
    SuperValue,
    TaskValue,
    Union,
    Unknown,
    Value,
    members,
    union,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asynclint.project.inference import Evaluator
    from asynclint.project.scopes import Binding

MAX_ANCESTORS = 200
"""Of a class; what lies beyond is unknown. The deepest of real classes have some sixty."""

PROPERTIES = frozenset(
    {
        "property", "functools.cached_property", "abc.abstractproperty", "django.utils.functional.cached_property",
        "sqlalchemy.ext.hybrid.hybrid_property", "pydantic.computed_field", "propcache.cached_property",
        "propcache.api.cached_property", "propcache.api.under_cached_property", "werkzeug.utils.cached_property",
    },
)  # fmt: skip

ENUMS = frozenset({"enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag"})
RECORDS = frozenset({"typing.NamedTuple", "typing.TypedDict", "typing_extensions.TypedDict"})

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
        self._reads = evaluator.reads
        self._mros: dict[int, tuple[tuple[MroEntry, ...], int]] = {}
        self._self: BodyAnswers[dict[str, list[SelfAssignment]]] = BodyAnswers(self._reads, _self_assignments)
        self._subclasses = Table(self._reads, "subclasses", self._find_subclasses, listed)

    # -- classes -----------------------------------------------------------------------------------------------

    def mro(self, cls: Class) -> tuple[MroEntry, ...]:
        """The order in which attributes are looked up: depth first, left to right, the last of equals kept.

        Ends in None, for something unknown, where there are more than MAX_ANCESTORS or the class is its own ancestor.
        """
        if id(cls) not in self._mros:
            self._linearise_all(tuple(self._bases_first(cls)))
        order, mask = self._mros[id(cls)]
        self._reads.mask |= mask
        return order

    def _linearise_all(self, classes: Sequence[Class]) -> None:
        """Find the order of classes that come after their bases, unless there are cycles."""
        for cls in classes:
            if any(id(parent) not in self._mros for parent in self._parents(cls)):
                # The same for each class of a cycle, whichever is asked for first.
                self._mros |= {id(item): ((item, None), UNSETTLED) for item in classes if self._is_own_ancestor(item)}
            if id(cls) not in self._mros:
                before = self._reads.begin()
                order = self._linearise(cls)
                self._mros[id(cls)] = order, self._reads.end(before)

    def _is_own_ancestor(self, cls: Class) -> bool:
        """Whether its bases lead back to a class; those with more than MAX_ANCESTORS count as if they did."""
        seen: set[int] = set()
        pending = self._parents(cls)
        while pending and len(seen) <= MAX_ANCESTORS:
            parent = pending.pop()
            if parent is cls:
                return True
            if id(parent) not in seen:
                seen.add(id(parent))
                pending += self._parents(parent)
        return len(seen) > MAX_ANCESTORS

    def _bases_first(self, cls: Class) -> Iterator[Class]:
        """The class and those of its ancestors that have no order yet, each after its bases; no recursion."""
        entered = {id(cls)}
        pending = [(cls, iter(self._parents(cls)))]
        while pending:
            current, parents = pending[-1]
            parent = next(parents, None)
            if parent is None:
                pending.pop()
                yield current
            elif id(parent) not in entered and id(parent) not in self._mros:
                entered.add(id(parent))
                pending.append((parent, iter(self._parents(parent))))

    def _parents(self, cls: Class) -> list[Class]:
        values = (self._evaluator.value(base, cls.parent) for base in cls.ir.bases)
        return [member.cls for value in values for member in members(value) if isinstance(member, ClassValue)]

    def _linearise(self, cls: Class) -> tuple[MroEntry, ...]:
        entries: list[MroEntry] = []
        for base in cls.ir.bases:
            for member in members(self._evaluator.value(base, cls.parent)):
                match member:
                    case ClassValue(cls=parent):
                        order, mask = self._mros.get(id(parent), ((parent, None), UNSETTLED))
                        self._reads.mask |= mask
                        entries += order
                    case External(name=name):
                        entries += self._external_mro(knowledge.canonical(name))
                    case _:
                        entries.append(None)
        found: list[MroEntry] = [cls, *reversed(dict.fromkeys(reversed(entries)))]
        return tuple(found) if len(found) <= MAX_ANCESTORS else (*found[:MAX_ANCESTORS], None)

    def _external_mro(self, name: str) -> list[MroEntry]:
        return [name, *(entry for base in knowledge.bases(name) for entry in self._external_mro(base))]

    def subclasses(self, cls: Class) -> tuple[Class, ...]:
        """The classes of the project that inherit from it, directly or not."""
        return tuple(self._subclasses.get(cls) or ())

    def _find_subclasses(self) -> dict[Class, list[Class]]:
        found: dict[Class, list[Class]] = {}
        for module in self._evaluator.layout.modules.values():
            for candidate in module.classes:
                for entry in self.mro(candidate)[1:]:
                    if isinstance(entry, Class):
                        found.setdefault(entry, []).append(candidate)
        return found

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
                replaced = self._evaluator.outside.on_class(cls, name)
                if replaced is not None:
                    return replaced.function if isinstance(replaced, FunctionValue) else None
                return function
            if binding.kind == "assign" and binding.value is not None:
                value = self._evaluator.value(binding.value, cls)
                if isinstance(value, PartialValue):
                    value = value.target
                if isinstance(value, FunctionValue):
                    return value.function
            return None
        return None

    def is_record(self, cls: Class) -> bool:
        """Whether its objects are taken apart by position or key as its annotations say."""
        return any(isinstance(entry, str) and entry in RECORDS for entry in self.mro(cls))

    def field(self, cls: Class, key: object) -> Value:
        """The field of a record at a position, or of a TypedDict at a key."""
        for entry in self.mro(cls):
            if isinstance(entry, Class):
                declared = [item for item in entry.body if isinstance(item, ir.AnnAssign)]
                named = {item.target.id: item for item in declared if isinstance(item.target, ir.Name)}
                if isinstance(key, int) and not isinstance(key, bool) and 0 <= key < len(declared):
                    return self._evaluator.annotations.read(declared[key].annotation, entry)
                if isinstance(key, str) and key in named:
                    return self._evaluator.annotations.read(named[key].annotation, entry)
        return UNKNOWN

    def is_property(self, function: Function) -> bool:
        """Whether reading the attribute runs the function."""
        if function.owner is None or not function.ir.decorators:
            return False
        for node in function.ir.decorators:
            value = self._evaluator.value(node, function.owner)
            if isinstance(value, External) and value.name in PROPERTIES:
                return True
        return any(name.endswith(("property", ".getter")) for name in function.decorator_names)

    def setter(self, cls: Class, name: str) -> Function | None:
        """The function that assigning to a property of the class runs."""
        for entry in self.mro(cls):
            if not isinstance(entry, Class):
                return None
            for binding in reversed(entry.index.bindings.get(name, [])):
                function = entry.module.functions[binding.index] if binding.kind == "function" else None
                if function is not None and any(item.endswith(".setter") for item in function.decorator_names):
                    return function
        return None

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
            case Instance(cls=Class() as cls, own=own, args=args):
                return ClassValue(cls, own, args) if name == "__class__" else self._of_instance(cls, name, value)
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
            case FunctionValue(function=function) if (job := self._job_class(function)) is not None:
                return self._of_external_instance(job, name)
            case PartialValue() if name == "func":
                return value.target
            case _:
                return UNKNOWN

    def _job_class(self, function: Function) -> str | None:
        """The class of what the decorator of a job queue makes of the function: `send.delay(…)`, `send.kiq(…)`."""
        for node in function.ir.decorators:
            callee = node.func if isinstance(node, ir.Call) else node
            for member in members(self._evaluator.value_outside(callee, function)):
                made = knowledge.returns(member.name) if isinstance(member, External) else None
                if made in JOB_CLASSES:
                    return made
        return None

    def _of_external(self, owner: str, name: str) -> Value:
        if self._evaluator.outside.is_replaced(owner, name):
            return UNKNOWN
        kind = knowledge.attribute_type(f"{owner}.{name}")
        return Instance(kind) if kind else External(f"{owner}.{name}")

    def _of_external_instance(self, cls: str, name: str) -> Value:
        for owner in self._external_mro(cls):
            kind = knowledge.attribute_type(f"{owner}.{name}")
            if kind:
                return Instance(kind)
        if cls in HOLDERS:
            held = self._evaluator.outside.on_holder(cls, name)
            if held is not None:
                return held
        return External(f"{cls}.{name}")

    def _of_class(self, cls: Class, name: str, receiver: Value) -> Value:
        for entry in self.mro(cls):
            match entry:
                case Class():
                    found = self._in_class(entry, name, receiver, instance=False)
                    if found is not None and self._is_enum_member(entry, name):
                        return Instance(cls)
                    if found is None or found == NONE:
                        made = [value for value in self._assigned(entry, name) if _says_something(value)]
                        found = union(made) if made else found
                    if found is not None:
                        return self.rebound(found, receiver)
                case str():
                    return External(f"{entry}.{name}")
                case None:
                    return UNKNOWN
        return UNKNOWN

    def _is_enum_member(self, cls: Class, name: str) -> bool:
        bindings = cls.index.bindings.get(name, ())
        is_value = len(bindings) == 1 and bindings[0].kind == "assign" and not name.startswith("_")
        return is_value and self.is_subclass(cls, ENUMS)

    def _of_instance(self, cls: Class, name: str, receiver: Value) -> Value:
        key = (id(cls), name)
        memo = self._evaluator.memo
        found = memo.attributes.get(key)
        if found is None:  # an attribute defined by itself is unknown
            own = Instance(cls, own=True)
            found = memo.answer(memo.attributes, key, key, UNKNOWN, self._instance_attribute, cls, name, own)
        else:
            memo.take(key)
        if isinstance(found, Unknown) and isinstance(receiver, Instance) and self._is_generic(cls):
            return self._evaluator.generics.attribute(receiver, name)
        return self.rebound(found, receiver)

    def _is_generic(self, cls: Class) -> bool:
        return any(isinstance(entry, Class) and _has_parameters(entry) for entry in self.mro(cls))

    def rebound(self, value: Value, receiver: Value | None) -> Value:
        """What a method gives, on the object or class it is called on: `return self` gives that very object."""
        if not _has_own(value):
            return value
        return union([self._rebound(member, receiver) for member in members(value)])

    def _rebound(self, value: Value, receiver: Value | None) -> Value:
        match value:
            case Instance(cls=Class() as cls, own=True):
                known = self._known_receiver(cls, receiver)
                return Instance(cls) if known is None else Instance(known.cls, None, known.own, known.args)
            case ClassValue(cls=cls, own=True):
                known = self._known_receiver(cls, receiver)
                return ClassValue(cls) if known is None else ClassValue(known.cls, known.own, known.args)
            case BoundMethod(function=function, receiver=inner):
                return BoundMethod(function, self.rebound(inner, receiver))
            case Coroutine(function=coroutine, result=result):
                return Coroutine(coroutine, self.rebound(result, receiver))
            case GeneratorValue(function=function, context_manager=is_manager, receiver=inner) if inner is not None:
                return GeneratorValue(function, is_manager, self.rebound(inner, receiver))
            case Container(element=element, items=items, kind=kind, keys=keys):
                parts = tuple(self.rebound(item, receiver) for item in items)
                return Container(self.rebound(element, receiver), parts, kind, keys)
            case _:
                return value

    def _known_receiver(self, cls: Class, receiver: Value | None) -> ClassValue | None:
        """The class of the receiver, if it is the class given or derives from it."""
        if isinstance(receiver, SuperValue):
            receiver = receiver.receiver
        if not isinstance(receiver, Instance | ClassValue) or not isinstance(receiver.cls, Class):
            return None
        return ClassValue(receiver.cls, receiver.own, receiver.args) if cls in self.mro(receiver.cls) else None

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
        if found and not real:
            from_outside = self._evaluator.outside.on_object(cls, name)
            found += [] if from_outside is None else [from_outside]
            real = [value for value in found if not isinstance(value, Const)]
        known = [value for value in real if not isinstance(value, Unknown)]
        return self._evaluator.filling.of_attribute(union(known or real or found), name, cls)

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
            value = self._evaluator.binding(binding, cls)
            return self._bound_alias(value, cls, receiver) if instance else value
        replaced = self._evaluator.outside.on_class(cls, binding.name)
        if replaced is not None:
            return BoundMethod(replaced.function, receiver) if isinstance(replaced, FunctionValue) else replaced
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
            return BoundMethod(value.function, self._known_receiver(cls, receiver) or ClassValue(cls))
        return BoundMethod(value.function, receiver) if instance else value

    def _bound_alias(self, value: Value, cls: Class, receiver: Value) -> Value:
        """`fetch = other_method` and `partialmethod(method, …)` in the body of a class."""
        target = value.target if isinstance(value, PartialValue) else value
        if not isinstance(target, FunctionValue) or target.function.owner is not cls:
            return value
        if "staticmethod" in target.function.decorator_names:
            return value
        bound = BoundMethod(target.function, receiver)
        return PartialValue(bound) if isinstance(value, PartialValue) else bound

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
        return self._self.of(cls)


def _has_parameters(cls: Class) -> bool:
    return bool(cls.ir.type_params) or any(isinstance(base, ir.Subscript) for base in cls.ir.bases)


def _says_something(value: Value) -> bool:
    return not isinstance(value, Unknown | Const)


def _has_own(value: Value) -> bool:
    match value:
        case Instance(own=own) | ClassValue(own=own):
            return own
        case BoundMethod(receiver=receiver):
            return _has_own(receiver)
        case Coroutine(result=result):
            return _has_own(result)
        case GeneratorValue(receiver=receiver):
            return receiver is not None and _has_own(receiver)
        case Container(element=element, items=items):
            return _has_own(element) or any(_has_own(item) for item in items)
        case Union(members=alternatives):
            return any(_has_own(item) for item in alternatives)
        case _:
            return False


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


def _self_assignments(cls: Class) -> dict[str, list[SelfAssignment]]:
    found: dict[str, list[SelfAssignment]] = {}
    for function in cls.methods:
        if function.ir.params and "staticmethod" not in function.decorator_names:
            _collect(function, function, function.ir.params[0].name, found)
    return found

"""Where values outlive the expression that makes them: attributes, module globals, locals; and every mention of one.

A collection is one place, whatever is in it: `self.tasks[key]` stands in the place `self.tasks`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from asynclint.flow import ir
from asynclint.flow.traversal import dotted, header_exprs, walk
from asynclint.knowledge.asyncio_api import TASK_CLASS
from asynclint.project.model import Class, Function, Module, Scope
from asynclint.project.reads import Answers, answered_once
from asynclint.project.tables import Table, listed
from asynclint.project.values import (
    ClassValue,
    Const,
    External,
    Instance,
    ModuleValue,
    SuperValue,
    Unknown,
    Value,
    known_members,
    members,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.inference import Evaluator

OUTSIDE: Final = "outside"
"""The owner of attributes of objects whose class is not of the project, such as `app.state`."""

MAX_REEXPORTS = 20

_WORD = re.compile(rb"\w")
_LOOKS = re.compile(rb"\bgetattr\(\s*[\w.]+,\s*[A-Za-z_]\w*\s*[,)]|\bvars\(\s*\w|\.__dict__\b")
_TASK_CLASSES = frozenset({TASK_CLASS, "asyncio.Future"})
_ELEMENT_GETTERS = frozenset({"get", "setdefault", "pop", "values", "items", "copy"})


@dataclass(frozen=True, slots=True)
class AttributePlace:
    """An attribute. `owner` is the class of the object, `OUTSIDE`, or None where it is not known."""

    name: str
    owner: Class | str | None


@dataclass(frozen=True, slots=True)
class GlobalPlace:
    """A module global."""

    module: Module
    name: str


@dataclass(frozen=True, slots=True)
class LocalPlace:
    """A local or parameter, with the nested functions that see it."""

    function: Function
    name: str


Place: TypeAlias = AttributePlace | GlobalPlace | LocalPlace


class Mention(NamedTuple):
    """An expression that stands for a place (or a value), read or written, and the body it stands in."""

    node: ir.Expr
    scope: Scope


class _Look(NamedTuple):
    """An expression that gives attributes of its holder whose names do not stand there.

    `names` are those that the variable in `getattr(x, name)` may have; None for all, `vars(x)` and `x.__dict__`.
    """

    node: ir.Expr
    holder: ir.Expr
    names: frozenset[str] | None
    scope: Scope


class PlaceReader:
    """Finds places and their mentions in the given modules: text first, so that few bodies are decoded."""

    def __init__(self, evaluator: Evaluator, modules: tuple[Module, ...]) -> None:
        self._evaluator = evaluator
        self._modules = modules
        self._is_read = frozenset(module.path for module in modules)
        self.reads = evaluator.reads
        self._mentions: Answers[Place, tuple[Mention, ...]] = Answers(evaluator.reads, self._find)
        self._named_bases = Table(evaluator.reads, "named bases", self._name_bases, listed)
        self._looking = Table(evaluator.reads, "looks", self._find_looking, listed)

    # -- the place of an expression ----------------------------------------------------------------------------

    def of(self, node: ir.Expr, scope: Scope) -> Place | None:
        """The place that an expression stands for, or takes a member out of; None for a passing value."""
        match node:
            case ir.Name():
                return self._of_name(node, scope)
            case ir.Attribute():
                return self._of_attribute(node.value, node.attr, scope)
            case ir.Subscript() | ir.Starred():
                return self.of(node.value, scope)
            case ir.NamedExpr():
                return self.of(node.target, scope)
            case ir.Call(func=ir.Attribute(value=receiver, attr=attr)) if attr in _ELEMENT_GETTERS:
                return self.of(receiver, scope)
            case ir.Call(func=ir.Name(id="getattr"), args=(holder, ir.Constant(value=str() as attr), *_)):
                return self._of_attribute(holder, attr, scope)
            case _:
                return None

    def _of_name(self, node: ir.Name, scope: Scope) -> Place | None:
        use = scope.index.use_of(node)
        if use is not None and any(binding.name == node.id for binding in use.inner):
            return None
        return self.of_variable(node.id, scope)

    def of_variable(self, name: str, scope: Scope) -> Place | None:
        """The place of a name as a body sees it; an imported global is a place of the module it comes from."""
        if isinstance(scope, Class) and scope.index.binds(name):
            return AttributePlace(name, scope)
        around: Scope | None = scope
        while isinstance(around, Class | Function):
            if isinstance(around, Function):
                if name in around.index.global_names:
                    break
                if around.index.binds(name):
                    return self._imported(name, around) or LocalPlace(around, name)
            around = around.parent
        module = scope if isinstance(scope, Module) else scope.module
        return self._of_global(name, module)

    def _of_global(self, name: str, module: Module, depth: int = 0) -> Place | None:
        if name not in module.index.bindings and name not in module.global_writers:
            return None
        return self._imported(name, module, depth) or GlobalPlace(module, name)

    def _imported(self, name: str, scope: Scope, depth: int = 0) -> Place | None:
        module = scope if isinstance(scope, Module) else scope.module
        for binding in scope.index.bindings.get(name, ()):
            if isinstance(binding.statement, ir.ImportFrom) and isinstance(binding.source, ir.Alias):
                source = self._evaluator.linker.import_source(binding.statement, module)
                if isinstance(source, ModuleValue) and depth < MAX_REEXPORTS:
                    return self._of_global(binding.source.name, source.module, depth + 1)
        return None

    def _of_attribute(self, holder: ir.Expr, attr: str, scope: Scope) -> Place:
        value = self._evaluator.value(holder, scope)
        for member in members(value):
            if isinstance(member, ModuleValue):
                return self._of_global(attr, member.module) or GlobalPlace(member.module, attr)
        return AttributePlace(attr, _owner(value))

    # -- mentions ----------------------------------------------------------------------------------------------

    def mentions(self, place: Place) -> tuple[Mention, ...]:
        """Every expression of the project that may stand for the place."""
        return self._mentions.of(place, place)

    def _find(self, place: Place) -> tuple[Mention, ...]:
        return tuple(self._each(place))

    def _each(self, place: Place) -> Iterator[Mention]:
        match place:
            case AttributePlace():
                for module in self._with(place.name):
                    yield from self._attributes(place, module)
                yield from self._looked_up(place)
            case GlobalPlace():
                for module in self._with(place.name):
                    yield from self._globals(place, module)
            case LocalPlace():
                for scope in self._seeing(place.function):
                    for node in scope.index.names.get(place.name, ()):
                        if self._of_name(node, scope) == place:
                            yield Mention(node, scope)

    def _with(self, word: str) -> Iterator[Module]:
        for module in self._evaluator.layout.modules_with(word):
            if module.path in self._is_read:
                yield module

    def _attributes(self, place: AttributePlace, module: Module) -> Iterator[Mention]:
        for scope in bodies_at(module, _word_offsets(module.data, place.name.encode(), after=b".'\"")):
            for node in scope.index.attributes:
                if node.attr == place.name and self._may_hold(node.value, scope, place):
                    yield Mention(node, scope)
            for call in scope.index.calls:
                if _is_getattr_of(call, place.name, scope) and self._may_hold(call.args[0], scope, place):
                    yield Mention(call, scope)

    def _looked_up(self, place: AttributePlace) -> Iterator[Mention]:
        """The attribute by a name that stands elsewhere: in a constant collection, or among all of the object."""
        for look in self._looks:
            if look.names is None:
                if self._may_be_of(look.holder, look.scope, place.owner):
                    yield Mention(look.node, look.scope)
            elif place.name in look.names and self._may_hold(look.holder, look.scope, place):
                yield Mention(look.node, look.scope)

    def _may_be_of(self, holder: ir.Expr, scope: Scope, owner: Class | str | None) -> bool:
        """Whether the holder may be an object of the owner, or of a class that shares objects with it."""
        for value in members(self._evaluator.value(holder, scope)):
            cls = _owner(value)
            if isinstance(cls, Class) and isinstance(owner, Class):
                if self._share_objects(cls, owner):
                    return True
            elif isinstance(value, Unknown) or owner is None or cls == owner:
                return True
        return False

    @answered_once
    def _looks(self) -> tuple[_Look, ...]:
        return tuple(
            look
            for module in self._looking.get("") or ()
            for scope in bodies_at(module, [match.start() for match in _LOOKS.finditer(module.data)])
            for look in self._looks_in(scope)
        )

    def _find_looking(self) -> dict[str, list[Module]]:
        """The modules that have such an expression, under one key."""
        words = ("getattr", "vars", "__dict__")
        holding = {module for word in words for module in self._with(word) if _LOOKS.search(module.data) is not None}
        return {"": sorted(holding, key=lambda module: module.path)}

    def _looks_in(self, scope: Scope) -> Iterator[_Look]:
        """Among all attributes of an object tasks are looked for only where a value is tested for being one."""
        of_all: list[_Look] = []
        for call in scope.index.calls:
            match call:
                case ir.Call(func=ir.Name(id="getattr"), args=(holder, ir.Name() as name, *_)):
                    if names := frozenset(self._texts(name, scope)):
                        yield _Look(call, holder, names, scope)
                case ir.Call(func=ir.Name(id="vars"), args=(holder,)):
                    of_all.append(_Look(call, holder, None, scope))
        of_all += [_Look(node, node.value, None, scope) for node in scope.index.attributes if node.attr == "__dict__"]
        if of_all and any(self._is_test_for_task(call, scope) for call in scope.index.calls):
            yield from of_all

    def _texts(self, node: ir.Name, scope: Scope) -> Iterator[str]:
        """The texts that a variable may have, also where an annotation says no more of its collection than `str`."""
        for value in members(self._evaluator.value(node, scope)):
            if isinstance(value, Const) and isinstance(value.value, str):
                yield value.value
        use = scope.index.use(node)
        inner = [binding for binding in use.inner if binding.name == node.id]
        for binding in inner or scope.index.reaching(node.id, use):
            if binding.kind in {"for", "comprehension"} and isinstance(binding.value, ir.Name | ir.Attribute):
                for part in self._display(binding.value, scope):
                    if isinstance(part, ir.Constant) and isinstance(part.value, str):
                        yield part.value

    def _display(self, node: ir.Expr, scope: Scope) -> Iterator[ir.Expr]:
        """What is written in the collection that a global or an attribute of a class is bound to."""
        match self.of(node, scope):
            case GlobalPlace(module=module, name=name):
                bindings = module.index.bindings.get(name, [])
            case AttributePlace(owner=Class() as owner, name=name):
                classes = [entry for entry in self._evaluator.members.mro(owner) if isinstance(entry, Class)]
                bindings = next((entry.index.bindings[name] for entry in classes if entry.index.binds(name)), [])
            case _:
                return
        for binding in bindings:
            if binding.value is not None:
                yield from walk(binding.value)

    def _is_test_for_task(self, call: ir.Call, scope: Scope) -> bool:
        """`isinstance(value, asyncio.Task)`."""
        match call:
            case ir.Call(func=ir.Name(id="isinstance"), args=(_, classes)):
                values = [value for node in walk(classes) for value in members(self._evaluator.value(node, scope))]
                return any(isinstance(value, External) and value.name in _TASK_CLASSES for value in values)
            case _:
                return False

    def _may_hold(self, holder: ir.Expr, scope: Scope, place: AttributePlace) -> bool:
        """Whether the holder may be an object of the place's owner."""
        return any(self._is_owner(member, place) for member in members(self._evaluator.value(holder, scope)))

    def _is_owner(self, value: Value, place: AttributePlace) -> bool:
        if isinstance(value, Unknown) or place.owner is None:
            return not isinstance(value, ModuleValue)
        owner = _owner(value)
        if isinstance(owner, Class) and isinstance(place.owner, Class):
            return self._related(owner, place.owner, place.name)
        return owner == place.owner

    def _related(self, one: Class, other: Class, name: str) -> bool:
        # A class that uses an attribute which no class it knows of sets is a mixin: it may share any object's.
        mro = self._evaluator.members.mro(one)
        return self._share_objects(one, other) or not any(
            self._sets(entry, name) for entry in mro if isinstance(entry, Class)
        )

    def _share_objects(self, one: Class, other: Class) -> bool:
        """Whether an object may be of both classes: one is the other's heir, or they have one in common."""
        mro = self._evaluator.members.mro
        if one in mro(other) or other in mro(one) or "typing.Protocol" in mro(one):
            return True
        return any(one in mro(heir) for heir in self.heirs(other))

    def heirs(self, cls: Class) -> Iterator[Class]:
        """The classes that inherit from one, directly or not."""
        seen = {cls}
        waiting = [cls]
        while waiting:
            for heir in self._named_bases.get(waiting.pop().name) or ():
                if heir not in seen and cls in self._evaluator.members.mro(heir):
                    seen.add(heir)
                    waiting.append(heir)
                    yield heir

    def _name_bases(self) -> dict[str, list[Class]]:
        """The classes by the last names of the bases they are written with."""
        found: dict[str, list[Class]] = {}
        for module in self._modules:
            for cls in module.classes:
                for base in cls.ir.bases:
                    plain = base.value if isinstance(base, ir.Subscript) else base
                    found.setdefault(dotted(plain).rpartition(".")[2], []).append(cls)
        return found

    def _sets(self, cls: Class, name: str) -> bool:
        return name in self._evaluator.members.self_assignments(cls) or name in cls.index.bindings

    def _globals(self, place: GlobalPlace, module: Module) -> Iterator[Mention]:
        aliases = sorted(module.import_aliases(place.name) | {place.name})
        offsets = [offset for alias in aliases for offset in _word_offsets(module.data, alias.encode())]
        for scope in bodies_at(module, sorted(offsets)):
            for alias in aliases:
                for node in scope.index.names.get(alias, ()):
                    if self._of_name(node, scope) == place:
                        yield Mention(node, scope)
            for attribute in scope.index.attributes:
                if attribute.attr == place.name and self.of(attribute, scope) == place:
                    yield Mention(attribute, scope)

    def _seeing(self, function: Function) -> Iterator[Scope]:
        """The bodies that can see the locals of a function: its own, and those defined in it."""
        yield function
        for inner in function.module.functions[function.ir.index + 1 :]:
            if inner.ir.start >= function.ir.end:
                break
            yield inner


def _word_offsets(data: bytes, word: bytes, after: bytes = b"") -> list[int]:
    """Where a word stands by itself; with `after` only directly behind one of those bytes."""
    found: list[int] = []
    start = data.find(word)
    while start >= 0:
        end = start + len(word)
        if not _WORD.match(data, end):
            before = data[start - 1 : start]
            if before in after if after else not _WORD.match(before):
                found.append(start)
        start = data.find(word, end)
    return found


def bodies_with(module: Module, word: str) -> Iterator[Scope]:
    """The bodies in whose own text a word stands."""
    return bodies_at(module, _word_offsets(module.data, word.encode()))


def bodies_at(module: Module, offsets: list[int]) -> Iterator[Scope]:
    """The bodies whose text holds the offsets, each once: the innermost function or class, else the module."""
    seen: set[int] = set()
    for offset in offsets:
        scope = module.body_at(offset)
        if id(scope) not in seen:
            seen.add(id(scope))
            yield scope


def _owner(value: Value) -> Class | str | None:
    """Who holds the attributes of a value, as `AttributePlace.owner` says it."""
    for member in known_members(value):
        match member:
            case Instance(cls=Class() as cls) | ClassValue(cls=cls) | SuperValue(cls=cls):
                return cls
            case Instance() | External():
                return OUTSIDE
            case _:
                pass
    return None


def _is_getattr_of(call: ir.Call, name: str, scope: Scope) -> bool:
    """`getattr(x, "name")`, or `getattr(x, attr)` in a body that has the name as a string."""
    match call:
        case ir.Call(func=ir.Name(id="getattr"), args=(_, ir.Constant(value=value), *_)):
            return value == name
        case ir.Call(func=ir.Name(id="getattr"), args=(_, ir.Name(), *_)):
            return any(
                isinstance(node, ir.Constant) and node.value == name
                for statement in scope.index.statements
                for expr in header_exprs(statement)
                for node in walk(expr)
            )
        case _:
            return False

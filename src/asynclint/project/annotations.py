"""Types as annotations state them, read into the values they promise."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.knowledge import blocking as knowledge
from asynclint.project.model import Class, Function
from asynclint.project.values import (
    NONE,
    UNKNOWN,
    ClassValue,
    Container,
    Coroutine,
    External,
    Instance,
    TaskValue,
    Unknown,
    Value,
    members,
    union,
)

if TYPE_CHECKING:
    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Scope

_TYPING = ("typing.", "typing_extensions.", "collections.abc.", "t.")
_TRANSPARENT = frozenset({"Optional", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "Annotated"})
_SEQUENCES = frozenset(
    {
        "list", "set", "frozenset", "tuple", "deque", "List", "Set", "FrozenSet", "Tuple", "Deque", "Sequence",
        "MutableSequence", "Iterable", "Iterator", "Collection", "AbstractSet", "AsyncIterator", "AsyncIterable",
        "Generator", "AsyncGenerator",
    },
)  # fmt: skip
_MAPPINGS = frozenset({"dict", "Dict", "defaultdict", "DefaultDict", "OrderedDict", "Mapping", "MutableMapping"})
_AWAITABLES = frozenset({"Awaitable", "Coroutine"})
_GENERATORS = frozenset({"Generator", "AsyncGenerator", "Iterator", "AsyncIterator", "Iterable", "AsyncIterable"})
_TASKS = frozenset({"asyncio.Task", "asyncio.Future"})
_NOTHING_KNOWN = frozenset({"Any", "object", "TypeVar", "Callable", "Literal", "TypeAlias", "NoReturn", "Never"})
_MAX_ALIASES = 8


class AnnotationReader:
    """Reads annotations: strings, `Optional`, `|`, `Annotated`, containers, aliases and generics."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._parsed: dict[tuple[Scope, str], ir.Expr | None] = {}
        """By the body too: what a node means is remembered, and the same text means other things elsewhere."""
        self._depth = 0
        self._variables: dict[str, Value] = {}

    def read(self, node: ir.Expr, scope: Scope, function: Function | None = None) -> Value:
        """A value of the annotated type; `scope` is the body in which the annotation is evaluated."""
        return self.read_with(node, scope, function, {})

    def read_with(self, node: ir.Expr, scope: Scope, function: Function | None, variables: dict[str, Value]) -> Value:
        """As `read`, where it is known what type variables stand for."""
        # Names in an annotation may lead to other annotations, which these variables are not about.
        before = self._depth, self._variables
        self._depth, self._variables = 0, variables
        try:
            return self._nested(node, scope, function)
        finally:
            self._depth, self._variables = before

    def _nested(self, node: ir.Expr, scope: Scope, function: Function | None = None) -> Value:
        """A part of the annotation that is being read, or what an alias in it stands for."""
        if self._depth > _MAX_ALIASES:
            return UNKNOWN
        self._depth += 1
        try:
            return self._read(node, scope, function)
        finally:
            self._depth -= 1

    def _read(self, node: ir.Expr, scope: Scope, function: Function | None) -> Value:
        match node:
            case ir.Constant(value=str() as text):
                parsed = self._parse(text, scope)
                return self._nested(parsed, scope, function) if parsed is not None else UNKNOWN
            case ir.Constant(value=None):
                return NONE
            case ir.BinOp(op="|"):
                return union([self._nested(node.left, scope, function), self._nested(node.right, scope, function)])
            case ir.Subscript():
                return self._subscript(node, scope, function)
            case ir.Name() | ir.Attribute():
                return self._named(node, scope, function)
            case _:
                return UNKNOWN

    def read_yield(self, node: ir.Expr, scope: Scope) -> Value:
        """What a generator with this return annotation yields."""
        if isinstance(node, ir.Constant) and isinstance(node.value, str):
            parsed = self._parse(node.value, scope)
            return self.read_yield(parsed, scope) if parsed is not None else UNKNOWN
        if isinstance(node, ir.Subscript) and self._short_name(node.value, scope) in _GENERATORS:
            return self.read(_items(node.index)[0], scope)
        return UNKNOWN

    def _named(self, node: ir.Name | ir.Attribute, scope: Scope, function: Function | None) -> Value:
        if isinstance(node, ir.Name) and node.id in self._variables:
            return self._variables[node.id]
        if isinstance(node, ir.Name) and _is_type_parameter(node.id, scope, function):
            return UNKNOWN
        value = self._evaluator.value(node, scope)
        found: list[Value] = []
        for member in members(value):
            match member:
                case ClassValue(cls=cls):
                    found.append(Instance(cls))
                case External(name=name):
                    found.append(self._external(name, function))
                case Instance(cls="typing.TypeVar"):
                    found.append(self._bound_of(node, scope))
                case _:
                    found.append(UNKNOWN)
        result = union(found)
        if isinstance(result, Unknown) or not found:
            alias = self._alias(node, scope)
            if alias is not None:
                return self._nested(alias[0], alias[1], function)
        return result

    def _bound_of(self, node: ir.Name | ir.Attribute, scope: Scope) -> Value:
        """What `TypeVar("T", bound=Client)` promises of any `T`."""
        alias = self._evaluator.linker.alias(node, scope)
        made = alias[0] if alias is not None else None
        if alias is None or not isinstance(made, ir.Call):
            return UNKNOWN
        bound = next((keyword.value for keyword in made.keywords if keyword.name == "bound"), None)
        return UNKNOWN if bound is None else self._nested(bound, alias[1])

    def _external(self, name: str, function: Function | None) -> Value:
        short = _short(name)
        if short == "Self" and function is not None and function.owner is not None:
            return Instance(function.owner, own=True)
        if short in _NOTHING_KNOWN or name.startswith(("typing.", "typing_extensions.")):
            return UNKNOWN
        canonical = knowledge.canonical(name)
        return TaskValue(UNKNOWN) if canonical in _TASKS else Instance(canonical)

    def _alias(self, node: ir.Name | ir.Attribute, scope: Scope) -> tuple[ir.Expr, Scope] | None:
        found = self._evaluator.linker.alias(node, scope)
        if found is None:
            return None
        expr, _ = found
        return found if isinstance(expr, ir.Subscript | ir.BinOp | ir.Constant | ir.Name | ir.Attribute) else None

    def _short_name(self, node: ir.Expr, scope: Scope) -> str:
        value = self._evaluator.value(node, scope)
        return _short(value.name) if isinstance(value, External) else ""

    def _subscript(self, node: ir.Subscript, scope: Scope, function: Function | None) -> Value:
        base = self._evaluator.value(node.value, scope)
        if isinstance(base, ClassValue):
            return Instance(base.cls, args=tuple(self._nested(item, scope, function) for item in _items(node.index)))
        if not isinstance(base, External):
            return UNKNOWN
        short = _short(base.name)
        items = _items(node.index)
        if short == "Annotated":
            return self._annotated(items, scope, function)
        if short == "Union":
            return union([self._nested(item, scope, function) for item in items])
        if short in _TRANSPARENT:
            return self._nested(items[0], scope, function)
        return self._generic(base.name, short, items, scope, function)

    def _generic(
        self,
        name: str,
        short: str,
        items: tuple[ir.Expr, ...],
        scope: Scope,
        function: Function | None,
    ) -> Value:
        if short in {"tuple", "Tuple"} and not isinstance(items[-1], ir.Opaque):
            parts = tuple(self._nested(item, scope, function) for item in items)
            return Container(union(list(parts)), parts, "tuple")
        if short in _SEQUENCES:
            return Container(self._nested(items[0], scope, function))
        if short in _MAPPINGS:
            return Container(self._nested(items[-1], scope, function), (), "dict")
        if short in _AWAITABLES:
            return Coroutine(None, self._nested(items[-1], scope, function))
        if short in {"type", "Type"}:
            return self._class_object(self._nested(items[0], scope, function))
        canonical = knowledge.canonical(name)
        if canonical in _TASKS:
            return TaskValue(Coroutine(None, self._nested(items[0], scope, function)))
        if short in _NOTHING_KNOWN or name.startswith(("typing.", "typing_extensions.")):
            return UNKNOWN
        return Instance(canonical)

    def _annotated(self, items: tuple[ir.Expr, ...], scope: Scope, function: Function | None) -> Value:
        declared = self._nested(items[0], scope, function)
        if not isinstance(declared, Unknown):
            return declared
        for extra in items[1:]:
            injected = self._evaluator.calls.dependency(extra, scope)
            if injected is not None:
                return injected
        return declared

    def _class_object(self, value: Value) -> Value:
        match value:
            case Instance(cls=str() as name):
                return External(name)
            case Instance(cls=cls) if not isinstance(cls, str):
                return ClassValue(cls)
            case _:
                return UNKNOWN

    def _parse(self, text: str, scope: Scope) -> ir.Expr | None:
        key = (scope, text)
        if key not in self._parsed:
            self._parsed[key] = _parse_text(text)
        return self._parsed[key]


def _is_type_parameter(name: str, scope: Scope, function: Function | None) -> bool:
    """Whether a `[T]` of the function, or of a definition around it, declares the name (PEP 695)."""
    if function is not None and name in function.ir.type_params:
        return True
    current: Scope | None = scope
    while isinstance(current, Function | Class):
        if name in current.ir.type_params:
            return True
        current = current.parent
    return False


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def _items(index: ir.Expr) -> tuple[ir.Expr, ...]:
    return index.items if isinstance(index, ir.Collection) and index.items else (index,)


def _parse_text(text: str) -> ir.Expr | None:
    """A quoted annotation as IR without places; None where it is no type expression."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return _convert(tree)


def _convert(node: ast.expr) -> ir.Expr:
    match node:
        case ast.Name():
            return ir.Name(node.id, -1)
        case ast.Attribute():
            return ir.Attribute(_convert(node.value), node.attr, -1, -1)
        case ast.Subscript():
            return ir.Subscript(_convert(node.value), _convert(node.slice), -1, -1)
        case ast.Tuple():
            return ir.Collection("tuple", tuple(_convert(item) for item in node.elts))
        case ast.BinOp(op=ast.BitOr()):
            return ir.BinOp("|", _convert(node.left), _convert(node.right))
        case ast.Constant(value=None | str()):
            return ir.Constant(node.value)  # type: ignore[arg-type]
        case _:
            return ir.Opaque()

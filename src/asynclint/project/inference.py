"""What an expression stands for, asked of one evaluator that remembers its answers.

Inference is lazy and local: names by the bindings that reach them, attributes by class and table, calls by what the
callee returns. It never guesses; what it cannot follow is `UNKNOWN`.
"""

from __future__ import annotations

import builtins
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from asynclint.flow import ir
from asynclint.flow.traversal import header_exprs, walk
from asynclint.knowledge import blocking as knowledge
from asynclint.project.annotations import AnnotationReader
from asynclint.project.calls import CallReader
from asynclint.project.filling import FillingReader
from asynclint.project.generics import GenericReader
from asynclint.project.linking import Linker
from asynclint.project.members import MemberReader
from asynclint.project.memo import Memo
from asynclint.project.model import Class, Function, Module, Scope
from asynclint.project.narrowing import NarrowingReader
from asynclint.project.outside_assignments import OutsideAssignments
from asynclint.project.overriding import OverridingReader
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
    LambdaValue,
    TaskValue,
    Union,
    Unknown,
    Value,
    known_members,
    members,
    union,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asynclint.project.layout import Layout
    from asynclint.project.scopes import Binding, Use

BUILTINS = frozenset(dir(builtins))


class Evaluator:
    """Answers what expressions, names and functions of a project mean."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.reads = layout.reads
        self.linker = Linker(layout, self)
        self.annotations = AnnotationReader(self)
        self.members = MemberReader(self)
        self.calls = CallReader(self)
        self.narrowing = NarrowingReader(self)
        self.filling = FillingReader(self)
        self.outside = OutsideAssignments(self)
        self.generics = GenericReader(self)
        self.overriding = OverridingReader(self)
        self.memo = Memo(self.reads)
        self._plain_memo = Memo(self.reads)

    # -- expressions -------------------------------------------------------------------------------------------

    def value(self, node: ir.Expr, scope: Scope) -> Value:
        """What the expression, standing in the body of `scope`, may be."""
        memo = self.memo
        key = id(node)
        found = memo.values.get(key)
        reads = memo.reads
        if found is not None:
            if reads.body is not scope:
                reads.see_body(scope, key)
            return found
        if type(node) is ir.Constant:  # sooner made than remembered
            return Const(node.value)
        handler = self._handlers.get(type(node))
        if handler is None:
            return UNKNOWN
        return self._read(memo.values, key, scope, handler, self, node, scope)

    def _read(
        self, answers: dict[int, Value], key: int, scope: Scope, compute: Callable[..., Value], *asked: object
    ) -> Value:
        """Find the value of an expression or binding of a body, which may be the one that is being read."""
        memo, reads = self.memo, self.reads
        if reads.body is scope:
            return memo.answer_in_body(answers, key, key, UNKNOWN, compute, *asked)
        around = reads.enter(scope)
        try:
            return memo.answer_in_body(answers, key, key, UNKNOWN, compute, *asked)
        finally:
            reads.leave(scope, key, around)

    @property
    def is_plain(self) -> bool:
        """Whether collections made empty are taken as empty for now."""
        return self.memo is self._plain_memo

    @contextmanager
    def plainly(self) -> Iterator[None]:
        """Evaluate without filling collections.

        Answers are remembered apart: whether they were asked for here or there, they stay the same.
        """
        before, self.memo = self.memo, self._plain_memo
        try:
            yield
        finally:
            self.memo = before

    def _name(self, node: ir.Name, scope: Scope) -> Value:
        use = scope.index.use_of(node)
        return self.narrowing.narrow(self.name(node.id, scope, use), node, scope)

    def name(self, name: str, scope: Scope, use: Use | None = None) -> Value:
        """What a name means in a body, at `use` where that is given, else at its end."""
        if use is not None:
            for binding in use.inner:
                if binding.name == name:
                    return self.binding(binding, scope)
        index = scope.index
        if index.binds(name) and not isinstance(scope, Module):
            return self._reached(name, scope, use)
        if isinstance(scope, Module):
            return self.linker.module_name(name, scope, use)
        if name in index.global_names:
            return self.linker.module_name(name, scope.module, None)
        return self.free_name(name, scope.parent, scope.module)

    def _reached(self, name: str, scope: Scope, use: Use | None) -> Value:
        found = [self.binding(binding, scope) for binding in scope.index.reaching(name, use)]
        for writer in scope.nonlocal_writers.get(name, ()) if isinstance(scope, Function) else ():
            found += [self.binding(binding, writer) for binding in writer.index.bindings[name]]
        return self.filling.of_local(union(found), name, scope)

    def free_name(self, name: str, scope: Scope | None, module: Module) -> Value:
        """A name looked up from an inner body: any value that an enclosing function gives it, else the module's."""
        while isinstance(scope, Function):
            if scope.index.binds(name):
                found = [self.binding(binding, scope) for binding in scope.index.bindings[name]]
                for writer in scope.nonlocal_writers.get(name, ()):
                    found += [self.binding(binding, writer) for binding in writer.index.bindings[name]]
                return union(found)
            if name in scope.index.global_names:
                break
            scope = scope.parent
        return self.linker.module_name(name, module, None)

    # -- bindings ----------------------------------------------------------------------------------------------

    def binding(self, binding: Binding, scope: Scope) -> Value:
        """The value that one binding gives its name."""
        memo = self.memo
        key = id(binding)
        found = memo.bindings.get(key)
        reads = memo.reads
        if found is not None:
            if reads.body is not scope:
                reads.see_body(scope, key)
            return found
        return self._read(memo.bindings, key, scope, self._binding, binding, scope)

    def _binding(self, binding: Binding, scope: Scope) -> Value:
        module = scope if isinstance(scope, Module) else scope.module
        match binding.kind:
            case "import" | "import-from":
                return self.linker.imported(binding, module)
            case "function":
                return self.definition(module.functions[binding.index])
            case "class":
                return self.calls.decorated_class(module.classes[binding.index])
            case "param":
                return self._param(binding, scope)
            case "annotation":
                return self._annotated(binding, scope)
            case _:
                return self._from_value(binding, scope)

    def _from_value(self, binding: Binding, scope: Scope) -> Value:
        if binding.value is None:
            return UNKNOWN
        value = self.value(binding.value, scope)
        match binding.kind:
            case "assign":
                return self.unpack(value, binding.path)
            case "for" | "comprehension":
                return self.unpack(self.element(value), binding.path)
            case "async-for":
                return self.unpack(self.element(value), binding.path)
            case "with":
                return self.unpack(self.entered(value, is_async=False), binding.path)
            case "async-with":
                return self.unpack(self.entered(value, is_async=True), binding.path)
            case "except":
                return union([Instance(m.cls) for m in members(value) if isinstance(m, ClassValue)])
            case _:
                return UNKNOWN

    def _annotated(self, binding: Binding, scope: Scope) -> Value:
        if binding.annotation is None:
            return UNKNOWN
        declared = self.annotations.read(binding.annotation, scope)
        if binding.value is None:
            return declared
        if self.calls.makes_field(binding.value, scope):
            return declared
        assigned = self.value(binding.value, scope)
        # What is assigned is often more precise than what is declared, but an empty display or a constant is not.
        precise = [item for item in known_members(assigned) if not isinstance(item, Const | Container)]
        if precise:
            return union(precise)
        return assigned if isinstance(declared, Unknown) else declared

    def _param(self, binding: Binding, scope: Scope) -> Value:
        param = binding.source
        if not isinstance(param, ir.Param) or not isinstance(scope, Function):
            return UNKNOWN
        if param.kind in {"var-positional", "var-keyword"}:
            return UNKNOWN
        receiver = self._receiver(param, scope)
        if receiver is not None:
            return receiver
        # Annotations and defaults are evaluated where the function is defined, not inside it.
        around = scope.owner or scope.parent
        if param.annotation is not None:
            declared = self.annotations.read(param.annotation, around)
            if not isinstance(declared, Unknown):
                return declared
        if param.default is None:
            return UNKNOWN
        default = self.value_outside(param.default, scope)
        injected = self.calls.dependency(param.default, scope)
        if injected is not None:
            return injected
        if isinstance(default, FunctionValue | BoundMethod | LambdaValue):
            return union([default, UNKNOWN])  # or whatever callers pass
        return default if isinstance(default, Instance) else UNKNOWN

    def value_outside(self, node: ir.Expr, function: Function) -> Value:
        """A default or decorator of the function: an expression of the body around it."""
        return self.value(node, function.owner or function.parent)

    def _receiver(self, param: ir.Param, function: Function) -> Value | None:
        owner = function.owner
        if owner is None or not function.ir.params or function.ir.params[0] is not param:
            return None
        decorators = set(function.decorator_names)
        if "staticmethod" in decorators:
            return None
        if "classmethod" in decorators or function.name in {"__new__", "__init_subclass__", "__class_getitem__"}:
            return ClassValue(owner, own=True)
        if param.annotation is not None and param.name != "self":
            return None
        return Instance(owner, own=True)

    # -- parts of values ---------------------------------------------------------------------------------------

    def unpack(self, value: Value, path: tuple[int, ...]) -> Value:
        """The part of a value at tuple indices."""
        for position in path:
            value = union([self._item(member, position) for member in members(value)])
        return value

    def _item(self, value: Value, position: int) -> Value:
        if isinstance(value, Container) and value.kind != "dict":
            if 0 <= position < len(value.items):
                return value.items[position]
            return value.element if not value.items else UNKNOWN
        if isinstance(value, Instance) and isinstance(value.cls, Class) and self.members.is_record(value.cls):
            return self.members.field(value.cls, position)
        return UNKNOWN

    def element(self, value: Value) -> Value:
        """What iterating over the value gives."""
        return union([self._element(member) for member in members(value)])

    def _element(self, value: Value) -> Value:
        match value:
            case Container(kind=kind):
                return UNKNOWN if kind == "dict" else value.element
            case Instance(element=Unknown() | None):
                return UNKNOWN
            case Instance(element=element) if element is not None:
                return element
            case GeneratorValue(function=function, context_manager=False, receiver=receiver):
                return self.members.rebound(self.yielded(function), receiver)
            case _:
                return UNKNOWN

    def entered(self, value: Value, *, is_async: bool) -> Value:
        """What `with value as …` gives."""
        return union([self._entered(member, is_async=is_async) for member in members(value)])

    def _entered(self, value: Value, *, is_async: bool) -> Value:
        match value:
            case GeneratorValue(function=function, context_manager=True, receiver=receiver):
                return self.members.rebound(self.yielded(function), receiver)
            case Instance(cls=Class() as cls):
                name = "__aenter__" if is_async else "__enter__"
                method = self.members.method(cls, name)
                return self.members.rebound(self.returned(method), value) if method is not None else value
            case Instance(cls=str() as cls):
                entered = knowledge.entered_type(cls)
                return Instance(entered) if entered else value
            case Coroutine(result=result):
                # `async with await connect()` style helpers such as aiohttp's and asyncpg's give the awaited value.
                return result
            case _:
                return UNKNOWN

    def awaited(self, value: Value) -> Value:
        """What `await value` gives."""
        return union([self._awaited(member) for member in members(value)])

    def _awaited(self, value: Value) -> Value:
        match value:
            case Coroutine(result=result):
                return result
            case TaskValue(coroutine=coroutine):
                return self.awaited(coroutine)
            case _:
                return UNKNOWN

    # -- functions ---------------------------------------------------------------------------------------------

    def definition(self, function: Function) -> Value:
        """The value that a `def` statement binds: the function as its decorators leave it."""
        memo = self.memo
        key = id(function)
        found = memo.definitions.get(key)
        if found is not None:
            memo.take(key)
            return found
        return memo.answer(memo.definitions, key, key, UNKNOWN, self.calls.decorated, function)

    def returned(self, function: Function) -> Value:
        """What the body of the function returns (for an async function: what awaiting its call gives)."""
        memo = self.memo
        key = id(function)
        found = memo.returns.get(key)
        if found is not None:
            memo.take(-key)
            return found
        return memo.answer(memo.returns, key, -key, UNKNOWN, self._returned, function)

    def _returned(self, function: Function) -> Value:
        if function.ir.returns is not None:
            declared = self.annotations.read(function.ir.returns, function.owner or function.parent, function)
            if not isinstance(declared, Unknown):
                return declared
        return self.returned_by_body(function)

    def returned_by_body(self, function: Function) -> Value:
        """What the `return` statements give, whatever is declared."""
        values = [
            self.value(statement.value, function)
            for statement in function.index.statements
            if isinstance(statement, ir.Return) and statement.value is not None
        ]
        return union(values) if values else NONE

    def yielded(self, function: Function) -> Value:
        """What a generator function yields."""
        if function.ir.returns is not None:
            declared = self.annotations.read_yield(function.ir.returns, function.owner or function.parent)
            if not isinstance(declared, Unknown):
                return declared
        return union(
            [
                self.value(node.value, function)
                for statement in function.index.statements
                for node in _own_yields(statement)
                if node.value is not None
            ],
        )

    # -- kinds of expression -----------------------------------------------------------------------------------

    def _attribute(self, node: ir.Attribute, scope: Scope) -> Value:
        return self.attribute(self.value(node.value, scope), node.attr)

    def attribute(self, value: Value, name: str) -> Value:
        """`value.name`."""
        if type(value) is not Union:  # nearly always
            return self.members.attribute(value, name)
        return union([self.members.attribute(member, name) for member in members(value)])

    def _call(self, node: ir.Call, scope: Scope) -> Value:
        return self.calls.result(node, scope)

    def _await(self, node: ir.Await, scope: Scope) -> Value:
        inner = self.value(node.value, scope)
        result = self.awaited(inner)
        if isinstance(result, Unknown) and isinstance(node.value, ir.Call):
            return self.calls.awaited_external(node.value, scope)
        return result

    def _subscript(self, node: ir.Subscript, scope: Scope) -> Value:
        value = self.value(node.value, scope)
        found: list[Value] = []
        for member in members(value):
            match member:
                case Container(items=items, keys=keys) if keys and isinstance(node.index, ir.Constant):
                    found.append(self.item_at(items, keys, node.index.value))
                case Container(items=items, keys=()) if items and isinstance(node.index, ir.Constant):
                    index = node.index.value
                    in_range = isinstance(index, int) and -len(items) <= index < len(items)
                    found.append(items[index] if in_range else UNKNOWN)  # type: ignore[index]
                case Container(element=element):
                    found.append(element)
                case Instance(cls=Class() as cls) if self.members.is_record(cls):
                    key = node.index.value if isinstance(node.index, ir.Constant) else None
                    found.append(self.members.field(cls, key))
                case Instance(cls=Class() as cls):
                    method = self.members.method(cls, "__getitem__")
                    result = UNKNOWN if method is None else self.members.rebound(self.returned(method), member)
                    found.append(result)
                case Instance(cls=str() as cls):
                    made = knowledge.returns(f"{cls}.__getitem__")
                    found.append(Instance(made) if made else UNKNOWN)
                case ClassValue(cls=generic, own=own):
                    parts = node.index.items if isinstance(node.index, ir.Collection) else (node.index,)
                    found.append(ClassValue(generic, own, tuple(self.annotations.read(part, scope) for part in parts)))
                case External(name=name):
                    # `path.parents[1]`; `Repository[User](…)`: a generic class stays itself.
                    item = knowledge.element_type(name)
                    found.append(Instance(item) if item else member)
                case _:
                    found.append(UNKNOWN)
        return union(found)

    def item_at(self, items: tuple[Value, ...], keys: tuple[str | int | None, ...], key: object) -> Value:
        """What a dict display holds at a constant key."""
        return next((item for item, at in zip(items, keys, strict=True) if at == key), UNKNOWN)

    def _collection(self, node: ir.Collection, scope: Scope) -> Value:
        items = tuple(self.value(item, scope) for item in node.items[:64])
        if any(isinstance(item, ir.Starred) for item in node.items):
            items = ()
        return Container(union(list(items)), items, node.kind)

    def _dict(self, node: ir.Dict, scope: Scope) -> Value:
        items = tuple(self.value(item, scope) for item in node.values[:64])
        keys = tuple(key.value for key in node.keys[:64] if isinstance(key, ir.Constant) and _is_key(key.value))
        if len(keys) != len(items) or len(node.values) > len(items):
            return Container(union(list(items)), (), "dict")
        return Container(union(list(items)), items, "dict", keys)  # type: ignore[arg-type]

    def _comprehension(self, node: ir.Comprehension, scope: Scope) -> Value:
        return Container(self.value(node.elements[-1], scope), (), node.kind)

    def _bool_op(self, node: ir.BoolOp, scope: Scope) -> Value:
        values = [self.value(item, scope) for item in node.values]
        if node.op == "and":
            return values[-1]
        known = [value for value in values if not isinstance(value, Unknown)]
        return union(known)

    def _if_exp(self, node: ir.IfExp, scope: Scope) -> Value:
        return union([self.value(node.body, scope), self.value(node.orelse, scope)])

    def _named(self, node: ir.NamedExpr, scope: Scope) -> Value:
        return self.value(node.value, scope)

    def _starred(self, node: ir.Starred, scope: Scope) -> Value:
        return self.element(self.value(node.value, scope))

    def _lambda(self, node: ir.Lambda, scope: Scope) -> Value:
        return LambdaValue(node, scope)

    def _bin_op(self, node: ir.BinOp, scope: Scope) -> Value:
        left = self.value(node.left, scope)
        if node.op == "/":
            for member in members(left):
                if isinstance(member, Instance) and isinstance(member.cls, str):
                    result = knowledge.returns(f"{member.cls}.__truediv__")
                    if result:
                        return Instance(result)
        return UNKNOWN

    def _f_string(self, _node: ir.FString, _scope: Scope) -> Value:
        return Instance("str")

    # -- whole answers -----------------------------------------------------------------------------------------

    def targets(self, value: Value) -> tuple[Value, ...]:
        """What calling the value may run: functions, bound methods, classes, external names and lambdas."""
        return self.calls.targets(value)

    _handlers: ClassVar[dict[type, Callable[[Evaluator, Any, Scope], Value]]] = {
        ir.Name: _name,
        ir.Attribute: _attribute,
        ir.Call: _call,
        ir.Await: _await,
        ir.Subscript: _subscript,
        ir.Collection: _collection,
        ir.Dict: _dict,
        ir.Comprehension: _comprehension,
        ir.BoolOp: _bool_op,
        ir.IfExp: _if_exp,
        ir.NamedExpr: _named,
        ir.Starred: _starred,
        ir.Lambda: _lambda,
        ir.BinOp: _bin_op,
        ir.FString: _f_string,
    }


def _is_key(value: object) -> bool:
    return isinstance(value, str | int)


def _own_yields(statement: ir.Stmt) -> list[ir.Yield]:
    return [node for expr in header_exprs(statement) for node in walk(expr) if isinstance(node, ir.Yield)]

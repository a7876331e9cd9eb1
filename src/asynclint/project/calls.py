"""What calls give and what they run: functions, classes, partials, decorators, dependencies, external factories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.knowledge import blocking as knowledge
from asynclint.knowledge.asyncio_api import TASK_FACTORIES
from asynclint.knowledge.callables import CallableParameter
from asynclint.knowledge.classes import EMPTY_COLLECTIONS, FIELD_MAKERS
from asynclint.knowledge.fastapi_api import DEPENDS, REPEATERS
from asynclint.knowledge.offloading import AWAITED_OFFLOADERS, OFFLOADERS
from asynclint.knowledge.values import QUEUED_CLASSES
from asynclint.project.model import Class, Function, Scope
from asynclint.project.reads import BodyAnswers
from asynclint.project.replacing import ReplacingReader, returned_names
from asynclint.project.sites import argument_at
from asynclint.project.values import (
    UNKNOWN,
    BoundMethod,
    ClassValue,
    Container,
    Coroutine,
    External,
    FunctionValue,
    GeneratorValue,
    Instance,
    LambdaValue,
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
    from asynclint.project.inference import Evaluator

_CONTEXT_MANAGERS = frozenset(
    {
        "contextlib.contextmanager", "contextlib.asynccontextmanager", "contextlib2.contextmanager",
        "async_generator.asynccontextmanager",
    },
)  # fmt: skip
_MAKES_TASK = TASK_FACTORIES | {"asyncio.TaskGroup.create_task", "asyncio.shield"}
_ENTERS = {
    "contextlib.ExitStack.enter_context": False,
    "contextlib.AsyncExitStack.enter_context": False,
    "contextlib.AsyncExitStack.enter_async_context": True,
}
"""They enter the context manager they are given; true where that must be awaited."""

_ELEMENT_OF_FIRST = frozenset({"next", "anext", "min", "max", "random.choice"})
_COPIES_FIRST = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter"})
_SELF_OF_FIRST = frozenset({"contextlib.closing", "contextlib.nullcontext", "contextlib.aclosing"})
_ALIKE = frozenset({"copy.copy", "copy.deepcopy", "copy.replace", "dataclasses.replace", "weakref.proxy"})


class CallReader:
    """Reads calls."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._replacing = ReplacingReader(evaluator)
        self._wrappers: BodyAnswers[tuple[Function, ...]] = BodyAnswers(evaluator.reads, self._read_wrappers)

    # -- results -----------------------------------------------------------------------------------------------

    def result(self, node: ir.Call, scope: Scope) -> Value:
        """What the call expression gives."""
        callee = self._evaluator.value(node.func, scope)
        if isinstance(callee, External | Union):
            on_container = self._container_method(node, scope)
            if on_container is not None:
                return on_container
        return union([self._result(member, node, scope) for member in members(callee)])

    def _result(self, callee: Value, node: ir.Call, scope: Scope) -> Value:
        match callee:
            case FunctionValue(function=function):
                return self._called(function, None, node, scope)
            case BoundMethod(function=function, receiver=receiver):
                return self._called(function, receiver, node, scope)
            case ClassValue(cls=cls, own=own, args=args):
                return Instance(cls, own=own, args=args)
            case PartialValue(target=target):
                return union([self._result(member, node, scope) for member in members(target)])
            case LambdaValue(node=body, scope=around):
                return self._evaluator.value(body.body, around)
            case External(name=name):
                return self._external(knowledge.canonical(name), node, scope)
            case Instance(cls=Class() as cls):
                method = self._evaluator.members.method(cls, "__call__")
                return self.function_result(method, callee) if method is not None else UNKNOWN
            case Instance(cls=str() as cls):
                made = knowledge.returns(f"{cls}.__call__")
                return Instance(made) if made else UNKNOWN
            case _:
                return UNKNOWN

    def _called(self, function: Function, receiver: Value | None, node: ir.Call, scope: Scope) -> Value:
        generic = None if function.is_generator else self._evaluator.generics.result(function, receiver, node, scope)
        if generic is None or isinstance(generic, Unknown):
            return self.function_result(function, receiver)
        return Coroutine(function, generic) if function.is_async else generic

    def makes_field(self, node: ir.Expr, scope: Scope) -> bool:
        """Whether the expression describes a field of a class, whose value then is what the annotation says."""
        if not isinstance(node, ir.Call):
            return False
        callee = self._evaluator.value(node.func, scope)
        return isinstance(callee, External) and knowledge.canonical(callee.name) in FIELD_MAKERS

    def function_result(self, function: Function, receiver: Value | None = None) -> Value:
        """What calling a function of the project gives, on the object it was taken from where it is a method."""
        if self.is_context_manager(function):
            return GeneratorValue(function, context_manager=True, receiver=receiver)
        if function.is_generator:
            return GeneratorValue(function, receiver=receiver)
        result = self._evaluator.returned(function)
        if function.owner is not None:
            result = self._evaluator.members.rebound(result, receiver)
        return Coroutine(function, result) if function.is_async else result

    def is_context_manager(self, function: Function) -> bool:
        """Whether a generator function is made a context manager by its decorator."""
        if not function.is_generator or not function.ir.decorators:
            return False
        for node in function.ir.decorators:
            value = self._evaluator.value_outside(node, function)
            if isinstance(value, External) and value.name in _CONTEXT_MANAGERS:
                return True
        return False

    def _external(self, name: str, node: ir.Call, scope: Scope) -> Value:
        evaluator = self._evaluator
        first = node.args[0] if node.args else None
        if name == "super":
            return self._super(node, scope)
        if name in {"typing.cast", "typing_extensions.cast"} and first is not None:
            return evaluator.annotations.read(first, scope)
        if first is None:
            if name in EMPTY_COLLECTIONS:
                return Container(UNKNOWN, (), EMPTY_COLLECTIONS[name])
        else:
            special = self._by_first_argument(name, first, node, scope)
            if special is not None:
                return special
        element = knowledge.element_type(name)
        if element:
            return Container(Instance(element))
        made = knowledge.returns(name)
        if made:
            return TaskValue(UNKNOWN) if made in {"asyncio.Task", "asyncio.Future"} else Instance(made)
        if knowledge.entered_type(name) or knowledge.returns(f"{name}.__call__"):
            return Instance(name)
        last = name.rpartition(".")[2]
        if last[:1].isupper() and not last.isupper():
            return Instance(name)
        return UNKNOWN

    def _by_first_argument(self, name: str, first: ir.Expr, node: ir.Call, scope: Scope) -> Value | None:  # noqa: C901 - a table in code
        evaluator = self._evaluator
        if name in {"functools.partial", "functools.partialmethod"}:
            return PartialValue(evaluator.value(first, scope))
        if name in _MAKES_TASK:
            return TaskValue(evaluator.value(first, scope))
        offloaded = argument_at(node, OFFLOADERS[name]) if name in AWAITED_OFFLOADERS else None
        if offloaded is not None:
            called = evaluator.value(offloaded, scope)
            return Coroutine(None, union([self._result(member, node, scope) for member in members(called)]))
        if name in _ENTERS:
            entered = evaluator.entered(evaluator.value(first, scope), is_async=_ENTERS[name])
            return Coroutine(None, entered) if _ENTERS[name] else entered
        if name == "asyncio.wait_for":
            return Coroutine(None, evaluator.awaited(evaluator.value(first, scope)))
        if name == "getattr" and len(node.args) > 1:
            attr = node.args[1]
            known = isinstance(attr, ir.Constant) and isinstance(attr.value, str)
            return evaluator.attribute(evaluator.value(first, scope), attr.value) if known else UNKNOWN  # type: ignore[union-attr, arg-type]
        if name in _ELEMENT_OF_FIRST:
            return evaluator.element(evaluator.value(first, scope))
        if name in _COPIES_FIRST:
            return Container(evaluator.element(evaluator.value(first, scope)))
        if name in _SELF_OF_FIRST or name in _ALIKE:
            return evaluator.value(first, scope)
        if name == "enumerate":
            element = evaluator.element(evaluator.value(first, scope))
            return Container(Container(UNKNOWN, (UNKNOWN, element), "tuple"))
        if name == "zip":
            parts = tuple(evaluator.element(evaluator.value(arg, scope)) for arg in node.args)
            return Container(Container(UNKNOWN, parts, "tuple"))
        if name == "type" and len(node.args) == 1:
            return self._class_of(evaluator.value(first, scope))
        return None

    def _class_of(self, value: Value) -> Value:
        match value:
            case Instance(cls=Class() as cls, own=own, args=args):
                return ClassValue(cls, own, args)
            case Instance(cls=str() as cls):
                return External(cls)
            case _:
                return UNKNOWN

    def _super(self, node: ir.Call, scope: Scope) -> Value:
        if node.args or not isinstance(scope, Function):
            return UNKNOWN
        method: Function | None = scope
        while method is not None and method.owner is None:
            around = method.parent
            method = around if isinstance(around, Function) else None
        if method is None or method.owner is None or not method.ir.params:
            return UNKNOWN
        return SuperValue(method.owner, Instance(method.owner, own=True))

    def _container_method(self, node: ir.Call, scope: Scope) -> Value | None:
        if not isinstance(node.func, ir.Attribute):
            return None
        receiver = self._evaluator.value(node.func.value, scope)
        containers = [member for member in members(receiver) if isinstance(member, Container)]
        if not containers:
            return None
        element = union([container.element for container in containers])
        first = node.args[0] if node.args else None
        match node.func.attr:
            case "get" | "pop" if isinstance(first, ir.Constant) and all(item.keys for item in containers):
                at_key = [self._evaluator.item_at(item.items, item.keys, first.value) for item in containers]
                return union(at_key)
            case "get" | "pop" | "setdefault" | "popleft":
                return element
            case "values" | "copy":
                return Container(element, (), "list" if node.func.attr == "values" else containers[0].kind)
            case "items":
                return Container(Container(UNKNOWN, (UNKNOWN, element), "tuple"))
            case "popitem":
                return Container(UNKNOWN, (UNKNOWN, element), "tuple")
            case _:
                return None

    def awaited_external(self, node: ir.Call, scope: Scope) -> Value:
        """What awaiting the call of an external name gives, where the tables know."""
        found: list[Value] = []
        for member in members(self._evaluator.value(node.func, scope)):
            made = knowledge.returns(knowledge.canonical(member.name)) if isinstance(member, External) else None
            found.append(Instance(made) if made else UNKNOWN)
        return union(found)

    # -- targets -----------------------------------------------------------------------------------------------

    def targets(self, value: Value) -> tuple[Value, ...]:
        """What calling the value may run."""
        found: list[Value] = []
        for member in members(value):
            match member:
                case PartialValue(target=target):
                    found += self.targets(target)
                case Instance(cls=Class() as cls):
                    method = self._evaluator.members.method(cls, "__call__")
                    found.append(BoundMethod(method, member) if method is not None else UNKNOWN)
                case Instance(cls=str() as cls):
                    # A path such as `openai.OpenAI.chat.completions.create` is itself what is called.
                    found.append(External(cls if knowledge.lookup(cls) else f"{cls}.__call__"))
                case External(name=name):
                    found.append(External(knowledge.canonical(name)))
                case _:
                    found.append(member)
        return tuple(found)

    # -- decorators --------------------------------------------------------------------------------------------

    def decorated(self, function: Function) -> Value:
        """The function as its decorators leave it; unknown where one turns sync into async or the reverse."""
        for node in reversed(function.ir.decorators):
            factory = isinstance(node, ir.Call)
            value = self._evaluator.value_outside(node.func if isinstance(node, ir.Call) else node, function)
            for member in members(value):
                if self._changes_kind(member, function, factory=factory):
                    return UNKNOWN
                if isinstance(member, External) and knowledge.returns(member.name) in QUEUED_CLASSES:
                    return Instance(str(knowledge.returns(member.name)))
                stand_in = self._stand_in(member, factory=factory)
                if stand_in is not None:
                    return stand_in
        return FunctionValue(function)

    def decorated_class(self, cls: Class) -> Value:
        """The class as its decorators leave it; unknown where one of the project returns another class."""
        for node in cls.ir.decorators:
            value = self._evaluator.value(node.func if isinstance(node, ir.Call) else node, cls.parent)
            if isinstance(value, FunctionValue):
                maker = self._returned_function(value.function) if isinstance(node, ir.Call) else value.function
                if maker is not None and self._replacing.makes_class(maker):
                    return UNKNOWN
        return ClassValue(cls)

    def _stand_in(self, decorator: Value, *, factory: bool) -> Value | None:
        if not isinstance(decorator, FunctionValue | BoundMethod):
            return None
        maker: Function | None = decorator.function
        if factory and maker is not None:
            maker = self._returned_function(maker)
        return None if maker is None else self._replacing.stand_in(maker, self._returned_function(maker))

    def wrappers(self, function: Function) -> tuple[Function, ...]:
        """The sync functions of the project that decorators put around a function: calling it runs them too."""
        if not function.ir.decorators:
            return ()
        return self._wrappers.of(function)

    def _read_wrappers(self, function: Function) -> tuple[Function, ...]:
        found: list[Function] = []
        for node in function.ir.decorators:
            value = self._evaluator.value_outside(node.func if isinstance(node, ir.Call) else node, function)
            for member in members(value):
                if isinstance(member, FunctionValue | BoundMethod):
                    wrapper = self.wrapper(member.function, factory=isinstance(node, ir.Call))
                    if wrapper is not None and not wrapper.is_async and not wrapper.is_generator:
                        found.append(wrapper)
        return tuple(found)

    def _changes_kind(self, decorator: Value, function: Function, *, factory: bool) -> bool:
        offloaders = self._evaluator.layout.declared.offloaders
        match decorator:
            case External(name=name) if name in offloaders or name in REPEATERS:
                return True
            case FunctionValue(function=made) | BoundMethod(function=made) if made.full_name in offloaders:
                return True
            case External(name=name):
                last = name.rpartition(".")[2].lower()
                return any(word in last for word in ("sync", "thread", "executor")) and "contextmanager" not in last
            case FunctionValue(function=made) | BoundMethod(function=made):
                wrapper = self.wrapper(made, factory=factory)
                if wrapper is None or wrapper.is_async == function.is_async:
                    return False
                return wrapper.is_async or not self.keeps_async(made, factory=factory)
            case ClassValue():
                return True
            case _:
                return False

    def wrapper(self, decorator: Function, *, factory: bool) -> Function | None:
        """The inner function that a decorator of the project puts in place of the one it is given."""
        inner = self._returned_function(decorator)
        if factory and inner is not None:
            inner = self._returned_function(inner)
        return inner

    def keeps_async(self, decorator: Function, *, factory: bool) -> bool:
        """Whether calling what a decorator of the project makes of an async function certainly gives a coroutine."""
        applied = self._returned_function(decorator) if factory else decorator
        return applied is not None and self._replacing.keeps_async(applied)

    def _returned_function(self, function: Function) -> Function | None:
        inner = [
            candidate
            for candidate in function.module.functions
            if candidate.ir.parent_function == function.ir.index and candidate.ir.parent_class < 0
        ]
        returned = {
            name.id
            for statement in function.index.statements
            if isinstance(statement, ir.Return) and statement.value is not None
            for name in returned_names(statement.value)
        }
        named = [candidate for candidate in inner if candidate.name in returned]
        return named[0] if len(named) == 1 else None

    # -- FastAPI's dependencies --------------------------------------------------------------------------------

    def dependency(self, node: ir.Expr, scope: Scope) -> Value | None:
        """What `Depends(…)` injects; None where the expression is no dependency."""
        if not isinstance(node, ir.Call):
            return None
        evaluator = self._evaluator
        around = scope.owner or scope.parent if isinstance(scope, Function) else scope
        callee = evaluator.value(node.func, around)
        if not isinstance(callee, External) or knowledge.canonical(callee.name) not in DEPENDS:
            return None
        given_callable = argument_at(node, CallableParameter(0, "dependency"))
        if given_callable is None:
            return UNKNOWN
        found: list[Value] = []
        for member in self.targets(evaluator.value(given_callable, around)):
            match member:
                case FunctionValue(function=function) | BoundMethod(function=function):
                    given = evaluator.yielded(function) if function.is_generator else evaluator.returned(function)
                    found.append(evaluator.members.rebound(given, getattr(member, "receiver", None)))
                case ClassValue(cls=cls):
                    found.append(Instance(cls))
                case LambdaValue(node=body, scope=outside):
                    found.append(evaluator.value(body.body, outside))
                case External(name=name) if name.rpartition(".")[2][:1].isupper():
                    found.append(Instance(knowledge.canonical(name)))
                case _:
                    found.append(UNKNOWN)
        return union(found)

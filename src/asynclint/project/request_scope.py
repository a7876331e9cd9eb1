"""What a request lends to a handler: objects that are closed when it is over, whoever still has them.

The exit code of dependencies with `yield` runs at the end of the request, as observed on real FastAPI: in 0.106 to
0.117 before the response is sent, in the other versions after the background tasks; with `scope="function"` (0.121)
before the response. Uploaded files follow the same versions. No version waits for tasks made with `create_task`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.flow.traversal import dotted, header_exprs, walk
from asynclint.project.model import Class, Function
from asynclint.project.reads import CircularAnswers
from asynclint.project.roles import Role
from asynclint.project.sites import argument_for
from asynclint.project.values import (
    BoundMethod,
    ClassValue,
    Container,
    External,
    FunctionValue,
    GeneratorValue,
    Instance,
    Unknown,
    Value,
    members,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Scope
    from asynclint.project.project import Project

MAX_DEPTH: Final = 4
"""Functions that an object is handed through, and dependencies of dependencies; real code has one or two."""

UPLOADS: Final = frozenset({"fastapi.UploadFile", "starlette.datastructures.UploadFile"})
REQUESTS: Final = frozenset({"fastapi.Request", "starlette.requests.Request"})
_ENTRIES = frozenset({Role.ROUTE, Role.WEBSOCKET, Role.DEPENDENCY})
_CLOSERS = frozenset(
    {"close", "aclose", "release", "disconnect", "dispose", "terminate", "unlink", "rmtree", "putconn"}
)
"""Last words of calls after which an object is of no use any more: `session.close()`, `pool.release(connection)`."""


@dataclass(frozen=True, slots=True, eq=False)
class Closing:
    """Where a generator ends what it yields: the end of a `with`, or a call."""

    function: Function
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Loan:
    """An object that is gone when the request is over.

    `param` is the parameter of `handler` that receives it. `kind` is "dependency", "websocket" (a dependency of a
    connection), "upload" or "request". `closing` is where a dependency closes it, None where that is not seen. If
    `attribute` is not empty, the object is not lent itself but holds what is, under that name. `steps` are the calls
    that hand it from the handler to where it is used.
    """

    kind: str
    handler: Function
    param: str
    closing: Closing | None = None
    attribute: str = ""
    ends_with_function: bool = False
    steps: tuple[tuple[Function, ir.Call], ...] = ()


class LoanReader:
    """Finds out whether a name stands for something lent."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._evaluator = project.evaluator
        self._closings: CircularAnswers[int, Closing | None]
        self._closings = CircularAnswers(project.reads, self._closing, otherwise=None)

    def of_name(self, name: str, scope: Scope, at: ir.Expr | None = None, depth: int = 0) -> Loan | None:
        """What the name stands for at a place of the body, or at its end."""
        around: Scope | None = scope
        while isinstance(around, Class | Function):
            if isinstance(around, Function) and around.index.binds(name):
                return self._local(name, around, at if around is scope else None, depth)
            around = around.parent
        return None

    def _local(self, name: str, function: Function, at: ir.Expr | None, depth: int) -> Loan | None:
        use = function.index.use_of(at) if at is not None else None
        if use is not None and any(binding.name == name for binding in use.inner):
            return None
        bindings = function.index.reaching(name, use)
        if len(bindings) != 1 or depth > MAX_DEPTH:
            return None
        binding = bindings[0]
        if binding.kind == "param" and isinstance(binding.source, ir.Param):
            return self._parameter(binding.source, function, depth)
        if binding.kind not in {"assign", "annotation"} or binding.path or binding.value is None:
            return None
        match binding.value:
            case ir.Name(id=other):
                return self.of_name(other, function, binding.value, depth + 1)
            case ir.Call():
                return self.held(binding.value, function, depth + 1)
            case _:
                return None

    # -- parameters --------------------------------------------------------------------------------------------

    def _parameter(self, param: ir.Param, function: Function, depth: int) -> Loan | None:
        roles = self._project.roles.of(function)
        if roles & _ENTRIES:
            return self._injected(param, function, depth)
        if function.ir.is_generator or depth >= MAX_DEPTH:
            return None
        for scope, call in self._project.callers.of(function):
            skips = function.owner is not None and isinstance(call.func, ir.Attribute)
            argument = argument_for(function, param.name, call, skips_first=skips)
            if isinstance(argument, ir.Name) and isinstance(scope, Function) and scope is not function:
                loan = self.of_name(argument.id, scope, argument, depth + 1)
                if loan is not None:
                    return replace(loan, steps=(*loan.steps, (scope, call)))
        return None

    def _injected(self, param: ir.Param, function: Function, depth: int) -> Loan | None:
        around = function.owner or function.parent
        declared = self._evaluator.annotations.read(param.annotation, around) if param.annotation is not None else None
        kind = _kind_of(declared) if declared is not None else None
        if kind is not None:
            return Loan(kind, function, param.name)
        for call, scope in self.depends(param, function):
            node = call.args[0] if call.args else _keyword(call, "dependency")
            values = (
                members(self._evaluator.value(node, scope))
                if node is not None
                else tuple(ClassValue(cls) for cls in _classes(declared))
            )
            scoped = _keyword(call, "scope")
            early = isinstance(scoped, ir.Constant) and scoped.value == "function"
            for value in values:
                loan = self._provided(value, param, function, depth)
                if loan is None and early and isinstance(value, Unknown | External):
                    # Of which nothing is seen, but only what is closed has a scope in which that happens.
                    loan = Loan(self._kind(function), function, param.name)
                if loan is not None:
                    return replace(loan, ends_with_function=loan.ends_with_function or early)
        return None

    def _kind(self, function: Function) -> str:
        return "websocket" if Role.WEBSOCKET in self._project.roles.of(function) else "dependency"

    def depends(self, param: ir.Param, function: Function) -> Iterator[tuple[ir.Call, Scope]]:
        """The `Depends(…)` by which a parameter gets its value, each with the body it stands in."""
        around = function.owner or function.parent
        for node in (param.default, param.annotation):
            if node is not None:
                yield from self._depends_in(node, around, 0)

    def _depends_in(self, node: ir.Expr, scope: Scope, depth: int) -> Iterator[tuple[ir.Call, Scope]]:
        if isinstance(node, ir.Name | ir.Attribute) and depth < MAX_DEPTH:
            found = self._evaluator.linker.alias(node, scope)
            if found is not None and isinstance(found[0], ir.Subscript | ir.Name | ir.Attribute | ir.Call):
                yield from self._depends_in(found[0], found[1], depth + 1)
        elif isinstance(node, ir.Subscript):
            for part in walk(node.index):
                if isinstance(part, ir.Call) and self._project.roles.is_dependency(part, scope):
                    yield part, scope
        elif isinstance(node, ir.Call) and self._project.roles.is_dependency(node, scope):
            yield node, scope

    def _provided(self, value: Value, param: ir.Param, function: Function, depth: int) -> Loan | None:
        """What a dependency gives: what it yields and then closes, or something that holds what it was given."""
        match value:
            case FunctionValue(function=given) | BoundMethod(function=given):
                if given.is_generator:
                    closing = self.closing(given)
                    made = Loan(self._kind(function), function, param.name, closing)
                    return made if closing is not None else None
                inner = self._returned(given, depth + 1)
                return replace(inner, handler=function, param=param.name) if inner is not None else None
            case ClassValue(cls=cls):
                maker = self._evaluator.members.method(cls, "__init__")
                if maker is None or depth >= MAX_DEPTH:
                    return None
                for own in maker.ir.params[1:]:
                    loan = self._injected(own, maker, depth + 1)
                    attribute = stored_as(maker, own.name) if loan is not None and not loan.attribute else ""
                    if loan is not None and attribute:
                        return replace(loan, handler=function, param=param.name, attribute=attribute)
                return None
            case _:
                return None

    def _returned(self, function: Function, depth: int) -> Loan | None:
        if depth >= MAX_DEPTH:
            return None
        for statement in function.index.statements:
            if isinstance(statement, ir.Return):
                if isinstance(statement.value, ir.Name):
                    loan = self.of_name(statement.value.id, function, statement.value, depth)
                elif isinstance(statement.value, ir.Call):
                    loan = self.held(statement.value, function, depth)
                else:
                    continue
                if loan is not None and loan.closing is not None:
                    return loan
        return None

    # -- objects that hold -------------------------------------------------------------------------------------

    def held(self, call: ir.Call, scope: Scope, depth: int) -> Loan | None:
        """An object of a project class that is given something lent and keeps it."""
        for member in members(self._evaluator.value(call.func, scope)):
            if not isinstance(member, ClassValue):
                continue
            for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
                if not isinstance(argument, ir.Name):
                    continue
                loan = self.of_name(argument.id, scope, argument, depth + 1)
                if loan is None or loan.attribute:
                    continue
                attribute = self._attribute_for(member.cls, call, argument)
                if attribute:
                    return replace(loan, attribute=attribute)
        return None

    def _attribute_for(self, cls: Class, call: ir.Call, argument: ir.Expr) -> str:
        maker = self._evaluator.members.method(cls, "__init__")
        if maker is not None:
            for param in maker.ir.params[1:]:
                if argument_for(maker, param.name, call, skips_first=True) is argument:
                    return stored_as(maker, param.name)
            return ""
        # Dataclasses and Pydantic models keep each argument under its own name.
        keyword = next((item.name for item in call.keywords if item.value is argument), None)
        fields = [item.target for item in cls.body if isinstance(item, ir.AnnAssign)]
        names = [target.id for target in fields if isinstance(target, ir.Name)]
        if keyword is not None:
            return keyword if keyword in names else ""
        position = next((place for place, item in enumerate(call.args) if item is argument), -1)
        return names[position] if 0 <= position < len(names) else ""

    # -- generators --------------------------------------------------------------------------------------------

    def closing(self, generator: Function) -> Closing | None:
        """Where a generator, or a context manager made of one, closes what it yields."""
        return self._closings.of(id(generator), generator)

    def _closing(self, generator: Function) -> Closing | None:
        for statement in generator.index.statements:
            for expr in header_exprs(statement):
                for node in walk(expr):
                    if isinstance(node, ir.YieldFrom):
                        return self._of_iterated(node.value, generator)
                    if isinstance(node, ir.Yield) and isinstance(node.value, ir.Name):
                        found = self._closing_of(node.value, node.start, generator)
                        if found is not None:
                            return found
        return None

    def _of_iterated(self, node: ir.Expr, scope: Function) -> Closing | None:
        for member in members(self._evaluator.value(node, scope)):
            if isinstance(member, GeneratorValue):
                return self.closing(member.function)
        return None

    def _closing_of(self, name: ir.Name, after: int, generator: Function) -> Closing | None:
        index = generator.index
        for binding in index.reaching(name.id, index.use_of(name)):
            if binding.kind in {"with", "async-with"} and binding.value is not None:
                found = self._of_manager(binding.value, generator)
                if found is not None:
                    return found
            if binding.kind in {"for", "async-for"} and binding.value is not None:
                return self._of_iterated(binding.value, generator)
        for call in index.calls:
            if call.start > after and closes(call, name.id) and not _is_conditional(generator, call, name.id):
                return Closing(generator, Span(call.start, call.end))
        return None

    def _of_manager(self, node: ir.Expr, generator: Function) -> Closing | None:
        """The end of `with`; a context manager of the project is looked into."""
        for member in members(self._evaluator.value(node, generator)):
            if isinstance(member, GeneratorValue):
                return self.closing(member.function)
        if dotted(node.func if isinstance(node, ir.Call) else node).rpartition(".")[2] == "nullcontext":
            return None
        start = getattr(node, "start", None)
        end = getattr(node, "end", None)
        if start is None:
            return None
        return Closing(generator, Span(start, int(end) if end is not None else start + len(getattr(node, "id", ""))))


def closes(call: ir.Call, name: str) -> bool:
    """`session.close()`, `pool.release(session)`."""
    if not isinstance(call.func, ir.Attribute | ir.Name):
        return False
    last = call.func.attr if isinstance(call.func, ir.Attribute) else call.func.id
    words = set(last.lower().split("_"))
    if isinstance(call.func, ir.Attribute) and isinstance(call.func.value, ir.Name) and call.func.value.id == name:
        return last in _CLOSERS
    return bool(words & _CLOSERS) and any(isinstance(arg, ir.Name) and arg.id == name for arg in call.args)


def _is_conditional(generator: Function, call: ir.Call, name: str) -> bool:
    """Whether something else than the object decides if it is closed: somebody may have taken it over."""
    current = generator.index.statement_of(call)
    while current is not None:
        current = generator.index.enclosing.get(id(current))
        if isinstance(current, ir.If):
            parts = list(walk(current.test))
            if not any(isinstance(part, ir.Name) and part.id == name for part in parts):
                return True
    return False


def stored_as(maker: Function, param: str) -> str:
    """The attribute under which `__init__` keeps a parameter; empty if it does not."""
    for statement in maker.index.statements:
        targets = statement.targets if isinstance(statement, ir.Assign) else ()
        if isinstance(statement, ir.AnnAssign):
            targets = (statement.target,)
        value = getattr(statement, "value", None)
        if isinstance(value, ir.Name) and value.id == param:
            for target in targets:
                if isinstance(target, ir.Attribute) and isinstance(target.value, ir.Name):
                    return target.attr
    return ""


def _kind_of(value: Value) -> str | None:
    for member in members(value):
        element = member.element if isinstance(member, Container) else member
        for part in members(element):
            if isinstance(part, Instance) and isinstance(part.cls, str):
                if part.cls in UPLOADS:
                    return "upload"
                if part.cls in REQUESTS and part is member:
                    return "request"
    return None


def _classes(value: Value | None) -> Iterator[Class]:
    for member in members(value) if value is not None else ():
        if isinstance(member, Instance) and isinstance(member.cls, Class):
            yield member.cls


def _keyword(call: ir.Call, name: str) -> ir.Expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.name == name), None)

"""How asynclint knows what an expression stands for, or why it does not, told in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asynclint.core.explanation import Statement
from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.flow.traversal import dotted, span_start
from asynclint.project.linking import BUILTINS
from asynclint.project.model import Class, Function, Module, module_of
from asynclint.project.values import (
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
    ModuleValue,
    NamespaceValue,
    PartialValue,
    SuperValue,
    TaskValue,
    Union,
    Unknown,
    known_members,
    members,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.members import MemberReader
    from asynclint.project.model import Scope
    from asynclint.project.project import Project
    from asynclint.project.scopes import Binding
    from asynclint.project.values import Value

MAX_TEXT: Final = 60
"""Code points of an expression that are shown."""

_MAX_BINDINGS = 3
_MAX_DEPTH = 4


class Resolver:
    """Tells of names, attributes and calls in any body of a project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._evaluator = project.evaluator

    def trace(self, node: ir.Expr, scope: Scope) -> tuple[Statement, ...]:
        """From the first name of an expression to what the whole stands for."""
        return tuple(Statement(text) for text in dict.fromkeys(self._trace(node, scope, 0)))

    def _trace(self, node: ir.Expr, scope: Scope, depth: int) -> Iterator[str]:
        match node:
            case ir.Name():
                yield from self._name(node, scope)
            case ir.Attribute(value=owner, attr=attr):
                if depth < _MAX_DEPTH:
                    yield from self._trace(owner, scope, depth + 1)
                yield from self._attribute(node, owner, attr, scope)
            case ir.Call(func=callee):
                if depth < _MAX_DEPTH:
                    yield from self._trace(callee, scope, depth + 1)
                yield f"`{self.text(node, scope)}` gives {self.describe(self._value(node, scope))}"
            case ir.Await(value=inner) | ir.Subscript(value=inner):
                if depth < _MAX_DEPTH:
                    yield from self._trace(inner, scope, depth + 1)
                yield f"`{self.text(node, scope)}` gives {self.describe(self._value(node, scope))}"
            case _:
                yield f"`{self.text(node, scope)}` is {self.describe(self._value(node, scope))}"

    def _value(self, node: ir.Expr, scope: Scope) -> Value:
        return self._evaluator.value(node, scope)

    # -- names -------------------------------------------------------------------------------------------------

    def _name(self, node: ir.Name, scope: Scope) -> Iterator[str]:
        value = self._value(node, scope)
        found = list(self._bindings(node, scope))
        if not found:
            yield self._unbound(node.id, scope, value)
            return
        for binding, around in found[:_MAX_BINDINGS]:
            yield f"`{node.id}` {self._binding(binding, around)}"
        if len(found) > _MAX_BINDINGS:
            yield f"`{node.id}` is bound in {len(found) - _MAX_BINDINGS} more places"
        if value != External(node.id):
            yield f"so `{node.id}` is {self.describe(value)}"

    def _bindings(self, node: ir.Name, scope: Scope) -> Iterator[tuple[Binding, Scope]]:
        """The bindings that the evaluator asks, in the same order."""
        use = scope.index.use_of(node)
        for binding in use.inner if use is not None else ():
            if binding.name == node.id:
                yield binding, scope
                return
        if scope.index.binds(node.id):
            yield from ((binding, scope) for binding in scope.index.reaching(node.id, use))
            return
        around = None if isinstance(scope, Module) else scope.parent
        while isinstance(around, Function):
            if around.index.binds(node.id):
                yield from ((binding, around) for binding in around.index.bindings[node.id])
                return
            around = around.parent
        module = module_of(scope)
        yield from ((binding, module) for binding in module.index.reaching(node.id, None))
        for writer in module.global_writers.get(node.id, ()):
            yield from ((binding, writer) for binding in writer.index.bindings[node.id])

    def _unbound(self, name: str, scope: Scope, value: Value) -> str:
        if isinstance(value, Unknown):
            stars = " nor by an `import *` that could be followed" if module_of(scope).index.star_imports else ""
            return f"`{name}` is bound nowhere in {self._place(module_of(scope))}{stars}, so it is not known"
        if name in BUILTINS and value == External(name):
            return f"`{name}` is Python's own"
        return f"`{name}` comes with an `import *`: {self.describe(value)}"

    def _binding(self, binding: Binding, scope: Scope) -> str:
        where = self._line(binding, scope)
        match binding.kind:
            case "import" | "import-from":
                return f"is imported{where}: {self._import(binding)}{self._missing(binding, scope)}"
            case "function":
                return f"is a function defined{where}"
            case "class":
                return f"is a class defined{where}"
            case "param":
                return self._parameter(binding, scope)
            case "annotation" if binding.annotation is not None:
                given = f" and assigned `{self.text(binding.value, scope)}`" if binding.value is not None else ""
                return f"is declared{where} as `{self.text(binding.annotation, scope)}`{given}"
            case "for" | "async-for" | "comprehension":
                return f"takes the elements of {self._from(binding, scope)}{where}"
            case "with" | "async-with":
                return f"is what `with {self._written(binding, scope)}` gives{where}"
            case "except":
                return f"is a caught exception{where}"
            case "assign" | "augmented":
                part = " (a part of it)" if binding.path else ""
                return f"is assigned {self._from(binding, scope)}{part}{where}"
            case kind:
                return f"is bound by `{kind}`{where}"

    def _from(self, binding: Binding, scope: Scope) -> str:
        return f"`{self._written(binding, scope)}`"

    def _written(self, binding: Binding, scope: Scope) -> str:
        return self.text(binding.value, scope) if binding.value is not None else "…"

    def _import(self, binding: Binding) -> str:
        alias = binding.source
        if not isinstance(alias, ir.Alias):
            return "…"
        renamed = f" as {alias.asname}" if alias.asname else ""
        if isinstance(binding.statement, ir.ImportFrom):
            return f"`from {'.' * binding.statement.level}{binding.statement.module} import {alias.name}{renamed}`"
        return f"`import {alias.name}{renamed}`"

    def _missing(self, binding: Binding, scope: Scope) -> str:
        """Why an import leads nowhere, if it does."""
        if not isinstance(binding.statement, ir.ImportFrom) or not isinstance(binding.source, ir.Alias):
            return ""
        if not isinstance(self._evaluator.binding(binding, scope), Unknown):
            return ""
        source = self._evaluator.linker.import_source(binding.statement, module_of(scope))
        if isinstance(source, ModuleValue):
            module = source.module
            if module.index.bindings.get(binding.source.name):
                return f", and what {self._place(module)} binds that name to is not known"
            return f", but {self._place(module)} does not bind that name"
        return ", but no file that was read is that module"

    def _parameter(self, binding: Binding, scope: Scope) -> str:
        param = binding.source
        owner = scope.qualname if isinstance(scope, Function) else "a lambda"
        if not isinstance(param, ir.Param):
            return "is a parameter"
        if isinstance(scope, Function) and scope.owner is not None and scope.ir.params and scope.ir.params[0] is param:
            return f"is what the method `{owner}` is called on"
        around = (scope.owner or scope.parent) if isinstance(scope, Function) else scope
        if param.annotation is not None:
            given = f", given by `{self.text(param.default, around)}`" if isinstance(param.default, ir.Call) else ""
            annotated = f"annotated `{self.text(param.annotation, around)}`{self._alias(param.annotation, around)}"
            return f"is a parameter of `{owner}`, {annotated}{given}"
        if isinstance(param.default, ir.Call):
            return f"is a parameter of `{owner}`, given by `{self.text(param.default, around)}`"
        return f"is a parameter of `{owner}` without an annotation, and what callers pass is not followed to its type"

    def _alias(self, node: ir.Expr, scope: Scope) -> str:
        """What an annotation is short for."""
        found = self._evaluator.linker.alias(node, scope) if isinstance(node, ir.Name | ir.Attribute) else None
        return f", which is `{self.text(*found)}`" if found is not None else ""

    def _line(self, binding: Binding, scope: Scope) -> str:
        start = getattr(binding.statement, "start", None)
        if start is None:
            return ""
        module = module_of(scope)
        return f" at {module.display}:{self._project.line_table(module).position(int(start)).row}"

    # -- attributes --------------------------------------------------------------------------------------------

    def _attribute(self, node: ir.Attribute, owner: ir.Expr, attr: str, scope: Scope) -> Iterator[str]:
        held = self._value(owner, scope)
        value = self._value(node, scope)
        for member in members(held):
            if isinstance(member, Instance) and isinstance(member.cls, Class):
                yield from self._assignments(self._evaluator.members, member.cls, attr, self.text(node, scope))
        written = self.text(node, scope)
        if isinstance(value, Unknown):
            yield f"`{written}` is not known, because {self._why_unknown(held, owner, attr, scope)}"
        elif value == External(written):
            yield f"`{written}` is of a library"
        else:
            yield f"`{written}` is {self.describe(value)}"

    def _assignments(self, reader: MemberReader, cls: Class, attr: str, written: str) -> Iterator[str]:
        for entry in reader.mro(cls):
            if isinstance(entry, Class):
                for item in reader.self_assignments(entry).get(attr, ())[:_MAX_BINDINGS]:
                    if item.annotation is not None:
                        what = f"declared as `{self.text(item.annotation, item.function)}`"
                    else:
                        what = f"assigned `{self.text(item.value, item.function)}`" if item.value is not None else "set"
                    start = int(getattr(item.statement, "start", 0))
                    module = entry.module
                    row = self._project.line_table(module).position(start).row
                    yield f"`{written}` is {what} in `{item.function.qualname}` at {module.display}:{row}"

    def _why_unknown(self, held: Value, owner: ir.Expr, attr: str, scope: Scope) -> str:
        name = self.text(owner, scope)
        if isinstance(held, Unknown):
            return f"what `{name}` is is not known"
        if isinstance(held, Const) and held.value is None:
            return f"`{name}` is None as far as can be seen"
        if not known_members(held):
            return f"what `{name}` is is not known"
        return f"nothing says what `{attr}` of {self.describe(held)} is"

    # -- values ------------------------------------------------------------------------------------------------

    def describe(self, value: Value) -> str:  # noqa: C901, PLR0912 - a case for each kind of value
        """A value in a few words."""
        match value:
            case FunctionValue(function=function):
                kind = "the async function" if function.is_async else "the function"
                return f"{kind} `{function.full_name}` ({self._of_function(function)})"
            case BoundMethod(function=function):
                kind = "the async method" if function.is_async else "the method"
                return f"{kind} `{function.full_name}` ({self._of_function(function)})"
            case ClassValue(cls=cls):
                return f"the class `{cls.full_name}`"
            case Instance(cls=Class() as cls):
                return f"an object of `{cls.full_name}`"
            case Instance(cls=str() as name):
                return f"an object of `{name}`"
            case External(name=name):
                return f"`{name}`"
            case ModuleValue(module=module):
                return f"the module `{module.name}` ({self._place(module)})"
            case NamespaceValue():
                return "a folder of modules"
            case SuperValue(cls=cls):
                return f"what `{cls.full_name}` inherits"
            case Coroutine(function=Function() as function):
                return f"a coroutine of `{function.full_name}`"
            case Coroutine():
                return "a coroutine"
            case GeneratorValue(function=function, context_manager=True):
                return f"a context manager made by `{function.full_name}`"
            case GeneratorValue(function=function):
                return f"a generator of `{function.full_name}`"
            case TaskValue():
                return "an asyncio task"
            case PartialValue(target=target):
                return f"a partial of {self.describe(target)}"
            case LambdaValue():
                return "a lambda"
            case Container(element=element, kind=kind):
                return f"a {kind} of {self.describe(element)}" if not isinstance(element, Unknown) else f"a {kind}"
            case Const(value=constant):
                return "None" if constant is None else "a constant"
            case Union(members=several):
                known = [self.describe(member) for member in several if not isinstance(member, Unknown)]
                unknown = ["something not known"] if len(known) < len(several) else []
                return " or ".join(dict.fromkeys([*known, *unknown]))
            case _:
                return "not known"

    def _of_function(self, function: Function) -> str:
        row = self._project.line_table(function.module).position(function.ir.name_start).row
        return f"{function.module.display}:{row}"

    def _place(self, module: Module) -> str:
        return module.display

    def text(self, node: ir.Expr, scope: Scope) -> str:
        """The source of an expression, on one line and not too long."""
        start, end = span_start(node), getattr(node, "end", -1)
        if start < 0 or end <= start:
            return repr(node.value) if isinstance(node, ir.Constant) else dotted(node) or "…"
        shown = " ".join(module_of(scope).text(Span(start, int(end))).split()).replace("( ", "(")
        return shown if len(shown) <= MAX_TEXT else f"{shown[: MAX_TEXT - 1]}…"

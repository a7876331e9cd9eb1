"""Functions that Pydantic runs on the event loop: validators and serializers of what routes take and return.

Requests are validated and responses serialised on the loop, for `def` routes too. Only the validators of what a `def`
route returns run in its thread (observed, FastAPI 0.105 to 0.165).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asynclint.flow import ir
from asynclint.flow.traversal import walk
from asynclint.project.model import Class
from asynclint.project.values import BoundMethod, Container, External, FunctionValue, Instance, Value, members

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Function, Scope

_MODELS: Final = frozenset({"pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel"})
_SERIALIZERS: Final = frozenset({"pydantic.field_serializer", "pydantic.model_serializer", "pydantic.computed_field"})
_VALIDATORS: Final = frozenset(
    f"pydantic.{name}" for name in ("validator", "field_validator", "root_validator", "model_validator")
)
_ATTACHED_VALIDATORS: Final = frozenset(
    f"pydantic.{prefix}{name}"
    for prefix in ("", "functional_validators.")
    for name in ("AfterValidator", "BeforeValidator", "PlainValidator", "WrapValidator")
)
_ATTACHED_SERIALIZERS: Final = frozenset(
    f"pydantic.{prefix}{name}"
    for prefix in ("", "functional_serializers.")
    for name in ("PlainSerializer", "WrapSerializer")
)
"""What `Annotated[int, AfterValidator(check)]` names by."""

_MAX_ALIASES: Final = 5


class ValidatorReader:
    """Reads the models of one project, nested ones included, each once."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._seen: set[tuple[int, bool]] = set()

    def functions(self, entries: Iterable[Function]) -> Iterator[Function]:
        """Those on the loop, for the routes and dependencies given."""
        for entry in entries:
            around = entry.owner or entry.parent
            for param in entry.ir.params:
                if param.annotation is not None:
                    yield from self._of_annotation(param.annotation, around, validates=True)
            returned = [entry.ir.returns, *(_response_model(node) for node in entry.ir.decorators)]
            for node in returned:
                if node is not None:
                    yield from self._of_annotation(node, around, validates=entry.is_async)

    def _of_annotation(self, node: ir.Expr, scope: Scope, *, validates: bool) -> Iterator[Function]:
        yield from self._attached(node, scope, validates=validates)
        stack = self._models_in(self._evaluator.annotations.read(node, scope))
        while stack:
            cls = stack.pop()
            if (id(cls), validates) in self._seen:
                continue
            self._seen.add((id(cls), validates))
            for entry in self._evaluator.members.mro(cls):
                if isinstance(entry, Class):
                    yield from (item for item in entry.methods if self._is_run(item, validates=validates))
                    for statement in entry.body:
                        if isinstance(statement, ir.AnnAssign):
                            yield from self._attached(statement.annotation, entry, validates=validates)
                            stack += self._models_in(self._evaluator.annotations.read(statement.annotation, entry))

    def _is_run(self, function: Function, *, validates: bool) -> bool:
        """Whether Pydantic calls the method, as its decorators say."""
        names = _SERIALIZERS | _VALIDATORS if validates else _SERIALIZERS
        for node in function.ir.decorators:
            value = self._evaluator.value_outside(node.func if isinstance(node, ir.Call) else node, function)
            if isinstance(value, External) and value.name in names:
                return True
        return False

    def _attached(self, node: ir.Expr, scope: Scope, *, validates: bool, depth: int = 0) -> Iterator[Function]:
        """The functions that `Annotated` names in an annotation, or in an alias that it uses."""
        names = _ATTACHED_SERIALIZERS | _ATTACHED_VALIDATORS if validates else _ATTACHED_SERIALIZERS
        for part in walk(node):
            match part:
                case ir.Call(func=func, args=(first, *_)):
                    made = self._evaluator.value(func, scope)
                    if isinstance(made, External) and made.name in names:
                        for item in members(self._evaluator.value(first, scope)):
                            if isinstance(item, FunctionValue | BoundMethod):
                                yield item.function
                case ir.Name() | ir.Attribute() if depth < _MAX_ALIASES:
                    alias = self._evaluator.linker.alias(part, scope)
                    if alias is not None and isinstance(alias[0], ir.Subscript):
                        yield from self._attached(alias[0], alias[1], validates=validates, depth=depth + 1)
                case _:
                    continue

    def _models_in(self, value: Value) -> list[Class]:
        found: list[Class] = []
        for member in members(value):
            if isinstance(member, Container):
                found += self._models_in(member.element)
            elif (
                isinstance(member, Instance)
                and isinstance(member.cls, Class)
                and self._evaluator.members.is_subclass(member.cls, _MODELS)
            ):
                found.append(member.cls)
        return found


def _response_model(decorator: ir.Expr) -> ir.Expr | None:
    keywords = decorator.keywords if isinstance(decorator, ir.Call) else ()
    return next((keyword.value for keyword in keywords if keyword.name == "response_model"), None)

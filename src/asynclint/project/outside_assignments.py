"""Attributes that code outside their class or module assigns: `app.state.redis = Redis()`, `module.fetch = other`.

Found by the text of the modules in one pass, so that only bodies with an assignment to the name asked for are decoded.
What test suites assign is left out: a patched service is not the service.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from asynclint.flow import ir
from asynclint.knowledge.fastapi_api import FASTAPI_APPS
from asynclint.project.memo import Assigned
from asynclint.project.model import Class, Function, Module
from asynclint.project.tables import Table
from asynclint.project.values import (
    UNKNOWN,
    ClassValue,
    Const,
    External,
    Instance,
    ModuleValue,
    Unknown,
    Value,
    members,
    union,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Scope

_ASSIGNMENT: Final = re.compile(rb"\n[ \t]*+([A-Za-z_][\w.]*)\.(\w+)[ \t]*(?::[^=\n]*)?=(?!=)")
_RECEIVERS: Final = frozenset({b"self", b"cls"})

_APPLICATION_STATE: Final = "starlette.datastructures.State"

HOLDERS: Final = FASTAPI_APPS | {_APPLICATION_STATE, "starlette.requests.State"}
"""Classes of Starlette's whose objects projects keep their own in: applications, their `state`, that of requests."""


class _Place(NamedTuple):
    """The first byte of an assignment, and the expression whose attribute is assigned."""

    module: Module
    offset: int
    holder: bytes


class OutsideAssignments:
    """Answers by the name of the attribute; each name is read once (and once plainly, see `Evaluator.plainly`)."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._places = Table(evaluator.reads, "outside assignments", self._scan, _holders)

    def on_object(self, cls: Class, name: str) -> Value | None:
        """What is assigned to the attribute of an object of a project class; None where nothing is."""

        def is_on(receiver: Value) -> bool:
            match receiver:
                case Instance(cls=Class() as found) | ClassValue(cls=found):
                    return cls in self._evaluator.members.mro(found) or found in self._evaluator.members.mro(cls)
                case _:
                    return False

        return self._value(name, is_on)

    def on_holder(self, cls: str, name: str) -> Value | None:
        """As `on_object`, for an object of one of the `HOLDERS`."""
        alike = FASTAPI_APPS if cls in FASTAPI_APPS else frozenset({cls})
        return self._value(name, lambda receiver: isinstance(receiver, Instance) and receiver.cls in alike)

    def on_module(self, module: Module, name: str) -> Value | None:
        """What other code puts in place of a global of the module; None where nothing does."""
        return self._value(name, lambda receiver: isinstance(receiver, ModuleValue) and receiver.module is module)

    def on_class(self, cls: Class, name: str) -> Value | None:
        """What other code puts in place of an attribute of the class itself; None where nothing does."""
        return self._value(name, lambda receiver: isinstance(receiver, ClassValue) and receiver.cls is cls)

    def is_replaced(self, owner: str, name: str) -> bool:
        """Whether the project puts something of its own in place of an external function, as `time.sleep = fake`."""
        last = owner.rpartition(".")[2].encode()
        if not any(place.holder.rpartition(b".")[2] == last for place in self._places.get(name) or ()):
            return False
        return self._value(name, lambda receiver: isinstance(receiver, External) and receiver.name == owner) is not None

    def _value(self, name: str, is_on: Callable[[Value], bool]) -> Value | None:
        if self._places.get(name) is None:
            return None
        found = [item for item in self._of(name) if any(is_on(member) for member in members(item.receiver))]
        if not found:
            return None
        # Two applications of one project may keep different things under one name.
        roots = {item.module.import_root for item in found}
        values = union([item.value for item in found])
        real = [member for member in members(values) if not isinstance(member, Const)]
        return UNKNOWN if len(roots) > 1 and len(real) > 1 else values

    def _of(self, name: str) -> tuple[Assigned, ...]:
        memo = self._evaluator.memo
        found = memo.assigned.get(name)
        if found is not None:
            memo.take(("=", name))
            return found
        return memo.answer(memo.assigned, name, ("=", name), (), self._find, name)

    def _find(self, name: str) -> tuple[Assigned, ...]:
        return tuple([item for place in self._places.get(name) or () for item in self._at(place, name)])

    def _at(self, place: _Place, name: str) -> Iterator[Assigned]:
        scope: Scope = place.module.function_at(place.offset) or place.module
        for statement in scope.index.statements:
            if isinstance(statement, ir.Assign | ir.AnnAssign) and statement.start == place.offset:
                targets = statement.targets if isinstance(statement, ir.Assign) else (statement.target,)
                for target in targets:
                    if isinstance(target, ir.Attribute) and target.attr == name and statement.value is not None:
                        receiver = self._evaluator.value(target.value, scope)
                        if isinstance(receiver, Unknown) and _is_state_in_lifespan(target.value, scope):
                            receiver = Instance(_APPLICATION_STATE)
                        yield Assigned(place.module, receiver, self._evaluator.value(statement.value, scope))

    def _scan(self) -> dict[str, list[_Place]]:
        """By the name of the attribute, where it is assigned."""
        places: dict[str, list[_Place]] = {}
        for module in self._evaluator.layout.modules.values():
            if self._evaluator.layout.is_test(module):
                continue
            for match in _ASSIGNMENT.finditer(module.data):
                if match[1] not in _RECEIVERS:
                    name = match[2].decode()
                    places.setdefault(name, []).append(_Place(module, match.start(1), match[1]))
        return places


def _holders(places: list[_Place]) -> str:
    return "\n".join(f"{place.module.path} {place.holder.decode()}" for place in places)


def _is_state_in_lifespan(node: ir.Expr, scope: Scope) -> bool:
    """`app.state` where `app` is all that an async context manager is given, without an annotation: a lifespan."""
    if not isinstance(scope, Function) or not scope.is_async or len(scope.ir.params) != 1:
        return False
    if not any(name.rpartition(".")[2] == "asynccontextmanager" for name in scope.decorator_names):
        return False
    match node:
        case ir.Attribute(value=ir.Name(id=name), attr="state"):
            return scope.ir.params[0].name == name and scope.ir.params[0].annotation is None
        case _:
            return False

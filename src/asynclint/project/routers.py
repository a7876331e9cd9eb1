"""Applications and routers as objects, and under which paths each of them is reached.

A router is known by the place that holds it, whatever modules import it by whatever name. It is followed through the
functions that make it and those it is handed to, and through the loops that include several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from asynclint.flow import ir
from asynclint.flow.traversal import walk
from asynclint.knowledge.fastapi_api import FASTAPI_APPS
from asynclint.project.callers import CallerReader
from asynclint.project.model import Class, Function, module_of
from asynclint.project.places import AttributePlace, GlobalPlace, LocalPlace, PlaceReader
from asynclint.project.reads import answered_once
from asynclint.project.route_paths import EMPTY, UNKNOWN_PATH, Expression, RoutePath, RoutePathReader
from asynclint.project.sites import argument_for
from asynclint.project.values import BoundMethod, FunctionValue, Instance, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Scope
    from asynclint.project.places import Place
    from asynclint.project.project import Project

_MAX_DEPTH: Final = 6
_MAX_PATHS: Final = 20
"""So many ways to one router are listed; real ones have one or two."""

_BUILDERS = frozenset({"include_router", "mount"})


class _Inclusion(NamedTuple):
    """`parent.include_router(child, prefix=…)` or `parent.mount(prefix, child)`. `parent` is None where not known."""

    parent: Place | None
    prefix: RoutePath


class RouterReader:
    """Answers where a router hangs; all inclusions of the project are read at once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._evaluator = project.evaluator
        self.reads = project.reads
        self._places = PlaceReader(project.evaluator, project.modules)
        self._callers = CallerReader(project)
        self.paths = RoutePathReader(project.evaluator)

    # -- which router ------------------------------------------------------------------------------------------

    def routers(self, expression: Expression, depth: int = 0) -> tuple[Place | None, ...]:
        """The places of the routers that an expression may stand for; None for one that is not known."""
        expression = expression.named()
        if depth > _MAX_DEPTH:
            return (None,)
        match expression.node:
            case ir.Call():
                return self._made_by(expression, expression.node, depth)
            case ir.Attribute(value=ir.Name(id=name), attr=attr) if name in (expression.names or {}):
                owner = expression.part(expression.node.value).named()
                moved = ir.Attribute(owner.node, attr, expression.node.start, expression.node.end)
                return self.routers(Expression(moved, owner.scope), depth + 1)
        place = self._places.of(expression.node, expression.scope)
        return (None,) if place is None else tuple(self._origins(place, depth))

    def _made_by(self, expression: Expression, node: ir.Call, depth: int) -> tuple[Place | None, ...]:
        """The routers that a function of the project returns."""
        found: list[Place | None] = []
        for function in self._functions(node.func, expression):
            for statement in function.index.statements:
                if isinstance(statement, ir.Return) and statement.value is not None:
                    found += self.routers(Expression(statement.value, function), depth + 1)
        return tuple(found) or (None,)

    def _functions(self, callee: ir.Expr, expression: Expression) -> Iterator[Function]:
        for member in members(self._evaluator.value(callee, expression.scope)):
            if isinstance(member, FunctionValue | BoundMethod):
                yield member.function

    def _origins(self, place: Place, depth: int) -> Iterator[Place | None]:
        """The place itself, or those it only passes on: an alias, what a function returned, an argument."""
        if isinstance(place, AttributePlace) and not isinstance(place.owner, Class):
            yield None
            return
        if isinstance(place, LocalPlace) and _is_parameter(place):
            arguments = list(self._arguments(place))
            if not arguments:
                yield place
            for argument in arguments:
                yield from self.routers(argument, depth + 1)
            return
        definitions = list(self._definitions(place))
        passed_on = [item for item in definitions if not self._constructs(item)]
        if passed_on and len(definitions) == 1 and isinstance(passed_on[0].node, ir.Name | ir.Attribute | ir.Call):
            yield from self.routers(passed_on[0], depth + 1)
        else:
            yield place

    def _arguments(self, place: LocalPlace) -> Iterator[Expression]:
        for scope, call in self._callers.of(place.function):
            bound = place.function.owner is not None and "staticmethod" not in place.function.decorator_names
            argument = argument_for(place.function, place.name, call, skips_first=bound)
            if argument is not None:
                yield Expression(argument, scope)

    def _definitions(self, place: Place) -> Iterator[Expression]:
        """What the place is assigned."""
        match place:
            case GlobalPlace(module=module, name=name):
                yield from _assigned(module, name)
                for writer in module.global_writers.get(name, ()):
                    yield from _assigned(writer, name)
            case LocalPlace(function=function, name=name):
                yield from _assigned(function, name)
            case AttributePlace(name=name, owner=Class() as owner):
                items = self._evaluator.members.self_assignments(owner).get(name, ())
                yield from (Expression(item.value, item.function) for item in items if item.value is not None)
                yield from _assigned(owner, name)

    def _constructs(self, expression: Expression) -> bool:
        """Whether the expression makes a new router or application, rather than passing one on."""
        return isinstance(expression.node, ir.Call) and not any(
            True for _ in self._functions(expression.node.func, expression)
        )

    # -- where it hangs ----------------------------------------------------------------------------------------

    def prefixes(self, place: Place | None, *, own: bool = True) -> tuple[RoutePath, ...]:
        """What the paths of the router's routes begin with in the application: one for each way to it.

        `own` says whether the router's own prefix is a part of that.
        """
        return self._prefixes(place, frozenset(), with_own=own)

    def _prefixes(
        self, place: Place | None, below: frozenset[Place], *, with_own: bool = True
    ) -> tuple[RoutePath, ...]:
        if place is None or place in below or len(below) > _MAX_DEPTH:
            return (UNKNOWN_PATH,)
        own = self._own_prefix(place) if with_own else EMPTY
        inclusions = self._inclusions.get(place, ())
        if not inclusions:
            return (own,) if self._is_application(place) else (UNKNOWN_PATH + own,)
        found = [
            around + inclusion.prefix + own
            for inclusion in inclusions
            for around in self._prefixes(inclusion.parent, below | {place})
        ]
        return tuple(dict.fromkeys(found))[:_MAX_PATHS]

    def _own_prefix(self, place: Place) -> RoutePath:
        found = {self._prefix_of(item) for item in self._definitions(place) if isinstance(item.node, ir.Call)}
        return found.pop() if len(found) == 1 else UNKNOWN_PATH if found else EMPTY

    def _prefix_of(self, made: Expression) -> RoutePath:
        if not isinstance(made.node, ir.Call):
            return EMPTY
        for keyword in made.node.keywords:
            if keyword.name == "prefix":
                return self.paths.read(made.part(keyword.value))
        for member in members(self._evaluator.value(made.node, made.scope)):
            if isinstance(member, Instance) and isinstance(member.cls, Class):
                return self._prefix_of_class(member.cls, made.node)
        return EMPTY

    def _prefix_of_class(self, cls: Class, call: ir.Call) -> RoutePath:
        """The prefix that a router class of the project gives itself."""
        init = self._evaluator.members.method(cls, "__init__")
        if init is None:
            return EMPTY
        argument = argument_for(init, "prefix", call, skips_first=True)
        if argument is not None:
            return self.paths.read(Expression(argument, init))
        default = next((param.default for param in init.ir.params if param.name == "prefix"), None)
        if default is not None:
            return self.paths.read(Expression(default, cls))
        for inner in init.index.calls:
            if isinstance(inner.func, ir.Attribute) and inner.func.attr == "__init__":
                given = [item.value for item in inner.keywords if item.name == "prefix"]
                return self.paths.read(Expression(given[0], init)) if given else EMPTY
        return EMPTY

    def _is_application(self, place: Place) -> bool:
        nodes = list(self._definitions(place))
        values = [self._evaluator.value(item.node, item.scope) for item in nodes]
        if isinstance(place, LocalPlace):
            values.append(self._evaluator.name(place.name, place.function))
        return any(
            isinstance(member, Instance) and self._is_instance(member) for value in values for member in members(value)
        )

    def _is_instance(self, value: Instance) -> bool:
        if isinstance(value.cls, Class):
            return self._evaluator.members.is_subclass(value.cls, FASTAPI_APPS)
        return value.cls in FASTAPI_APPS

    # -- inclusions --------------------------------------------------------------------------------------------

    @answered_once
    def _inclusions(self) -> dict[Place, list[_Inclusion]]:
        found: dict[Place, list[_Inclusion]] = {}
        for scope, call in self._project.calls_named(_BUILDERS):
            if isinstance(call.func, ir.Attribute) and not self._project.is_test(module_of(scope)):
                for names in self._environments(call, scope):
                    for child, inclusion in self._inclusion(call, call.func, Expression(call, scope, names)):
                        found.setdefault(child, []).append(inclusion)
        return found

    def _inclusion(self, call: ir.Call, callee: ir.Attribute, around: Expression) -> Iterator[tuple[Place, _Inclusion]]:
        mounts = callee.attr == "mount"
        child = _argument(call, 1, "app") if mounts else _argument(call, 0, "router")
        prefix = _argument(call, 0, "path") if mounts else _argument(call, None, "prefix")
        if child is None:
            return
        text = self.paths.read(around.part(prefix)) if prefix is not None else _prefix_not_given(call)
        if mounts:
            text = RoutePath(text.text.rstrip("/"), text.known)
        parents = self.routers(around.part(callee.value))
        for place in self.routers(around.part(child)):
            for parent in parents:
                if place is not None and place != parent:
                    yield place, _Inclusion(parent, text)

    def _environments(self, call: ir.Call, scope: Scope) -> Iterator[dict[str, Expression]]:
        """What loop variables and parameters stand for: once for each turn of the loop, and for each caller."""
        yield from self._turns(call, scope, self._of_callers(call, scope))

    def _of_callers(self, call: ir.Call, scope: Scope) -> list[dict[str, Expression]]:
        if not isinstance(scope, Function):
            return [{}]
        params = {param.name for param in scope.ir.params if param.name not in {"self", "cls"}}
        used = {name.id for name in _names(call)} & params
        callers = self._callers.of(scope) if used else ()
        bound = scope.owner is not None and "staticmethod" not in scope.decorator_names
        found: list[dict[str, Expression]] = []
        for around, outer in callers:
            given = {name: argument_for(scope, name, outer, skips_first=bound) for name in used}
            outer_turns = list(self._turns(outer, around, [{}]))
            found += [
                {name: Expression(node, around, names) for name, node in given.items() if node is not None}
                for names in outer_turns
            ]
        return found or [{}]

    def _turns(
        self, call: ir.Call, scope: Scope, environments: list[dict[str, Expression]]
    ) -> Iterator[dict[str, Expression]]:
        statement = scope.index.statement_of(call)
        loop = statement
        while loop is not None and not isinstance(loop, ir.For):
            loop = scope.index.enclosing.get(id(loop))
        items = self._items(loop.iter, scope) if isinstance(loop, ir.For) else None
        if items is None or not isinstance(loop, ir.For):
            yield from environments
            return
        for item in items:
            for names in environments:
                yield {**names, **_unpacked(loop.target, item)}

    def _items(self, node: ir.Expr, scope: Scope) -> list[Expression] | None:
        """The members of a display, or of a name that is assigned one once."""
        if isinstance(node, ir.Collection):
            return [Expression(item, scope) for item in node.items]
        if isinstance(node, ir.Name | ir.Attribute):
            found = self._evaluator.linker.alias(node, scope)
            if found is not None and isinstance(found[0], ir.Collection):
                return [Expression(item, found[1]) for item in found[0].items]
        return None


def _names(call: ir.Call) -> Iterator[ir.Name]:
    return (node for node in walk(call) if isinstance(node, ir.Name))


def _assigned(scope: Scope, name: str) -> Iterator[Expression]:
    for binding in scope.index.bindings.get(name, ()):
        if binding.kind in {"assign", "annotation"} and binding.value is not None and not binding.path:
            yield Expression(binding.value, scope)


def _is_parameter(place: LocalPlace) -> bool:
    return any(param.name == place.name for param in place.function.ir.params)


def _argument(call: ir.Call, position: int | None, name: str) -> ir.Expr | None:
    for keyword in call.keywords:
        if keyword.name == name:
            return keyword.value
    if position is None or len(call.args) <= position or any(isinstance(arg, ir.Starred) for arg in call.args):
        return None
    return call.args[position]


def _prefix_not_given(call: ir.Call) -> RoutePath:
    return UNKNOWN_PATH if any(keyword.name is None for keyword in call.keywords) else EMPTY


def _unpacked(target: ir.Expr, item: Expression) -> dict[str, Expression]:
    match target:
        case ir.Name(id=name):
            return {name: item}
        case ir.Collection(items=names) if isinstance(item.node, ir.Collection):
            found: dict[str, Expression] = {}
            for part, node in zip(names, item.node.items, strict=False):
                found |= _unpacked(part, Expression(node, item.scope))
            return found
        case _:
            return {}

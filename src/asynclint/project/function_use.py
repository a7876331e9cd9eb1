"""Who calls a function: the project somewhere, only clients through a route, or nobody that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import walk
from asynclint.project.model import Class, Function
from asynclint.project.places import AttributePlace, GlobalPlace, LocalPlace, PlaceReader
from asynclint.project.reads import Answers
from asynclint.project.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Scope
    from asynclint.project.places import Mention
    from asynclint.project.project import Project

_PLAIN_BASES = frozenset({"object", "abc.ABC", "typing.Generic", "typing.Protocol"})
"""Bases that call nothing of the classes made of them."""


class FunctionUse:
    """Answers by the mentions of functions outside tests; each function is looked for once."""

    def __init__(self, project: Project, places: PlaceReader) -> None:
        self._project = project
        self._places = places
        self._used: Answers[int, bool] = Answers(project.reads, self._is_reached)
        self._owners: Answers[int, bool] = Answers(project.reads, self._is_made_or_handed_on)
        self._for_requests: Answers[int, bool] = Answers(project.reads, self._is_only_asked_for)

    def is_for_requests(self, scope: Scope) -> bool:
        """Whether the body runs only when a client asks for it: nobody asks when the application shuts down.

        It is a route, or all that calls it is for requests. A function that is handed on may be called by anything.
        """
        return isinstance(scope, Function) and self._for_requests.of(id(scope), scope)

    def _is_only_asked_for(self, function: Function) -> bool:
        pending: list[Function] = [function]
        seen = {function}
        while pending:
            current = pending.pop()
            if any(Role.ROUTE in self._project.roles.of(around) for around in (current, *current.ancestors())):
                continue
            callers = self._all_callers(current)
            if not callers:
                return False
            pending += [caller for caller in callers if caller not in seen]
            seen.update(callers)
        return True

    def _all_callers(self, function: Function) -> tuple[Function, ...]:
        """The functions that call it, where there is surely nothing else that does; else none."""
        if self._is_made_for_others(function) or any(self.named_in_headers(function)):
            return ()
        callers: dict[Function, None] = {}
        for node, scope in self.mentions(function):
            parent = scope.index.parents.get(id(node))
            if not isinstance(scope, Function) or not isinstance(parent, ir.Call) or parent.func is not node:
                return ()
            callers[scope] = None
        return tuple(callers)

    def is_used(self, scope: Scope) -> bool:
        """Whether something may call the function: the project by its name, or a framework that it is made for."""
        return not isinstance(scope, Function) or self._used.of(id(scope), scope)

    def _is_reached(self, function: Function) -> bool:
        """Whether the mentions of the function, and of those it is mentioned in, lead to one that something calls."""
        pending: list[Scope] = [function]
        seen = {id(function)}
        while pending:
            scope = pending.pop()
            if not isinstance(scope, Function) or self._is_made_for_others(scope):
                return True
            naming = (*(mention.scope for mention in self.mentions(scope)), *self.named_in_headers(scope))
            found = [item for item in naming if id(item) not in seen]
            seen.update(map(id, found))
            pending += found
        return False

    def _is_made_for_others(self, function: Function) -> bool:
        if function.ir.decorators or function.name.startswith("__") or self._project.roles.of(function):
            return True
        if function.owner is None:
            return isinstance(function.parent, Function)
        if not function.name.startswith("_") and not self._is_class_used(function.owner):
            return True
        bases = self._project.evaluator.members.mro(function.owner)
        return any(not isinstance(entry, Class) and entry not in _PLAIN_BASES for entry in bases)

    def _is_class_used(self, owner: Class) -> bool:
        """Whether the project itself makes objects of the class or of an heir, or hands it or a method of it on.

        The methods of any other class are there for the users of a library.
        """
        return self._owners.of(id(owner), owner)

    def _is_made_or_handed_on(self, owner: Class) -> bool:
        return any(
            isinstance(item.parent, Function | Class)
            or any(self._project.roles.of(method) for method in item.methods)
            or self._places.mentions(GlobalPlace(item.module, item.name))
            for item in (owner, *self._places.heirs(owner))
        )

    def named_in_headers(self, function: Function) -> Iterator[Function]:
        """The functions that have it, or something of its name, as a default value or in a decorator."""
        name = function.name
        for module in self._project.layout.modules_with(name):
            if not self._project.is_test(module):
                for other in module.functions:
                    headers = (*(param.default for param in other.ir.params), *other.ir.decorators)
                    if any(_names(header, name) for header in headers if header is not None):
                        yield other

    def mentions(self, function: Function) -> tuple[Mention, ...]:
        """The expressions in bodies that stand for the function."""
        if function.owner is not None:
            return self._places.mentions(AttributePlace(function.name, function.owner))
        if isinstance(function.parent, Function):
            return self._places.mentions(LocalPlace(function.parent, function.name))
        return self._places.mentions(GlobalPlace(function.module, function.name))


def _names(header: ir.Expr, name: str) -> bool:
    return any(
        (isinstance(node, ir.Name) and node.id == name) or (isinstance(node, ir.Attribute) and node.attr == name)
        for node in walk(header)
    )

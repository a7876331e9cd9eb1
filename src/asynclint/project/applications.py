"""Which modules may be loaded by one application: what hangs on `app.state` is shared by no others."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from asynclint.knowledge.fastapi_api import FASTAPI_APPS
from asynclint.project.model import Class, module_of
from asynclint.project.places import AttributePlace

if TYPE_CHECKING:
    from asynclint.project.model import Module, Scope
    from asynclint.project.places import Place
    from asynclint.project.project import Project

_CONSTRUCTORS = frozenset(name.rpartition(".")[2] for name in FASTAPI_APPS)


class ApplicationReader:
    """Tells the services of a repository apart, by the modules that make applications and what these import."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._loading: dict[Module, frozenset[Module]] = {}

    def may_share(self, one: Module, other: Module) -> bool:
        """Whether an object of one module may be seen by code of the other.

        Not if both are loaded by applications, and none of those that load one loads the other. A module that no
        application imports may be loaded by any, in a way that the imports do not show.
        """
        if one is other or len(self._reached) < 2:
            return True
        here, there = self._loaders(one), self._loaders(other)
        return not here or not there or bool(here & there)

    def is_one_place(self, place: Place, one: Scope, other: Scope) -> bool:
        """Whether the place is one and the same in two bodies: `app.state.task` is not in two applications."""
        if not isinstance(place, AttributePlace) or isinstance(place.owner, Class):
            return True
        return self.may_share(module_of(one), module_of(other))

    def _loaders(self, module: Module) -> frozenset[Module]:
        found = self._loading.get(module)
        if found is None:
            loading = (maker for maker, reached in self._reached.items() if module in reached)
            found = self._loading[module] = frozenset(loading)
        return found

    @cached_property
    def _reached(self) -> dict[Module, frozenset[Module]]:
        """What each module that makes an application imports, directly or not, with itself."""
        graph = self._project.import_graph
        makers = {module_of(scope) for scope, _ in self._project.calls_named(_CONSTRUCTORS)}
        return {maker: graph.reached(maker, graph.anywhere) for maker in makers if not self._project.is_test(maker)}

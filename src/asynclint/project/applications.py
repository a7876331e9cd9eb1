"""Which modules may be loaded by one application: what hangs on `app.state` is shared by no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.knowledge.fastapi_api import FASTAPI_APPS
from asynclint.project.model import Class, module_of
from asynclint.project.places import AttributePlace
from asynclint.project.tables import Table, listed

if TYPE_CHECKING:
    from asynclint.project.model import Module, Scope
    from asynclint.project.places import Place
    from asynclint.project.project import Project

_CONSTRUCTORS = frozenset(name.rpartition(".")[2] for name in FASTAPI_APPS)


class ApplicationReader:
    """Tells the services of a repository apart, by the modules that make applications and what these import."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._loading = Table(project.reads, "loading applications", self._find_loading, listed)
        self._makers = Table(project.reads, "applications", self._find_makers, str)

    def may_share(self, one: Module, other: Module) -> bool:
        """Whether an object of one module may be seen by code of the other.

        Not if both are loaded by applications, and none of those that load one loads the other. A module that no
        application imports may be loaded by any, in a way that the imports do not show.
        """
        if one is other or (self._makers.get("") or 0) < 2:
            return True
        here, there = self._loading.get(one), self._loading.get(other)
        return not here or not there or bool(here & there)

    def is_one_place(self, place: Place, one: Scope, other: Scope) -> bool:
        """Whether the place is one and the same in two bodies: `app.state.task` is not in two applications."""
        if not isinstance(place, AttributePlace) or isinstance(place.owner, Class):
            return True
        return self.may_share(module_of(one), module_of(other))

    def _find_makers(self) -> dict[str, int]:
        """How many modules make applications, under one key."""
        return {"": len(self._making())}

    def _find_loading(self) -> dict[Module, frozenset[Module]]:
        """By each module that an application imports, directly or not, those that make such applications."""
        graph = self._project.import_graph
        found: dict[Module, set[Module]] = {}
        for maker in self._making():
            for module in graph.reached(maker, graph.anywhere):
                found.setdefault(module, set()).add(maker)
        return {module: frozenset(makers) for module, makers in found.items()}

    def _making(self) -> set[Module]:
        makers = {module_of(scope) for scope, _ in self._project.calls_named(_CONSTRUCTORS)}
        return {maker for maker in makers if not self._project.is_test(maker)}

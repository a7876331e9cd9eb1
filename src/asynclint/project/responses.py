"""Which functions run between a request and its response, and which behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.project.roles import Role

if TYPE_CHECKING:
    from asynclint.project.model import Function
    from asynclint.project.project import Project


def response_functions(project: Project) -> frozenset[Function]:
    """Routes, dependencies, and what they call or await, directly or not, before the response is sent."""
    found: set[Function] = set()
    stack = list(project.roles.functions(Role.ROUTE, Role.DEPENDENCY))
    while stack:
        function = stack.pop()
        if function in found:
            continue
        found.add(function)
        stack.extend(project.call_graph.callees(function))
    return frozenset(found)


MAX_BACKGROUND_CALLS = 4
"""Functions that call each other from a background function on; beyond, they are the application's at large."""


def background_functions(project: Project) -> frozenset[Function]:
    """Background functions, and what they call or await, directly or through few others."""
    found: set[Function] = set()
    level = list(project.roles.functions(Role.BACKGROUND))
    for _ in range(MAX_BACKGROUND_CALLS + 1):
        found.update(level)
        level = [callee for function in level for callee in project.call_graph.callees(function) if callee not in found]
    return frozenset(found)

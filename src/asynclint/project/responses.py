"""Which functions run between a request and its response."""

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
        for site in project.call_sites.sites(function):
            stack.extend(callee for callee in site.functions if site.awaited or not callee.is_async)
    return frozenset(found)

"""The names that a function can see without looking into its module."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asynclint.flow import ir
    from asynclint.project.model import Function


def local_names(function: Function, node: ir.Expr | None = None) -> frozenset[str]:
    """What the function and those around it bind, and the comprehensions and lambdas around `node`."""
    found: set[str] = set()
    for scope in (function, *function.ancestors()):
        found |= scope.index.bindings.keys() - scope.index.global_names
    use = function.index.use_of(node) if node is not None else None
    if use is not None:
        found |= {binding.name for binding in use.inner}
    return frozenset(found)

"""The linked project: one object that the questions of rules are asked of."""

from __future__ import annotations

from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import dotted
from asynclint.knowledge.asyncio_api import TASK_FACTORIES
from asynclint.knowledge.coroutines import LAST_NAMES
from asynclint.knowledge.names import libraries
from asynclint.project.blocking import BlockingSummaries
from asynclint.project.call_sites import CallSiteReader
from asynclint.project.dispositions import DispositionReader
from asynclint.project.exceptions import ExceptionSummaries
from asynclint.project.inference import Evaluator
from asynclint.project.layout import Layout
from asynclint.project.model import Function, Module, ModuleSource, Scope
from asynclint.project.responses import response_functions
from asynclint.project.roles import Roles
from asynclint.project.task_lifetimes import TaskLifetimes
from asynclint.project.values import External
from asynclint.source.lines import LineTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["ModuleSource", "Project"]


class Project:
    """All modules and what is known of them. Every answer is computed when first asked for, and kept."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.evaluator = Evaluator(layout)
        self._line_tables: dict[str, LineTable] = {}

    @classmethod
    def build(cls, modules: Sequence[ModuleSource], root: str) -> Project:
        """Link the modules. `root` is the absolute path of the project's folder."""
        return cls(Layout(modules, root, libraries()))

    @property
    def modules(self) -> tuple[Module, ...]:
        """All modules by path."""
        return tuple(self.layout.modules.values())

    def module_at(self, path: str) -> Module | None:
        """The module of an absolute path."""
        return self.layout.module_at(path)

    @cached_property
    def call_sites(self) -> CallSiteReader:
        return CallSiteReader(self.evaluator, self._property_names)

    @cached_property
    def blocking(self) -> BlockingSummaries:
        return BlockingSummaries(self.evaluator, self.call_sites)

    @cached_property
    def roles(self) -> Roles:
        return Roles(self)

    @cached_property
    def dispositions(self) -> DispositionReader:
        return DispositionReader(self.evaluator)

    @cached_property
    def task_lifetimes(self) -> TaskLifetimes:
        return TaskLifetimes(self)

    @cached_property
    def exceptions(self) -> ExceptionSummaries:
        return ExceptionSummaries(self.evaluator)

    @cached_property
    def response_functions(self) -> frozenset[Function]:
        """Functions that run between a request and its response."""
        return response_functions(self)

    @property
    def unresolved_calls(self) -> int:
        """Calls looked at so far of which nothing is known."""
        return sum(self.call_sites.unresolved.values())

    @cached_property
    def coroutine_names(self) -> frozenset[str]:
        """The last names of callables that may give a coroutine.

        Those of the project's async functions, of its sync ones that are declared to return an awaitable, and of
        the libraries' that are easily forgotten.
        """
        own = {
            function.name
            for module in self.modules
            for function in module.functions
            if function.is_async or _declares_awaitable(function)
        }
        return frozenset(own | LAST_NAMES)

    @cached_property
    def task_spawners(self) -> frozenset[Function]:
        """Sync functions that make a task of asyncio's and do nothing with it but return it."""
        return frozenset(
            scope
            for scope, call in self.calls_named(frozenset({"create_task", "ensure_future"}))
            if isinstance(scope, Function)
            and not scope.is_async
            and self.dispositions.of(call, scope).how == "returned"
            and any(
                isinstance(target, External) and target.name in TASK_FACTORIES
                for target in self.evaluator.targets(self.evaluator.value(call.func, scope))
            )
        )

    @cached_property
    def _property_names(self) -> frozenset[str]:
        return frozenset(
            function.name
            for module in self.modules
            for function in module.functions
            if function.ir.parent_class >= 0 and function.ir.decorators and _looks_like_property(function)
        )

    def is_test(self, module: Module) -> bool:
        """Whether the module belongs to a test suite, by the naming conventions of pytest."""
        path = PurePosixPath(module.path[len(self.layout.root) :])
        named = path.name.startswith("test_") or path.stem.endswith("_test") or path.name == "conftest.py"
        return named or bool({"tests", "test", "testing"} & set(path.parts[:-1]))

    def line_table(self, module: Module) -> LineTable:
        """The lines of a module, counted once."""
        found = self._line_tables.get(module.path)
        if found is None:
            found = self._line_tables[module.path] = LineTable(module.data)
        return found

    def calls_named(self, names: frozenset[str]) -> Iterator[tuple[Scope, ir.Call]]:
        """Every call in the project whose callee's last name is one of `names`, with the body it stands in."""
        for module in self.modules:
            yield from self.module_calls_named(module, names)

    def module_calls_named(self, module: Module, names: frozenset[str]) -> Iterator[tuple[Scope, ir.Call]]:
        """As `calls_named`, in one module: text first, so that only bodies that hold a name are decoded."""
        markers = [name.encode() for name in sorted(names)]
        if not any(marker in module.data for marker in markers):
            return
        yield from _calls(module, names)
        for cls in module.classes:
            if _mentions(module.data, cls.ir.start, cls.ir.end, markers):
                yield from _calls(cls, names)
        for function in module.functions:
            if _mentions(module.data, function.ir.start, function.ir.end, markers):
                yield from _calls(function, names)


def _mentions(data: bytes, start: int, end: int, markers: list[bytes]) -> bool:
    return any(data.find(marker, start, end) >= 0 for marker in markers)


def _calls(scope: Scope, names: frozenset[str]) -> Iterator[tuple[Scope, ir.Call]]:
    for call in scope.index.calls:
        callee = call.func
        last = callee.attr if isinstance(callee, ir.Attribute) else callee.id if isinstance(callee, ir.Name) else ""
        if last in names:
            yield scope, call


def _declares_awaitable(function: Function) -> bool:
    node = function.ir.returns
    base = dotted(node.value) if isinstance(node, ir.Subscript) else ""
    return base.rpartition(".")[2] in {"Coroutine", "Awaitable", "CoroutineType"}


def _looks_like_property(function: Function) -> bool:
    return any("property" in name for name in function.decorator_names)

"""The linked project: one object that the questions of rules are asked of."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property
from posixpath import dirname
from typing import TYPE_CHECKING, Any, Final

from asynclint.config.config import DEFAULTS
from asynclint.core.version_range import VersionsByFolder
from asynclint.flow import ir
from asynclint.flow.traversal import dotted
from asynclint.knowledge.asyncio_api import TASK_FACTORIES
from asynclint.knowledge.connections import CONNECTION_PACKAGES
from asynclint.knowledge.coroutines import LAST_NAMES
from asynclint.knowledge.declared import NOTHING_DECLARED, Declared
from asynclint.knowledge.names import libraries
from asynclint.project.applications import ApplicationReader
from asynclint.project.blocking import BlockingSummaries
from asynclint.project.busy_loops import BusyLoopReader
from asynclint.project.call_graph import CallGraph
from asynclint.project.call_sites import CallSiteReader
from asynclint.project.callers import CallerReader
from asynclint.project.cancellation import CancellationReader
from asynclint.project.cancelled_tasks import CancelledTasks
from asynclint.project.connection_tasks import ConnectionTaskReader
from asynclint.project.departures import DepartureReader
from asynclint.project.dispositions import DispositionReader
from asynclint.project.exceptions import ExceptionSummaries
from asynclint.project.fastapi_version import FastAPIVersions
from asynclint.project.held_locks import HeldLockReader
from asynclint.project.implicit_sites import OPERATORS
from asynclint.project.import_graph import ImportGraph
from asynclint.project.inference import Evaluator
from asynclint.project.layout import Layout
from asynclint.project.lifecycle_hooks import LifecycleHooks
from asynclint.project.lock_holders import LockHolderReader
from asynclint.project.model import Function, Module, ModuleSource, Scope, module_of
from asynclint.project.offloader_use import OffloaderUse
from asynclint.project.paths import PathReader
from asynclint.project.python_version import PythonVersions
from asynclint.project.reads import Answers, answered_once
from asynclint.project.request_scope import LoanReader
from asynclint.project.responses import background_functions, response_functions
from asynclint.project.roles import Roles
from asynclint.project.scripts import ScriptReader
from asynclint.project.tables import FunctionSet, NameSet, Table, listed
from asynclint.project.task_lifetimes import TaskLifetimes
from asynclint.project.task_registries import TaskRegistries
from asynclint.project.thread_functions import find_thread_functions
from asynclint.project.values import BoundMethod, External, FunctionValue
from asynclint.source.lines import LineTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from asynclint.config.config import Config
    from asynclint.core.version_range import Version
    from asynclint.project.places import PlaceReader

NOTHING_GIVEN = VersionsByFolder()

_WITH_TABLES: Final = (
    "applications",
    "callers",
    "cancelled_tasks",
    "lifecycle_hooks",
    "offloader_use",
    "roles",
    "task_lifetimes",
)
"""The readers that make tables of the whole project when they are first asked for."""

CALLS: Final = "calls"
"""The table of modules by the last names of what they call (see `Reads.ask`)."""

__all__ = ["ModuleSource", "Project"]


class Project:
    """All modules and what is known of them. Every answer is computed when first asked for, and kept."""

    def __init__(self, layout: Layout, config: Config = DEFAULTS, versions: VersionsByFolder = NOTHING_GIVEN) -> None:
        self.layout = layout
        self.config = config
        self._versions = versions
        self.reads = layout.reads
        self.evaluator = Evaluator(layout)
        self._line_tables: Answers[Module, LineTable] = Answers(self.reads, _line_table)
        self._calling = Table(self.reads, CALLS, self._find_calling, listed)
        self._threads = Table(self.reads, "thread functions", lambda: find_thread_functions(self), str)
        self.response_functions = FunctionSet(self.reads, "response functions", lambda: response_functions(self))
        """Functions that run between a request and its response."""
        self.background_functions = FunctionSet(self.reads, "background functions", lambda: background_functions(self))
        """Functions that background tasks run, whatever else does."""
        self.task_spawners = FunctionSet(self.reads, "task spawners", self._find_task_spawners)
        """Sync functions that make a task of asyncio's and do nothing with it but return it."""
        self._task_spawner_names = NameSet(
            self.reads, "task spawners", lambda: (item.name for item in self.task_spawners.rows())
        )
        self._coroutine_names = NameSet(self.reads, "coroutines", self._find_coroutine_names)
        self._property_names = NameSet(self.reads, "properties", self._find_property_names)
        self._async_property_names = NameSet(self.reads, "async properties", self._find_async_property_names)
        self._connections = Table(self.reads, "packages of connections", self._find_connections, str)
        self._operators = Table(self.reads, "operators", self._find_operators, ",".join)

    @classmethod
    def build(
        cls,
        modules: Sequence[ModuleSource],
        root: str,
        config: Config = DEFAULTS,
        versions: VersionsByFolder = NOTHING_GIVEN,
    ) -> Project:
        """Link the modules. `root` is the absolute path of the project's folder, `config` what holds there.

        `versions` are those that configurations give.
        """
        declared = NOTHING_DECLARED if config is DEFAULTS else Declared.of(config)
        return cls(Layout(modules, root, libraries(), config.src, declared), config, versions)

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """All modules by path."""
        return tuple(self.layout.modules.values())

    def module_at(self, path: str) -> Module | None:
        """The module of an absolute path."""
        return self.layout.module_at(path)

    @cached_property
    def call_sites(self) -> CallSiteReader:
        return CallSiteReader(self.evaluator, self._property_names.names, self._operator_methods)

    @cached_property
    def blocking(self) -> BlockingSummaries:
        return BlockingSummaries(self.evaluator, self.call_sites, self.lock_holders)

    @cached_property
    def lock_holders(self) -> LockHolderReader:
        return LockHolderReader(self.evaluator, self.call_sites, lambda: self.places)

    @cached_property
    def roles(self) -> Roles:
        return Roles(self)

    @cached_property
    def dispositions(self) -> DispositionReader:
        return DispositionReader(self.evaluator)

    @cached_property
    def call_graph(self) -> CallGraph:
        return CallGraph(self)

    @cached_property
    def callers(self) -> CallerReader:
        return CallerReader(self)

    @cached_property
    def offloader_use(self) -> OffloaderUse:
        return OffloaderUse(self)

    @cached_property
    def scripts(self) -> ScriptReader:
        return ScriptReader(self)

    @property
    def all_tables(self) -> Mapping[str, Table[Any, Any]]:
        """All tables of the project by name, those included that nobody has asked for yet."""
        for reader in _WITH_TABLES:
            getattr(self, reader)  # which makes its tables
        return self.reads.tables

    @property
    def places(self) -> PlaceReader:
        """Where values are kept, and every mention of them outside tests."""
        return self.task_lifetimes.places

    @cached_property
    def loans(self) -> LoanReader:
        return LoanReader(self)

    @cached_property
    def departures(self) -> DepartureReader:
        return DepartureReader(self.evaluator)

    def thread_of(self, function: Function) -> str | None:
        """What runs a plain function in a thread that the project gives it to."""
        return self._threads.get(function)

    @cached_property
    def paths(self) -> PathReader:
        """The control-flow graphs of bodies, each built when first asked for."""
        return PathReader(self.reads)

    @cached_property
    def import_graph(self) -> ImportGraph:
        """Which modules import which."""
        return ImportGraph(self.evaluator.linker, self.reads)

    @cached_property
    def applications(self) -> ApplicationReader:
        return ApplicationReader(self)

    @cached_property
    def task_lifetimes(self) -> TaskLifetimes:
        return TaskLifetimes(self)

    @cached_property
    def cancellation(self) -> CancellationReader:
        return CancellationReader(self)

    @cached_property
    def cancelled_tasks(self) -> CancelledTasks:
        return CancelledTasks(self)

    @cached_property
    def lifecycle_hooks(self) -> LifecycleHooks:
        return LifecycleHooks(self)

    @cached_property
    def task_registries(self) -> TaskRegistries:
        return TaskRegistries(self)

    @cached_property
    def held_locks(self) -> HeldLockReader:
        return HeldLockReader(self.evaluator)

    @cached_property
    def busy_loops(self) -> BusyLoopReader:
        return BusyLoopReader(self.evaluator)

    @cached_property
    def connection_tasks(self) -> ConnectionTaskReader:
        return ConnectionTaskReader(self)

    @cached_property
    def exceptions(self) -> ExceptionSummaries:
        return ExceptionSummaries(self.evaluator)

    @cached_property
    def fastapi_releases(self) -> FastAPIVersions:
        """The FastAPI that each folder of the project runs on, and which file says so."""
        given, declared = self.config.fastapi_version, self._versions.fastapi
        return FastAPIVersions(given, self.layout.root, lambda: self.layout.roots.all_roots, declared)

    def fastapi_version_of(self, module: Module) -> Version:
        """As in `version < (0, 118)`; above every release where nothing says which."""
        return self.fastapi_releases.of(dirname(module.path)).version

    @cached_property
    def python_releases(self) -> PythonVersions:
        """The oldest Python that each folder of the project runs on, and which file says so."""
        return PythonVersions(self.layout.root, self._versions.python)

    def python_version_of(self, module: Module) -> Version:
        """As in `version < (3, 9)`; above every release where nothing says which."""
        return self.python_releases.of(dirname(module.path)).version

    @property
    def coroutine_names(self) -> frozenset[str]:
        """The last names of callables that may give a coroutine.

        Those of the project's async functions, of its sync ones that are declared to return an awaitable or return
        what an async one gives, and of the libraries' that are easily forgotten.
        """
        return self._coroutine_names.names()

    def _find_coroutine_names(self) -> frozenset[str]:
        own = {
            function.name
            for module in self.modules
            for function in module.functions
            if function.is_async or _declares_awaitable(function)
        }
        own.update([name for module in self.modules for name in _returning_calls(module, own)])
        return frozenset(own | LAST_NAMES).union(*(_other_names(module, own) for module in self.modules))

    @property
    def task_spawner_names(self) -> frozenset[str]:
        """The names of `task_spawners`."""
        return self._task_spawner_names.names()

    def _find_task_spawners(self) -> frozenset[Function]:
        return frozenset(
            scope
            for scope, call in self.calls_named(frozenset({"create_task", "ensure_future"}))
            if isinstance(scope, Function)
            and not scope.is_async
            and scope.full_name not in self.layout.declared.task_keepers
            and self.dispositions.of(call, scope).how == "returned"
            and any(
                isinstance(target, External) and target.name in TASK_FACTORIES
                for target in self.evaluator.targets(self.evaluator.value(call.func, scope))
            )
        )

    @answered_once
    def has_keeping_task_factory(self) -> bool:
        """Whether the project gives its event loop a task factory that keeps every task somewhere."""
        return any(
            isinstance(target, FunctionValue | BoundMethod) and self.dispositions.keeps_what_it_returns(target.function)
            for scope, call in self.calls_named(frozenset({"set_task_factory"}))
            if call.args and not self.is_test(module_of(scope))
            for target in self.evaluator.targets(self.evaluator.value(call.args[0], scope))
        )

    def _find_property_names(self) -> frozenset[str]:
        return frozenset(
            function.name
            for module in self.modules
            for function in module.functions
            if function.ir.parent_class >= 0 and function.ir.decorators and _looks_like_property(function)
        )

    @property
    def async_property_names(self) -> frozenset[str]:
        """Names of async methods that look like properties: reading one gives a coroutine."""
        return self._async_property_names.names()

    def _find_async_property_names(self) -> frozenset[str]:
        return frozenset(
            function.name
            for module in self.modules
            for function in module.functions
            if function.is_async and function.ir.parent_class >= 0 and _looks_like_property(function)
        )

    def _operator_methods(self) -> tuple[str, ...]:
        return self._operators.get("") or ()

    def _find_operators(self) -> dict[str, tuple[str, ...]]:
        """The special methods of `OPERATORS` that some class has, under one key."""
        found = {
            function.name
            for module in self.modules
            for function in module.functions
            if function.ir.parent_class >= 0 and function.name in OPERATORS
        }
        return {"": tuple(sorted(found))}

    @property
    def mentions_connections(self) -> bool:
        """Whether some module names a package whose connections one task at a time may use."""
        return self._connections.get("") is True

    def _find_connections(self) -> dict[str, bool]:
        return {"": any(package in module.data for module in self.modules for package in CONNECTION_PACKAGES)}

    def is_test(self, module: Module) -> bool:
        """Whether the module belongs to a test suite, by the naming conventions of pytest."""
        return self.layout.is_test(module)

    def line_table(self, module: Module) -> LineTable:
        """The lines of a module, counted once."""
        return self._line_tables.of(module, module)

    def calls_named(self, names: frozenset[str]) -> Iterator[tuple[Scope, ir.Call]]:
        """Every call in the project whose callee's last name is one of `names`, with the body it stands in."""
        for module in self.modules_calling(names):
            yield from self.module_calls_named(module, names)

    def module_calls_named(self, module: Module, names: frozenset[str]) -> Iterator[tuple[Scope, ir.Call]]:
        """As `calls_named`, in one module."""
        for scope in module.calling(names):
            for call in scope.index.calls:
                callee = call.func
                kind = type(callee)
                last = callee.attr if kind is ir.Attribute else callee.id if kind is ir.Name else ""  # type: ignore[union-attr]
                if last in names:
                    yield scope, call

    def modules_calling(self, names: Iterable[str]) -> list[Module]:
        """The modules that call something of one of these last names, by path."""
        found = {module.number: module for name in names for module in self._calling.get(name) or ()}
        return [found[number] for number in sorted(found)]

    def _find_calling(self) -> dict[str, list[Module]]:
        """By the last name of what is called, the modules that call it."""
        found: dict[str, list[Module]] = {}
        for module in self.modules:
            for name in module.called_names:
                found.setdefault(name, []).append(module)
        return found


def _line_table(module: Module) -> LineTable:
    return LineTable(module.data)


def _other_names(module: Module, names: set[str]) -> Iterator[str]:
    """What the module calls the things of some names that it imports: `from m import name as other`."""
    for bindings in module.index.bindings.values() if module.ir.aliases else ():
        for binding in bindings:
            if isinstance(binding.source, ir.Alias) and binding.source.asname and binding.source.name in names:
                yield binding.source.asname


_RETURNED_CALL = re.compile(rb"\breturn[ \t]+(?:self\.|cls\.)?(\w+)\(")


def _returning_calls(module: Module, names: set[str]) -> Iterator[str]:
    """The names of sync functions that hold `return name(…)` or `return self.name(…)`, found in the text alone."""
    found = [match.start() for match in _RETURNED_CALL.finditer(module.data) if match[1].decode() in names]
    for function in module.functions if found else ():
        first = bisect_left(found, function.ir.start)
        if not function.is_async and first < len(found) and found[first] < function.ir.end:
            yield function.name


def _declares_awaitable(function: Function) -> bool:
    node = function.ir.returns
    base = dotted(node.value) if isinstance(node, ir.Subscript) else ""
    return base.rpartition(".")[2] in {"Coroutine", "Awaitable", "CoroutineType"}


def _looks_like_property(function: Function) -> bool:
    return any("property" in name for name in function.decorator_names)

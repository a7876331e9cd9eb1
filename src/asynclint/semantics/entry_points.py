"""Where the framework enters the project, on which thread, and the worst blocking call under each entry."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asynclint.core.diagnostic import CheckError, Severity
from asynclint.core.entry_point import BlockingPath, EntryPoint, Thread
from asynclint.core.span import Span
from asynclint.flow.traversal import dotted
from asynclint.project.dependencies import dependencies
from asynclint.project.model import Function, Module, module_of
from asynclint.project.roles import Role
from asynclint.project.routes import RouteReader
from asynclint.project.values import BoundMethod, ClassValue, FunctionValue, members
from asynclint.semantics import blocking
from asynclint.semantics.contexts import thread_of
from asynclint.semantics.module_context import ModuleContext
from asynclint.source.problems import INTERNAL_ERROR

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from asynclint.core.diagnostic import ChainStep, RuleInfo
    from asynclint.project.project import Project
    from asynclint.project.routes import Route
    from asynclint.semantics.blocking import BlockingFinding

_LOG = logging.getLogger(__name__)
_KINDS: Final = {
    Role.BACKGROUND: "background",
    Role.LIFESPAN: "lifespan",
    Role.STARTUP: "startup",
    Role.SHUTDOWN: "shutdown",
    Role.MIDDLEWARE: "middleware",
    Role.EXCEPTION_HANDLER: "exception-handler",
}
"""The entry points that are no routes, in the order in which they are listed."""

_ENTRY_METHODS = ("dispatch", "__call__")
"""Of middleware classes: what `BaseHTTPMiddleware` calls, and what ASGI does."""


def entry_points(
    project: Project, asked: Collection[Module], rules: Mapping[str, RuleInfo]
) -> tuple[list[EntryPoint], list[CheckError]]:
    """The entry points whose handlers stand in the modules, and what broke on them. `rules` are all there are, by code.

    Those of tests are left out, unless only tests are asked about.
    """
    wanted = {id(module) for module in asked}
    with_tests = all(project.is_test(module) for module in asked)
    reader = _Reader(project, rules)
    routes = RouteReader(project, with_tests=with_tests).routes()
    found = [reader.of_route(route) for route in routes if id(route.module) in wanted]
    for role, function in _others(project):
        if id(function.module) in wanted and (with_tests or not project.is_test(function.module)):
            found.append(reader.of_function(role, function))
    found += (reader.of_scheduled(*item) for item in _scheduled_names(project) if id(item[0]) in wanted)
    return found, reader.errors


def _others(project: Project) -> Iterator[tuple[Role, Function]]:
    for role in _KINDS:
        functions = list(project.roles.functions(role))
        if role is Role.MIDDLEWARE:
            functions += _middleware_methods(project)
        yield from ((role, function) for function in dict.fromkeys(functions))


def _middleware_methods(project: Project) -> Iterator[Function]:
    """The method that `app.add_middleware(Class)` and `Middleware(Class)` make the entry."""
    for scope, call in project.calls_named(frozenset({"add_middleware", "Middleware"})):
        for member in members(project.evaluator.value(call.args[0], scope)) if call.args else ():
            if isinstance(member, ClassValue):
                found = (project.evaluator.members.method(member.cls, name) for name in _ENTRY_METHODS)
                yield from [method for method in found if method is not None][:1]


def _scheduled_names(project: Project) -> Iterator[tuple[Module, str, Span]]:
    """What background tasks are given that is no function of the project."""
    for item in project.roles.all_scheduled():
        if not item.functions and not project.is_test(module_of(item.scope)):
            yield module_of(item.scope), dotted(item.callee) or "…", Span(item.call.start, item.call.end)


class _Reader:
    def __init__(self, project: Project, rules: Mapping[str, RuleInfo]) -> None:
        self._project = project
        self._rules = rules
        self._contexts: dict[int, ModuleContext] = {}
        self._reach = _Reach(project, rules)
        self.errors: list[CheckError] = []

    def of_route(self, route: Route) -> EntryPoint:
        kind = "websocket" if route.role is Role.WEBSOCKET else "route"
        function = route.handler
        return EntryPoint(
            kind,
            route.methods,
            route.path.text,
            route.path.known,
            route.written,
            self._context(route.module).location(route.span),
            Thread.UNKNOWN if function is None else thread_of(self._project, function, route.role),
            None if function is None else self._worst(function, route.role),
        )

    def of_function(self, role: Role, function: Function) -> EntryPoint:
        location = self._context(function.module).location(function.name_span)
        thread = thread_of(self._project, function, role)
        worst = self._worst(function, role)
        return EntryPoint(_KINDS[role], (), "", True, function.qualname, location, thread, worst)

    def of_scheduled(self, module: Module, written: str, span: Span) -> EntryPoint:
        location = self._context(module).location(span)
        return EntryPoint(_KINDS[Role.BACKGROUND], (), "", True, written, location, Thread.UNKNOWN, None)

    def _context(self, module: Module) -> ModuleContext:
        found = self._contexts.get(id(module))
        if found is None:
            found = self._contexts[id(module)] = ModuleContext(self._project, module)
        return found

    def _worst(self, function: Function, role: Role) -> BlockingPath | None:
        try:
            worst = self._reach.worst(function, role)
        except Exception as error:  # noqa: BLE001 - one function that cannot be judged must not keep the others from it
            _LOG.debug("below %s", function.full_name, exc_info=True)
            what = f"what blocks below `{function.qualname}` was not found: {type(error).__name__}: {error}"
            shown = function.module.display
            self.errors.append(
                CheckError(INTERNAL_ERROR, shown, what, self._context(function.module).location(function.name_span))
            )
            return None
        if worst is None:
            return None
        context = self._context(function.module)
        way = [context.step(module_of(step.caller), step.span, step.text) for step in worst.steps]
        chain: list[ChainStep] = [*way, *blocking.steps(context, worst.finding)]
        code = worst.finding.family.rule
        return BlockingPath(code, self._rules[code].name, worst.finding.witness.call.name, worst.thread, tuple(chain))


@dataclass(frozen=True, slots=True)
class _Step:
    """From one function into the next: `caller` does `text` at `span`."""

    caller: Function
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class _Run:
    """A function on a thread. `injected`: FastAPI calls it, and so calls its dependencies first."""

    function: Function
    thread: Thread
    injected: bool


@dataclass(frozen=True, slots=True)
class _Worst:
    finding: BlockingFinding
    thread: Thread
    steps: tuple[_Step, ...]


class _Reach:
    """Searches the async functions that a handler runs, and its dependencies; sync ones are in the summaries."""

    def __init__(self, project: Project, rules: Mapping[str, RuleInfo]) -> None:
        self._project = project
        self._rules = rules
        self._own: dict[int, BlockingFinding | None] = {}
        self._awaited: dict[int, tuple[tuple[Function, _Step], ...]] = {}
        self._injected: dict[int, tuple[Function, ...]] = {}

    def worst(self, function: Function, role: Role) -> _Worst | None:
        """The worst: on the loop before in a worker, then by how bad the call is, then the nearest."""
        best: tuple[tuple[bool, tuple[int, int, str]], _Worst] | None = None
        seen = {id(function)}
        waiting: deque[tuple[_Run, tuple[_Step, ...]]] = deque()
        injects = role in {Role.ROUTE, Role.WEBSOCKET}
        waiting.append((_Run(function, thread_of(self._project, function, role), injects), ()))
        while waiting:
            run, steps = waiting.popleft()
            current, thread = run.function, run.thread
            if best is not None and not _may_be_worse(best[0], len(steps)):
                break
            own = self._finding(current)
            if own is not None:
                rank = (thread is Thread.WORKER, self._rank(own, len(steps)))
                if best is None or rank < best[0]:
                    best = (rank, _Worst(own, thread, steps))
            for following, step in self._following(run):
                if id(following.function) not in seen:
                    seen.add(id(following.function))
                    waiting.append((following, (*steps, step)))
        return None if best is None else best[1]

    def _following(self, run: _Run) -> Iterator[tuple[_Run, _Step]]:
        """What runs because the function does, but is not in its summary."""
        for callee, step in self._coroutines(run.function):
            yield _Run(callee, Thread.LOOP, injected=False), step
        if run.injected:
            for item in self._dependencies(run.function):
                thread = thread_of(self._project, item, Role.DEPENDENCY)
                yield _Run(item, thread, injected=True), self._depends(run.function, item)

    def _dependencies(self, function: Function) -> tuple[Function, ...]:
        found = self._injected.get(id(function))
        if found is None:
            found = self._injected[id(function)] = tuple(dependencies(self._project, function))
        return found

    def _depends(self, function: Function, dependency: Function) -> _Step:
        return _Step(function, function.name_span, f"depends on `{dependency.qualname}`")

    def _finding(self, function: Function) -> BlockingFinding | None:
        if id(function) not in self._own:
            sites = self._project.call_sites.sites(function)
            found = [item for site in sites if (item := blocking.finding_at(self._project, function, site)) is not None]
            self._own[id(function)] = min((item for item in found if item.waits), key=self._rank, default=None)
        return self._own[id(function)]

    def _rank(self, finding: BlockingFinding, before: int = 0) -> tuple[int, int, str]:
        """Smaller is worse; `before` counts the calls that lead to the finding's function."""
        rule = self._rules[finding.family.rule]
        passing = finding.family.tier == blocking.METADATA or blocking.happens_once(self._project, finding)
        severity = Severity.NOTE if passing else rule.severity
        return severity.rank, before + finding.witness.distance, rule.code

    def _coroutines(self, function: Function) -> tuple[tuple[Function, _Step], ...]:
        """The async functions, generators among them, that an async function calls."""
        if not function.is_async:
            return ()
        found = self._awaited.get(id(function))
        if found is None:
            found = self._awaited[id(function)] = tuple(self._calls_of_async(function))
        return found

    def _calls_of_async(self, function: Function) -> Iterator[tuple[Function, _Step]]:
        evaluator = self._project.evaluator
        for call in function.index.calls:
            if function.index.use(call).deferred:
                continue
            for target in evaluator.targets(evaluator.value(call.func, function)):
                if isinstance(target, FunctionValue | BoundMethod) and target.function.is_async:
                    text = f"calls `{target.function.qualname}`"
                    yield target.function, _Step(function, Span(call.start, call.end), text)


def _may_be_worse(rank: tuple[bool, tuple[int, int, str]], calls: int) -> bool:
    """Whether a finding after so many calls could rank before this one."""
    in_worker, (severity, distance, _) = rank
    return in_worker or severity > 0 or calls <= distance

"""Whether the exceptions of a function's work can leave it, judged over its whole body and what it calls."""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.flow.traversal import blocks, dotted, header_exprs, statements, walk
from asynclint.knowledge import blocking as knowledge
from asynclint.knowledge.offloading import OFFLOADERS
from asynclint.knowledge.trivial_calls import is_trivial
from asynclint.project.departures import DepartureReader
from asynclint.project.model import Function
from asynclint.project.sites import argument_at, argument_for
from asynclint.project.values import (
    BoundMethod,
    Coroutine,
    External,
    FunctionValue,
    Unknown,
    full_name,
    members,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Scope

_BROAD = frozenset({"Exception", "BaseException", "builtins.Exception", "builtins.BaseException"})
_CATCHING_WORDS = ("catch", "suppress", "swallow", "safe", "guard", "handle_exc", "handle_err", "log_exc", "log_err")
_OS_ERRORS = _BROAD | {"OSError", "IOError", "EnvironmentError"}
_QUESTIONS = frozenset(
    {"exists", "isfile", "isdir", "islink", "is_file", "is_dir", "is_symlink", "getenv", "get", "which"}
)
"""Last words of calls that answer instead of raising: `os.path.isfile`, `os.environ.get`, `dict.get`."""

_CLOSERS = frozenset({"close", "aclose", "wait_closed", "disconnect", "shutdown", "gather", "wait"})
"""Last words of calls whose failure loses no work."""

_PRIMITIVES = (
    "asyncio.Queue.", "asyncio.PriorityQueue.", "asyncio.LifoQueue.", "asyncio.Event.", "asyncio.Lock.",
    "asyncio.Condition.", "asyncio.Semaphore.", "asyncio.BoundedSemaphore.", "asyncio.Task.", "asyncio.Future.",
)  # fmt: skip
"""Waiting on these fails in no way that a background function should expect."""

_AWAITS_FIRST = frozenset({"asyncio.shield"})
"""They await their argument and add no way to fail of their own (`wait_for` adds its TimeoutError)."""

_STANDS_FOR_WORK = frozenset({"time.sleep"})
"""Cannot fail, but a background function that only waits is a placeholder for one that works."""


class Source(enum.Enum):
    """What fails, from the surest to the vaguest."""

    IO = "input or output"
    RAISE = "raise"
    AWAIT = "await"
    DOUBT = "a call that is not known to be harmless"


@dataclass(frozen=True, slots=True, eq=False)
class Escape:
    """Where an exception leaves a function: a place in it, and through which call, if that is how.

    `distance` counts the calls between the function and what fails.
    """

    function: Function
    span: Span
    what: str
    source: Source
    then: Function | None
    distance: int

    @property
    def certain(self) -> bool:
        """A `raise`, I/O or an await; otherwise a call that is merely not known to be harmless."""
        return self.source is not Source.DOUBT


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """A place that no handler covers: it fails by itself, or the callee may."""

    span: Span
    what: str
    source: Source | None
    callee: Function | None


_MAX_DISTANCE = 3
"""Calls after which what may fail says little about the function that was started."""


class ExceptionSummaries:
    """For each function, the nearest place from which an exception can escape: a fixpoint over the call graph."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._departures = DepartureReader(evaluator)
        self._escapes: dict[Function, dict[Source, Escape]] = {}
        self._guarding: dict[Function, bool] = {}
        self._given: dict[Function, frozenset[str]] = {}

    def escape(self, function: Function) -> Escape | None:
        """The nearest uncovered place of the function, the surer kind first; None if all its work is guarded."""
        self._ensure(function)
        found = [item for item in self._escapes[function].values() if item.distance <= _MAX_DISTANCE]
        if self._guarding[function]:
            # Beside a handler for everything, a stray call that is merely unknown is no reason for a finding.
            found = [item for item in found if item.certain]
        return min(found, key=lambda item: (not item.certain, item.distance, item.span), default=None)

    def escape_of_call(self, function: Function, call: ir.Call, scope: Scope, *, skips: int) -> Escape | None:
        """As `escape`, for one call: the functions that it hands over to be run count as work too.

        `skips` says how many leading arguments of the call are not the function's: 1 for `add_task(function, …)`.
        """
        found = self.escape(function)
        if found is not None:
            return found
        given = (
            self.escape(item)
            for name in self._given_of(function)
            for item in self._functions_given(function, name, call, scope, skips=skips)
        )
        return next((item for item in given if item is not None), None)

    def chain(self, escape: Escape) -> tuple[Escape, ...]:
        """The escape and those it comes from, down to what fails."""
        steps = [escape]
        while steps[-1].then is not None:
            steps.append(self._escapes[steps[-1].then][escape.source])
        return tuple(steps)

    # -- fixpoint ----------------------------------------------------------------------------------------------

    def _ensure(self, wanted: Function) -> None:
        places = self._closure(wanted)
        callers: dict[Function, list[tuple[Function, _Place]]] = {}
        queue: deque[tuple[int, Function, Source]] = deque()
        for function, found in places.items():
            for place in found:
                if place.callee is None and place.source is not None:
                    self._improve(Escape(function, place.span, place.what, place.source, None, 0), queue)
                elif place.callee is not None:
                    callers.setdefault(place.callee, []).append((function, place))
                    if place.callee not in places:
                        for known in tuple(self._escapes[place.callee].values()):
                            self._pass_on(function, place, known, queue)
        queue = deque(sorted(queue, key=lambda item: item[0]))
        while queue:
            distance, function, source = queue.popleft()
            known = self._escapes[function][source]
            if known.distance == distance:
                for caller, place in callers.get(function, ()):
                    self._pass_on(caller, place, known, queue)

    def _closure(self, wanted: Function) -> dict[Function, list[_Place]]:
        """The functions reachable from the wanted one that have no summary yet, with their uncovered places."""
        new: dict[Function, list[_Place]] = {}
        stack = [wanted]
        while stack:
            function = stack.pop()
            if function in self._escapes:
                continue
            self._escapes[function] = {}
            self._guarding[function] = self._has_broad_handler(function)
            guarded = self._is_guarded_by_decorator(function)
            new[function] = [] if guarded else list(self._places(function.body, function, os_errors=False))
            stack.extend(place.callee for place in new[function] if place.callee is not None)
        return new

    def _pass_on(
        self,
        caller: Function,
        place: _Place,
        known: Escape,
        queue: deque[tuple[int, Function, Source]],
    ) -> None:
        if self._guarding[caller] and not known.function.is_async and known.source is not Source.IO:
            return  # beside a handler for everything, what a sync callee might raise is no reason for a finding
        escape = Escape(caller, place.span, place.what, known.source, known.function, known.distance + 1)
        self._improve(escape, queue)

    def _improve(self, escape: Escape, queue: deque[tuple[int, Function, Source]]) -> None:
        summary = self._escapes[escape.function]
        known = summary.get(escape.source)
        if known is not None and (known.distance, known.span) <= (escape.distance, escape.span):
            return
        summary[escape.source] = escape
        if known is None or escape.distance < known.distance:
            queue.append((escape.distance, escape.function, escape.source))

    def _has_broad_handler(self, function: Function) -> bool:
        """Whether some try of the function catches everything that calls in its body raise."""
        return any(
            isinstance(statement, ir.Try)
            and self._covers(statement, function)
            and any(isinstance(node, ir.Call) for node in _nodes_in(statement.body))
            for statement in function.index.statements
        )

    # -- statements --------------------------------------------------------------------------------------------

    def _places(self, body: tuple[ir.Stmt, ...], function: Function, *, os_errors: bool) -> Iterator[_Place]:
        """The uncovered places of a body; `os_errors` says that a handler around it takes OSError."""
        for statement in body:
            if isinstance(statement, ir.Try):
                yield from self._places_of_try(statement, function, os_errors=os_errors)
                continue
            if isinstance(statement, ir.With) and self._suppresses(statement, function):
                continue
            if isinstance(statement, ir.Raise):
                if not self._departures.leaves(function, statement):
                    continue
                span = Span(statement.start, statement.end)
                yield _Place(span, f"raises {_exception_name(statement)}", Source.RAISE, None)
                continue
            for expr in header_exprs(statement):
                yield from self._places_of_expr(expr, function, os_errors=os_errors)
            for block in blocks(statement):
                yield from self._places(block, function, os_errors=os_errors)

    def _places_of_try(self, statement: ir.Try, function: Function, *, os_errors: bool) -> Iterator[_Place]:
        if not self._covers(statement, function):
            takes = os_errors or any(self._catches(handler, function, _OS_ERRORS) for handler in statement.handlers)
            yield from self._places(statement.body, function, os_errors=takes)
        yield from self._places(statement.orelse, function, os_errors=os_errors)
        yield from self._places(statement.finalbody, function, os_errors=os_errors)

    def _covers(self, statement: ir.Try, function: Function) -> bool:
        """Whether a handler takes every Exception and does not let it go on."""
        return any(self._catches(handler, function, _BROAD) for handler in statement.handlers)

    def _catches(self, handler: ir.ExceptHandler, function: Function, names: frozenset[str]) -> bool:
        return self._is_among(handler.type, function, names) and not _raises_again(handler)

    def _is_among(self, node: ir.Expr | None, function: Function, names: frozenset[str]) -> bool:
        if node is None:
            return True
        if isinstance(node, ir.Collection):
            return any(self._is_among(item, function, names) for item in node.items)
        value = self._evaluator.value(node, function)
        return any(isinstance(member, External) and member.name in names for member in members(value))

    def _suppresses(self, statement: ir.With, function: Function) -> bool:
        for item in statement.items:
            if not isinstance(item.context, ir.Call):
                continue
            targets = self._evaluator.targets(self._evaluator.value(item.context.func, function))
            for target in targets:
                if isinstance(target, External) and target.name == "contextlib.suppress":
                    return any(self._is_among(arg, function, _BROAD) for arg in item.context.args)
                if isinstance(target, FunctionValue | BoundMethod) and self._guards_its_body(target.function):
                    return True
        return False

    def _guards_its_body(self, manager: Function) -> bool:
        """A generator-made context manager that yields inside a try which takes everything."""
        return manager.is_generator and any(
            isinstance(statement, ir.Try)
            and self._covers(statement, manager)
            and any(
                isinstance(node, ir.Yield)
                for inner in statements(statement.body)
                for expr in header_exprs(inner)
                for node in walk(expr)
            )
            for statement in manager.index.statements
        )

    # -- calls -------------------------------------------------------------------------------------------------

    def _places_of_expr(self, expr: ir.Expr, function: Function, *, os_errors: bool) -> Iterator[_Place]:
        for node in walk(expr):
            use = function.index.uses.get(id(node))
            if isinstance(node, ir.Call) and use is not None and not use.deferred:
                yield from self._places_of_call(node, function, os_errors=os_errors)
            elif isinstance(node, ir.Await) and not isinstance(node.value, ir.Call):
                if self._is_parameter(node.value, function):
                    continue
                yield _Place(Span(node.start, node.end), "awaits what it was given", Source.AWAIT, None)

    def _places_of_call(self, node: ir.Call, function: Function, *, os_errors: bool) -> Iterator[_Place]:
        if self._runs_parameter(node, function):
            return  # what fails there is the work of whoever hands it over: see `escape_of_call`
        awaited = isinstance(function.index.parents.get(id(node)), ir.Await)
        span = Span(node.start, node.end)
        name = dotted(node.func) or "…"
        for target in self._evaluator.targets(self._evaluator.value(node.func, function)):
            match target:
                case FunctionValue(function=callee) | BoundMethod(function=callee):
                    if awaited or not callee.is_async:
                        yield _Place(span, f"calls `{callee.qualname}`", None, callee)
                        yield from self._places_given(callee, node, span, function)
                case External(name=external) if run := self._run_elsewhere(node, external, function):
                    for item in run:
                        yield _Place(span, f"runs `{item.qualname}`", None, item)
                case External(name=external):
                    source = _source_of(external, awaited=awaited, os_errors=os_errors)
                    if source is not None:
                        yield _Place(span, f"calls `{external}`", source, None)
                case Unknown() if awaited and name.rpartition(".")[2] not in _CLOSERS:
                    yield _Place(span, f"awaits `{name}`", Source.AWAIT, None)
                case _:
                    continue

    # -- work that is handed over ----------------------------------------------------------------------------------

    def _given_of(self, function: Function) -> frozenset[str]:
        """The parameters that the function calls or awaits where no handler covers it, or has a thread call."""
        found = self._given.get(function)
        if found is None:
            self._given[function] = frozenset()  # a function that hands its parameter to itself
            found = self._given[function] = frozenset(self._run_parameters(function))
        return found

    def _run_parameters(self, function: Function) -> Iterator[str]:
        covered = {
            id(inner)
            for statement in function.index.statements
            if isinstance(statement, ir.Try) and self._covers(statement, function)
            for inner in statements(statement.body)
        }
        for call in function.index.calls:
            use = function.index.uses[id(call)]
            if use.deferred or id(use.statement) in covered:
                continue
            run = self._parameter_run(call, function)
            if run is not None:
                yield run.id
        for statement in function.index.statements:
            if id(statement) not in covered:
                for expr in header_exprs(statement):
                    for node in walk(expr):
                        if isinstance(node, ir.Await) and self._is_parameter(node.value, function):
                            yield dotted(node.value)

    def _runs_parameter(self, call: ir.Call, function: Function) -> bool:
        return self._parameter_run(call, function) is not None

    def _parameter_run(self, call: ir.Call, function: Function) -> ir.Name | None:
        """The parameter that a call calls, or hands to something that runs or awaits it."""
        if isinstance(call.func, ir.Name) and self._is_parameter(call.func, function):
            return call.func
        if not any(isinstance(arg, ir.Name) and self._is_parameter(arg, function) for arg in call.args):
            return None
        for target in self._evaluator.targets(self._evaluator.value(call.func, function)):
            if isinstance(target, External):
                run = _argument_run(call, target.name)
                if isinstance(run, ir.Name) and self._is_parameter(run, function):
                    return run
        return None

    def _is_parameter(self, node: ir.Expr, function: Function) -> bool:
        if not isinstance(node, ir.Name):
            return False
        bindings = function.index.bindings.get(node.id, [])
        return len(bindings) == 1 and bindings[0].kind == "param"

    def _run_elsewhere(self, call: ir.Call, name: str, function: Function) -> tuple[Function, ...]:
        """The project's functions that the call of an outside function runs, in a thread or by awaiting them."""
        run = _argument_run(call, name)
        return () if run is None else self._functions_in(run, function)

    def _places_given(self, callee: Function, call: ir.Call, span: Span, function: Function) -> Iterator[_Place]:
        for name in self._given_of(callee):
            for item in self._functions_given(callee, name, call, function, skips=0):
                yield _Place(span, f"runs `{item.qualname}`", None, item)

    def _functions_given(
        self,
        callee: Function,
        name: str,
        call: ir.Call,
        scope: Scope,
        *,
        skips: int,
    ) -> tuple[Function, ...]:
        handed = ir.Call(call.func, call.args[skips:], call.keywords, call.start, call.end) if skips else call
        skips_first = callee.owner is not None and "staticmethod" not in callee.decorator_names
        argument = argument_for(callee, name, handed, skips_first=skips_first)
        return () if argument is None else self._functions_in(argument, scope)

    def _functions_in(self, node: ir.Expr, scope: Scope) -> tuple[Function, ...]:
        """The functions that running, or awaiting, the value of an expression runs."""
        found: list[Function] = []
        for member in self._evaluator.targets(self._evaluator.value(node, scope)):
            match member:
                case FunctionValue(function=function) | BoundMethod(function=function):
                    found.append(function)
                case Coroutine(function=Function() as function):
                    found.append(function)
                case _:
                    continue
        return tuple(found)

    # -- decorators --------------------------------------------------------------------------------------------

    def _is_guarded_by_decorator(self, function: Function) -> bool:
        """Whether a decorator catches what the function raises: by its wrapper's body, else by its name."""
        for node in function.ir.decorators:
            callee = node.func if isinstance(node, ir.Call) else node
            value = self._evaluator.value_outside(callee, function)
            for member in members(value):
                if full_name(member) in self._evaluator.layout.declared.exception_handlers:
                    return True
                if isinstance(member, FunctionValue | BoundMethod) and self._wrapper_catches(member.function):
                    return True
            last = dotted(callee).rpartition(".")[2].lower()
            if not isinstance(value, FunctionValue) and any(word in last for word in _CATCHING_WORDS):
                return True
        return False

    def _wrapper_catches(self, decorator: Function) -> bool:
        inner = [item for item in decorator.module.functions if decorator in item.ancestors()]
        return any(
            isinstance(statement, ir.Try)
            and self._covers(statement, item)
            and any(isinstance(node, ir.Call) for node in _nodes_in(statement.body))
            for item in inner
            for statement in item.index.statements
        )


def _argument_run(call: ir.Call, name: str) -> ir.Expr | None:
    """The argument that an outside function runs in a thread, or awaits."""
    parameter = OFFLOADERS.get(name)
    if parameter is not None:
        return argument_at(call, parameter)
    return call.args[0] if name in _AWAITS_FIRST and call.args else None


def _source_of(name: str, *, awaited: bool, os_errors: bool) -> Source | None:
    """How calling something outside the project may fail; None for what is harmless or covered."""
    if name in _STANDS_FOR_WORK:
        return Source.DOUBT
    last = name.rpartition(".")[2]
    if is_trivial(name) or name.startswith(_PRIMITIVES) or last in _CLOSERS:
        return None
    known = knowledge.lookup(name)
    if last in _QUESTIONS and not awaited and (known is None or known.tier == "metadata"):
        return None
    if known is not None:
        covered = os_errors and known.rule == "ASL204"
        return Source.IO if known.tier in {"blocks", "metadata"} and not covered else None
    if awaited:
        return Source.AWAIT
    return None if _is_class(name) else Source.DOUBT


def _nodes_in(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Expr]:
    for statement in statements(body):
        for expr in header_exprs(statement):
            yield from walk(expr)


def _raises_again(handler: ir.ExceptHandler) -> bool:
    """Whether the handler lets an exception go on: `raise`, but not one inside a try of its own."""
    stack = list(handler.body)
    while stack:
        statement = stack.pop()
        if isinstance(statement, ir.Raise):
            return True
        if isinstance(statement, ir.Try):
            stack.extend(statement.finalbody)
            continue
        for block in blocks(statement):
            stack.extend(block)
    return False


def _exception_name(statement: ir.Raise) -> str:
    node = statement.exc
    if isinstance(node, ir.Call):
        node = node.func
    return f"`{dotted(node)}`" if node is not None and dotted(node) else "again"


def _is_class(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last[:1].isupper() and knowledge.lookup(name) is None

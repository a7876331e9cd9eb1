"""The places of a body at which something may fail, and that no handler or decorator of the function covers."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.flow.raising import may_suppress
from asynclint.flow.traversal import blocks, dotted, header_exprs, span_start, walk
from asynclint.knowledge import blocking as knowledge
from asynclint.knowledge.asyncio_api import TASK_FACTORIES
from asynclint.knowledge.failures import OF_ANYTHING, failures
from asynclint.knowledge.trivial_calls import LOG_METHODS, is_trivial
from asynclint.project.departures import DepartureReader, Raised
from asynclint.project.kept_counts import complains_of_balance
from asynclint.project.model import Function
from asynclint.project.origins import origin_of
from asynclint.project.values import (
    BoundMethod,
    Container,
    Coroutine,
    External,
    FunctionValue,
    Instance,
    TaskValue,
    Unknown,
    members,
)
from asynclint.project.works_given import AWAITS_FIRST, argument_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.departures import Kinds
    from asynclint.project.handler_coverage import HandlerCoverage
    from asynclint.project.inference import Evaluator
    from asynclint.project.values import Value
    from asynclint.project.works_given import WorksGiven

_QUESTIONS = frozenset(
    {"exists", "isfile", "isdir", "islink", "is_file", "is_dir", "is_symlink", "getenv", "get", "which"}
)
"""Last words of calls that answer instead of raising: `os.path.isfile`, `os.environ.get`, `dict.get`."""

CLOSERS = frozenset({"close", "aclose", "wait_closed", "disconnect", "shutdown", "gather", "wait"})
"""Last words of calls whose failure loses no work."""

_PRIMITIVES = (
    "asyncio.Queue.", "asyncio.PriorityQueue.", "asyncio.LifoQueue.", "asyncio.Event.", "asyncio.Lock.",
    "asyncio.Condition.", "asyncio.Semaphore.", "asyncio.BoundedSemaphore.", "asyncio.Task.", "asyncio.Future.",
)  # fmt: skip
"""Waiting on these fails in no way that a background function should expect."""

_FORMS = ("typing.", "typing_extensions.")
"""Of what stands for a type and is none, such as a base `Generic[Device]`, nothing is known."""

_PUTS = frozenset({"queue.Queue.put", "queue.PriorityQueue.put", "queue.LifoQueue.put"})
"""They may wait for room, and do not fail."""

_WAIT_FOR = "asyncio.wait_for"
_GATHER = "asyncio.gather"
_TAKING_WORDS = ("gather", "wait_for")
_WAITS = frozenset({"acquire", "get", "join", "put", "wait"})
"""Last words of the methods of queues, events and locks: waiting for one of them for a time fails in one way."""

_LEVELS = 3
"""Methods that a class has to have to be taken for a logger."""

_LOG_LIBRARIES = ("logging", "loguru", "structlog")

_WITH_DEFAULT = frozenset({"dict.pop", "next"})
"""Given a second argument, they return it instead of raising."""

_IGNORES_ERRORS = frozenset({"shutil.rmtree"})
"""With `ignore_errors=True` they raise nothing: https://docs.python.org/3/library/shutil.html#shutil.rmtree"""

_STANDS_FOR_WORK = frozenset({"time.sleep"})
"""Cannot fail, but a background function that only waits is a placeholder for one that works."""


class Source(enum.Enum):
    """What fails, from the surest to the vaguest."""

    IO = "input or output"
    RAISE = "raise"
    AWAIT = "await"
    DOUBT = "a call that is not known to be harmless"


@dataclass(frozen=True, slots=True, eq=False)
class Uncovered:
    """A place that no handler covers: it fails by itself, with one of `kinds`, or the callee may.

    `caught` says that handlers for some errors stand around it, `sometimes` that it stands in a branch. `among` are
    the implementations of an abstract method of which the callee is one.
    """

    statement: ir.Stmt
    span: Span
    what: str
    source: Source | None
    callee: Function | None
    kinds: Kinds
    caught: bool
    sometimes: bool
    among: tuple[Function, ...] = ()


@dataclass(frozen=True, slots=True)
class _Around:
    """Where a place stands: its statement, and whether handlers for some errors, or a branch, are around that."""

    statement: ir.Stmt
    caught: bool
    sometimes: bool

    def place(
        self,
        span: Span,
        what: str,
        source: Source | None,
        callee: Function | None = None,
        kinds: Kinds = None,
    ) -> Uncovered:
        return Uncovered(self.statement, span, what, source, callee, kinds, self.caught, self.sometimes)


class UncoveredReader:
    """Reads bodies, one at a time."""

    def __init__(self, evaluator: Evaluator, coverage: HandlerCoverage, works: WorksGiven) -> None:
        self._evaluator = evaluator
        self._coverage = coverage
        self._works = works
        self._departures = DepartureReader(evaluator)

    def places(self, function: Function) -> tuple[Uncovered, ...]:
        """The uncovered places of a function, none where a decorator catches everything."""
        if self._coverage.is_guarded_by_decorator(function):
            return ()
        found: list[Uncovered] = []
        for place in self._places(function.body, function, caught=False):
            if place.source is None or place.source is Source.RAISE:
                found.append(place)
            else:
                found += (replace(place, kinds=kinds) for kinds in self.leaving(function, place, place.kinds))
        return tuple(found)

    def leaving(self, function: Function, place: Uncovered, kinds: Kinds) -> tuple[Kinds, ...]:
        """What may leave the function if an exception of one of the kinds is raised at the place.

        A handler may let it go on, or make another of it; none is left where one ends it.
        """
        if not place.caught or kinds is None:
            return (kinds,)
        left: dict[Kinds, None] = {}
        for kind in kinds:  # each by itself: one handler may take one, and the next another
            raised = Raised(function, place.statement, (kind,))
            departures = self._departures.if_raised(function, place.statement, raised)
            left.update((item.kinds, None) for item in departures.raised)
        return tuple(left)

    # -- statements --------------------------------------------------------------------------------------------

    def _places(
        self, body: tuple[ir.Stmt, ...], function: Function, *, caught: bool, sometimes: bool = False
    ) -> Iterator[Uncovered]:
        """The uncovered places of a body, around which handlers for some errors, or a branch, may be."""
        for statement in body:
            around = _Around(statement, caught, sometimes)
            if isinstance(statement, ir.Try):
                yield from self._places_of_try(statement, function, around)
                continue
            if isinstance(statement, ir.With) and self._coverage.suppresses(statement, function):
                continue
            if isinstance(statement, ir.Raise):
                yield from self._raised(statement, around, function)
                continue
            for expr in header_exprs(statement):
                yield from self._places_of_expr(expr, around, function)
            inner = caught or (isinstance(statement, ir.With) and may_suppress(statement))
            branch = sometimes or isinstance(statement, ir.If)
            for block in blocks(statement):
                yield from self._places(block, function, caught=inner, sometimes=branch)

    def _places_of_try(self, statement: ir.Try, function: Function, around: _Around) -> Iterator[Uncovered]:
        caught, sometimes = around.caught, around.sometimes
        if not self._coverage.covers(statement, function):
            inner = caught or bool(statement.handlers)
            yield from self._places(statement.body, function, caught=inner, sometimes=sometimes)
        yield from self._places(statement.orelse, function, caught=caught, sometimes=sometimes)
        yield from self._places(statement.finalbody, function, caught=caught, sometimes=sometimes)

    def _raised(self, statement: ir.Raise, around: _Around, function: Function) -> Iterator[Uncovered]:
        found = self._departures.leaving(function, statement)
        if found:
            kinds = found[0].kinds if len(found) == 1 else None
            if complains_of_balance(statement, function, kinds):
                return
            span = Span(statement.start, statement.end)
            yield around.place(span, f"raises {_exception_name(statement)}", Source.RAISE, kinds=kinds)

    # -- calls and awaits --------------------------------------------------------------------------------------

    def _places_of_expr(self, expr: ir.Expr, around: _Around, function: Function) -> Iterator[Uncovered]:
        for node in walk(expr):
            use = function.index.use_of(node)
            if isinstance(node, ir.Call) and use is not None and not use.deferred:
                yield from self._places_of_call(node, around, function)
            elif isinstance(node, ir.Await) and not isinstance(node.value, ir.Call):
                yield from self._awaited(node.value, Span(node.start, node.end), around, function)

    def _awaited(self, node: ir.Expr, span: Span, around: _Around, function: Function) -> Iterator[Uncovered]:
        """What awaiting a value that is no call may raise: that of a task comes from the work it runs."""
        if self._works.given_by(node, function) is not None or _is_cancelled_before(node, function):
            return
        work = self._works.functions_in(node, function)
        if work:
            yield from (around.place(span, f"awaits `{item.qualname}`", None, item) for item in work)
        elif not self._only_closes(node, function):
            source = Source.DOUBT if self._is_of_project(node, function) else Source.AWAIT
            yield around.place(span, f"awaits `{dotted(node) or '…'}`", source)

    def _is_of_project(self, node: ir.Expr, function: Function) -> bool:
        """Whether the awaitable is what a function of the project returns: its work stands somewhere else in it."""
        bindings = function.index.bindings.get(node.id, ()) if isinstance(node, ir.Name) else ()
        calls = [item.value for item in bindings if isinstance(item.value, ir.Call)]
        return (
            bool(calls) and len(calls) == len(bindings) and all(self._calls_project(call, function) for call in calls)
        )

    def _calls_project(self, call: ir.Call, function: Function) -> bool:
        targets = self._evaluator.targets(self._evaluator.value(call.func, function))
        return bool(targets) and all(isinstance(item, FunctionValue | BoundMethod) for item in targets)

    def _only_closes(self, node: ir.Expr, function: Function) -> bool:
        """Whether the awaitable is a task of `close()` or the like: a local that is given nothing else."""
        if not isinstance(node, ir.Name):
            return False
        scopes = (function, *function.ancestors())
        bindings = [item for scope in scopes for item in scope.index.bindings.get(node.id, ())]
        made = [item.value for item in bindings if not _is_none(item.value)]
        return bool(made) and all(self._makes_closing_task(value, function) for value in made)

    def _makes_closing_task(self, node: ir.Expr | None, function: Function) -> bool:
        if not isinstance(node, ir.Call) or not node.args or not isinstance(node.args[0], ir.Call):
            return False
        targets = self._evaluator.targets(self._evaluator.value(node.func, function))
        is_task = bool(targets) and all(isinstance(item, External) and item.name in TASK_FACTORIES for item in targets)
        return is_task and dotted(node.args[0].func).rpartition(".")[2] in CLOSERS

    def _places_of_call(self, node: ir.Call, around: _Around, function: Function) -> Iterator[Uncovered]:
        if self._works.parameter_run(node, function) is not None:
            return  # what fails there is the work of whoever hands it over: see `works_given`
        taker = self._taker(node, function)
        if taker is not None and _collects_exceptions(taker):
            return
        awaited = isinstance(function.index.parents.get(id(taker or node)), ir.Await)
        span = Span(node.start, node.end)
        name = dotted(node.func) or "…"
        for target in self._evaluator.targets(self._evaluator.value(node.func, function)):
            match target:
                case FunctionValue(function=callee) | BoundMethod(function=callee):
                    if (awaited or not callee.is_async) and not _logs(callee):
                        yield around.place(span, f"calls `{callee.qualname}`", None, callee)
                        for item in self._works.works_given(callee, node, function, skips=0):
                            yield around.place(span, f"runs `{item.qualname}`", None, item)
                        among = self._implementations(target)
                        for item in among:
                            what = f"calls `{item.qualname}`, which implements `{callee.qualname}`"
                            yield replace(around.place(span, what, None, item), among=among)
                case External(name=external) if not external.startswith(_FORMS):
                    yield from self._outside(external, node, around, function, awaited=awaited)
                case Unknown() | External() if awaited and not (taker and _only_waits(node)) and not _only_ends(name):
                    yield around.place(span, f"awaits `{name}`", Source.AWAIT, kinds=self._failures_of(node, function))
                case _:
                    continue

    def _taker(self, node: ir.Call, function: Function) -> ir.Call | None:
        """The `gather` or `wait_for` that a coroutine is made for: it raises what the coroutine does."""
        parents = function.index.parents
        inner: ir.Expr = node
        parent = parents.get(id(inner))
        while isinstance(parent, ir.Starred | ir.Collection | ir.Comprehension):
            if isinstance(parent, ir.Comprehension) and inner not in parent.elements:
                return None
            inner, parent = parent, parents.get(id(parent))
        if (
            not isinstance(parent, ir.Call)
            or inner not in parent.args
            or not dotted(parent.func).endswith(_TAKING_WORDS)
        ):
            return None
        targets = self._evaluator.targets(self._evaluator.value(parent.func, function))
        takes = any(isinstance(item, External) and item.name in (_GATHER, _WAIT_FOR) for item in targets)
        return parent if takes else None

    def _gathered(self, call: ir.Call, function: Function) -> Iterator[Function]:
        """The functions of coroutines and tasks that `gather` is given by the name of a local, or of a list of them."""
        if _collects_exceptions(call):
            return
        cancels = any(
            isinstance(item.func, ir.Attribute) and item.func.attr == "cancel" for item in function.index.calls
        )
        for arg in call.args:
            node = arg.value if isinstance(arg, ir.Starred) else arg
            if not isinstance(node, ir.Name) or not _is_local(node, function) or cancels:
                continue
            for member in members(self._evaluator.value(node, function)):
                of_one = member.element if isinstance(member, Container) else member
                for value in members(of_one):
                    work = value.coroutine if isinstance(value, TaskValue) else value
                    if isinstance(work, Coroutine) and isinstance(work.function, Function):
                        yield work.function

    def _failures_of(self, call: ir.Call, function: Function) -> Kinds:
        """What awaiting a call may raise of which only the library may be known: that of the object it is asked of."""
        origin = origin_of(call.func, function, self._evaluator)
        return (failures(origin) if origin is not None else None) or (OF_ANYTHING,)

    def _implementations(self, target: Value) -> tuple[Function, ...]:
        """What calling an abstract method of an object may run; not where the class is named: `super().write()`."""
        if isinstance(target, BoundMethod) and isinstance(target.receiver, Instance):
            return self._evaluator.overriding.implementations(target.function)
        return ()

    def _outside(
        self, name: str, node: ir.Call, around: _Around, function: Function, *, awaited: bool
    ) -> Iterator[Uncovered]:
        """A call of something outside the project: it fails by itself, or the project's functions that it runs do."""
        span = Span(node.start, node.end)
        run = argument_run(node, name)
        work = self._works.functions_in(run, function) if run is not None else ()
        if work:
            yield from (around.place(span, f"runs `{item.qualname}`", None, item) for item in work)
        elif run is not None and name in AWAITS_FIRST:
            yield from self._awaited(run, span, around, function)
        elif name == _GATHER:
            if awaited:
                works = dict.fromkeys(self._gathered(node, function))
                yield from (around.place(span, f"runs `{item.qualname}`", None, item) for item in works)
        elif name == _WAIT_FOR and node.args and isinstance(node.args[0], ir.Call):
            yield around.place(span, f"calls `{name}`", Source.AWAIT, kinds=("TimeoutError",))
        else:
            source = _source_of(name, node, awaited=awaited)
            if source is not None:
                yield around.place(span, f"calls `{name}`", source, kinds=failures(name))


def _source_of(name: str, call: ir.Call, *, awaited: bool) -> Source | None:
    """How calling something outside the project may fail; None for what is harmless."""
    if name in _STANDS_FOR_WORK:
        return Source.DOUBT
    last = name.rpartition(".")[2]
    if is_trivial(name) or name.startswith(_PRIMITIVES) or name in _PUTS or last in CLOSERS:
        return None
    known = knowledge.lookup(name)
    if name in _IGNORES_ERRORS and _is_told(call, "ignore_errors", position=1):
        return None
    if name in TASK_FACTORIES or (name in _WITH_DEFAULT and len(call.args) > 1):
        return None
    if last in _QUESTIONS and not awaited and (known is None or known.tier == "metadata"):
        return None
    if known is not None:
        return Source.IO if known.tier in {"blocks", "metadata"} else None
    if awaited:
        return Source.AWAIT
    return None if _is_class(name) else Source.DOUBT


def _is_told(call: ir.Call, name: str, *, position: int) -> bool:
    """Whether an argument is given as a true constant."""
    given = next((item.value for item in call.keywords if item.name == name), None)
    if given is None and len(call.args) > position:
        given = call.args[position]
    return isinstance(given, ir.Constant) and bool(given.value)


def _logs(function: Function) -> bool:
    """Whether it is a method of the project's own logger: a class with the methods of one, beside the library's."""
    if function.name not in LOG_METHODS or function.owner is None:
        return False
    return len(LOG_METHODS & {item.name for item in function.owner.methods}) >= _LEVELS and any(
        name in function.module.index.bindings for name in _LOG_LIBRARIES
    )


def _only_waits(node: ir.Expr) -> bool:
    return isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute) and node.func.attr in _WAITS


def _only_ends(name: str) -> bool:
    return name.rpartition(".")[2] in CLOSERS


def _collects_exceptions(call: ir.Call) -> bool:
    """Whether `gather` returns exceptions among the results, or may be told to."""
    given = [item.value for item in call.keywords if item.name in {"return_exceptions", None}]
    return any(not (isinstance(value, ir.Constant) and not value.value) for value in given)


def _is_local(node: ir.Name, function: Function) -> bool:
    bindings = function.index.bindings.get(node.id, ())
    return bool(bindings) and all(item.kind != "param" for item in bindings)


def _exception_name(statement: ir.Raise) -> str:
    node = statement.exc
    if isinstance(node, ir.Call):
        node = node.func
    return f"`{dotted(node)}`" if node is not None and dotted(node) else "again"


def _is_class(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last[:1].isupper() and knowledge.lookup(name) is None


def _is_none(node: ir.Expr | None) -> bool:
    return node is None or (isinstance(node, ir.Constant) and node.value is None)


def _is_cancelled_before(node: ir.Expr, function: Function) -> bool:
    """Whether the function itself has cancelled the task that it awaits: it waits for the end, not for work."""
    name = dotted(node)
    return bool(name) and any(
        isinstance(call.func, ir.Attribute)
        and call.func.attr == "cancel"
        and dotted(call.func.value) == name
        and call.start < span_start(node)
        for call in function.index.calls
    )

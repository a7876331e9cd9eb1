"""How a body is left from a place on, as far as it says so: by `return`, by `raise`, or by a call that only raises.

What a call may raise besides is left out: nearly every statement can fail, and a path that nobody wrote says nothing
about the paths that somebody did.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from asynclint.flow import ir
from asynclint.flow.control_flow import Kind
from asynclint.flow.traversal import header_exprs, statements, walk
from asynclint.knowledge.failures import ErrorsOf
from asynclint.knowledge.fastapi_api import HTTP_EXCEPTIONS
from asynclint.knowledge.names import canonical, lineage
from asynclint.project.flags import contradict, flags_at
from asynclint.project.model import Class
from asynclint.project.reads import Answers
from asynclint.project.values import (
    BoundMethod,
    ClassValue,
    Container,
    External,
    FunctionValue,
    GeneratorValue,
    Instance,
    Value,
    members,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.flow.control_flow import ControlFlowGraph, Node
    from asynclint.project.inference import Evaluator
    from asynclint.project.model import Function

MAX_CALLS: Final = 4
"""Functions that only raise, called by one another; real ones do not even call a second."""

CATCH: Final = "loguru.logger.catch"
"""https://loguru.readthedocs.io/en/stable/api/logger.html#loguru._logger.Logger.catch: it logs and ends `exception`."""

_EVERYTHING = frozenset({"BaseException"})
Kinds: TypeAlias = "tuple[Class | str | ErrorsOf, ...] | None"
"""The classes of which some may be raised: of the project, by canonical name, or of a library; None: not known."""

_NOT_EXCEPTION = frozenset({"KeyboardInterrupt", "SystemExit", "GeneratorExit", "asyncio.CancelledError"})


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception on its way out: the statement that raises it, or the call that can only raise.

    `kinds` are the classes it may have, each a class of the project, a canonical name or some error of a library; None
    where nothing is known.
    `function` is where the statement stands.
    """

    function: Function
    statement: ir.Stmt
    kinds: Kinds


@dataclass(frozen=True, slots=True)
class Departures:
    """The ways out of a body: whether it can come to its end or a `return`, and the exceptions that leave it."""

    returns: tuple[ir.Return | None, ...]
    """The `return` statements; None stands for the end of the body."""
    raised: tuple[Raised, ...]

    @property
    def only_raises(self) -> bool:
        return bool(self.raised) and not self.returns


class _State(NamedTuple):
    """Where a path has come to.

    `leaving` is the exception or `return` that is under way there, through `finally` blocks; `handled` the exception
    that the handler around it was chosen for.
    """

    node: Node
    leaving: Raised | ir.Return | None = None
    handled: Raised | None = None


class DepartureReader:
    """Follows the paths through bodies."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._whole: Answers[tuple[int, int], Departures] = Answers(evaluator.reads, self._of)
        """By the depth too: what is found far down is less, and must not depend on what was asked before."""
        self._depth = 0

    def of(self, function: Function) -> Departures:
        """How the body as a whole is left."""
        return self._whole.of((id(function), self._depth), function)

    def _of(self, function: Function) -> Departures:
        cfg = function.control_flow
        return self._walk(function, [_State(node) for node in cfg.normal_successors(cfg.entry)])

    def after(self, function: Function, statement: ir.Stmt) -> Departures:
        """How the body is left after the statement was carried out, but for ways that a flag keeps apart from it."""
        cfg = function.control_flow
        starts = [_State(target) for node in cfg.nodes_of(statement) for target in cfg.normal_successors(node)]
        found, here = self._walk(function, starts), flags_at(function, statement)

        def is_apart(way_out: ir.Stmt | None) -> bool:
            return way_out is not None and contradict(here, flags_at(function, way_out))

        return Departures(
            tuple(item for item in found.returns if not is_apart(item)),
            tuple(item for item in found.raised if not is_apart(item.statement)),
        )

    def if_raised(self, function: Function, statement: ir.Stmt, raised: Raised) -> Departures:
        """How the body is left if the statement raises."""
        cfg = function.control_flow
        targets = {target for node in cfg.nodes_of(statement) for target in _raises_to(cfg, node)}
        return self._walk(function, [_State(target, raised) for target in targets])

    def leaving(self, function: Function, statement: ir.Raise) -> tuple[Raised, ...]:
        """What may leave the body because of a `raise` statement: its exception, or one that a handler makes of it."""
        cfg = function.control_flow
        return self._walk(function, [_State(node) for node in cfg.nodes_of(statement)]).raised

    # -- paths -------------------------------------------------------------------------------------------------

    def _walk(self, function: Function, starts: list[_State]) -> Departures:
        returns: dict[int, ir.Return | None] = {}
        raised: dict[int, Raised] = {}
        pending = list(starts)
        seen = {_key(state) for state in pending}
        while pending:
            state = pending.pop()
            leaving = state.leaving
            if state.node.kind is Kind.EXIT:
                by_return = leaving if isinstance(leaving, ir.Return) else None
                returns.setdefault(id(by_return), by_return)
            elif state.node.kind is Kind.RAISE_EXIT and isinstance(leaving, Raised):
                raised.setdefault(id(leaving.statement), leaving)
            new = [item for item in self._next(function, state) if _key(item) not in seen]
            seen.update(_key(item) for item in new)
            pending += new
        ways_out = sorted(returns.values(), key=lambda item: -1 if item is None else item.start)
        return Departures(tuple(ways_out), tuple(sorted(raised.values(), key=lambda item: item.statement.start)))

    def _next(self, function: Function, state: _State) -> Iterator[_State]:
        node, leaving, handled = state
        cfg = function.control_flow
        if isinstance(leaving, Raised) and _leads_to_handlers(cfg, node):
            yield from self._chosen(function, node, leaving)
            return
        if node.kind is Kind.HANDLER:
            caught = leaving if isinstance(leaving, Raised) else handled
            yield from (_State(target, None, caught) for target in cfg.normal_successors(node))
            return
        if node.kind is Kind.WITH_EXIT and isinstance(leaving, Raised):
            # What may be swallowed is taken to be: the path then goes on behind the block, or comes to the end.
            if isinstance(node.origin, ir.With) and self._may_swallow(node.origin, leaving, function):
                yield from (_State(target) for target in cfg.normal_successors(node) or (cfg.exit,))
            else:
                yield from (_State(target, leaving, handled) for target in _raises_to(cfg, node))
            return
        raised = self._raised_at(function, node, handled)
        if raised is not None:
            yield from (_State(target, raised, handled) for target in _raises_to(cfg, node))
            return
        if node.kind is Kind.STATEMENT and isinstance(node.origin, ir.Return):
            leaving = node.origin
        yield from (_State(target, leaving, handled) for target in cfg.normal_successors(node))

    def _may_swallow(self, statement: ir.With, raised: Raised, function: Function) -> bool:
        """Whether a context manager may end the exception: `suppress`, or one of the project that has handlers."""
        for item in statement.items:
            ended = ended_by(item.context, function, self._evaluator)
            if ended is not None:
                caught = self._caught_by(ended, function)
                if caught is None or raised.kinds is None:
                    return True
                return any(self._is_any(kind, caught) is not False for kind in raised.kinds)
            for member in members(self._evaluator.value(item.context, function)):
                match member:
                    case GeneratorValue(function=manager) if _yields_guarded(manager):
                        return True
                    case Instance(cls=Class() as cls):
                        leave = self._evaluator.members.method(cls, "__aexit__" if statement.is_async else "__exit__")
                        if leave is not None and may_return_true(leave):
                            return True
        return False

    def _raised_at(self, function: Function, node: Node, handled: Raised | None) -> Raised | None:
        statement = node.origin
        if isinstance(statement, ir.Raise):
            if statement.exc is not None:
                return Raised(function, statement, self._kinds(statement.exc, function))
            if handled is not None:
                return Raised(function, statement, handled.kinds)
            return Raised(function, statement, self._handled_kinds(function, statement))
        return self._ends(function, node)

    def _chosen(self, function: Function, join: Node, raised: Raised) -> Iterator[_State]:
        """The handlers that may take the exception, in order: up to the first that surely does."""
        cfg = function.control_flow
        for target in cfg.normal_successors(join):
            handler = target.origin
            taken = self._takes(handler, raised, function) if isinstance(handler, ir.ExceptHandler) else None
            if taken is not False:
                yield _State(target, raised)
            if taken is True:
                return
        yield from (_State(target, raised) for target in _raises_to(cfg, join))

    # -- calls that only raise ---------------------------------------------------------------------------------

    def _ends(self, function: Function, node: Node) -> Raised | None:
        """The exception of a statement that is nothing but a call of functions which only raise."""
        statement = node.origin
        if node.kind is not Kind.STATEMENT or not isinstance(statement, ir.ExprStmt | ir.Return | ir.Assign):
            return None
        call = statement.value.value if isinstance(statement.value, ir.Await) else statement.value
        if not isinstance(call, ir.Call) or self._depth >= MAX_CALLS:
            return None
        awaited = call is not statement.value
        targets = self._evaluator.targets(self._evaluator.value(call.func, function))
        found: list[Raised] = []
        for target in targets:
            if not isinstance(target, FunctionValue | BoundMethod) or target.function.is_async != awaited:
                return None
            raised = self._only_raises(target.function)
            if not raised:
                return None
            found += raised
        return Raised(function, statement, _joined(found)) if found else None

    def _only_raises(self, function: Function) -> tuple[Raised, ...]:
        if (
            function.is_generator
            or function.is_stub
            or not _may_only_raise(function)
            or self._may_be_overridden(function)
        ):
            return ()
        self._depth += 1
        try:
            found = self.of(function)
        finally:
            self._depth -= 1
        return found.raised if found.only_raises else ()

    def _may_be_overridden(self, function: Function) -> bool:
        """Whether another class has a method of the same name, so that a base class may raise for those without one."""
        if function.owner is None:
            return False
        return any(
            other.name == function.name and other is not function and other.owner is not None
            for module in self._evaluator.layout.modules_with(function.name)
            for other in module.functions
        )

    # -- classes of exceptions ---------------------------------------------------------------------------------

    def _kinds(self, node: ir.Expr, function: Function) -> Kinds:
        return _classes(self._evaluator.value(node, function))

    def _handled_kinds(self, function: Function, statement: ir.Stmt) -> Kinds:
        """What the handler around a bare `raise` names."""
        handler = handler_around(function, statement)
        return self._caught(handler, function) if handler is not None else None

    def _caught(self, handler: ir.ExceptHandler, function: Function) -> tuple[Class | str, ...] | None:
        if handler.type is None:
            return None
        items = handler.type.items if isinstance(handler.type, ir.Collection) else (handler.type,)
        return self._caught_by(items, function)

    def _caught_by(self, items: tuple[ir.Expr | None, ...], function: Function) -> tuple[Class | str, ...] | None:
        found: list[Class | str] = []
        for item in items:
            if item is None:
                return None
            value = self._evaluator.value(item, function)
            named = value.items if isinstance(value, Container) and value.items else (value,)  # `except NETWORK_ERRORS`
            for classes in map(_classes, named):
                if classes is None:
                    return None
                found += classes
        return tuple(found)

    def _takes(self, handler: ir.ExceptHandler, raised: Raised, function: Function) -> bool | None:
        """Whether the handler is chosen for the exception; None where that is not certain."""
        if handler.type is None:
            return True
        caught = self._caught(handler, function)
        if caught is None:
            return None
        if _EVERYTHING & {item for item in caught if isinstance(item, str)}:
            return True
        if raised.kinds is None:
            # An exception that somebody raises by name is as good as never meant for the interpreter.
            return True if "Exception" in caught else None
        answers = {self._is_any(kind, caught) for kind in raised.kinds}
        return answers.pop() if len(answers) == 1 else None

    def _is_any(self, kind: Class | str | ErrorsOf, caught: tuple[Class | str, ...]) -> bool | None:
        if isinstance(kind, ErrorsOf):
            return self._names_one_of(kind, caught)
        ancestors, complete = self._ancestors(kind)
        if any(item in ancestors for item in caught):
            return True
        if "Exception" in caught and not _NOT_EXCEPTION & {item for item in ancestors if isinstance(item, str)}:
            return True
        # A class of the project cannot be above one of a library.
        foreign = isinstance(kind, str) and all(isinstance(item, Class) for item in caught)
        return False if complete or foreign else None

    def _names_one_of(self, errors: ErrorsOf, caught: tuple[Class | str, ...]) -> bool | None:
        names = [item for item in caught if isinstance(item, str)]
        if "Exception" in names or any(map(errors.is_named_by, names)):
            return True
        if any(self._is_any(item, caught) for item in errors.classes):
            return True
        return None if names else False

    def _ancestors(self, kind: Class | str) -> tuple[set[Class | str], bool]:
        """The class with those above it, and whether these are all."""
        if isinstance(kind, Class):
            found: set[Class | str] = set()
            complete = True
            for entry in self._evaluator.members.mro(kind):
                if isinstance(entry, Class):
                    found.add(entry)
                    continue
                above, known = self._ancestors(canonical(str(entry)))
                found |= above
                complete = complete and known
            return found, complete
        names = lineage(kind)
        native = [entry for name in names if isinstance(entry := getattr(builtins, name, None), type)]
        above_native = {ancestor.__name__ for entry in native for ancestor in entry.__mro__}
        return {*names, *above_native}, bool(native) or kind in HTTP_EXCEPTIONS


def _yields_guarded(manager: Function) -> bool:
    """A generator that yields inside `try` with handlers: which of them let the exception go on is not asked."""
    return any(
        isinstance(statement, ir.Try) and statement.handlers and any(map(_has_yield, statements(statement.body)))
        for statement in manager.index.statements
    )


def _has_yield(statement: ir.Stmt) -> bool:
    return any(isinstance(node, ir.Yield) for expr in header_exprs(statement) for node in walk(expr))


def ended_by(context: ir.Expr, function: Function, evaluator: Evaluator) -> tuple[ir.Expr | None, ...] | None:
    """The exception classes that `suppress` or `logger.catch` is told to end; None stands for all of them."""
    if not isinstance(context, ir.Call):
        return None
    for target in evaluator.targets(evaluator.value(context.func, function)):
        match target:
            case External(name="contextlib.suppress"):
                return context.args
            case External(name=name) if canonical(name) == CATCH and not _raises_again(context):
                return context.args[:1] or (_keyword(context, "exception"),)
            case _:
                continue
    return None


def _raises_again(catch: ir.Call) -> bool:
    """Whether `logger.catch` is told to let the exception go on, or may be."""
    given = _keyword(catch, "reraise")
    return given is not None and not (isinstance(given, ir.Constant) and not given.value)


def _keyword(call: ir.Call, name: str) -> ir.Expr | None:
    return next((item.value for item in call.keywords if item.name == name), None)


def may_return_true(leave: Function) -> bool:
    """Whether an `__exit__` may end the exception that left its block."""
    return any(
        isinstance(statement, ir.Return)
        and statement.value is not None
        and not (isinstance(statement.value, ir.Constant) and not statement.value.value)
        for statement in leave.index.statements
    )


def handler_around(function: Function, statement: ir.Stmt) -> ir.ExceptHandler | None:
    """The innermost `except` clause that a statement stands in."""
    current: ir.Stmt | None = statement
    while current is not None:
        around = function.index.enclosing.get(id(current))
        if isinstance(around, ir.Try):
            for handler in around.handlers:
                if any(item is statement for item in statements(handler.body)):
                    return handler
        current = around
    return None


def _classes(value: Value) -> tuple[Class | str, ...] | None:
    """The exception classes that a value is, or is an instance of."""
    found: list[Class | str] = []
    for member in members(value):
        match member:
            case Instance(cls=cls) | ClassValue(cls=cls):
                found.append(cls if isinstance(cls, Class) else canonical(str(cls)))
            case External(name=name):
                found.append(canonical(name).removeprefix("builtins."))
            case _:
                return None
    return tuple(found) or None


def _joined(raised: list[Raised]) -> Kinds:
    kinds = [item.kinds for item in raised]
    return None if None in kinds else tuple(kind for item in kinds if item is not None for kind in item)


def _raises_to(cfg: ControlFlowGraph, node: Node) -> tuple[Node, ...]:
    normal = cfg.normal_successors(node)
    return tuple(item for item in cfg.successors(node)[len(normal) :])


def _leads_to_handlers(cfg: ControlFlowGraph, node: Node) -> bool:
    return any(target.kind is Kind.HANDLER for target in cfg.normal_successors(node))


def _may_only_raise(function: Function) -> bool:
    """A look at the text, before the paths: a `raise`, or so little that a call may be all there is."""
    return function.module.data.find(b"raise", function.ir.start, function.ir.end) >= 0 or len(function.body) <= 2


def _key(state: _State) -> tuple[object, ...]:
    return id(state.node), _identity(state.leaving), _identity(state.handled)


def _identity(leaving: Raised | ir.Return | None) -> object:
    """The same for an exception that a loop raises anew each time it comes by."""
    return (id(leaving.statement), leaving.kinds) if isinstance(leaving, Raised) else id(leaving)

"""Background tasks that FastAPI never runs: added on a way that no response leads back from, or to the wrong one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.flow.control_flow import Kind
from asynclint.flow.traversal import dotted, header_exprs, walk
from asynclint.knowledge.fastapi_api import BACKGROUND_PARAMETER, BACKGROUND_TASK
from asynclint.project.model import Function
from asynclint.project.roles import BACKGROUND_TASKS, Role
from asynclint.project.values import BoundMethod, FunctionValue, Instance, LambdaValue, members
from asynclint.semantics import background

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.departures import Raised
    from asynclint.project.roles import Scheduled
    from asynclint.semantics.module_context import ModuleContext

MAX_CALLERS: Final = 4
"""Helpers that an exception passes through on its way out of the handler."""

RUN_AFTER_YIELD = ((0, 106), (0, 118))
"""From the first of these versions up to the second, a task added by the exit code of a dependency still runs."""


@dataclass(frozen=True, slots=True, eq=False)
class LostTask:
    """An `add_task` whose task never runs.

    `how` is "raise" (`raised` are the exceptions that end the request), "override" (`response` is the other
    `background=`), or "exit" (added behind the `yield` of a dependency). `always` says that every way from there on
    loses the task.
    """

    scope: Function
    call: ir.Call
    how: str
    raised: tuple[Raised, ...] = ()
    response: ir.Call | None = None
    always: bool = True


def lost_tasks(module: ModuleContext) -> Iterator[LostTask]:
    """The `add_task` calls of this module on an injected BackgroundTasks that come to nothing."""
    for item in background.scheduled(module):
        lost = _lost(module, item)
        if lost is not None:
            yield lost


def _lost(module: ModuleContext, item: Scheduled) -> LostTask | None:
    scope, name = item.scope, _injected_name(item)
    if not isinstance(scope, Function) or name is None or scope not in module.project.response_functions:
        return None
    statement = scope.index.statement_of(item.call)
    if statement is None or scope.index.use(item.call).deferred:
        return None
    if scope.is_generator:
        return LostTask(scope, item.call, "exit") if _is_lost_after_yield(module, scope, statement) else None
    if _is_kept_otherwise(scope, name):
        return None
    departures = module.project.departures.after(scope, statement)
    response = _other_background(module, scope, departures.returns, name)
    if response is not None:
        return LostTask(scope, item.call, "override", response=response)
    raised = [found for one in departures.raised if (found := _out_of_handler(module, scope, one, 0)) is not None]
    if not raised:
        return None
    always = not departures.returns and len(raised) == len(departures.raised)
    if not always:
        # A loop that turns back from the task to a raise before it checks its items: all of them, or none.
        raised = [one for one in raised if one.statement.start > item.call.start]
    if not raised:
        return None
    return LostTask(scope, item.call, "raise", tuple(raised), always=always)


def _injected_name(item: Scheduled) -> str | None:
    """The parameter of the function around it that the task is added to."""
    receiver = item.call.func.value if isinstance(item.call.func, ir.Attribute) else None
    if not isinstance(receiver, ir.Name) or not isinstance(item.scope, Function):
        return None
    bindings = item.scope.index.bindings.get(receiver.id, [])
    return receiver.id if [binding.kind for binding in bindings] == ["param"] else None


def _is_kept_otherwise(scope: Function, name: str) -> bool:
    """Whether the object is run, stored or sent out with the exception, so that its tasks may run all the same."""
    index = scope.index
    for statement in index.statements:
        for expr in header_exprs(statement):
            for node in walk(expr):
                if isinstance(node, ir.Name) and node.id == name:
                    parent = index.parents.get(id(node))
                    is_plain = isinstance(parent, ir.Attribute) or (
                        isinstance(parent, ir.Call) and parent.func is not node
                    )
                    if not is_plain or isinstance(statement, ir.Raise):
                        return True
    return False


# -- raising ---------------------------------------------------------------------------------------------------------


def _out_of_handler(module: ModuleContext, function: Function, raised: Raised, depth: int) -> Raised | None:
    """The exception, if it surely leaves the handler or dependency that the function is, or is called by."""
    project = module.project
    if project.roles.of(function) & {Role.ROUTE, Role.DEPENDENCY}:
        return raised
    callers = project.callers.of(function)
    if not callers or depth >= MAX_CALLERS:
        return None
    for scope, call in callers:
        statement = scope.index.statement_of(call)
        if not isinstance(scope, Function) or statement is None or scope not in project.response_functions:
            return None
        onward = project.departures.if_raised(scope, statement, raised)
        if not onward.only_raises or any(
            _out_of_handler(module, scope, item, depth + 1) is None for item in onward.raised
        ):
            return None
    return raised


# -- another `background=` -------------------------------------------------------------------------------------------


def _other_background(
    module: ModuleContext, scope: Function, returns: tuple[ir.Return | None, ...], name: str
) -> ir.Call | None:
    """A response that is returned with background work of its own, so that FastAPI leaves the injected one out."""
    if Role.ROUTE not in module.project.roles.of(scope):
        return None
    for statement in returns:
        for response in _returned_calls(scope, statement):
            for keyword in response.keywords:
                if keyword.name == BACKGROUND_PARAMETER and _is_other(module, scope, keyword.value, name):
                    return response
    return None


def _returned_calls(scope: Function, statement: ir.Return | None) -> Iterator[ir.Call]:
    value = statement.value if statement is not None else None
    if isinstance(value, ir.Call):
        yield value
    elif isinstance(value, ir.Name):
        for binding in scope.index.reaching(value.id, scope.index.use_of(value)):
            if binding.kind in {"assign", "annotation"} and not binding.path and isinstance(binding.value, ir.Call):
                yield binding.value


def _is_other(module: ModuleContext, scope: Function, node: ir.Expr, name: str) -> bool:
    """Whether the value is certainly background work, and certainly not the injected object or made with it."""
    if any(isinstance(part, ir.Name) and part.id == name for part in walk(node)):
        return False
    if isinstance(node, ir.Name):
        bindings = scope.index.reaching(node.id, scope.index.use_of(node))
        if _takes_over(scope, node.id, name):
            return False
        made = [binding.value for binding in bindings if binding.kind in {"assign", "annotation"}]
        if bindings:
            return len(made) == len(bindings) and all(
                value is not None and _is_other(module, scope, value, name) for value in made
            )
    if isinstance(node, ir.Call):
        result = module.project.evaluator.value(node, scope)
        return all(
            isinstance(member, Instance) and member.cls in BACKGROUND_TASKS | {BACKGROUND_TASK}
            for member in members(result)
        )
    value = module.project.evaluator.value(node, scope)
    return all(isinstance(member, FunctionValue | BoundMethod | LambdaValue) for member in members(value))


def _takes_over(scope: Function, other: str, name: str) -> bool:
    """`other.add_task(tasks)`, `other.tasks.extend(tasks.tasks)`: the injected tasks are handed on."""
    for call in scope.index.calls:
        receiver = dotted(call.func).partition(".")[0]
        if receiver == other and any(
            isinstance(part, ir.Name) and part.id == name for arg in call.args for part in walk(arg)
        ):
            return True
    return any(
        isinstance(statement, ir.Assign | ir.AugAssign)
        and any(isinstance(part, ir.Name) and part.id == name for part in walk(statement.value))
        for statement in scope.index.statements
    )


# -- after `yield` ---------------------------------------------------------------------------------------------------


def _is_lost_after_yield(module: ModuleContext, scope: Function, statement: ir.Stmt) -> bool:
    roles = module.project.roles.of(scope)
    low, high = RUN_AFTER_YIELD
    if Role.DEPENDENCY not in roles or low <= module.project.fastapi_version_of(module.module)[:2] < high:
        return False
    if module.project.roles.ends_with_function(scope):
        return False
    cfg = scope.control_flow
    seen = {cfg.entry}
    pending = [cfg.entry]
    while pending:
        node = pending.pop()
        if node.origin is statement:
            return False
        if node.kind is not Kind.WITH_EXIT and any(_yields(expr) for expr in node.expressions):
            continue
        new = [item for item in cfg.successors(node) if item not in seen]
        seen.update(new)
        pending += new
    return True


def _yields(expr: ir.Expr) -> bool:
    return any(isinstance(part, ir.Yield | ir.YieldFrom) for part in walk(expr))


# -- for people ------------------------------------------------------------------------------------------------------


def place(lost: Raised) -> Span:
    """Where an exception is raised."""
    return Span(lost.statement.start, int(getattr(lost.statement, "end", lost.statement.start)))


def exception_name(raised: Raised) -> str:
    """What is raised, as people call it."""
    kinds = raised.kinds or ()
    names = {kind if isinstance(kind, str) else getattr(kind, "name", "Exception") for kind in kinds}
    return names.pop().rpartition(".")[2] if len(names) == 1 and not names & {"Exception", "BaseException"} else ""

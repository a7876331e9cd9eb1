"""What an expression's value is used for where it stands: tested, compared, indexed, formatted, iterated over.

Only uses that are surely meant for an ordinary value are told; passing it on, keeping or awaiting it is none of them.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import dotted
from asynclint.project.model import Class, Function
from asynclint.project.roles import Role
from asynclint.project.values import External, Instance, Unknown, members

if TYPE_CHECKING:
    from asynclint.project.model import Scope
    from asynclint.semantics.module_context import ModuleContext


class Usage(enum.Enum):
    """The kinds of use."""

    TRUTH = "truth"
    COMPARISON = "comparison"
    IDENTITY = "identity"
    """`is None`, `is True`."""
    MEMBERSHIP = "membership"
    CONTAINER = "container"
    """The right side of `in`."""
    ARITHMETIC = "arithmetic"
    FORMAT = "format"
    LOG = "log"
    """Formatted, or printed, for people who look after the program."""
    ATTRIBUTE = "attribute"
    INDEX = "index"
    KEY = "key"
    CALL = "call"
    ITERATION = "iteration"
    CONTEXT = "context"
    UNPACKING = "unpacking"
    MAPPING = "mapping"
    """`{**it}`, `f(**it)`."""
    SIZE = "size"
    CONVERSION = "conversion"
    SERIALISATION = "serialisation"
    ORDERING = "ordering"


@dataclass(frozen=True, slots=True, eq=False)
class ValueUse:
    """One use. `detail` is the name of the attribute or of the callable, where there is one."""

    usage: Usage
    node: ir.Expr
    scope: Scope
    detail: str = ""


_ARITHMETIC = frozenset({"+", "-", "*", "/", "//", "%", "**"})
_TESTERS = {"any": Usage.TRUTH, "all": Usage.TRUTH, "sum": Usage.ARITHMETIC}
_ORDERERS = frozenset({"sorted", "min", "max"})
_BY_BUILTIN = {
    "bool": Usage.TRUTH,
    "len": Usage.SIZE,
    "print": Usage.LOG,
    "str": Usage.FORMAT,
    "repr": Usage.LOG,
    "format": Usage.FORMAT,
    "ascii": Usage.FORMAT,
    "str.format": Usage.FORMAT,
    **dict.fromkeys(("int", "float", "bytes", "abs", "round", "complex", "chr", "ord"), Usage.CONVERSION),
    **dict.fromkeys(
        (
            "list",
            "tuple",
            "set",
            "frozenset",
            "dict",
            "sum",
            "any",
            "all",
            "enumerate",
            "zip",
            "iter",
            "next",
            "reversed",
        ),
        Usage.ITERATION,
    ),
    "sorted": Usage.ITERATION,
    "json.dumps": Usage.SERIALISATION,
    "orjson.dumps": Usage.SERIALISATION,
    "fastapi.encoders.jsonable_encoder": Usage.SERIALISATION,
    "html.escape": Usage.CONVERSION,
}
_RESPONSES = {"fastapi.Response"} | frozenset(
    f"{package}.responses.{name}"
    for package in ("fastapi", "starlette")
    for name in (
        "Response", "JSONResponse", "HTMLResponse", "PlainTextResponse", "ORJSONResponse", "UJSONResponse",
        "RedirectResponse", "FileResponse",
    )
)  # fmt: skip
_PREDICATES = frozenset({"filter", "itertools.filterfalse", "itertools.takewhile", "itertools.dropwhile"})
_KEYS = frozenset(
    {"sorted", "min", "max", "list.sort", "heapq.nlargest", "heapq.nsmallest", "itertools.groupby"},
)
_LOGGING = ("logging.", "loguru.", "structlog.")
_LOG_METHODS = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log", "trace", "success"}
)
_LOG_RECEIVERS = frozenset({"logger", "_logger", "log", "_log", "LOG", "LOGGER", "logging"})


def use_of(module: ModuleContext, node: ir.Expr, scope: Scope) -> ValueUse | None:  # noqa: C901, PLR0912 - a table in code
    """What the expression around `node` does with its value; None where that is no use of it as an ordinary value."""
    parent = scope.index.parents.get(id(node))
    match parent:
        case ir.If(test=test) | ir.While(test=test) | ir.Assert(test=test) if test is node:
            return ValueUse(Usage.TRUTH, node, scope)
        case ir.Match(subject=subject):
            usage = Usage.COMPARISON if subject is node else Usage.TRUTH
            is_guard = any(case.guard is node for case in parent.cases)
            return ValueUse(usage, node, scope) if subject is node or is_guard else None
        case ir.IfExp(test=test):
            return ValueUse(Usage.TRUTH, node, scope) if test is node else use_of(module, parent, scope)
        case ir.UnaryOp(op=op):
            return ValueUse(Usage.TRUTH if op == "not" else Usage.ARITHMETIC, node, scope)
        case ir.BoolOp(values=values):
            if values[-1] is not node:
                return ValueUse(Usage.TRUTH, node, scope)
            around = use_of(module, parent, scope)
            return ValueUse(Usage.TRUTH, node, scope) if around and around.usage is Usage.TRUTH else None
        case ir.Compare():
            return _compared(parent, node, scope)
        case ir.BinOp(left=left, right=right, op=op):
            other = right if left is node else left
            if _may_take_anything(module, other, op, scope):
                return None
            return ValueUse(_of_operator(parent, node, module, scope), node, scope)
        case ir.AugAssign(target=target, value=value, op=op) if value is node:
            is_open = _may_take_anything(module, target, op, scope)
            return None if is_open else ValueUse(Usage.ARITHMETIC, node, scope)
        case ir.FString():
            return ValueUse(Usage.LOG if _is_for_log(module, parent, scope) else Usage.FORMAT, node, scope)
        case ir.Attribute(attr=attr):
            return ValueUse(Usage.ATTRIBUTE, node, scope, attr)
        case ir.Subscript(value=value):
            is_target = not isinstance(scope.index.parents.get(id(parent)), ir.Delete)
            usage = Usage.INDEX if value is node else Usage.KEY
            return ValueUse(usage, node, scope) if is_target else None
        case ir.For(iter=iterable) if iterable is node:
            return ValueUse(Usage.ITERATION, node, scope)
        case ir.With(items=items) if any(item.context is node for item in items):
            return ValueUse(Usage.CONTEXT, node, scope)
        case ir.Starred():
            unpacks = isinstance(scope.index.parents.get(id(parent)), ir.Call | ir.Collection)
            return ValueUse(Usage.ITERATION, node, scope) if unpacks else None
        case ir.Assign(targets=targets, value=value) if value is node:
            unpacked = any(isinstance(target, ir.Collection) for target in targets)
            return ValueUse(Usage.UNPACKING, node, scope) if unpacked else None
        case ir.Dict(keys=keys, values=values):
            is_spread = any(key is None and value is node for key, value in zip(keys, values, strict=True))
            return ValueUse(Usage.MAPPING, node, scope) if is_spread else None
        case ir.Collection(kind="tuple"):
            return _in_tuple(parent, node, module, scope)
        case ir.Comprehension():
            return _in_comprehension(parent, node, module, scope)
        case ir.Lambda(body=body) if body is node:
            return _in_lambda(parent, node, module, scope)
        case ir.Call():
            return _in_call(parent, node, module, scope)
        case _:
            return None


def _compared(parent: ir.Compare, node: ir.Expr, scope: Scope) -> ValueUse | None:
    position = next(index for index, item in enumerate(parent.operands) if item is node)
    op = parent.ops[position - 1] if position else parent.ops[0]
    other = parent.operands[position - 1] if position else parent.operands[1]
    if op in {"is", "is not"}:
        is_singleton = isinstance(other, ir.Constant)
        return ValueUse(Usage.IDENTITY, node, scope) if is_singleton else None
    if op in {"in", "not in"}:
        return ValueUse(Usage.CONTAINER if position else Usage.MEMBERSHIP, node, scope)
    return ValueUse(Usage.COMPARISON, node, scope)


def _of_operator(parent: ir.BinOp, node: ir.Expr, module: ModuleContext, scope: Scope) -> Usage:
    is_text = parent.op == "%" and parent.right is node and _is_text(parent.left)
    if not is_text:
        return Usage.ARITHMETIC
    return Usage.LOG if _is_for_log(module, parent, scope) else Usage.FORMAT


def _may_take_anything(module: ModuleContext, operand: ir.Expr, op: str, scope: Scope) -> bool:
    """Whether the other operand may be of a class of its own that says what the operator does, as in `queue << task`.

    Nobody shifts or joins by accident what may be such an object; `+` on what is not known is meant for a value.
    """
    found = members(module.project.evaluator.value(operand, scope))
    if any(isinstance(value, Instance) and isinstance(value.cls, Class) for value in found):
        return True
    return op not in _ARITHMETIC and any(isinstance(value, Unknown) for value in found)


def _in_tuple(parent: ir.Collection, node: ir.Expr, module: ModuleContext, scope: Scope) -> ValueUse | None:
    """`"%s and %s" % (load(), other)`."""
    around = scope.index.parents.get(id(parent))
    if isinstance(around, ir.BinOp) and around.op == "%" and around.right is parent and _is_text(around.left):
        return ValueUse(_of_operator(around, parent, module, scope), node, scope)
    return None


def _is_text(node: ir.Expr) -> bool:
    return isinstance(node, ir.FString | ir.Opaque) or (isinstance(node, ir.Constant) and isinstance(node.value, str))


def _in_comprehension(parent: ir.Comprehension, node: ir.Expr, module: ModuleContext, scope: Scope) -> ValueUse | None:
    for clause in parent.generators:
        if clause.iter is node:
            return ValueUse(Usage.ITERATION, node, scope)
        if any(test is node for test in clause.ifs):
            return ValueUse(Usage.TRUTH, node, scope)
    return collected_use(module, parent, scope, node) if any(item is node for item in parent.elements) else None


def collected_use(module: ModuleContext, collection: ir.Expr, scope: Scope, node: ir.Expr) -> ValueUse | None:
    """What `any`, `sum`, `sorted` or `join` around a collection does with each of its elements."""
    around = scope.index.parents.get(id(collection))
    if not isinstance(around, ir.Call) or len(around.args) != 1 or around.args[0] is not collection:
        return None
    if isinstance(around.func, ir.Attribute) and around.func.attr == "join" and _is_text(around.func.value):
        return ValueUse(Usage.FORMAT, node, scope, "str.join")
    for name in _called(module, around, scope):
        if name in _TESTERS:
            return ValueUse(_TESTERS[name], node, scope, name)
        if name in _ORDERERS and not any(keyword.name == "key" for keyword in around.keywords):
            return ValueUse(Usage.ORDERING, node, scope, name)
    return None


def _in_lambda(parent: ir.Lambda, node: ir.Expr, module: ModuleContext, scope: Scope) -> ValueUse | None:
    around = scope.index.parents.get(id(parent))
    if not isinstance(around, ir.Call):
        return None
    is_key = any(keyword.name == "key" and keyword.value is parent for keyword in around.keywords)
    for name in _called(module, around, scope):
        if name in _PREDICATES and around.args and around.args[0] is parent:
            return ValueUse(Usage.TRUTH, node, scope, name)
        if is_key and name in _KEYS:
            return ValueUse(Usage.ORDERING, node, scope, name)
    return None


def _in_call(parent: ir.Call, node: ir.Expr, module: ModuleContext, scope: Scope) -> ValueUse | None:
    if parent.func is node:
        return ValueUse(Usage.CALL, node, scope)
    if any(keyword.name is None and keyword.value is node for keyword in parent.keywords):
        return ValueUse(Usage.MAPPING, node, scope)
    if _is_log_call(module, parent, scope):
        return ValueUse(Usage.LOG, node, scope)
    if isinstance(parent.func, ir.Attribute) and parent.func.attr == "format" and _is_text(parent.func.value):
        return ValueUse(Usage.FORMAT, node, scope)
    is_first = bool(parent.args) and parent.args[0] is node
    for name in _called(module, parent, scope):
        if name in _RESPONSES:
            named = any(keyword.name == "content" and keyword.value is node for keyword in parent.keywords)
            return ValueUse(Usage.SERIALISATION, node, scope, name) if is_first or named else None
        if name in {"min", "max"}:
            is_value = len(parent.args) > 1 and any(argument is node for argument in parent.args)
            return (
                ValueUse(Usage.ORDERING if is_value else Usage.ITERATION, node, scope, name)
                if (is_value or is_first)
                else None
            )
        if name in {"print", "zip"} and any(argument is node for argument in parent.args):
            return ValueUse(_BY_BUILTIN[name], node, scope, name)
        if name in _BY_BUILTIN and is_first:
            return ValueUse(_BY_BUILTIN[name], node, scope, name)
    return None


def _called(module: ModuleContext, call: ir.Call, scope: Scope) -> list[str]:
    """The canonical names of what a call runs, if all of them are outside the project."""
    evaluator = module.project.evaluator
    targets = evaluator.targets(evaluator.value(call.func, scope))
    names = [target.name for target in targets if isinstance(target, External)]
    return names if len(names) == len(targets) else []


def _is_log_call(module: ModuleContext, call: ir.Call, scope: Scope) -> bool:
    if not isinstance(call.func, ir.Attribute) or call.func.attr not in _LOG_METHODS:
        return False
    if dotted(call.func.value).rpartition(".")[2] in _LOG_RECEIVERS:
        return True
    return any(name.startswith(_LOGGING) for name in _called(module, call, scope))


def _is_for_log(module: ModuleContext, node: ir.Expr, scope: Scope) -> bool:
    """Whether a text is made to be logged, printed or raised."""
    around = scope.index.parents.get(id(node))
    match around:
        case ir.Call():
            if _is_log_call(module, around, scope) or "print" in _called(module, around, scope):
                return True
            return isinstance(scope.index.parents.get(id(around)), ir.Raise)
        case ir.BinOp() | ir.FString():
            return _is_for_log(module, around, scope)
        case ir.Assert():
            return True
        case _:
            return False


def is_returned_by_route(module: ModuleContext, node: ir.Expr, scope: Scope) -> bool:
    """Whether a route returns the value to FastAPI, itself or in a dict or list."""
    if not isinstance(scope, Function) or Role.ROUTE not in module.project.roles.of(scope):
        return False
    current: ir.Expr | ir.Stmt | None = scope.index.parents.get(id(node))
    while isinstance(current, ir.Dict | ir.Collection | ir.IfExp):
        current = scope.index.parents.get(id(current))
    return isinstance(current, ir.Return)

"""The edits that take a blocking call off the event loop: `await asyncio.sleep(…)`, or a thread for the call."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

from asynclint.core.diagnostic import Applicability
from asynclint.flow import ir
from asynclint.flow.traversal import dotted, walk
from asynclint.knowledge.asyncio_api import THREAD_LOCKS
from asynclint.project.roles import Role
from asynclint.project.values import External, Instance, members
from asynclint.semantics import offloaders, references, rewrite
from asynclint.semantics.names import local_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from asynclint.core.diagnostic import Fix
    from asynclint.project.call_sites import CallSite
    from asynclint.project.model import Function
    from asynclint.semantics.blocking import BlockingFinding
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.syntax import NodeMatch

_CALLED_BY_FRAMEWORK = frozenset({Role.ROUTE, Role.DEPENDENCY, Role.BACKGROUND})
_CLOCKS = frozenset(
    {"time.time", "time.monotonic", "time.perf_counter", "datetime.datetime.now", "datetime.datetime.utcnow"}
)
_HANDLES = frozenset(
    {
        "open", "fdopen", "urlopen", "iglob", "scandir", "FileIO", "GzipFile", "BZ2File", "LZMAFile", "ZipFile",
        "TarFile", "NamedTemporaryFile", "TemporaryFile", "SpooledTemporaryFile", "TemporaryDirectory", "VideoCapture",
        "VideoWriter", "Popen", "popen",
    },
)  # fmt: skip
"""Last names of calls that give something to work on: in a thread they would leave the work itself on the loop."""


def sleep_fixes(module: ModuleContext, finding: BlockingFinding) -> Iterator[Fix]:
    """`time.sleep(x)` → `await asyncio.sleep(x)`."""
    call = _own_call(module, finding)
    if call is None or finding.witness.call.name != "time.sleep" or _in_sync_with(finding.function, finding.site):
        return
    names = local_names(finding.function, finding.site.node)
    imported = rewrite.import_name(module.module.data, module.head, "asyncio", "sleep", names)
    if imported is None:
        return
    edits = rewrite.sleep_without_blocking(call, imported.text, in_async=True)
    if edits is not None:
        safe = _is_safe_sleep(module, finding.function, finding.site)
        applicability = Applicability.SAFE if safe else Applicability.UNSAFE
        yield module.fix(applicability, f"await `{imported.text}` instead", (*imported.edits, *edits))


def thread_fixes(module: ModuleContext, finding: BlockingFinding) -> Iterator[Fix]:
    """`f(x)` → `await asyncio.to_thread(f, x)`, or by what the project offloads with; not where it declares its way."""
    if module.project.layout.declared.offloading:
        return
    call = _own_call(module, finding)
    if call is None or not _may_move_to_thread(module, finding):
        return
    imported = _imported_offloader(module, finding)
    if imported is None:
        return
    edits = rewrite.offload(call, imported.text, in_async=True)
    if edits is not None:
        yield module.fix(Applicability.UNSAFE, f"run it in a thread with `{imported.text}`", (*imported.edits, *edits))


def _own_call(module: ModuleContext, finding: BlockingFinding) -> NodeMatch[cst.Call] | None:
    """The call that blocks, if it stands in an async function itself and nothing else is called there."""
    site = finding.site
    if not finding.is_direct or not finding.function.is_async or site.kind != "call" or site.callees or site.awaited:
        return None
    if not isinstance(site.node, ir.Call):
        return None
    return cast("NodeMatch[cst.Call]", module.settle(finding.function, site.node))


def _imported_offloader(module: ModuleContext, finding: BlockingFinding) -> rewrite.ImportedName | None:
    """What the project offloads with, where it takes such a call; else what is at hand."""
    node, names = finding.site.node, local_names(finding.function, finding.site.node)
    usual = offloaders.usual(module)
    if usual.takes_keywords or (isinstance(node, ir.Call) and not node.keywords):
        found = offloaders.imported(module, usual, names)
        if found is not None:
            return found
    return offloaders.imported(module, offloaders.at_hand(module), names)


# -- asyncio.sleep ---------------------------------------------------------------------------------------------------


def _is_safe_sleep(module: ModuleContext, function: Function, site: CallSite) -> bool:
    """Whether a new point where other tasks may run, and where this one may be cancelled, can break nothing."""
    if not module.project.roles.of(function) & _CALLED_BY_FRAMEWORK:
        return False
    if not _has_plain_duration(site.node) or not _is_plain_statement(function, site):
        return False
    if references.is_called_by_project(module.project, function):
        return False
    return _only_locals_before(module, function, site) or _nothing_after(function, site)


def _has_plain_duration(node: ir.Expr) -> bool:
    """A number that `asyncio.sleep` takes as `time.sleep` does."""
    if not isinstance(node, ir.Call) or len(node.args) != 1 or not isinstance(node.args[0], ir.Constant):
        return False
    value = node.args[0].value
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


def _is_plain_statement(function: Function, site: CallSite) -> bool:
    """A statement by itself, under nothing but `if`."""
    if not isinstance(site.statement, ir.ExprStmt) or site.statement.value is not site.node:
        return False
    return all(isinstance(around, ir.If) for around in _around(function, site.statement))


def _around(function: Function, statement: ir.Stmt) -> Iterator[ir.Stmt]:
    """The compound statements of the body around a statement, innermost first."""
    around = function.index.enclosing.get(id(statement))
    while around is not None:
        yield around
        around = function.index.enclosing.get(id(around))


def _only_locals_before(module: ModuleContext, function: Function, site: CallSite) -> bool:
    return all(
        _is_local_work(module, function, statement)
        for statement in function.index.statements
        if statement.start < site.statement.start
    )


def _is_local_work(module: ModuleContext, function: Function, statement: ir.Stmt) -> bool:
    """Neither reads nor writes anything that other tasks can see."""
    match statement:
        case ir.Pass() | ir.ExprStmt(value=ir.Constant() | ir.Opaque()):
            return True
        case ir.Assign(targets=targets, value=value):
            named = all(isinstance(target, ir.Name) and function.index.binds(target.id) for target in targets)
            return named and _is_private(module, function, value)
        case ir.AnnAssign(target=ir.Name(id=name), value=value):
            return function.index.binds(name) and (value is None or _is_private(module, function, value))
        case ir.If(test=test):
            return _is_private(module, function, test)
        case _:
            return False


def _is_private(module: ModuleContext, function: Function, value: ir.Expr) -> bool:
    """A value made of constants, locals and the time of day alone."""
    match value:
        case ir.Constant() | ir.Opaque():
            return True
        case ir.Name(id=name):
            return function.index.binds(name)
        case ir.Collection(items=parts) | ir.FString(values=parts) | ir.BoolOp(values=parts):
            return all(_is_private(module, function, part) for part in parts)
        case ir.Compare(operands=parts):
            return all(_is_private(module, function, part) for part in parts)
        case ir.BinOp(left=left, right=right):
            return _is_private(module, function, left) and _is_private(module, function, right)
        case ir.UnaryOp(operand=operand):
            return _is_private(module, function, operand)
        case ir.Call(func=callee, args=(), keywords=()):
            targets = members(module.project.evaluator.value(callee, function))
            return all(isinstance(target, External) and target.name in _CLOCKS for target in targets)
        case _:
            return False


def _nothing_after(function: Function, site: CallSite) -> bool:
    """Nothing but leaving the function with a value that is no one else's."""
    later = [item for item in function.index.statements if item.start > site.statement.start]
    return all(
        isinstance(item, ir.Pass) or (isinstance(item, ir.Return) and isinstance(item.value, ir.Constant | None))
        for item in later
    )


# -- a thread ---------------------------------------------------------------------------------------------------------


def _may_move_to_thread(module: ModuleContext, finding: BlockingFinding) -> bool:
    """One call that does the work, on an object that any thread may use, while no lock is held."""
    name, node, function = finding.witness.call.name, finding.site.node, finding.function
    if finding.witness.call.tier != "blocks" or offloaders.needs_its_thread(name) or not isinstance(node, ir.Call):
        return False
    if name.rpartition(".")[2] in _HANDLES or _is_streamed(node) or _is_with_item(function, node):
        return False
    return not _holds_lock(module, function, finding.site) and not _receiver_blocks(module, function, node)


def _is_streamed(node: ir.Call) -> bool:
    """`requests.get(u, stream=True)`: the body is read later, on the loop."""
    return any(keyword.name == "stream" for keyword in node.keywords)


def _is_with_item(function: Function, node: ir.Call) -> bool:
    return isinstance(function.index.parents.get(id(node)), ir.With)


def _receiver_blocks(module: ModuleContext, function: Function, node: ir.Call) -> bool:
    """`f(x).g()` where `f` blocks too, or is awaited: moving `g` alone leaves the greater part in its place."""
    parts = list(walk(node.func))
    if any(isinstance(part, ir.Await) for part in parts):
        return True
    calls = {id(part) for part in parts if isinstance(part, ir.Call)}
    sites = (site for site in module.project.call_sites.sites(function) if id(site.node) in calls)
    return any(module.project.blocking.at_site(function, site) for site in sites)


# -- what stands around ----------------------------------------------------------------------------------------------


def _in_sync_with(function: Function, site: CallSite) -> bool:
    return any(isinstance(around, ir.With) and not around.is_async for around in _around(function, site.statement))


def _holds_lock(module: ModuleContext, function: Function, site: CallSite) -> bool:
    """Whether a thread lock is held: over an `await` it stops every other task that wants it, and the loop with it."""
    around = [item for item in _around(function, site.statement) if isinstance(item, ir.With) and not item.is_async]
    return any(_may_be_lock(module, function, item.context) for statement in around for item in statement.items)


def _may_be_lock(module: ModuleContext, function: Function, context: ir.Expr) -> bool:
    value = module.project.evaluator.value(context, function)
    if any(isinstance(member, Instance) and member.cls in THREAD_LOCKS for member in members(value)):
        return True
    callee = context.func if isinstance(context, ir.Call) else context
    last = dotted(callee).rpartition(".")[2].lower()
    return any(word in last for word in ("lock", "mutex", "sem", "cond"))

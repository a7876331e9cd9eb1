"""What blocks the event loop, and how a finding of that says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.flow import ir
from asynclint.flow.traversal import header_exprs, walk
from asynclint.project.model import Function, module_of
from asynclint.project.roles import Role
from asynclint.project.values import External

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from asynclint.core.diagnostic import ChainStep, Diagnostic, Fix
    from asynclint.project.blocking import Family, Step, Witness
    from asynclint.project.call_sites import CallSite
    from asynclint.rulekit.rule import Rule
    from asynclint.semantics.module_context import ModuleContext

Fixes: TypeAlias = "Callable[[ModuleContext, BlockingFinding], Iterator[Fix]]"

METADATA = 1
"""The tier of cheap file metadata calls: worth a note where they stand in the async function itself."""

_ON_LOOP = frozenset({Role.STARTUP, Role.SHUTDOWN, Role.LOOP_CALLBACK, Role.VALIDATOR})
"""Roles in which FastAPI and asyncio run sync functions on the loop's own thread (observed, FastAPI 0.105 to 0.165)."""

_CACHES = frozenset({"functools.cache", "functools.lru_cache"})

_SURE_DISTANCE = 3
"""Calls between the finding and its cause up to which the way is taken as certain."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockingFinding:
    """A call on the loop that blocks it: itself, or through the functions it runs."""

    function: Function
    site: CallSite
    family: Family
    witness: Witness
    chain: tuple[Step, ...]

    @property
    def is_direct(self) -> bool:
        return self.witness.then is None


def findings(module: ModuleContext) -> Iterator[BlockingFinding]:
    """Every site of this module's loop code that blocks: one finding a site, of its nearest blocking call."""
    for function in module.module.functions:
        if not runs_on_loop(module, function):
            continue
        for site in module.project.call_sites.sites(function):
            if Role.LOOP_CALLBACK in module.project.roles.of(function) and _is_on_parameter(function, site):
                continue  # a done-callback is given a future that is done: reading its outcome does not wait
            found = module.project.blocking.at_site(function, site)
            if found:
                family, witness = min(found.items(), key=_urgency)
                if family.tier != METADATA or witness.then is None:
                    chain = module.project.blocking.chain(function, witness, family)
                    yield BlockingFinding(function, site, family, witness, chain)


def _is_on_parameter(function: Function, site: CallSite) -> bool:
    callee = site.node.func if isinstance(site.node, ir.Call) else None
    names = {param.name for param in function.ir.params}
    return isinstance(callee, ir.Attribute) and isinstance(callee.value, ir.Name) and callee.value.id in names


def runs_on_loop(module: ModuleContext, function: Function) -> bool:
    """Whether the body runs on the event-loop thread without an async caller of the project in between."""
    if function.is_async:
        return True
    return bool(module.project.roles.of(function) & _ON_LOOP)


def _urgency(item: tuple[Family, Witness]) -> tuple[int, int, str]:
    family, witness = item
    return family.tier, witness.distance, family.rule


def diagnostics(module: ModuleContext, rule: Rule, fixes: Fixes | None = None) -> Iterator[Diagnostic]:
    """The findings of one family, reported, with the fixes that a maker of such offers."""
    for finding in module.blocking_findings:
        if finding.family.rule == rule.code:
            yield _diagnostic(module, rule, finding, () if fixes is None else fixes(module, finding))


def _diagnostic(module: ModuleContext, rule: Rule, finding: BlockingFinding, fixes: Iterable[Fix]) -> Diagnostic:
    kind = "call" if isinstance(finding.site.node, ir.Call) else "expression"
    span = finding.site.span
    if isinstance(finding.site.node, ir.Call | ir.Attribute):
        span = module.settle(finding.function, finding.site.node, "call" if kind == "call" else "attribute").span
    return module.diagnostic(
        rule,
        finding.function,
        span,
        _message(finding, starting=is_startup(module, finding.function, finding.site)),
        severity=_severity(module, rule, finding),
        confidence=None if finding.witness.distance <= _SURE_DISTANCE else Confidence.MEDIUM,
        chain=_steps(module, finding),
        cause=_cause(finding),
        fixes=fixes,
    )


def _severity(module: ModuleContext, rule: Rule, finding: BlockingFinding) -> Severity:
    lenient = (
        finding.family.tier == METADATA
        or module.is_test
        or is_startup(module, finding.function, finding.site)
        or any(_runs_once(module, step) for step in finding.chain[1:])
    )
    return Severity.NOTE if lenient else rule.severity


def _runs_once(module: ModuleContext, step: Step) -> bool:
    """Whether the step stands in a cached function without parameters: it blocks the first caller only."""
    function = step.scope
    if not isinstance(function, Function) or function.ir.params:
        return False
    for node in function.ir.decorators:
        value = module.project.evaluator.value_outside(node.func if isinstance(node, ir.Call) else node, function)
        if isinstance(value, External) and value.name in _CACHES:
            return True
    return False


def is_startup(module: ModuleContext, function: Function, site: CallSite) -> bool:
    """Whether the site runs before the application takes requests."""
    roles = module.project.roles.of(function)
    if Role.STARTUP in roles:
        return True
    return Role.LIFESPAN in roles and site.span.start < _first_yield(function)


def _first_yield(function: Function) -> int:
    starts = [
        node.start
        for statement in function.index.statements
        for expr in header_exprs(statement)
        for node in walk(expr)
        if isinstance(node, ir.Yield)
    ]
    return min(starts, default=function.ir.end)


def _cause(finding: BlockingFinding) -> str:
    last = finding.chain[-1]
    return f"{finding.family.rule}:{last.scope.qualname}@{module_of(last.scope).name}:{finding.witness.call.name}"


def _message(finding: BlockingFinding, *, starting: bool) -> str:
    name = finding.witness.call.name
    target = finding.witness.then
    subject = f"`{name}`" if target is None else f"`{_site_text(finding, target.function)}`"
    way = "" if target is None else f" through `{name}`"
    if finding.family.tier == METADATA:
        doing = "asks the file system" if finding.family.rule == "ASL204" else "takes a moment"
        return f"{subject} {doing} on the event loop; {_advice(finding)}"
    verb = "works" if finding.family.rule == "ASL208" else "waits"
    who = "the application cannot start" if starting else "every other request of this worker waits too"
    return f"{subject} blocks the event loop{way}: while it {verb}, {who}; {_advice(finding)}"


def _site_text(finding: BlockingFinding, target: Function) -> str:
    match finding.site.kind:
        case "property":
            return f".{target.name}"
        case "enter":
            return f"with {target.qualname}()"
        case "iterate":
            return f"for … in {target.qualname}()"
        case _:
            return f"{target.qualname.removesuffix('.__init__')}()"


def _advice(finding: BlockingFinding) -> str:
    replacement = finding.witness.call.replacement
    if finding.is_direct:
        if "to_thread" in replacement or not replacement:
            return "run it in a thread with `await asyncio.to_thread(…)`"
        return f"use `{replacement}`" if _is_name(replacement) else f"use {replacement}"
    offload = "call it with `await asyncio.to_thread(…)`"
    if "to_thread" in replacement or not replacement:
        return offload
    return f"{offload}, or use `{replacement}` there" if _is_name(replacement) else f"{offload}, or use {replacement}"


def _is_name(text: str) -> bool:
    return text.replace(".", "").replace("_", "").isalnum()


def _steps(module: ModuleContext, finding: BlockingFinding) -> Iterator[ChainStep]:
    if finding.is_direct:
        return
    for step, following in zip(finding.chain, finding.chain[1:], strict=False):
        callee = following.scope.qualname
        yield module.step(module_of(step.scope), step.site.span, f"{_how(step.site)} `{callee}`")
    last = finding.chain[-1]
    yield module.step(module_of(last.scope), last.site.span, f"`{finding.witness.call.name}` blocks the thread")


def _how(site: CallSite) -> str:
    return {"property": "reads property", "enter": "enters", "iterate": "iterates over"}.get(site.kind, "calls")

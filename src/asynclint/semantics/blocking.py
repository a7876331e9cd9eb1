"""What blocks the event loop, and how a finding of that says it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from asynclint.core.diagnostic import Confidence, Severity
from asynclint.flow import ir
from asynclint.flow.traversal import header_exprs, walk
from asynclint.project.blocking import LOCK
from asynclint.project.model import Function, module_of
from asynclint.project.roles import Role
from asynclint.semantics import needless_async, offloaders
from asynclint.semantics.one_time import is_cached, makes_what_is_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from asynclint.core.diagnostic import ChainStep, Diagnostic, Fix
    from asynclint.core.span import Span
    from asynclint.project.blocking import Family, Step, Witness
    from asynclint.project.call_sites import CallSite
    from asynclint.project.project import Project
    from asynclint.rulekit.rule import Rule
    from asynclint.semantics.module_context import ModuleContext

Fixes: TypeAlias = "Callable[[ModuleContext, BlockingFinding], Iterator[Fix]]"

NESTED_LOOP = "ASL210"
"""The rule for calls that start a loop: they raise on a thread that has one, and are at home on one that has none."""

LIMITS = (
    "Calls that cannot be resolved: on parameters without annotation, on values of mixed containers, by computed name.",
    "Libraries that the tables do not know; `blocking-calls` adds what they block with.",
    "How long the call takes: it is reported whether it waits a microsecond or a minute.",
)
"""What no rule of this family sees."""

SETTINGS = ("blocking-calls", "non-blocking-calls", "offload-functions")
"""The keys of the configuration that every rule of this family heeds."""

_OF_CLIENTS = frozenset({"ASL202", "ASL203", "ASL206"})
"""The rules for clients of services: a call of theirs that gives its result at once may as well be made in a thread."""

METADATA = 1
"""The tier of cheap file metadata calls: worth a note where they stand in the async function itself."""

_ON_LOOP = frozenset({Role.STARTUP, Role.SHUTDOWN, Role.LOOP_CALLBACK, Role.VALIDATOR, Role.MIDDLEWARE})
"""Roles in which FastAPI and asyncio run sync functions on the loop's own thread (observed, FastAPI 0.105 to 0.165)."""


class Phase(enum.Enum):
    """A part of the life of an application."""

    STARTING = enum.auto()
    SERVING = enum.auto()
    STOPPING = enum.auto()
    """After the last request: servers end their connections before they shut the application down (ASGI, lifespan)."""
    ALONE = enum.auto()
    """None at all: the function has an event loop to itself."""


_HELD_UP = {
    Phase.STARTING: "the application cannot start",
    Phase.SERVING: "every other request of this worker waits too",
    Phase.STOPPING: "the application cannot stop",
    Phase.ALONE: "nothing else can run on its loop",
}

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

    @property
    def is_brief(self) -> bool:
        """Whether it is over in a moment, as a question to the file system is."""
        return self.family.tier == METADATA

    @property
    def waits(self) -> bool:
        """Whether the call holds its thread up, rather than failing at once where a loop runs (`asyncio.run`)."""
        return self.family.rule != NESTED_LOOP


def findings(module: ModuleContext) -> Iterator[BlockingFinding]:
    """Every site of this module's loop code that blocks: one finding a site, of its nearest blocking call."""
    for function in module.module.functions:
        if not runs_on_loop(module, function):
            continue
        calls: set[tuple[Span, str]] = set()
        for site in module.project.call_sites.sites(function):
            finding = finding_at(module.project, function, site)
            if finding is None:
                continue
            said = (site.span, finding.family.rule)
            if site.kind == "call":
                calls.add(said)
            elif said in calls:
                continue  # `with connect() as connection:` both connects, and commits at the end: one thing to mend
            yield finding


def finding_at(project: Project, function: Function, site: CallSite) -> BlockingFinding | None:
    """The nearest blocking call of a site, if it is worth a word in a body that runs on the loop."""
    if Role.LOOP_CALLBACK in project.roles.of(function) and _is_on_parameter(function, site):
        return None  # a done-callback is given a future that is done: reading its outcome does not wait
    found = project.blocking.at_site(function, site)
    usual = [item for item in found.items() if project.blocking.is_usual(item[1], item[0])]
    if not usual:
        return None
    family, witness = min(usual, key=_urgency)
    if family.tier == METADATA and witness.then is not None:
        return None
    return BlockingFinding(function, site, family, witness, project.blocking.chain(function, witness, family))


def unresolved_calls(module: ModuleContext) -> int:
    """Calls in this module's loop code of which nothing is known, so that nothing could be said of them."""
    sites = module.project.call_sites
    return sum(sites.unresolved_in(function) for function in module.module.functions if runs_on_loop(module, function))


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
            yield _diagnostic(module, rule, finding, _fixes(module, finding, fixes))


def _fixes(module: ModuleContext, finding: BlockingFinding, others: Fixes | None) -> Iterator[Fix]:
    """One for the whole function comes first: the findings of a function must not be mended each in another way."""
    if finding.function in module.better_plain:
        yield from needless_async.plain_fixes(module, finding.function)
    if others is not None:
        yield from others(module, finding)


def _diagnostic(module: ModuleContext, rule: Rule, finding: BlockingFinding, fixes: Iterable[Fix]) -> Diagnostic:
    kind = "call" if isinstance(finding.site.node, ir.Call) else "expression"
    span = finding.site.span
    if isinstance(finding.site.node, ir.Call | ir.Attribute):
        span = module.span_of(finding.function, finding.site.node, "call" if kind == "call" else "attribute")
    return module.diagnostic(
        rule,
        finding.function,
        span,
        _message(module, finding),
        severity=_severity(module, rule, finding),
        confidence=None if _is_sure(finding) else Confidence.MEDIUM,
        chain=() if finding.is_direct and finding.witness.call.tier != LOCK else steps(module, finding),
        cause=_cause(finding),
        fixes=fixes,
    )


def _is_sure(finding: BlockingFinding) -> bool:
    return finding.witness.distance <= _SURE_DISTANCE and finding.witness.call.tier != LOCK


def _severity(module: ModuleContext, rule: Rule, finding: BlockingFinding) -> Severity:
    lenient = (
        finding.family.tier == METADATA
        or module.is_test
        or phase(module, finding.function, finding.site) is not Phase.SERVING
        or happens_once(module.project, finding)
    )
    if lenient:
        return Severity.NOTE
    # Whether a lock is taken just then is a matter of chance.
    return Severity.WARNING if finding.witness.call.tier == LOCK else rule.severity


def happens_once(project: Project, finding: BlockingFinding) -> bool:
    """Whether a cache on the way to the call lets it block the first caller only."""
    cached = any(is_cached(project, step.scope) for step in finding.chain[1:])
    return cached or any(makes_what_is_missing(step) for step in finding.chain)


def phase(module: ModuleContext, function: Function, site: CallSite) -> Phase:
    """When in the life of the application the site runs, as far as its own function says so."""
    roles = module.project.roles.of(function)
    if Role.STARTUP in roles:
        return Phase.STARTING
    if Role.SHUTDOWN in roles:
        return Phase.STOPPING
    if Role.LIFESPAN in roles:
        return Phase.STARTING if site.span.start < _first_yield(function) else Phase.STOPPING
    return Phase.ALONE if module.project.scripts.runs_alone(function) else Phase.SERVING


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


def _message(module: ModuleContext, finding: BlockingFinding) -> str:
    name = finding.witness.call.name
    target = finding.witness.then
    subject = f"`{name}`" if target is None else f"`{_site_text(finding, target.function)}`"
    way = "" if target is None else f" through `{name}`"
    if finding.family.tier == METADATA:
        return f"{subject} {_brief(finding)}; {_advice(module, finding)}"
    if finding.witness.call.tier == LOCK:
        return _lock_message(module, finding, subject)
    if target is not None and _abstract(finding.site, target.function) is not None:
        subject += f" (here `{target.function.qualname}`)"
    if not finding.waits:
        return (
            f"{subject} starts an event loop{way} in a thread that runs one already: that raises RuntimeError, and the "
            f"coroutine never runs; {_advice(module, finding)}"
        )
    verb = "works" if finding.family.rule == "ASL208" else "waits"
    held_up = _HELD_UP[phase(module, finding.function, finding.site)]
    return f"{subject} blocks the event loop{way}: while it {verb}, {held_up}; {_advice(module, finding)}"


def _brief(finding: BlockingFinding) -> str:
    if finding.family.rule == "ASL204":
        return "asks the file system on the event loop: on a slow volume every other request of this worker waits too"
    return "takes a moment on the event loop: every other request of this worker waits that long"


def _lock_message(module: ModuleContext, finding: BlockingFinding, subject: str) -> str:
    last = finding.chain[-1]
    holder = module.project.lock_holders.holder(last.site, last.scope)
    if holder is None:
        return f"{subject} blocks the event loop"
    lock = finding.witness.call.name.removesuffix(".__enter__").removesuffix(".acquire")
    taken = f"taking a `{lock}`" if finding.is_direct else f"{subject} takes a `{lock}`, which"
    meanwhile = f"waits for `{holder.name}`" if holder.name else "awaits"
    return (
        f"{taken} blocks the event loop as long as `{holder.scope.qualname}` holds it, which {meanwhile} meanwhile: "
        "every other request of this worker waits too; hold it for work in memory only, or take it in a thread "
        f"with `{offloaders.advice(module)}`"
    )


def _site_text(finding: BlockingFinding, target: Function) -> str:
    abstract = _abstract(finding.site, target)
    if abstract is not None:
        return f"{abstract.qualname}()"
    match finding.site.kind:
        case "property":
            return f".{target.name}"
        case "enter":
            return f"with {target.qualname}()"
        case "iterate":
            return f"for … in {target.qualname}()"
        case _:
            return f"{target.qualname.removesuffix('.__init__')}()"


def _abstract(site: CallSite, target: Function) -> Function | None:
    """The method of an interface that the site calls, where the target is one of its implementations."""
    if not any(callee.dispatched and callee.function is target for callee in site.callees):
        return None
    return next((item for item in site.functions if item.name == target.name and item.is_stub), None)


def _advice(module: ModuleContext, finding: BlockingFinding) -> str:
    """The remedies, best first: `def`, the async twin, a thread; never more than two."""
    twin = _twin(finding)
    if not finding.is_direct and twin:
        twin += " there"
    remedies = [text for text in (_plain(module, finding), twin) if text]
    if not finding.is_direct and twin in remedies[:1]:
        remedies.insert(0, _in_thread(module, finding))
    elif len(remedies) < 2 and (not twin or _may_as_well_wait_in_thread(finding)):
        remedies.append(_in_thread(module, finding))
    return ", or ".join(remedies)


def _plain(module: ModuleContext, finding: BlockingFinding) -> str:
    if finding.is_brief or finding.function not in module.better_plain:
        return ""
    return f"make `{finding.function.name}` a plain `def`, which FastAPI runs in a thread"


def _twin(finding: BlockingFinding) -> str:
    replacement = finding.witness.call.replacement
    if "to_thread" in replacement or not replacement:
        return ""
    if replacement == "await":
        return "await the coroutine"
    return f"use `{replacement}`" if _is_name(replacement) else f"use {replacement}"


def _in_thread(module: ModuleContext, finding: BlockingFinding) -> str:
    offload = f"`{offloaders.advice(module)}`"
    return f"run it in a thread with {offload}" if finding.is_direct else f"call it with {offload}"


def _may_as_well_wait_in_thread(finding: BlockingFinding) -> bool:
    """Whether the one call, moved to a thread, does as well as its async twin."""
    call = finding.witness.call
    return finding.family.rule in _OF_CLIENTS and call.tier == "blocks" and not offloaders.needs_its_thread(call.name)


def _is_name(text: str) -> bool:
    return text.replace(".", "").replace("_", "").isalnum()


def steps(module: ModuleContext, finding: BlockingFinding) -> Iterator[ChainStep]:
    """The way from the site to the call that blocks, both ends included."""
    for step, following in zip(finding.chain, finding.chain[1:], strict=False):
        callee = following.scope.qualname
        abstract = _abstract(step.site, following.scope) if isinstance(following.scope, Function) else None
        filled_in = f", which implements `{abstract.qualname}`" if abstract is not None else ""
        yield module.step(module_of(step.scope), step.site.span, f"{_how(step.site)} `{callee}`{filled_in}")
    last = finding.chain[-1]
    if finding.witness.call.tier != LOCK:
        doing = "blocks the thread" if finding.waits else "starts an event loop"
        yield module.step(module_of(last.scope), last.site.span, f"`{finding.witness.call.name}` {doing}")
        return
    yield module.step(module_of(last.scope), last.site.span, "waits here until the lock is free")
    holder = module.project.lock_holders.holder(last.site, last.scope)
    if holder is not None:
        doing = f"waits for `{holder.name}`" if holder.name else "awaits"
        yield module.step(module_of(holder.scope), holder.span, f"`{holder.scope.qualname}` holds it and {doing}")


def _how(site: CallSite) -> str:
    return {"property": "reads property", "enter": "enters", "iterate": "iterates over"}.get(site.kind, "calls")

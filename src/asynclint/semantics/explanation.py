"""All that is known of a line: what it calls, where that runs, what blocks there and what is made of it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from asynclint.core.entry_point import Thread
from asynclint.core.explanation import ExplainedCall, Statement
from asynclint.flow import ir
from asynclint.flow.traversal import walk
from asynclint.knowledge import blocking as knowledge
from asynclint.knowledge.offloading import ITERATOR_OFFLOADERS, OFFLOADERS, OFFLOADING_WRAPPERS
from asynclint.project.blocking import LOCK, TIERS
from asynclint.project.model import Function, module_of
from asynclint.project.off_loop import off_loop_statements
from asynclint.project.sites import argument_at
from asynclint.project.values import BoundMethod, ClassValue, FunctionValue, Unknown
from asynclint.semantics import blocking
from asynclint.semantics.contexts import ContextReader
from asynclint.semantics.resolution import Resolver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import ChainStep
    from asynclint.project.call_sites import CallSite
    from asynclint.project.model import Scope
    from asynclint.project.values import Value
    from asynclint.semantics.contexts import Call, Context
    from asynclint.semantics.module_context import ModuleContext

_TO_THREADS = {**OFFLOADERS, **ITERATOR_OFFLOADERS, **OFFLOADING_WRAPPERS}

_SITE_TEXTS = {
    "property": "reading the property",
    "enter": "entering the context manager",
    "iterate": "the iteration",
    "apply": "what is handed to it",
    "protocol": "the special method behind it",
}

_LAZY_TEXT = "`{name}` returns at once and works when its result is iterated: reported there"

_TIER_TEXTS = {
    LOCK: "`{name}` takes a lock of this process, and no other holder of it is known to wait meanwhile: not reported",
    "handle": "`{name}` works on something that another call has opened, where that is reported: not reported twice",
    "lazy": _LAZY_TEXT,
    "listing": _LAZY_TEXT,
}


class Line(NamedTuple):
    """What `explain` tells of a line, the findings of rules aside."""

    symbol: str
    contexts: tuple[Statement, ...]
    calls: tuple[ExplainedCall, ...]


def explain_line(module: ModuleContext, row: int) -> Line:
    """The function around a row of the module (from 1), where it runs, and the calls that begin on the row."""
    return _LineReader(module, row).read()


class _LineReader:
    def __init__(self, module: ModuleContext, row: int) -> None:
        self._module = module
        self._project = module.project
        self._row = row
        self._resolver = Resolver(module.project)

    def read(self) -> Line:
        scope = self._scope
        symbol = scope.qualname if isinstance(scope, Function) else ""
        contexts = (*(self._tell(context) for context in self._contexts), *self._reached_from())
        if not contexts:
            where = "no call of it outside tests was found" if symbol else "it runs when the module is imported"
            contexts = (Statement(f"it is not known where this runs: {where}" if symbol else where),)
        return Line(symbol, contexts, tuple(self._calls()))

    @cached_property
    def _scope(self) -> Scope:
        span = self._module.lines.line_span(self._row)
        text = self._module.module.text(span)
        start = span.start + len(text[: len(text) - len(text.lstrip())].encode())
        return self._module.module.function_at(start) or self._module.module

    @cached_property
    def _contexts(self) -> tuple[Context, ...]:
        if not isinstance(self._scope, Function):
            return ()
        return self._reader.contexts(self._scope)

    @cached_property
    def _reader(self) -> ContextReader:
        return ContextReader(self._project)

    def _reached_from(self) -> Iterator[Statement]:
        entry = self._reader.entry(self._scope) if isinstance(self._scope, Function) else None
        if entry is not None:
            yield Statement(
                f"reached from the framework: {entry.reason}", tuple(self._step(call) for call in entry.calls)
            )

    def _tell(self, context: Context) -> Statement:
        where = {
            Thread.LOOP: "on the event loop: ",
            Thread.WORKER: "in a worker thread: ",
            Thread.UNKNOWN: "where is not known: ",
        }[context.thread]
        return Statement(where + context.reason, tuple(self._step(call) for call in context.calls))

    def _step(self, call: Call) -> ChainStep:
        return self._module.step(module_of(call.scope), call.span, call.text)

    # -- calls -------------------------------------------------------------------------------------------------

    def _calls(self) -> Iterator[ExplainedCall]:
        index = self._scope.index
        here = [call for call in index.calls if self._begins_here(call)]
        sites = self._project.call_sites.sites(self._scope)
        for call in sorted(here, key=lambda item: (item.start, -item.end)):
            mine = [site for site in sites if site.node is call]
            told = [*self._of_call(call, mine)]
            yield ExplainedCall(
                self._resolver.text(call, self._scope), self._resolver.trace(call.func, self._scope), tuple(told)
            )
        for site in sites:
            if site.kind != "call" and self._row_of(site.span.start) == self._row and site.node not in here:
                text = self._resolver.text(site.node, self._scope)
                known = ", ".join(f"`{function.full_name}`" for function in site.functions)
                resolution = (Statement(f"{_SITE_TEXTS.get(site.kind, 'this')} runs {known}"),) if known else ()
                yield ExplainedCall(text, resolution, tuple(self._of_site(site)))
        yield from self._of_definitions()

    def _of_definitions(self) -> Iterator[ExplainedCall]:
        """Calls in decorators and defaults, which stand outside of bodies."""
        for function in self._module.module.functions:
            around = function.owner or function.parent
            defaults = (part for param in function.ir.params for part in (param.default, param.annotation))
            for node in (*function.ir.decorators, *(part for part in defaults if part is not None)):
                for call in walk(node):
                    if isinstance(call, ir.Call) and self._begins_here(call):
                        runs = Statement(f"it runs once, when `{function.qualname}` is defined: not reported")
                        trace = self._resolver.trace(call.func, around)
                        yield ExplainedCall(self._resolver.text(call, around), trace, (runs,))

    def _begins_here(self, call: ir.Call) -> bool:
        """Whether the call begins on the row, or its arguments do (`client` on one line, `.get(` on the next)."""
        name_end = getattr(call.func, "end", call.start)
        return self._row in (self._row_of(call.start), self._row_of(int(name_end)))

    def _row_of(self, offset: int) -> int:
        return self._module.lines.position(offset).row

    def _of_call(self, call: ir.Call, sites: list[CallSite]) -> Iterator[Statement]:
        targets = self._project.evaluator.targets(self._project.evaluator.value(call.func, self._scope))
        if not any(not isinstance(target, Unknown) for target in targets):
            yield Statement("what is called is not known, so nothing is said of it")
            return
        off_loop = self._not_reached(call)
        if off_loop:
            yield Statement(off_loop)
            return
        if not sites:
            yield from self._without_site(targets)
        for site in sites:
            yield from self._of_site(site)

    def _not_reached(self, call: ir.Call) -> str:
        """Why the call does not run when the body does, if so."""
        use = self._scope.index.use(call)
        if id(use.statement) in off_loop_statements(self._scope.body, self._scope.ir.calls):
            return "it runs only where no event loop does, or never: not reported"
        if not any(site.node is call for site in self._project.call_sites.sites(self._scope)):
            if use.deferred:
                return "it stands in a lambda: it runs where that is called, which is not here"
            if use.lazy:
                return "it stands in a generator expression, which runs where that is iterated"
        return ""

    def _without_site(self, targets: tuple[Value, ...]) -> Iterator[Statement]:
        for target in targets:
            if isinstance(target, FunctionValue | BoundMethod) and target.function.is_generator:
                name = target.function.full_name
                yield Statement(f"`{name}` is a generator function: calling it runs nothing of its body yet")
            elif isinstance(target, ClassValue):
                yield Statement(f"making an object of `{target.cls.full_name}` runs no constructor of the project")
            else:
                yield Statement("nothing that it runs is known to block")

    def _of_site(self, site: CallSite) -> Iterator[Statement]:
        yield from self._offloaded(site)
        found = blocking.finding_at(self._project, self._scope, site) if isinstance(self._scope, Function) else None
        if found is not None:
            name = found.witness.call.name
            on_loop = blocking.runs_on_loop(self._module, found.function)
            # The finding of a body on the loop shows the way itself.
            way = () if found.is_direct or on_loop else tuple(blocking.steps(self._module, found))
            what = "it blocks the thread" if found.waits else "it fails where an event loop runs in the thread"
            yield Statement(f"{what}: `{name}`", way)
            if not on_loop:
                yield self._not_reported_here()
            return
        yield from self._why_not_blocking(site)

    def _offloaded(self, site: CallSite) -> Iterator[Statement]:
        for name in site.externals:
            parameter = _TO_THREADS.get(name)
            argument = argument_at(site.node, parameter) if parameter and isinstance(site.node, ir.Call) else None
            if argument is not None:
                yield Statement(
                    f"`{name}` runs `{self._resolver.text(argument, self._scope)}` in a worker thread: "
                    "what blocks there does not hold up the event loop"
                )

    def _not_reported_here(self) -> Statement:
        """Findings stand where loop code makes the call; a plain function is told of through its callers."""
        loop = next((context for context in self._contexts if context.thread is Thread.LOOP), None)
        if loop is not None and loop.calls:
            first = self._step(loop.calls[0])
            place = f"{first.location.path}:{first.location.start.row}"
            return Statement(f"not reported here: a plain `def` is judged where the event loop calls it, at {place}")
        if any(context.thread is Thread.WORKER for context in self._contexts):
            return Statement("not reported: in a worker thread it may block, other requests go on")
        return Statement("not reported: nothing that runs on the event loop is known to call this function")

    def _why_not_blocking(self, site: CallSite) -> Iterator[Statement]:
        for name in site.externals:
            if name not in _TO_THREADS:
                yield Statement(self._why_external(name, site))
        for function in dict.fromkeys(site.functions):
            yield Statement(self._why_function(function, site))

    def _why_external(self, name: str, site: CallSite) -> str:
        call = knowledge.lookup(name)
        if name in self._project.layout.declared.not_blocking:
            return f"`{name}` is declared not to block, by `non-blocking-calls`"
        if call is None:
            return f"`{name}` is not known to block"
        if site.awaited:
            return f"`{call.name}` would block, but this call is awaited, so it is an async one"
        if call.tier not in TIERS or call.tier == LOCK or (call.is_lazy and site.kind != "iterate"):
            return _TIER_TEXTS.get(call.tier, "`{name}` is not reported").format(name=call.name)
        return f"`{call.name}` can block, but does not wait with these arguments or on such an object: not reported"

    def _why_function(self, function: Function, site: CallSite) -> str:
        name = function.full_name
        if function.is_async:
            waits = "" if site.awaited else ", when it is awaited"
            return f"`{name}` is async: it runs on the event loop{waits}, and what blocks in it is reported there"
        found = self._project.blocking.at_site(self._scope, site)
        if not found:
            return f"nothing that `{name}` runs is known to block"
        if any(family.tier != blocking.METADATA for family in found):
            return f"most of the known implementations of `{name}` do not block: not reported"
        calls = ", ".join(sorted({f"`{witness.call.name}`" for witness in found.values()}))
        return f"`{name}` does no more than ask for something small ({calls}): not reported"

"""The questions a rule may ask of one module.

The context joins the module, its project and the libcst view of a statement; each family of questions lives in a
module of its own beside this one.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from asynclint.core.diagnostic import ChainStep, Confidence, Diagnostic, Edit, Fix, Severity
from asynclint.core.span import Location, Span
from asynclint.flow import ir
from asynclint.flow.traversal import blocks, header_exprs, written
from asynclint.project.model import Function
from asynclint.semantics import blocking, coroutine_misuse, coroutines, plain_def, tasks
from asynclint.semantics.module_head import module_head, words
from asynclint.semantics.syntax import StatementSyntax, callee_text, find

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import libcst as cst

    from asynclint.core.diagnostic import Applicability
    from asynclint.project.model import Module, Scope
    from asynclint.project.project import Project
    from asynclint.rulekit.rule import Rule
    from asynclint.semantics.blocking import BlockingFinding
    from asynclint.semantics.coroutine_misuse import Misuse
    from asynclint.semantics.coroutines import CoroutineSite
    from asynclint.semantics.module_head import ModuleHead
    from asynclint.semantics.rewrite import TextEdit
    from asynclint.semantics.syntax import Kind, NodeMatch
    from asynclint.semantics.tasks import TaskSite
    from asynclint.source.lines import LineTable


_ASSIGNED = re.compile(rb"\.([\w\x80-\xff]+)\s*(?::[^=\n]{1,500})?=(?!=)")
_QUOTED = re.compile(rb"""["'](?:[\w\x80-\xff]+\.)*([\w\x80-\xff]+)(?=["'])""")


class UnsettledCandidateError(Exception):
    """The libcst tree does not have what the IR reported: a defect of asynclint, never of the code checked."""


class ModuleContext:
    """One module of a project, as rules see it."""

    def __init__(self, project: Project, module: Module) -> None:
        self.project = project
        self.module = module
        self._syntaxes: dict[tuple[Span, bool], StatementSyntax | None] = {}

    @property
    def parsed_statements(self) -> int:
        """How many statements libcst had to read so far."""
        return sum(syntax is not None for syntax in self._syntaxes.values())

    @cached_property
    def lines(self) -> LineTable:
        return self.project.line_table(self.module)

    @cached_property
    def is_test(self) -> bool:
        """Whether the module belongs to a test suite, by the naming conventions of pytest."""
        return self.project.is_test(self.module)

    @cached_property
    def blocking_findings(self) -> tuple[BlockingFinding, ...]:
        """What blocks the loop in this module, whatever rule reports it."""
        return tuple(blocking.findings(self))

    @cached_property
    def better_plain(self) -> frozenset[Function]:
        """The async routes and dependencies of this module that block the loop and would work as `def`."""
        return plain_def.better_plain(self)

    @cached_property
    def task_sites(self) -> tuple[TaskSite, ...]:
        """The tasks made in this module and what becomes of them."""
        return (*tasks.task_sites(self), *tasks.handed_on_sites(self), *tasks.passed_on_sites(self))

    @cached_property
    def coroutine_sites(self) -> tuple[CoroutineSite, ...]:
        """The expressions that give a coroutine object and are not awaited on the spot."""
        return tuple(coroutines.coroutine_sites(self))

    @cached_property
    def coroutine_misuses(self) -> tuple[Misuse, ...]:
        """The coroutine objects that are used as values."""
        return tuple(coroutine_misuse.misuses(self))

    @cached_property
    def misused_coroutines(self) -> frozenset[int]:
        """The `id` of each call whose coroutine is used as a value."""
        return frozenset(id(item.node) for item in self.coroutine_misuses)

    @cached_property
    def head(self) -> ModuleHead:
        """Where the imports of the module stand."""
        return module_head(self.module.data, self.module.ir)

    @cached_property
    def quoted_names(self) -> frozenset[str]:
        """The last names of the strings that could be dotted names, as `patch` and `monkeypatch` take them."""
        return frozenset(found.decode() for found in _QUOTED.findall(self.module.data))

    @cached_property
    def assigned_attributes(self) -> frozenset[str]:
        """The names of the attributes that are assigned, with an annotation or without."""
        return frozenset(found.decode() for found in _ASSIGNED.findall(self.module.data))

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of the source: a name that is none of them is free everywhere in the module."""
        return words(self.module.data)

    # -- places ------------------------------------------------------------------------------------------------

    def location(self, span: Span) -> Location:
        """A range of this module, as reports need it."""
        return self.lines.location(self.module.display, span)

    def elsewhere(self, module: Module, span: Span) -> Location:
        """A range of any module of the project."""
        if module is self.module:
            return self.location(span)
        return self.project.line_table(module).location(module.display, span)

    def statement_range(self, statement: ir.Stmt, offset: int) -> tuple[Span, bool]:
        """The text of a simple statement, or of the headers of a compound one up to the first body after `offset`.

        The flag says that it is the latter.
        """
        start = statement.start
        for body in blocks(statement):
            if body and body[0].start > offset:
                return Span(start, body[0].start), True
        return Span(start, int(getattr(statement, "end", start))), False

    def span_of(self, scope: Scope, node: ir.Expr, kind: Kind = "call") -> Span:
        """The exact range of a candidate, without the parentheses around it.

        Only inside an f-string libcst has to say it: before Python 3.12 `ast` gave no places there. Raises
        `UnsettledCandidateError`.
        """
        span = _node_span(node)
        if span is None or _is_interpolated(scope, node):
            return self.settle(scope, node, kind).span
        return span

    def settle(self, scope: Scope, node: ir.Expr, kind: Kind = "call") -> NodeMatch[cst.BaseExpression]:
        """The libcst node of a candidate, with its exact span. Raises `UnsettledCandidateError`."""
        statement = scope.index.statement_of(node)
        span = _node_span(node)
        if statement is None or span is None:
            raise UnsettledCandidateError(f"no statement around {type(node).__name__} in {scope!r}")
        around, header = self.statement_range(statement, span.start)
        syntax = self._syntax(around, header=header)
        callee = _text_to_find(node)
        found = (
            find(syntax, span, kind=kind, callee=callee, occurrence=_occurrence(scope, node, callee))
            if syntax is not None
            else None
        )
        if found is None:
            raise UnsettledCandidateError(f"no {kind} at bytes {span.start} to {span.end} in {scope!r}")
        return found

    def _syntax(self, around: Span, *, header: bool) -> StatementSyntax | None:
        """A statement parsed once: its findings and their fixes are settled on the same tree."""
        if (around, header) not in self._syntaxes:
            parsed = StatementSyntax.parse(self.module.data, around.start, around.end, header=header)
            self._syntaxes[around, header] = parsed
        return self._syntaxes[around, header]

    # -- findings ----------------------------------------------------------------------------------------------

    def diagnostic(  # noqa: PLR0913 - each is a field of the finding
        self,
        rule: Rule,
        scope: Scope,
        span: Span,
        message: str,
        *,
        severity: Severity | None = None,
        confidence: Confidence | None = None,
        chain: Iterable[ChainStep] = (),
        cause: str = "",
        fixes: Iterable[Fix] = (),
    ) -> Diagnostic:
        """A finding of the rule at a range of this module; severity and confidence are the rule's unless given."""
        return Diagnostic(
            code=rule.code,
            name=rule.name,
            severity=severity or rule.severity,
            confidence=confidence or rule.confidence,
            message=message,
            location=self.location(span),
            symbol=scope.qualname if isinstance(scope, Function) else "",
            chain=tuple(chain),
            cause=cause,
            fixes=tuple(fixes),
            url=rule.url,
        )

    def step(self, module: Module, span: Span, message: str) -> ChainStep:
        """A step of a chain, in any module."""
        return ChainStep(self.elsewhere(module, span), message)

    def fix(self, applicability: Applicability, message: str, edits: Iterable[TextEdit]) -> Fix:
        """Edits of this module as a fix."""
        return Fix(applicability, message, tuple(Edit(self.location(span), content) for span, content in edits))


def _node_span(node: ir.Expr) -> Span | None:
    if isinstance(node, ir.Name):
        return Span(node.start, node.start + len(node.id.encode()))
    start, end = getattr(node, "start", None), getattr(node, "end", None)
    return Span(start, end) if start is not None and end is not None else None


def _is_interpolated(scope: Scope, node: ir.Expr) -> bool:
    around = scope.index.parents.get(id(node))
    while around is not None:
        if isinstance(around, ir.FString):
            return True
        around = scope.index.parents.get(id(around))
    return False


def _text_to_find(node: ir.Expr) -> str:
    """By which a call, name or attribute is told from others inside an f-string."""
    match node:
        case ir.Call(func=func):
            return callee_text(func)
        case ir.Name() | ir.Attribute():
            return callee_text(node)
        case _:
            return ""


def _as_written(scope: Scope, node: ir.Expr) -> Iterator[ir.Expr]:
    """The expressions of the statement that a node stands in, in the order of the source."""
    statement = scope.index.statement_of(node)
    for expr in header_exprs(statement) if statement is not None else ():
        yield from written(expr)


def _occurrence(scope: Scope, node: ir.Expr, callee: str) -> int:
    """Which of the calls of equal text at this same place the node is (several only inside an f-string)."""
    if not isinstance(node, ir.Call | ir.Name | ir.Attribute):
        return 0
    if isinstance(node, ir.Call):
        same = [call for call in scope.index.calls if call.start == node.start and call.end == node.end]
        if len(same) == 1:
            return 0
    alike = (item for item in _as_written(scope, node) if type(item) is type(node) and item.start == node.start)
    same_text = (item for item in alike if _text_to_find(item) == callee)
    return next((index for index, item in enumerate(same_text) if item is node), 0)

"""Findings that a comment on their statement silences, and comments that silence nothing."""

from __future__ import annotations

import dataclasses
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asynclint.config.selection import meant_rule, unknown_rule
from asynclint.core.budget import MOST_FINDINGS, MOST_IN_A_COMMENT, MOST_TRIPLES
from asynclint.core.diagnostic import Applicability, Diagnostic
from asynclint.core.span import Span
from asynclint.findings.directives import (
    Directive,
    Item,
    Owner,
    Verb,
    has_reason,
    marks,
    nearest_verb,
    read_directives,
    unknown_verb,
)
from asynclint.findings.reach import Reach
from asynclint.findings.removal import without_directive, without_items
from asynclint.findings.suppression_rules import (
    BLANKET_SUPPRESSION,
    SUPPRESSION_RULES,
    SUPPRESSION_WITHOUT_REASON,
    UNKNOWN_CODE,
    UNUSED_SUPPRESSION,
)
from asynclint.knowledge.peer_codes import PEER_CODES
from asynclint.project.model import Module
from asynclint.semantics.rewrite import TextEdit
from asynclint.source.comments import read_comments

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from asynclint.core.diagnostic import RuleInfo
    from asynclint.findings.policy import Policy
    from asynclint.project.model import Scope
    from asynclint.semantics.module_context import ModuleContext

_OWN_CODES: Final = frozenset(info.code for info in SUPPRESSION_RULES)
_NO_CODES: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Filtered:
    """The findings that stay, those about suppressions among them, and how many do not."""

    kept: tuple[Diagnostic, ...]
    suppressed: int


def filter_suppressed(
    module: ModuleContext, diagnostics: Iterable[Diagnostic], policy: Policy, failed: Collection[str] = ()
) -> Filtered:
    """What is left of the findings of a module. `failed` are the rules that broke on it, so that nothing is known."""
    found = tuple(diagnostics)
    data = module.module.data
    places = marks(data)
    if not places or not (_speaks_of_us(data, policy) or _may_be_silenced(module.module, found, places)):
        return Filtered(found, 0)
    suppressions = _Suppressions(module, policy)
    kept = [item for item in found if not suppressions.silence(item)]
    remarks = [item for item in suppressions.remarks(policy.enabled.difference(failed)) if item.code in policy.enabled]
    told = [item for item in remarks if not suppressions.silence_remark(item)]
    return Filtered((*kept, *told), len(found) - len(kept) + len(remarks) - len(told))


def _may_be_silenced(module: Module, found: Iterable[Diagnostic], places: Sequence[int]) -> bool:
    """Whether a comment that says `noqa`, at one of the places, may stand on the logical line of a finding."""
    offsets: defaultdict[Scope, list[int]] = defaultdict(list)
    for item in found:
        offsets[module.body_at(item.location.span.start)].append(item.location.span.start)
    return any(
        bisect_left(places, around.start) != bisect_left(places, around.end)
        for body, asked in offsets.items()
        for around in _around_logical_lines(body, asked)
    )


def _around_logical_lines(body: Scope, offsets: Iterable[int]) -> Iterator[Span]:
    """For each of the offsets in a body a range that holds its logical line."""
    module = body if isinstance(body, Module) else body.module
    first, end = (0, len(module.data)) if isinstance(body, Module) else (body.ir.start, body.ir.end)
    row_end = module.data.find(b"\n", end)
    last = row_end if row_end >= 0 else len(module.data)
    starts = [item.start for item in body.index.statements if _is_first_on_row(module.data, item.start)]
    for offset in offsets:
        place = bisect_right(starts, offset)
        yield Span(starts[place - 1] if place else first, starts[place] if place < len(starts) else last)


def _is_first_on_row(data: bytes, offset: int) -> bool:
    row = max(data.rfind(b"\n", 0, offset), data.rfind(b"\r", 0, offset)) + 1
    return not data[row:offset].strip(b" \t\f")


def _speaks_of_us(data: bytes, policy: Policy) -> bool:
    """Whether some suppression could be remarked on though nothing was found: most are other tools' own."""
    if BLANKET_SUPPRESSION.code in policy.enabled or b"asynclint" in data.lower():
        return True
    names = [rule.name.encode() for rule in policy.vocabulary.rules]
    comments = (found[0].lower() for found in _NOQA_LINE.finditer(data))
    return any(b"asl" in text or any(name in text for name in names) for text in comments)


_NOQA_LINE = re.compile(rb"(?i)noqa[^\r\n]*")


class TooManySuppressions(Exception):  # noqa: N818 - says what there is
    """Too much to hold against each other; the message says of what, in one line."""


class _Suppressions:
    """The suppressions of a module, which remember what they silenced."""

    def __init__(self, module: ModuleContext, policy: Policy) -> None:
        self._module = module
        self._policy = policy
        self._comments = read_comments(module.module.data)
        self._directives = tuple(
            read_directives(module.module.data, self._comments.comments, policy.vocabulary),
        )
        self._by_comment: dict[Span, list[Directive]] = {}
        for directive in self._directives:
            self._by_comment.setdefault(directive.comment, []).append(directive)
        self._refuse_too_many()
        self._reach = Reach(module.module.data, self._comments, self._directives)
        self._silenced: dict[Directive | Item, set[str]] = {}
        self._kept: dict[Span, set[str]] = {}

    def _refuse_too_many(self) -> None:
        """Raises TooManySuppressions."""
        most = max(map(len, self._by_comment.values()), default=0)
        if most > MOST_IN_A_COMMENT:
            raise TooManySuppressions(f"one comment holds {most:,} suppressions")
        counts = Counter(directive.verb for directive in self._directives)
        disables, enables = counts[Verb.DISABLE], counts[Verb.ENABLE]
        if disables**2 * enables > MOST_TRIPLES:
            raise TooManySuppressions(f"{disables:,} comments say `disable` and {enables:,} say `enable`")
        unknown = sum(item.owner is Owner.UNKNOWN for directive in self._directives for item in directive.items)
        if unknown > MOST_FINDINGS:
            raise TooManySuppressions(f"comments name {unknown:,} rules that there are not")

    def _place(self, offset: int) -> Span | None:
        return self._comments.logical_line(offset)

    # -- findings ----------------------------------------------------------------------------------------------

    def silence(self, diagnostic: Diagnostic) -> bool:
        """Whether a suppression that speaks for the statement of a finding is about its rule."""
        start, code = diagnostic.location.span.start, diagnostic.code
        matching = [
            match for directive in self._reach.speaking_for(start, code) for match in self._matching(directive, code)
        ]
        place = self._place(start)
        if not matching and place is not None:
            self._kept.setdefault(place, set()).add(code)
        for match in matching:
            self._silenced.setdefault(match, set()).add(code)
        return bool(matching)

    def silence_remark(self, remark: Diagnostic) -> bool:
        """Whether a finding about a suppression is itself silenced, which only its own code can do."""
        start = remark.location.span.start
        directives = (
            *self._reach.standing_at(self._place(start) or self._comments.comment_at(start)),
            *self._reach.speaking_for(start, remark.code),
        )
        return any(
            remark.code in item.codes
            for directive in directives
            if directive.verb is not Verb.ENABLE
            for item in directive.items
        )

    def _matching(self, directive: Directive, code: str) -> Iterator[Directive | Item]:
        if directive.is_blanket:
            yield directive
        for item in directive.items:
            if code in item.codes or code in self._codes_of_peer(item):
                yield item

    def _codes_of_peer(self, item: Item) -> frozenset[str]:
        if item.owner is not Owner.PEER or not self._policy.honour_peers:
            return _NO_CODES
        return PEER_CODES.get(item.text.upper(), _NO_CODES)

    # -- remarks -----------------------------------------------------------------------------------------------

    def remarks(self, ran: frozenset[str]) -> Iterator[Diagnostic]:
        """What is to be said of the suppressions themselves, after all findings; `ran` are the rules that did."""
        for directive in self._directives:
            if directive.word is not None:
                message, near = unknown_verb(directive.word.text), nearest_verb(directive.word.text)
                yield self._misspelt(directive.word, message, near)
                continue
            for item in directive.items:
                if item.owner is Owner.UNKNOWN:
                    yield self._unknown(item)
            if directive.verb is Verb.ENABLE:
                yield from self._idle_enable(directive)
                continue
            if directive.is_blanket:
                yield self._blanket(directive)
            if self._lacks_reason(directive):
                message = "this comment does not say why it silences a rule; add the reason in a few words"
                yield self._diagnostic(SUPPRESSION_WITHOUT_REASON, directive.span, message)
            yield from self._unused(directive, ran)

    def _idle_enable(self, directive: Directive) -> Iterator[Diagnostic]:
        unknown = any(item.owner is Owner.UNKNOWN for item in directive.items)
        if not unknown and not self._reach.ends_something(directive):
            edit = without_directive(self._module.module.data, directive)
            message = "this comment ends no `disable` before it; remove it"
            yield self._diagnostic(UNUSED_SUPPRESSION, directive.span, message, [edit], "remove the comment")

    def _lacks_reason(self, directive: Directive) -> bool:
        if directive.is_noqa and not any(item.owner is Owner.OURS for item in directive.items):
            return False
        return not has_reason(self._module.module.data, directive, self._by_comment[directive.comment])

    def _unused(self, directive: Directive, ran: frozenset[str]) -> Iterator[Diagnostic]:
        if directive.is_noqa and directive.is_blanket:
            return
        if not directive.items:
            if not directive.is_blanket or self._is_unused(directive, self._all_codes, ran):
                yield self._useless(directive)
            return
        unused = [item for item in directive.items if item.codes and self._is_unused(item, item.codes, ran)]
        if unused:
            yield self._useless(directive, unused)

    @property
    def _all_codes(self) -> frozenset[str]:
        return frozenset(rule.code for rule in self._policy.vocabulary.rules) - _OWN_CODES

    def _is_unused(self, match: Directive | Item, codes: frozenset[str], ran: frozenset[str]) -> bool:
        """Nothing is silenced, though every rule that is meant had its say.

        Who names a group of rules means those of it that are on by default.
        """
        meant = codes.difference(self._off_by_default) or codes
        return match not in self._silenced and meant <= ran and codes.isdisjoint(_OWN_CODES)

    @property
    def _off_by_default(self) -> Iterator[str]:
        return (rule.code for rule in self._policy.vocabulary.rules if not rule.default)

    def _useless(self, directive: Directive, unused: Collection[Item] = ()) -> Diagnostic:
        if self._is_above_its_statement(directive):
            message = (
                "this comment stands above the statement, so it silences nothing; put it on a line of the statement"
                + ("" if directive.is_noqa else ", or write `ignore-next`")
            )
            return self._diagnostic(UNUSED_SUPPRESSION, directive.span, message)
        data = self._module.module.data
        is_whole = len(unused) == len(directive.items)
        edits = [without_items(data, directive, unused) if unused else without_directive(data, directive)]
        if is_whole and directive.verb is Verb.DISABLE:
            edits += [without_directive(data, enable) for enable in self._reach.ended_by_none_but(directive)]
        span = directive.span if is_whole else next(iter(unused)).span
        remedy = "remove the suppression" if is_whole else f"remove {_listed(unused)} from the list"
        return self._diagnostic(UNUSED_SUPPRESSION, span, self._uselessness(directive, unused), edits, remedy)

    def _is_above_its_statement(self, directive: Directive) -> bool:
        """Whether it was meant for a finding of the next statement: then it is to be moved, not removed."""
        if directive.verb not in (Verb.NOQA, Verb.IGNORE) or self._place(directive.span.start) is not None:
            return False
        following = self._comments.next_line(directive.span.end)
        found = self._kept.get(following, _NO_CODES) if following is not None else _NO_CODES
        return bool(found) if directive.is_blanket else any(item.codes.intersection(found) for item in directive.items)

    def _uselessness(self, directive: Directive, unused: Collection[Item]) -> str:
        if directive.verb in (Verb.NOQA, Verb.IGNORE) and self._place(directive.span.start) is None:
            return "this comment is on no line of a statement, so it silences nothing; put it on one, or remove it"
        if not unused:
            return "this comment silences nothing; remove it"
        verb, them = ("silences", "it") if len(unused) == 1 else ("silence", "them")
        return f"{_listed(unused)} {verb} nothing {_WHERE[directive.verb]}; remove {them}"

    def _unknown(self, item: Item) -> Diagnostic:
        rules = self._policy.vocabulary.rules
        meant = PEER_CODES.get(item.text.upper(), _NO_CODES)
        names = [rule.name for rule in rules if rule.code in meant]
        if len(names) == 1:
            message = f"`{item.text}` is a code of another tool; the rule is called `{names[0]}` here"
            return self._misspelt(item, message, names[0])
        return self._misspelt(item, unknown_rule(item.text, rules), meant_rule(item.text, rules))

    def _misspelt(self, item: Item, message: str, meant: str | None) -> Diagnostic:
        """With what it is meant to be as an unsafe fix: that silences findings which are reported now."""
        found = self._diagnostic(UNKNOWN_CODE, item.span, message)
        if meant is None:
            return found
        fix = self._module.fix(Applicability.UNSAFE, f"write `{meant}`", [TextEdit(item.span, meant)])
        return dataclasses.replace(found, fixes=(fix,))

    def _blanket(self, directive: Directive) -> Diagnostic:
        codes = ", ".join(sorted(self._silenced.get(directive, ())))
        remedy = f"name what it is there for: {codes}" if codes else "name those that are meant"
        return self._diagnostic(BLANKET_SUPPRESSION, directive.span, f"this comment silences all rules; {remedy}")

    def _diagnostic(
        self, info: RuleInfo, span: Span, message: str, edits: Sequence[TextEdit] = (), remedy: str = ""
    ) -> Diagnostic:
        function = self._module.module.function_at((self._place(span.start) or span).start)
        return Diagnostic(
            code=info.code,
            name=info.name,
            severity=info.severity,
            confidence=info.confidence,
            message=message,
            location=self._module.location(span),
            symbol=function.qualname if function is not None else "",
            fixes=(self._module.fix(Applicability.SAFE, remedy, list(edits)),) if edits else (),
            url=info.url,
        )


_WHERE: Final = {
    Verb.NOQA: "on this statement",
    Verb.IGNORE: "on this statement",
    Verb.IGNORE_NEXT: "on the next statement",
    Verb.IGNORE_FILE: "in this file",
    Verb.DISABLE: "in the statements that follow",
}


def _listed(items: Iterable[Item]) -> str:
    *most, last = (f"`{item.text}`" for item in items)
    return f"{', '.join(most)} and {last}" if most else last

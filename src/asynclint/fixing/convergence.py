"""Passes of repairs over the texts of a project until there is nothing left to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from asynclint.fixing.choice import compatible, repairs
from asynclint.fixing.edits import applied
from asynclint.fixing.judgement import broken_syntax, regressions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from asynclint.core.diagnostic import Applicability
    from asynclint.fixing.choice import Repair
    from asynclint.fixing.judgement import Checked, Objection

MOST_PASSES = 50
"""A pass ends at least one finding of a place, so real code needs a handful; this stops what never would."""

Texts: TypeAlias = "Mapping[str, bytes]"
"""UTF-8 without BOM by shown path."""


class Refused(NamedTuple):
    """A repair that was not made, and why."""

    repair: Repair
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """`texts` are those that changed, `left` is what a check says of the result, `stable` whether it came to an end."""

    texts: Texts
    made: tuple[Repair, ...]
    refused: tuple[Refused, ...]
    left: Checked
    stable: bool = True


def converge(
    original: Callable[[str], bytes],
    check: Callable[[Texts], Checked],
    wanted: frozenset[Applicability],
    may_change: Callable[[str], bool],
) -> Outcome:
    """Make all wanted repairs that can stand.

    `original` gives a file's text, `check` checks the project with some texts in place of those of its files, and
    `may_change` says which files may be touched at all.
    """
    state = _State(original, check, check({}))
    made: list[Repair] = []
    for _ in range(MOST_PASSES):
        candidates = [item for item in repairs(state.checked.fixable, wanted) if may_change(item.path)]
        round_ = _Pass(state, state.checked, dict(state.texts))
        accepted = round_.make(compatible(candidates), ()) if candidates else ()
        if not accepted:
            return Outcome(state.texts, tuple(made), tuple(round_.refused), state.checked)
        made += accepted
    return Outcome(state.texts, tuple(made), (), state.checked, stable=False)


@dataclass(slots=True)
class _State:
    """The texts as far as they are settled, and what the check says of them."""

    original: Callable[[str], bytes]
    check: Callable[[Texts], Checked]
    checked: Checked
    texts: dict[str, bytes] = field(default_factory=dict)

    def text(self, path: str) -> bytes:
        return self.texts[path] if path in self.texts else self.original(path)


@dataclass(slots=True)
class _Pass:
    """Repairs of one report. All are made on the texts that it speaks of: `before`, with `texts` changed so far."""

    state: _State
    before: Checked
    texts: Texts
    refused: list[Refused] = field(default_factory=list)

    def make(self, repairs: Sequence[Repair], standing: Sequence[Repair]) -> tuple[Repair, ...]:
        """Those of `repairs` that can be made on top of the `standing` ones; the state is then that with them."""
        objection = self._attempt((*standing, *repairs))
        if objection is None:
            return tuple(repairs)
        if len(repairs) == 1:
            self.refused.append(Refused(repairs[0], objection.reason))
            return ()
        likely, suspect = _divided(repairs, objection)
        accepted = self.make(likely, standing)
        return (*accepted, *self.make(suspect, (*standing, *accepted)))

    def _attempt(self, made: Sequence[Repair]) -> Objection | None:
        """Keep the repairs together, unless there is an objection."""
        paths = {repair.path for repair in made}
        old = {path: self.texts[path] if path in self.texts else self.state.original(path) for path in paths}
        new = {
            path: applied(data, (edit for repair in made if repair.path == path for edit in repair.fix.edits))
            for path, data in old.items()
        }
        objection = broken_syntax(old, new, made)
        if objection is not None:
            return objection
        texts = {**self.texts, **new}
        checked = self.state.check(texts)
        objection = regressions(self.before, checked, made)
        if objection is None:
            self.state.texts, self.state.checked = texts, checked
        return objection


def _divided(repairs: Sequence[Repair], objection: Objection) -> tuple[Sequence[Repair], Sequence[Repair]]:
    """Those that are likely right first; by halves where no one in particular is to blame."""
    blamed = [repair for repair in repairs if repair in objection.blamed]
    others = [repair for repair in repairs if repair not in objection.blamed]
    if blamed and others:
        return others, blamed
    middle = len(repairs) // 2
    return repairs[:middle], repairs[middle:]

"""Which rules are meant by what people write: codes, prefixes of codes, names, `ALL`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from asynclint.config.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asynclint.core.diagnostic import RuleInfo

ALL = "ALL"

_NOTHING, _EVERYTHING = 0, 1
_EXACT = 100
"""How closely a selector names a rule: below any prefix, 1 + the prefix's length, above any prefix."""


def select_rules(
    rules: Iterable[RuleInfo],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    *,
    extend: tuple[str, ...] = (),
    milder: tuple[str, ...] = (),
) -> frozenset[str]:
    """The codes of the rules that are on.

    `extend` are on beside those of `select` (or beside the default set). `milder` are ignored too, but what selects
    a rule just as closely is stronger: so the command line can turn on what a file turns off.

    The closer of two selectors decides, so `--select ASL2 --ignore ASL204` and `--ignore ASL2 --select ASL204` mean
    what they say; `ignore` wins between equals. A rule that is off by default is on only if selected by its own
    code or name or by ALL; nothing that is ignored turns a rule on. Raises SettingsError for what names no rule.
    """
    known = tuple(rules)
    refuse_unknown((*select, *ignore), known)
    chosen = _Choice(select, ignore, extend, milder)
    return frozenset(rule.code for rule in known if chosen.has(rule))


class _Choice(NamedTuple):
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    extend: tuple[str, ...]
    milder: tuple[str, ...]

    def has(self, rule: RuleInfo) -> bool:
        wanted = closeness((*self.select, *self.extend), rule)
        if not rule.default and wanted not in (_EVERYTHING, _EXACT):
            return False
        if not self.select:
            wanted = max(wanted, _EVERYTHING)
        return wanted > closeness(self.ignore, rule) and wanted >= closeness(self.milder, rule)


def find_rule(rules: Iterable[RuleInfo], wanted: str) -> RuleInfo:
    """The rule with this code or name, in capitals or not. Raises SettingsError with the nearest match."""
    known = tuple(rules)
    for rule in known:
        if wanted.lower().replace("_", "-") in (rule.code.lower(), rule.name):
            return rule
    raise SettingsError((unknown_rule(wanted, known),))


def refuse_unknown(selectors: Iterable[str], rules: tuple[RuleInfo, ...]) -> None:
    """Raise SettingsError, naming each selector that means no rule."""
    unknown = [item for item in selectors if not is_selector(item, rules)]
    problems = tuple(unknown_rule(item, rules) for item in unknown)
    if problems:
        raise SettingsError(problems)


def is_selector(text: str, rules: Iterable[RuleInfo]) -> bool:
    """Whether a text means some rule."""
    return any(_closeness(text, rule) for rule in rules)


def _closest(word: str, words: Iterable[str], *, least: float = 0.6) -> list[str]:
    """The words that another one is probably meant to be: the most like it, with most letters in their places.

    `least` is how like they must be, from 0 to 1, as difflib measures it.
    """
    import difflib  # noqa: PLC0415 - 6 ms, for mistakes only

    def likeness(other: str) -> tuple[float, int]:
        pairs = (*zip(word, other, strict=False), *zip(reversed(word), reversed(other), strict=False))
        return difflib.SequenceMatcher(None, other, word).ratio(), sum(one == two for one, two in pairs)

    near = difflib.get_close_matches(word, tuple(words), n=20, cutoff=least)
    best = max(map(likeness, near), default=None)
    return [other for other in near if likeness(other) == best]


def nearest(word: str, words: Iterable[str]) -> str:
    """Such as ``did you mean `select`?``; empty if nothing is near."""
    near = _closest(word.lower().replace("_", "-"), words)
    return f"did you mean `{near[0]}`?" if near else ""


def unknown_rule(selector: str, rules: tuple[RuleInfo, ...]) -> str:
    """The line that says so, with the nearest rule."""
    words = _words(rules)
    near = _closest(selector.lower(), words)
    hint = f"did you mean `{words[near[0]]}`?" if near else "`asynclint rules` lists them"
    return f"unknown rule `{selector}`; {hint}"


def meant_rule(selector: str, rules: tuple[RuleInfo, ...]) -> str | None:
    """The code or name that a word is surely meant to be; None where it is unlike all, or like several."""
    words = _words(rules)
    near = _closest(selector.lower(), words, least=0.8)
    return words[near[0]] if len(near) == 1 else None


def _words(rules: tuple[RuleInfo, ...]) -> dict[str, str]:
    """What names a rule, by the same in small letters."""
    return {word.lower(): word for rule in rules for word in (rule.code, rule.name)}


def closeness(selectors: Iterable[str], rule: RuleInfo) -> int:
    """How closely the closest of the selectors names the rule; 0 if none does."""
    return max((_closeness(item, rule) for item in selectors), default=_NOTHING)


def _closeness(selector: str, rule: RuleInfo) -> int:
    if selector in (rule.code, rule.name):
        return _EXACT
    if selector == ALL:
        return _EVERYTHING
    if selector and rule.code.startswith(selector):
        return _EVERYTHING + len(selector)
    return _NOTHING

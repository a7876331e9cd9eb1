"""Passes until nothing is left, and what stands in the way of a fix."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asynclint.core.diagnostic import CheckError, Report
from asynclint.fixing.choice import SAFE
from asynclint.fixing.convergence import MOST_PASSES, Outcome, converge
from asynclint.fixing.judgement import Checked, compiles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.fixing.conftest import Maker

    from asynclint.core.diagnostic import Diagnostic

    Findings = Callable[[str, str], list[Diagnostic]]


def _converge(texts: Mapping[str, str], findings: Findings, *, errors: Callable[[str], bool] | None = None) -> Outcome:
    """Fix texts with a check that looks at each by itself."""

    def check(changed: Mapping[str, bytes]) -> Checked:
        now = {path: changed.get(path, text.encode()).decode() for path, text in texts.items()}
        found = tuple(item for path, text in now.items() for item in findings(path, text))
        broken = tuple(CheckError("x", path, "broken") for path, text in now.items() if errors and errors(text))
        return Checked(Report(found, broken, 1, 0, 0, ()), found, found)

    return converge(lambda path: texts[path].encode(), check, SAFE, lambda _: True)


def _words(make: Maker, word: str, content: str, code: str = "ASL900") -> Findings:
    """Finds a word everywhere and offers to write another in its place."""

    def findings(path: str, text: str) -> list[Diagnostic]:
        found = []
        for match in re.finditer(rf"\b{word}\b", text):
            fix = make.fix(make.edit(*match.span(), content, path=path))
            found.append(make.finding(*match.span(), fix, code=code, path=path))
        return found

    return findings


def test_everything_is_fixed_in_one_go(make: Maker) -> None:
    outcome = _converge({"a.py": "bad, bad\n", "b.py": "bad\n", "c.py": "fine\n"}, _words(make, "bad", "good"))
    assert outcome.texts == {"a.py": b"good, good\n", "b.py": b"good\n"}
    assert len(outcome.made) == 3
    assert not outcome.refused
    assert outcome.stable


def test_a_fix_that_mends_nothing_is_left_out(make: Maker) -> None:
    outcome = _converge({"a.py": "bad\n"}, _words(make, "bad", "bad, bad"))
    assert not outcome.made
    assert {item.reason for item in outcome.refused} <= {
        "the finding would still be there",
        "it would bring ASL900 name at a.py:1",
    }


def test_fixes_in_each_others_way_take_two_passes(make: Maker) -> None:
    def findings(path: str, text: str) -> list[Diagnostic]:
        found = []
        for number, word in enumerate(("one", "two")):
            start = text.find(word)
            if start >= 0:
                fix = make.fix(make.edit(start, start + 3, word.upper()), make.edit(8, 8, ""))
                found.append(make.finding(start, start + 3, fix, code=f"ASL90{number}", path=path))
        return found

    assert _converge({"a.py": "one, two\n"}, findings).texts == {"a.py": b"ONE, TWO\n"}


def test_a_fix_that_brings_another_finding_is_left_out_and_the_others_are_made(make: Maker) -> None:
    def findings(path: str, text: str) -> list[Diagnostic]:
        evil = [make.finding(*match.span(), code="ASL901", path=path) for match in re.finditer("evil", text)]
        bad = _words(make, "bad", "good")(path, text)
        return evil + bad + _words(make, "worse", "evil")(path, text)

    outcome = _converge({"a.py": "bad, worse, bad\n", "b.py": "bad\n"}, findings)
    assert outcome.texts == {"a.py": b"good, worse, good\n", "b.py": b"good\n"}
    assert [item.reason for item in outcome.refused] == ["it would bring ASL901 name at a.py:1"]


def test_a_finding_brought_to_another_file_counts(make: Maker) -> None:
    state: dict[str, str] = {}

    def findings(path: str, text: str) -> list[Diagnostic]:
        state[path] = text
        if path == "b.py":
            return [make.finding(0, 1, code="ASL901", path=path)] if "good" in state["a.py"] else []
        return _words(make, "bad", "good")(path, text)

    outcome = _converge({"a.py": "bad\n", "b.py": "other\n"}, findings)
    assert not outcome.texts
    assert outcome.refused[0].reason == "it would bring ASL901 name at b.py:1"


def test_what_does_not_parse_is_left_out(make: Maker) -> None:
    outcome = _converge({"a.py": "bad\n"}, _words(make, "bad", "await await"))
    assert not outcome.texts
    assert outcome.refused[0].reason == "the result would not be valid Python"


def test_syntax_that_this_python_does_not_know_is_left_to_the_check(make: Maker) -> None:
    newer = "bad = ??\n"
    assert not compiles(newer)
    assert _converge({"a.py": newer}, _words(make, "bad", "good")).texts == {"a.py": b"good = ??\n"}
    outcome = _converge({"a.py": newer}, _words(make, "bad", "good"), errors=lambda text: "good" in text)
    assert not outcome.texts
    assert "could not be checked" in outcome.refused[0].reason


def test_fixing_comes_to_an_end(make: Maker) -> None:
    def findings(path: str, text: str) -> list[Diagnostic]:
        return [make.finding(0, 0, make.fix(make.edit(len(text), len(text), "x")), code=f"ASL{len(text)}", path=path)]

    def check(changed: Mapping[str, bytes]) -> Checked:
        text = changed.get("a.py", b"x").decode()
        found = tuple(findings("a.py", text))
        return Checked(make.report(*found), (), found)

    outcome = converge(lambda _: b"x", check, SAFE, lambda _: True)
    assert not outcome.stable
    assert outcome.texts["a.py"] == b"x" * (MOST_PASSES + 1)


def test_only_files_that_may_change_are_touched(make: Maker) -> None:
    found = tuple(_words(make, "bad", "good")("a.py", "bad"))
    outcome = converge(lambda _: b"bad", lambda _: Checked(make.report(*found), found, found), SAFE, lambda _: False)
    assert not outcome.texts


def test_only_what_is_to_be_fixed_is_fixed(make: Maker) -> None:
    found = tuple(_words(make, "bad", "good")("a.py", "bad"))
    outcome = converge(lambda _: b"bad", lambda _: Checked(make.report(*found), found, ()), SAFE, lambda _: True)
    assert not outcome.texts

"""Rules are found by being there; what is wrong with a module is said with its name."""

from __future__ import annotations

import sys
from itertools import count
from typing import TYPE_CHECKING

import pytest

from asynclint.rulekit.discovery import RuleDiscoveryError, all_rules, find_rule, load_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType

RULE = """
from asynclint.core.diagnostic import Confidence, Severity
from asynclint.rulekit.rule import Rule

RULE = Rule({code!r}, {name!r}, "summary", "rationale", Severity.ERROR, Confidence.HIGH, (), lambda module: iter(()))
"""

_numbers = count()


@pytest.fixture
def make_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ModuleType]]:
    """Makes a package out of the given modules and imports it."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(**modules: str) -> ModuleType:
        name = f"rules_{next(_numbers)}"
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").write_text("")
        for module, text in modules.items():
            (folder / f"{module}.py").write_text(text)
        __import__(name)
        return sys.modules[name]

    yield make
    for loaded in [name for name in sys.modules if name.startswith("rules_")]:
        del sys.modules[loaded]


def rule(code: str, name: str) -> str:
    return RULE.format(code=code, name=name)


def test_rules_come_in_the_order_of_their_codes(make_package: Callable[..., ModuleType]) -> None:
    package = make_package(a=rule("ASL202", "a"), b=rule("ASL101", "b"), c=rule("ASL301", "c"))
    assert [item.code for item in load_rules(package)] == ["ASL101", "ASL202", "ASL301"]


@pytest.mark.parametrize("text", ["", "RULE = 1\n", "rule = None\n"])
def test_a_module_without_a_rule_is_named(make_package: Callable[..., ModuleType], text: str) -> None:
    with pytest.raises(RuleDiscoveryError, match=r"module `rules_\d+\.lost` must end in"):
        load_rules(make_package(lost=text))


def test_codes_are_unique(make_package: Callable[..., ModuleType]) -> None:
    with pytest.raises(RuleDiscoveryError, match="code ASL101"):
        load_rules(make_package(a=rule("ASL101", "a"), b=rule("ASL101", "b")))


def test_names_are_unique(make_package: Callable[..., ModuleType]) -> None:
    with pytest.raises(RuleDiscoveryError, match="name same"):
        load_rules(make_package(a=rule("ASL101", "same"), b=rule("ASL102", "same")))


def test_rules_are_found_by_code_and_by_name() -> None:
    for item in all_rules():
        assert find_rule(item.code) is item
        assert find_rule(item.name) is item
    assert find_rule("ASL999") is None


def test_the_rules_are_loaded_once() -> None:
    assert all_rules() is all_rules()

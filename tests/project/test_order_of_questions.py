"""What is answered does not depend on what was asked before."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from asynclint.project.memo import MAX_DEPTH, Memo
from asynclint.project.reads import Reads
from asynclint.project.values import UNKNOWN, ClassValue, External, FunctionValue, Instance, Unknown, Value, members

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.project.conftest import LinkProgram

STARS_IN_CIRCLES = {
    "a.py": "from b import *\nfrom c import *\nfrom d import *\n",
    "b.py": "from a import *\nfrom c import *\n\ndef of_b(): ...\n",
    "c.py": "from b import *\n",
    "d.py": "from time import *\n\ndef of_d(): ...\n",
    "main.py": "from a import of_b, of_d\nfrom b import of_d as through_b\nfrom c import of_d as through_c, sleep\n",
}

NAMES_IN_CIRCLES = {
    "first.py": "from second import make, Thing\n\nmade = make()\n",
    "second.py": "import first\n\nclass Thing: ...\n\ndef make():\n    return first.made or Thing()\n",
    "third.py": "from first import made as kept\nfrom second import Thing\n",
}

ATTRIBUTES_IN_CIRCLES = {
    "one.py": """
        import two

        class One:
            def __init__(self):
                self.peer = two.make(self)
                self.name = self.peer.name

        one = One()
        name = one.name
        """,
    "two.py": """
        import one

        class Two:
            def __init__(self, owner):
                self.name = str(one.one.name) if owner else one.one.peer.name

        def make(owner):
            return Two(owner)

        peer = one.one.peer
        """,
}

REPLACED_IN_CIRCLES = {
    "app.py": "import jobs\n\ndef work(): ...\n\nwrapped = work\n",
    "jobs.py": "import app\n\ndef other(): ...\n\napp.work = other if app.wrapped else app.work\nused = app.work\n",
}


@pytest.mark.parametrize(
    "files", [STARS_IN_CIRCLES, NAMES_IN_CIRCLES, ATTRIBUTES_IN_CIRCLES, REPLACED_IN_CIRCLES], ids=min
)
def test_globals_of_modules_that_depend_on_each_other(files: Mapping[str, str], link: LinkProgram) -> None:
    asked = [(module.name, name) for module in link(files).modules for name in module.index.bindings]
    answers = {_answers(link, files, shuffled(asked, seed)) for seed in range(30)}
    assert len(answers) == 1


def shuffled(items: list[tuple[str, str]], seed: int) -> list[tuple[str, str]]:
    return random.Random(seed).sample(items, len(items))


def _answers(
    link: LinkProgram, files: Mapping[str, str], order: list[tuple[str, str]]
) -> frozenset[tuple[str, str, str]]:
    project = link(files)
    modules = {module.name: module for module in project.modules}
    return frozenset(
        (module, name, str(project.evaluator.linker.module_name(name, modules[module], None))) for module, name in order
    )


def test_a_name_behind_stars_is_found_from_everywhere(link: LinkProgram) -> None:
    project = link(STARS_IN_CIRCLES)
    (main,) = (module for module in project.modules if module.name == "main")
    found = {name: project.evaluator.linker.module_name(name, main, None) for name in main.index.bindings}
    assert {name: _name(value) for name, value in found.items()} == {
        "of_b": "of_b",
        "of_d": "of_d",
        "through_b": "of_d",
        "through_c": "of_d",
        "sleep": "time.sleep",
    }


def _name(value: Value) -> str:
    match value:
        case FunctionValue(function=function):
            return function.name
        case External(name=name):
            return name
        case _:
            return str(value)


SESSIONS = {
    "orm.py": "class Session: ...\n",
    "web.py": "class Session: ...\n",
    "store.py": 'from orm import Session\n\ndef load(session: "Session"):\n    return session\n',
    "proxy.py": 'from typing import Optional\nfrom web import Session\n\ndef get(session: Optional["Session"]):\n    return session\n',
}


@pytest.mark.parametrize("order", [("store", "proxy"), ("proxy", "store")])
def test_the_same_string_is_another_class_in_another_module(order: tuple[str, ...], link: LinkProgram) -> None:
    project = link(SESSIONS)
    modules = {module.name: module for module in project.modules}
    found = {name: project.evaluator.returned(modules[name].functions[0]) for name in order}
    classes = {
        name: [item.cls for item in members(value) if isinstance(item, Instance)] for name, value in found.items()
    }
    assert {name: [str(cls) for cls in found] for name, found in classes.items()} == {
        "store": ["Class(orm.Session)"],
        "proxy": ["Class(web.Session)"],
    }


def test_what_a_circle_of_imports_defines_is_known(link: LinkProgram) -> None:
    project = link(NAMES_IN_CIRCLES)
    modules = {module.name: module for module in project.modules}
    kept = project.evaluator.linker.module_name("kept", modules["third"], None)
    thing = project.evaluator.linker.module_name("Thing", modules["third"], None)
    assert isinstance(thing, ClassValue)
    assert Instance(thing.cls) in members(kept)


# -- remembering -----------------------------------------------------------------------------------------------------

GRAPH = {"a": "b", "b": "cd", "c": "b", "d": "", "e": "ae"}
"""What each answer depends on."""


class Asked:
    def __init__(self) -> None:
        self.memo = Memo(Reads())
        self.found: dict[str, Value] = {}
        self.computed: list[str] = []

    def ask(self, name: str) -> Value:
        if name in self.found:
            return self.found[name]
        return self.memo.answer(self.found, name, name, UNKNOWN, self._compute, name)

    def _compute(self, name: str) -> Value:
        self.computed.append(name)
        parts = [self.ask(part) for part in GRAPH[name]]
        return External(f"{name}({', '.join('?' if isinstance(part, Unknown) else part.name for part in parts)})")  # type: ignore[union-attr]


def test_what_is_cut_short_inside_a_circle_is_not_kept() -> None:
    asked = Asked()
    assert asked.ask("a") == External("a(b(c(?), d()))")
    assert asked.found.keys() == {"a", "b", "d"}, "only c was cut short by a question that is not its own"
    assert asked.ask("c") == External("c(b(c(?), d()))")
    assert asked.computed == ["a", "b", "c", "d", "c"]


def test_a_question_after_one_that_was_cut_short_is_kept() -> None:
    asked = Asked()
    asked.ask("e")
    assert asked.found.keys() == {"a", "b", "d", "e"}
    assert asked.memo.active == {}


def test_a_chain_without_an_end_is_cut_short() -> None:
    memo = Memo(Reads())
    found: dict[int, Value] = {}

    def ask(number: int) -> Value:
        return memo.answer(found, number, number, UNKNOWN, ask, number + 1)

    assert ask(0) == UNKNOWN
    assert found.keys() == {0}
    assert len(found) < MAX_DEPTH


def test_what_fails_is_not_under_way_any_more() -> None:
    memo = Memo(Reads())
    found: dict[int, Value] = {}

    def fail() -> Value:
        raise ValueError("wrong")

    for _ in range(2):
        with pytest.raises(ValueError, match="wrong"):
            memo.answer(found, 1, 1, UNKNOWN, fail)
    assert (memo.active, found) == ({}, {})

"""What answers are known to have been found from."""

from __future__ import annotations

import ast
import dataclasses
import shutil
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from asynclint.config.settings import Settings
from asynclint.project.reads import (
    FIRST_MODULE,
    UNSETTLED,
    Answers,
    BodyAnswers,
    CircularAnswers,
    GraphReads,
    Reads,
    answered_once,
    bit_of,
)
from asynclint.project.tables import NameSet, Table
from asynclint.run.analysis import Checker, check_project
from asynclint.run.checks import new_index
from asynclint.run.planning import plan
from asynclint.run.progress import silent

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]


@dataclass(eq=False)
class Read:
    """Something that is read."""

    bit: int
    is_top_level: bool = False


ONE, TWO = Read(1 << FIRST_MODULE), Read(1 << (FIRST_MODULE + 1))


def asked(reads: Reads, *questions: object) -> int:
    """What a question was found from that asks others."""
    before = reads.begin()
    for question in questions:
        question()  # type: ignore[operator]
    return reads.end(before)


def test_whoever_asks_has_read_what_the_answer_was_found_from() -> None:
    reads = Reads()
    answers: Answers[str, None] = Answers(reads, reads.see)
    assert asked(reads, lambda: answers.of("one", ONE)) == ONE.bit
    assert asked(reads, lambda: answers.of("one", ONE)) == ONE.bit, "found before"
    assert asked(reads, lambda: answers.of("one"), lambda: answers.of("two", TWO)) == ONE.bit | TWO.bit
    assert asked(reads, lambda: answers.of("two")) == TWO.bit


def test_what_fails_is_tried_again_and_was_read_all_the_same() -> None:
    reads = Reads()

    def fail(module: Read) -> None:
        reads.see(module)
        raise ValueError("wrong")

    answers: Answers[str, None] = Answers(reads, fail)

    def ask() -> None:
        with pytest.raises(ValueError, match="wrong"):
            answers.of("one", ONE)

    assert asked(reads, ask) == asked(reads, ask) == ONE.bit


def test_a_property_that_is_answered_once() -> None:
    class Owner:
        def __init__(self) -> None:
            self.reads = Reads()
            self.count = 0

        @answered_once
        def answer(self) -> int:
            self.count += 1
            self.reads.see(TWO)
            return self.count

    owner = Owner()
    assert asked(owner.reads, lambda: owner.answer) == asked(owner.reads, lambda: owner.answer) == TWO.bit
    assert owner.answer == 1
    with pytest.raises(AttributeError):
        owner.answer = 2


def test_an_answer_that_asks_for_itself_is_not_settled() -> None:
    reads = Reads()

    def compute(key: str, module: Read) -> bool:
        reads.see(module)
        return answers.of("two" if key == "one" else "one", *(("two", TWO) if key == "one" else ("one", ONE)))

    answers: CircularAnswers[str, bool] = CircularAnswers(reads, compute, otherwise=False)
    assert asked(reads, lambda: answers.of("one", "one", ONE)) == ONE.bit | TWO.bit | UNSETTLED
    assert asked(reads, lambda: answers.of("two")) & UNSETTLED


def test_answers_about_a_body_are_found_from_what_all_of_them_are() -> None:
    reads = Reads()
    body = Read(0)
    answers: BodyAnswers[None] = BodyAnswers(reads, lambda _, module: reads.see(module))
    assert asked(reads, lambda: answers.of(body, ONE)) == ONE.bit
    assert asked(reads, lambda: answers.of(body, TWO)) == ONE.bit | TWO.bit
    assert asked(reads, lambda: answers.of(body, ONE)) == ONE.bit | TWO.bit
    assert reads.of_body(body) == ONE.bit | TWO.bit


def test_what_was_read_of_a_body_so_far_is_known_to_those_who_are_asked_on_its_behalf() -> None:
    reads = Reads()
    body = Read(0)
    around = reads.enter(body)
    reads.see(ONE)
    assert asked(reads, lambda: reads.see_body(body, "found")) == ONE.bit
    assert reads.body is body
    reads.see(TWO)
    with reads.apart() as made:
        reads.see_body(body, "found")
    assert made.mask == ONE.bit | TWO.bit
    reads.leave(body, "under way", around)
    assert reads.mask == reads.of_body(body) == ONE.bit | TWO.bit


def test_answers_about_the_top_level_of_a_module_are_told_apart() -> None:
    reads = Reads()
    body = Read(0, is_top_level=True)
    answers: BodyAnswers[None] = BodyAnswers(reads, lambda _, module: reads.see(module))
    asked(reads, lambda: answers.of(body, ONE), lambda: answers.of(body, TWO))
    assert asked(reads, lambda: answers.of(body, ONE)) == ONE.bit


def test_nodes_of_a_graph_depend_on_all_that_they_lead_to() -> None:
    reads = Reads()
    graph: GraphReads[str] = GraphReads(reads)
    graph.add({"a": (1, "b"), "b": (2, "c"), "c": (4, "b"), "d": (8, "")})
    graph.add({"e": (16, "ad")})
    expected = {"a": 7, "b": 6, "c": 6, "d": 8, "e": 31}
    assert {node: asked(reads, lambda node=node: graph.see(node)) for node in expected} == expected


def test_an_asker_depends_on_the_rows_that_it_asks_a_table_for() -> None:
    reads = Reads()

    def build() -> dict[str, int]:
        reads.see(ONE)
        return {"a": 1}

    table: Table[str, int] = Table(reads, "numbers", build, str)
    assert not table.is_made
    assert asked(reads, lambda: table.get("a")) == bit_of("numbers", "a")
    assert asked(reads, lambda: table.get("b")) == bit_of("numbers", "b")
    assert asked(reads, table.rows) == table.made_from == ONE.bit
    assert (table.get("a"), table.get("b"), table.is_made) == (1, None, True)


def test_rows_that_differ_have_other_stamps() -> None:
    def stamps(rows: dict[str, int]) -> dict[int, int]:
        return Table(Reads(), "numbers", lambda: rows, str).stamps()

    assert stamps({"a": 1, "b": 2}) == stamps({"b": 2, "a": 1})
    assert stamps({"a": 1}) != stamps({"a": 2}) != stamps({})
    assert stamps({"a": 1}) != stamps({"b": 1})


def test_names_are_asked_for_without_reading() -> None:
    reads = Reads()

    def find() -> tuple[str, ...]:
        reads.see(ONE)
        return "a", "b"

    names = NameSet(reads, "names", find)
    assert asked(reads, names.names) == 0
    assert names.names() == {"a", "b"}


# -- of projects -----------------------------------------------------------------------------------------------------


FORGETFUL = {
    "src/asynclint/project": {
        "paths.py": "belong to what `PathReader.of` gives",
        "project.py": "are readers, which hold no answers but by those that are asked of them, and all modules",
        "roots.py": "read paths, which no change of a module touches",
        "lifecycle_hooks.py": "is a reader",
        "layout.py": "are asked for by `modules_with`, which says so",
        "scopes.py": "belongs to an index, which is asked for by its body",
        "fastapi_version.py": "read no modules",
    },
    "src/asynclint/semantics": {
        "explanation.py": "belong to one question",
        "module_context.py": "belong to one module, and are asked for while it is judged",
        "syntax.py": "belong to one statement",
    },
}
"""Files that use `functools` to remember, and why that needs no trace: the properties in them …"""


@pytest.mark.parametrize("folder", FORGETFUL)
def test_what_is_remembered_says_what_it_was_found_from(folder: str) -> None:
    remembering = set()
    for file in sorted((ROOT / folder).glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.ImportFrom(module="functools") | ast.Import(names=[ast.alias(name="functools")]):
                    remembering.add(file.name)
    assert remembering - {"reads.py"} == FORGETFUL[folder].keys()


PROJECTS = sorted((ROOT / "tests" / "fixtures" / "projects").iterdir())
SETTINGS = Settings(jobs=1, select=("ALL",), count_unresolved=True)


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda path: path.name)
def test_what_was_found_before_hides_nothing_that_a_module_is_found_from(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / folder.name)  # in its place it is a part of this project
    planned = plan([str(tmp_path)], SETTINGS, str(tmp_path))
    files = new_index(SETTINGS).files(planned.work[0].files, jobs=1, progress=silent)
    checker = Checker(planned.rulings, counts=True)

    def masks(asked: frozenset[str]) -> Mapping[str, int]:
        work = dataclasses.replace(planned.work[0], asked=asked)
        trace = check_project(work, checker, files, str(tmp_path), 1, silent).trace
        assert trace is not None
        return trace.masks

    together = masks(planned.work[0].asked)
    chosen = Random(folder.name).sample(sorted(together), min(4, len(together)))
    alone = {path: masks(frozenset({path}))[path] for path in chosen}
    assert [path for path in chosen if alone[path] & ~together[path]] == []

"""What is handed to others to be run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asynclint.project.handler_coverage import HandlerCoverage
from asynclint.project.works_given import WorksGiven

if TYPE_CHECKING:
    from tests.project.conftest import LinkProgram

PASSED_AROUND = """
    def first(work, turns):
        if turns:
            second(work, turns - 1)

    def second(work, turns):
        work()
        first(work, turns)

    def send(): ...

    def main():
        first(send, 3)
        second(send, 3)
    """


@pytest.mark.parametrize("order", [("first", "second"), ("second", "first")])
def test_functions_that_hand_it_to_each_other_run_it(order: tuple[str, str], link: LinkProgram) -> None:
    project = link({"jobs.py": PASSED_AROUND})
    (module,) = project.modules
    functions = {function.name: function for function in module.functions}
    calls = {"first": functions["main"].index.calls[0], "second": functions["main"].index.calls[1]}
    reader = WorksGiven(project.evaluator, HandlerCoverage(project.evaluator))
    for name in order:
        given = reader.works_given(functions[name], calls[name], functions["main"], skips=0)
        assert [item.name for item in given] == ["send"]

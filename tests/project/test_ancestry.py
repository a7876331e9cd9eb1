"""The order of classes in a project that no Python would run."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.project.conftest import LinkProgram

CIRCLE = """\
class A(B): pass
class B(C): pass
class C(A): pass
class D(C): pass
"""


def test_classes_of_a_circle_are_the_same_whichever_is_asked_for_first(link: LinkProgram) -> None:
    answers = set()
    for names in permutations("ABCD"):
        project = link({"m.py": CIRCLE})
        (module,) = project.modules
        classes = {cls.name: cls for cls in module.classes}
        mros = {name: project.evaluator.members.mro(classes[name]) for name in names}
        answers.add(tuple((name, tuple(getattr(entry, "name", None) for entry in mros[name])) for name in "ABCD"))
    assert answers == {(("A", ("A", None)), ("B", ("B", None)), ("C", ("C", None)), ("D", ("D", "C", None)))}

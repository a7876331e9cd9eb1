"""The names that the project model gives to calls never contradict those of libcst's QualifiedNameProvider.

libcst sees one module at a time: compared are calls whose every qualified name, by libcst, comes from an import of
something outside the project, or from the builtins. There the model may know nothing, or follow a value to where it
was made, but may not say another name.

Set `ASYNCLINT_CORPUS` to a folder of checkouts to compare real projects too; every Nth of their files is taken
(`ASYNCLINT_CORPUS_STRIDE`, default 25).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider, QualifiedName, QualifiedNameProvider, QualifiedNameSource

from asynclint.flow import ir
from asynclint.flow.from_ast import lower_ast
from asynclint.flow.traversal import dotted
from asynclint.knowledge import blocking as knowledge
from asynclint.project.project import ModuleSource, Project
from asynclint.project.values import External, Instance, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Module, Scope

TREE = Path(__file__).parent.parent.parent
FOLDERS = [
    *sorted(path for path in (TREE / "examples").iterdir() if path.is_dir()),
    *sorted(path for path in (TREE / "tests" / "fixtures" / "projects").iterdir() if path.is_dir()),
    *sorted(path for path in (TREE / "tests" / "fixtures").iterdir() if path.is_dir() and path.name != "projects"),
]
CORPUS = os.environ.get("ASYNCLINT_CORPUS", "")
STRIDE = int(os.environ.get("ASYNCLINT_CORPUS_STRIDE", "25"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_own_projects(folder: Path) -> None:
    project = linked(folder)
    assert [line for module in project.modules for line in contradictions(project, module)] == []


def test_the_comparison_can_fail() -> None:
    text = "import json\n\njson.dumps({})\n"
    project = Project.build([ModuleSource("/project/a.py", "a.py", text.encode(), lower_ast(text))], "/project")
    (module,) = project.modules
    (call,) = module.index.calls
    assert list(compared(project, module, call, {"json.loads"})) == ["json.dumps is none of ['json.loads']"]
    assert list(contradictions(project, module)) == []


@pytest.mark.skipif(not CORPUS, reason="ASYNCLINT_CORPUS names no folder of Python projects")
@pytest.mark.parametrize("folder", sorted(Path(CORPUS).iterdir()) if CORPUS else [], ids=lambda folder: folder.name)
def test_real_projects(folder: Path) -> None:
    project = linked(folder)
    found = [line for module in project.modules[::STRIDE] for line in contradictions(project, module)]
    assert found == []


def linked(folder: Path) -> Project:
    """The Python files under a folder that this interpreter reads."""
    sources = []
    for path in sorted(folder.rglob("*.py")):
        data = path.read_bytes()
        try:
            module = lower_ast(data.decode())
        except (SyntaxError, ValueError):
            continue
        sources.append(ModuleSource(str(path), str(path), data, module))
    return Project.build(sources, str(folder))


def contradictions(project: Project, module: Module) -> Iterator[str]:
    """Calls of the module to which the two give different names, as lines of text."""
    visitor = Callees()
    MetadataWrapper(cst.parse_module(module.data.decode()), unsafe_skip_copy=True).visit(visitor)
    table = project.line_table(module)
    scopes: tuple[Scope, ...] = (module, *module.classes, *module.functions)
    for scope in scopes:
        for call in scope.index.calls:
            text = dotted(call.func)
            start = getattr(call.func, "start", None)
            if not text or start is None:
                continue
            position = table.position(start)
            expected = visitor.names.get((position.row, position.column, text), set())
            if expected and all(is_outside(name, project, module) for name in expected):
                for line in compared(project, scope, call, {plain(name) for name in expected}):
                    yield f"{module.path}:{position.row}: {line}"


def compared(project: Project, scope: Scope, call: ir.Call, expected: set[str]) -> Iterator[str]:
    """The outside names that the model gives to the callee and that are not expected.

    Methods of objects are left out: the model names them by their class (`io.TextIOWrapper.write`), libcst by how they
    are reached (`sys.stdout.write`).
    """
    if isinstance(call.func, ir.Attribute):
        receiver = project.evaluator.value(call.func.value, scope)
        if any(isinstance(member, Instance) for member in members(receiver)):
            return
    allowed = expected | {knowledge.canonical(name) for name in expected}
    for member in members(project.evaluator.value(call.func, scope)):
        if isinstance(member, External) and not {member.name, knowledge.canonical(member.name)} & allowed:
            yield f"{member.name} is none of {sorted(expected)}"


def is_outside(name: QualifiedName, project: Project, module: Module) -> bool:
    """Whether the name is a builtin, or imported from a package that the project does not hold."""
    if name.source is QualifiedNameSource.BUILTIN:
        return True
    if name.source is not QualifiedNameSource.IMPORT or name.name.startswith("."):
        return False
    return project.layout.roots.find(module.path, name.name.partition(".")[0]) is None


def plain(name: QualifiedName) -> str:
    return name.name.removeprefix("builtins.") if name.source is QualifiedNameSource.BUILTIN else name.name


class Callees(cst.CSTVisitor):
    """Collects the qualified names of callees, by row, column (both 1-based) and text."""

    METADATA_DEPENDENCIES = (QualifiedNameProvider, PositionProvider)

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[tuple[int, int, str], set[QualifiedName]] = {}

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802 - the name that libcst looks for
        text = written(node.func)
        if text:  # of an attribute of a builtin, libcst gives the name of the builtin
            start = self.get_metadata(PositionProvider, node.func).start
            names = self.get_metadata(QualifiedNameProvider, node.func, set())
            found = set(names() if callable(names) else names)
            if "." not in text or all(name.source is not QualifiedNameSource.BUILTIN for name in found):
                self.names[start.line, start.column + 1, text] = found


def written(node: cst.BaseExpression) -> str:
    """`a.b.c` for a chain of names and attributes, else ""."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        around = written(node.value)
        return f"{around}.{node.attr.value}" if around else ""
    return ""

"""Programs given as text, linked into a project without touching the disk."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from typing import TypeAlias

import pytest

from asynclint.flow.from_ast import lower_ast
from asynclint.project.project import ModuleSource, Project

ROOT = "/project"

LinkProgram: TypeAlias = Callable[[Mapping[str, str]], Project]


def _link(files: Mapping[str, str]) -> Project:
    sources = []
    for path, text in files.items():
        source = textwrap.dedent(text)
        sources.append(ModuleSource(f"{ROOT}/{path}", path, source.encode(), lower_ast(source)))
    return Project.build(sources, ROOT)


@pytest.fixture
def link() -> LinkProgram:
    """Link modules given as path (from the project's root) and text."""
    return _link

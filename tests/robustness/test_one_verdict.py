"""A report is the same to the byte however it came about: by one process or two, in any order, from a cache or not."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from asynclint.config.settings import Settings
from asynclint.report.formats import Format, render
from asynclint.run.checks import check

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PROJECTS = Path(__file__).parents[1] / "fixtures/projects"
CIRCLE = 10
"""Modules of which each asks the others what a name means."""
_MODULE = """\
import asyncio
{end}
from ring import m{next}, m{far}


class C{this}(m{next}.C{next}):
    def __init__(self):
        self.peer = m{far}.C{far}()
        self.kept = make()

    def go(self):
        self.peer.kept = self.kept
        return self.peer.go() or m{far}.make()


def make():
    return m{next}.make() if m{far}.made else m{far}.C{far}().go()


made = m{far}.make()


async def use{this}():
    made.sleep(1)
    value.sleep(1)
    make().go()
    C{this}().peer.kept.sleep(1)
    m{far}.made.kept.run()
    asyncio.create_task(make())
"""


def _circle(folder: Path, count: int = CIRCLE) -> None:
    """Definitions that lead to each other, and to an end in one place: what one asks first is cut short elsewhere."""
    folder.mkdir()
    for number in range(count):
        following, far = (number + 1) % count, (number * 3 + 2) % count
        end = "import time\n\nvalue = time" if number == 5 else f"from ring.m{following} import value"
        text = _MODULE.format(this=number, next=following, far=far, end=end)
        (folder / f"m{number}.py").write_text(text)
    (folder / "__init__.py").touch()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    shutil.copytree(PROJECTS, folder / "projects")
    _circle(folder / "ring")
    (folder / "pyproject.toml").touch()
    return folder


def _report(project: Path, *paths: Path, **settings: Any) -> str:
    chosen: dict[str, Any] = {"select": ("ALL",), "jobs": 1, "use_cache": False, "count_unresolved": True, **settings}
    return render(check([str(path) for path in paths or (project,)], Settings(**chosen)), Format.JSON)


def test_a_large_knot_of_definitions_comes_to_an_end(tmp_path: Path) -> None:
    _circle(tmp_path / "ring", 60)
    (tmp_path / "pyproject.toml").touch()
    report = check([str(tmp_path)], Settings(select=("ASL1", "ASL2"), jobs=1, use_cache=False))
    assert report.errors == ()
    assert {item.location.path.rpartition("/")[2] for item in report.diagnostics} == {f"m{n}.py" for n in range(60)}


@pytest.fixture(scope="module")
def expected(project: Path) -> str:
    report = _report(project)
    assert report.count('"code"') > 100
    return report


def test_two_processes(project: Path, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asynclint.project.forking.LITTLE", 0)
    assert _report(project, jobs=2) == expected


@pytest.mark.parametrize("number", range(4))
def test_any_order_of_modules(project: Path, expected: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def shuffled(work: Callable[[Sequence[str]], object], items: Sequence[str], *_: Any, **__: Any) -> list[object]:
        mixed = list(items)
        Random(number).shuffle(mixed)
        return [work(mixed)]

    monkeypatch.setattr("asynclint.run.analysis.in_halves", shuffled)
    assert _report(project) == expected


def test_any_order_of_paths(project: Path, expected: str) -> None:
    files = sorted(project.rglob("*.py"))
    Random(0).shuffle(files)
    assert _report(project, *files) == expected


def test_with_and_without_a_cache(project: Path, expected: str, tmp_path: Path) -> None:
    for _ in range(2):
        assert _report(project, use_cache=True, cache_dir=str(tmp_path / "cache")) == expected
    (project / "new.py").write_text("x = 1\n")  # so that modules come from the cache, and no result does
    try:
        changed = _report(project)
        assert _report(project, use_cache=True, cache_dir=str(tmp_path / "cache")) == changed
    finally:
        (project / "new.py").unlink()


def test_the_reference_front_end(project: Path, expected: str) -> None:
    assert _report(project, exhaustive=True) == expected

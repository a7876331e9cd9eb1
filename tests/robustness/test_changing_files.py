"""Files that become something else while a run is under way."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

import asynclint.run.checks
from asynclint.config.settings import Settings
from asynclint.core.explanation import Explanation
from asynclint.run.checks import check
from asynclint.run.questions import entry_points, explain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CACHED = Settings(use_cache=True, jobs=1)
_BAD = "import time\n\n\nasync def f():\n    time.sleep(1)\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    (folder / "a.py").write_text("x = 1\n")
    (tmp_path / "secret.py").write_text(_BAD)
    monkeypatch.chdir(folder)
    return folder


def _once_planned(monkeypatch: pytest.MonkeyPatch, change: Callable[[], None]) -> None:
    """Change something after the files were looked for and before they are read."""
    plan = asynclint.run.planning.plan

    def changing(*arguments: object) -> object:
        planned = plan(*arguments)  # type: ignore[arg-type]
        change()
        return planned

    monkeypatch.setattr(asynclint.run.checks, "plan", changing)


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("link", "has become a symbolic link since the run began"),
        ("pipe", "is not a regular file"),
        ("large", "has 2,147,483,648 bytes, more than the limit of 4,194,304"),
        ("gone", "the file is gone, it was there when the run began"),
    ],
)
def test_what_took_the_place_of_a_file_is_said_and_not_read(
    project: Path, monkeypatch: pytest.MonkeyPatch, kind: str, reason: str, is_known: bool
) -> None:
    file = project / "a.py"
    if is_known:  # the cache answers, unless the file has changed
        check((".",), CACHED)

    def change() -> None:
        file.unlink()
        if kind == "link":
            file.symlink_to("../secret.py")
        elif kind == "pipe":
            os.mkfifo(file)
        elif kind == "large":
            with file.open("wb") as sparse:
                sparse.truncate(2**31)

    _once_planned(monkeypatch, change)
    report = check((".",), CACHED)
    assert [(error.filename, error.message) for error in report.errors] == [("a.py", reason)]
    assert (report.files, report.diagnostics) == (0, ())


def test_links_that_were_there_are_read_in_every_way_of_a_run(project: Path) -> None:
    (project / "real").mkdir()
    (project / "real/m.py").write_text(_BAD)
    (project / "sub").mkdir()
    (project / "sub/m.py").symlink_to("../real/m.py")
    (project / "out.py").symlink_to("../secret.py")
    for number in range(60):  # so many that processes read them
        (project / f"sub/n{number}.py").write_text(f"x = {number}\n")
    for settings in (Settings(use_cache=False, jobs=2), CACHED, CACHED):
        report = check(("sub", "out.py"), settings)
        assert report.errors == ()
        assert [item.location.path for item in report.diagnostics] == ["out.py", "sub/m.py"]
    assert dict(report.counters)["results from the cache"] == 62
    explanation = explain("out.py", 5, Settings())
    assert isinstance(explanation, Explanation)
    assert explanation.symbol == "f"
    assert entry_points(("sub", "out.py"), Settings()).errors == ()

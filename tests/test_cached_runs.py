"""Runs that know what earlier ones found: the same answer, for less work."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from asynclint.caching.folder import CACHE_FOLDER
from asynclint.caching.seal import KEY_VARIABLE
from asynclint.config.settings import Settings
from asynclint.run.checks import check
from asynclint.run.questions import entry_points

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from asynclint.core.diagnostic import Report

HELPER = "import time\n\n\ndef wait() -> None:\n    time.sleep(1)\n"
CALLER = "from helper import wait\n\n\nasync def serve() -> None:\n    wait()\n"
OTHER = "import time\n\n\nasync def other() -> None:\n    time.sleep(2)  # noqa: ASL201\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\ndependencies = ["fastapi==0.115.0"]\n')
    (tmp_path / "helper.py").write_text(HELPER)
    (tmp_path / "caller.py").write_text(CALLER)
    (tmp_path / "other.py").write_text(OTHER)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*paths: str, **settings: object) -> Report:
    return check(paths or (".",), Settings(use_cache=True, jobs=1, **settings))  # type: ignore[arg-type]


def counted(report: Report, name: str) -> int:
    return dict(report.counters).get(name, 0)


def without_work(report: Report) -> Report:
    return dataclasses.replace(report, sources=(), timings=(), counters=())


def assert_same_as_uncached(report: Report, *paths: str, **settings: object) -> None:
    uncached = check(paths or (".",), Settings(jobs=1, **settings))  # type: ignore[arg-type]
    assert without_work(report) == without_work(uncached)
    assert {(item.shown, item.path, item.data) for item in report.sources} == {
        (item.shown, item.path, item.data) for item in uncached.sources
    }


@pytest.mark.usefixtures("project")
def test_a_second_run_does_no_work() -> None:
    first, second = run(), run()
    assert counted(first, "files parsed") == 3
    assert counted(second, "results from the cache") == 3
    for name in ("files read", "files parsed", "linked", "statements parsed by libcst", "functions summarised"):
        assert counted(second, name) == 0
    assert [item.code for item in second.diagnostics] == ["ASL201"]
    assert second.suppressed == 1
    assert_same_as_uncached(second)


@pytest.mark.usefixtures("project")
def test_routes_are_read_from_what_a_run_has_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    run()

    def parse(*_: object, **__: object) -> None:
        raise AssertionError("a file was parsed again")

    monkeypatch.setattr("asynclint.project.indexing.index_files", parse)
    assert entry_points(["."], Settings(use_cache=True, jobs=1)).files == 3


def test_a_second_run_imports_neither_the_analysis_nor_libcst(project: Path) -> None:
    code = (
        "import sys\n"
        "from asynclint.cli.app import run_command_line\n"
        "assert run_command_line(['check', '--output-format', 'concise']) == 1\n"
        "print(*sorted(sys.modules))"
    )
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True)
    heavy = ("libcst", "asynclint.rules", "asynclint.semantics", "asynclint.flow.", "multiprocessing", "rich")
    modules = done.stdout.splitlines()[-1].split()
    assert "asynclint.run.kept" in modules
    assert {name for name in modules if name.startswith(heavy)} <= {"asynclint.flow.errors"}


def test_a_changed_file_alone_is_parsed(project: Path) -> None:
    run()
    (project / "helper.py").write_text(HELPER.replace("time.sleep(1)", "pass"))
    report = run()
    assert (counted(report, "files parsed"), counted(report, "files from the cache")) == (1, 2)
    assert not report.diagnostics
    assert_same_as_uncached(report)


def test_what_is_undone_is_known_again(project: Path) -> None:
    run()
    (project / "helper.py").write_text("def wait() -> None: ...\n")
    run()
    (project / "helper.py").write_text(HELPER)
    report = run()
    assert counted(report, "results from the cache") == 3
    assert_same_as_uncached(report)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "new.py").write_text("def new() -> None: ...\n"),
        lambda folder: (folder / "other.py").unlink(),
        lambda folder: (folder / "other.py").rename(folder / "renamed.py"),
        lambda folder: (folder / "pyproject.toml").write_text('[tool.asynclint]\nignore = ["ASL201"]\n'),
        lambda folder: (folder / "requirements.txt").write_text("fastapi==0.110.0\n"),
        lambda folder: (folder / "uv.lock").write_text('[[package]]\nname = "fastapi"\nversion = "0.110.0"\n'),
    ],
    ids=["a new file", "a file less", "a renamed file", "configuration", "requirements", "a lock file"],
)
def test_everything_that_counts_is_part_of_the_key(project: Path, change: Callable[[Path], object]) -> None:
    run()
    change(project)
    report = run()
    assert counted(report, "results from the cache") == 0
    assert counted(report, "linked") > 0
    assert_same_as_uncached(report)


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    "settings",
    [
        {"ignore": ("ASL201",)},
        {"select": ("ASL2", "ASL001")},
        {"ignore_suppressions": True},
        {"count_unresolved": True},
        {"exhaustive": True},
        {"config": ("severity = {ASL201 = 'note'}",)},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_settings_are_part_of_the_key(settings: dict[str, object]) -> None:
    run()
    first, second = run(**settings), run(**settings)
    assert counted(first, "results from the cache") == 0
    assert counted(second, "results from the cache") == 3
    assert_same_as_uncached(second, **settings)


@pytest.mark.usefixtures("project")
def test_few_files_are_answered_from_a_run_over_all() -> None:
    run()
    report = run("caller.py")
    assert counted(report, "results from the cache") == 1
    assert [item.location.path for item in report.diagnostics] == ["caller.py"]
    assert_same_as_uncached(report, "caller.py")


@pytest.mark.usefixtures("project")
def test_all_files_are_not_answered_from_a_run_over_few() -> None:
    run("other.py")
    report = run()
    assert counted(report, "results from the cache") == 0
    assert counted(report, "files from the cache") == 3
    assert_same_as_uncached(report)
    assert counted(run(), "results from the cache") == 3


def test_another_working_folder_shows_other_names(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run()
    (project / "sub").mkdir()
    monkeypatch.chdir(project / "sub")
    report = run("..")
    assert [item.location.path for item in report.diagnostics] == [f"{project}/caller.py"]
    assert_same_as_uncached(report, "..")


def test_a_file_that_cannot_be_checked_is_said_again(project: Path) -> None:
    (project / "broken.py").write_text("def f(:\n")
    first, second = run(), run()
    assert [error.code for error in second.errors] == ["ASL010"]
    assert counted(second, "results from the cache") == 4
    assert without_work(first) == without_work(second)


def test_a_file_that_cannot_be_read_leaves_no_results(project: Path) -> None:
    (project / "latin.py").write_bytes(b"s = '\xef'\n")
    for _ in range(2):
        report = run()
        assert [error.code for error in report.errors] == ["ASL011"]
        assert counted(report, "results from the cache") == 0


@pytest.mark.usefixtures("project")
def test_a_defect_of_ours_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("x")

    with monkeypatch.context() as patch:
        patch.setattr("asynclint.semantics.blocking.diagnostics", broken)
        assert {error.code for error in run().errors} == {"internal-error"}
    report = run()
    assert not report.errors
    assert [item.code for item in report.diagnostics] == ["ASL201"]


@pytest.mark.usefixtures("project")
def test_a_cache_of_somebody_else_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "of an attacker")
    run()
    monkeypatch.setenv(KEY_VARIABLE, "of the user")
    report = run()
    assert counted(report, "results from the cache") == counted(report, "files from the cache") == 0
    assert_same_as_uncached(report)


def test_broken_cache_files_change_nothing(project: Path) -> None:
    run()
    for path in (project / CACHE_FOLDER).iterdir():
        path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    report = run()
    assert counted(report, "files parsed") == 3
    assert_same_as_uncached(report)
    assert counted(run(), "results from the cache") == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_no_error(project: Path) -> None:
    project.chmod(0o555)
    assert_same_as_uncached(run())
    assert not (project / CACHE_FOLDER).exists()


def test_what_stands_in_the_place_of_the_folder_is_left_alone(project: Path) -> None:
    (project / CACHE_FOLDER).write_text("mine")
    assert_same_as_uncached(run())
    assert (project / CACHE_FOLDER).read_text() == "mine"


def test_a_cache_may_be_kept_elsewhere(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("caches")
    run(cache_dir=str(elsewhere))
    report = run(cache_dir=str(elsewhere))
    assert counted(report, "results from the cache") == 3
    assert not (project / CACHE_FOLDER).exists()
    assert len(list(elsewhere.iterdir())) == 1
    assert counted(run(), "results from the cache") == 0


def test_a_project_that_may_not_be_written_has_its_cache_with_its_user(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("caches")))
    monkeypatch.setattr(os, "access", lambda path, _mode: path != str(project))
    run()
    assert not (project / CACHE_FOLDER).exists()
    assert counted(run(), "results from the cache") == 3


def test_without_the_cache_nothing_is_written(project: Path) -> None:
    check(["."], Settings(jobs=1))
    assert not (project / CACHE_FOLDER).exists()

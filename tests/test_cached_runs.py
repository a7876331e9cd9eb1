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
def test_what_a_run_over_few_files_found_is_not_found_again() -> None:
    run("other.py")
    report = run()
    assert (counted(report, "results from the cache"), counted(report, "checked")) == (1, 2)
    assert counted(report, "files from the cache") == 3
    assert_same_as_uncached(report)
    assert counted(run(), "results from the cache") == 3


# -- after a change --------------------------------------------------------------------------------------------------


CHAIN = {
    "a.py": "from b import b\n\n\nasync def serve() -> None:\n    b()\n",
    "b.py": "from c import c\n\n\ndef b() -> None:\n    c()\n",
    "c.py": "from d import d\n\n\ndef c() -> None:\n    d()\n",
    "d.py": "import time\n\n\ndef d() -> None:\n    time.sleep(1)\n",
    "e.py": "import time\n\n\nasync def other() -> None:\n    time.sleep(2)\n",
    "f.py": "import json\n\n\ndef load(text: str) -> object:\n    return json.loads(text)\n",
}


def lay(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    lay(tmp_path, {"pyproject.toml": '[project]\nname = "shop"\n', **CHAIN})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def after(folder: Path, files: dict[str, str]) -> Report:
    """What a run finds after a change, having looked at everything before it."""
    run()
    lay(folder, files)
    report = run()
    assert_same_as_uncached(report)
    return report


def test_a_helper_three_modules_away_is_seen_by_its_callers_only(chain: Path) -> None:
    report = after(chain, {"d.py": "def d() -> None:\n    return None\n"})
    assert [item.location.path for item in report.diagnostics] == ["e.py"]
    assert (counted(report, "checked"), counted(report, "results from the cache")) == (2, 4), "d.py, and a.py"


@pytest.mark.parametrize(
    ("changed", "checked"),
    [
        ({"f.py": CHAIN["f.py"] + "# a comment\n"}, 1),
        ({"a.py": "# moved down\n" + CHAIN["a.py"]}, 1),
        ({"e.py": CHAIN["e.py"].replace("2", "3")}, 1),
        ({"a.py": CHAIN["a.py"] + "# one\n", "f.py": CHAIN["f.py"] + "# two\n"}, 2),
        ({"b.py": CHAIN["b.py"] + "# what a.py calls\n"}, 2),
    ],
)
def test_only_what_depends_on_a_change_is_judged_anew(chain: Path, changed: dict[str, str], checked: int) -> None:
    report = after(chain, changed)
    assert (counted(report, "checked"), counted(report, "results from the cache")) == (checked, 6 - checked)


def test_a_name_that_becomes_that_of_a_coroutine_is_met_where_it_stands(chain: Path) -> None:
    lay(chain, {"e.py": "from f import load\n\n\nasync def other() -> None:\n    load('1')\n"})
    report = after(chain, {"f.py": CHAIN["f.py"].replace("def load", "async def load")})
    assert [(item.location.path, item.code) for item in report.diagnostics] == [("a.py", "ASL201"), ("e.py", "ASL104")]


NOTIFY = "from fastapi import HTTPException\n\n\ndef notify() -> None:\n    raise HTTPException(404)\n"
ROUTE = (
    "from fastapi import BackgroundTasks, FastAPI\nfrom a import notify\n\napp = FastAPI()\n\n\n"
    "@app.get('/')\nasync def read(tasks: BackgroundTasks) -> None:\n    {0}\n"
)


def test_what_a_module_that_is_not_imported_does_with_a_function_is_seen(chain: Path) -> None:
    lay(chain, {"a.py": NOTIFY, "e.py": ROUTE.format("tasks.add_task(print)")})
    assert [item.code for item in run().diagnostics if item.location.path == "a.py"] == []
    report = after(chain, {"e.py": ROUTE.format("tasks.add_task(notify)")})
    assert [item.code for item in report.diagnostics if item.location.path == "a.py"] == ["ASL306"]


def test_a_run_over_few_files_keeps_what_is_known_of_others(chain: Path) -> None:
    run()
    lay(chain, {"f.py": CHAIN["f.py"] + "# more\n"})
    assert counted(run("f.py"), "checked") == 1
    report = run()
    assert (counted(report, "files read"), counted(report, "results from the cache")) == (0, 6)
    assert_same_as_uncached(report)


def test_another_set_of_files_is_judged_as_a_whole(chain: Path) -> None:
    report = after(chain, {"g.py": "import e\n"})
    assert (counted(report, "checked"), counted(report, "results from the cache")) == (7, 0)


def test_a_file_that_is_no_python_for_a_while(chain: Path) -> None:
    run()
    lay(chain, {"d.py": "def d(:\n"})
    assert_same_as_uncached(run())
    lay(chain, {"d.py": CHAIN["d.py"]})
    assert_same_as_uncached(run())


def test_changes_one_after_the_other(chain: Path) -> None:
    for text in ("def d() -> None: ...\n", CHAIN["d.py"], "async def d() -> None: ...\n", CHAIN["d.py"]):
        after(chain, {"d.py": text})


@pytest.mark.parametrize("data", [b"", b"\x93\x01", b"x" * 100])
def test_a_broken_trace_spares_nothing_and_hides_nothing(chain: Path, data: bytes) -> None:
    run()
    (chain / CACHE_FOLDER / "trace").write_bytes(data)
    lay(chain, {"d.py": "def d() -> None: ...\n"})
    report = run()
    assert counted(report, "checked") == 6
    assert_same_as_uncached(report)


# -- whose cache it is, and where ------------------------------------------------------------------------------------


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

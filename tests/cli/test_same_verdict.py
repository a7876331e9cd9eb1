"""A file gets the same verdict however a run comes to it: in a whole tree, alone, from another folder, from a hook."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import CommandLine

MARK = "[project]\nname = 'member'\n"
HELPER = "import time\n\n\ndef wait():\n    time.sleep(1)\n"
ROUTE = "from shared.helper import wait\n\n\nasync def f():\n    wait()\n"
FILES = {
    "libs/shared/pyproject.toml": MARK,
    "libs/shared/src/shared/__init__.py": "",
    "libs/shared/src/shared/helper.py": HELPER,
    "services/api/pyproject.toml": MARK,
    "services/api/app/__init__.py": "",
    "services/api/app/main.py": ROUTE,
    "services/jobs/pyproject.toml": "[tool.asynclint]\nfail-level = 'error'\n",
    "services/jobs/app/__init__.py": "",
    "services/jobs/app/main.py": ROUTE,
    "vendor/tool/asynclint.toml": "root = true\n",
    "vendor/tool/main.py": ROUTE,
}
"""Two services and a library that both use, each with its own project file, and a folder that is declared a root."""
FOUND = {"services/api/app/main.py:5", "services/jobs/app/main.py:5"}

Mark = "Callable[[Path], None]"


def repository(tree: Path) -> None:
    (tree / ".git").mkdir()


def project_file(tree: Path) -> None:
    (tree / "pyproject.toml").write_text(MARK)


def configuration(tree: Path) -> None:
    (tree / "asynclint.toml").touch()


@pytest.fixture(params=[repository, project_file, configuration])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    request.param(tmp_path)
    return tmp_path


@pytest.fixture
def found(tree: Path, command_line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> Callable[..., set[str]]:
    def run(cwd: str, *paths: str, stdin: bytes = b"", options: tuple[str, ...] = ()) -> set[str]:
        """The findings, each as a file from the top of the tree and a row."""
        monkeypatch.chdir(tree / cwd)
        done = command_line("check", "--output-format", "json", *options, *paths, stdin=stdin)
        assert done.code in (0, 1), done.err
        places = json.loads(done.out)["diagnostics"]
        return {f"{os.path.relpath(item['filename'], tree)}:{item['location']['row']}" for item in places}

    return run


@pytest.mark.parametrize(
    ("cwd", "paths", "seen"),
    [
        (".", (), ("services/api", "services/jobs", "vendor")),
        (".", ("services/api/app/main.py",), ("services/api",)),
        (".", ("services",), ("services/api", "services/jobs")),
        ("services/api", (), ("services/api",)),
        ("services/api/app", ("main.py",), ("services/api",)),
        ("services/api", ("../jobs/app/main.py", "app"), ("services/api", "services/jobs")),
        ("libs", ("../services/jobs", "../vendor/tool/main.py"), ("services/jobs", "vendor")),
        ("vendor/tool", (), ("vendor",)),
    ],
)
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_whatever_is_asked_for(
    found: Callable[..., set[str]], cwd: str, paths: tuple[str, ...], seen: tuple[str, ...], jobs: str
) -> None:
    expected = {place for place in FOUND if place.startswith(seen)}
    assert found(cwd, *paths, options=("-j", jobs)) == expected


def test_in_an_editor(found: Callable[..., set[str]]) -> None:
    text = ROUTE.encode()
    assert found("services", "-", options=("--stdin-filename", "api/app/main.py"), stdin=text) == {
        "services/api/app/main.py:5"
    }
    assert found("libs", "-", options=("--stdin-filename", "../vendor/tool/main.py"), stdin=text) == set()


def test_a_root_is_read_as_a_part_of_what_is_around_it(found: Callable[..., set[str]], tree: Path) -> None:
    (tree / "libs/shared/asynclint.toml").write_text("root = true\n")
    (tree / "libs/shared/src/shared/main.py").write_text("from app.main import f\n\n\nasync def g():\n    await f()\n")
    assert found(".") == FOUND


def test_the_key_is_not_inherited_and_not_for_the_command_line(
    found: Callable[..., set[str]], tree: Path, command_line: CommandLine
) -> None:
    (tree / "services/jobs/pyproject.toml").write_text(
        "[tool.asynclint]\nextend = '../../vendor/tool/asynclint.toml'\n"
    )
    assert found("services/jobs") == {"services/jobs/app/main.py:5"}
    done = command_line("check", "--config", "root=true")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: --config: `root` is about the folder of a file, so it is said in one\n"


def test_what_all_paths_have_in_common_decides_for_the_run(
    tree: Path, command_line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / "services/jobs/pyproject.toml").write_text("[tool.asynclint]\nfail-level = 'never'\n")
    monkeypatch.chdir(tree)
    assert command_line("check", "services/jobs", "services/jobs/app/main.py").code == 0
    assert command_line("check", "services/jobs", "services/api").code == 1

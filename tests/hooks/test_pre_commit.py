"""The hooks, run by the real pre-commit on scratch repositories."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
CONFIG = """
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: {hook}
"""
HELPER = "import time\n\n\ndef wait() -> None:\n    time.sleep(1)\n"
ROUTE = "from app.helper import wait\n\n\nasync def route() -> None:\n    wait()\n"
TASK = "import asyncio\n\n\nasync def start() -> None:\n    asyncio.create_task(asyncio.sleep(1))\n"
OTHER = "import time\n\n\nasync def other() -> None:\n    time.sleep(1)\n"


def run(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # A hook of the repository around must not reach into the scratch ones.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(command, cwd=folder, env=clean | environment, capture_output=True, text=True, check=False)


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=tester", "-c", "user.email=tester@example.org", "-c", "init.defaultBranch=main")
    done = run(folder, "git", *identity, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="session")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """This tree as a repository that pre-commit can install from: its address and revision."""
    folder = tmp_path_factory.mktemp("hooks") / "repository"
    listed = run(ROOT, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout
    for name in filter(None, listed.split("\0")):
        if name.startswith(("src/", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    git(folder, "init", "-q")
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "hooks")
    return str(folder), git(folder, "rev-parse", "HEAD")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where pre-commit keeps its environments, shared so that asynclint is installed once."""
    return str(tmp_path_factory.mktemp("pre-commit"))


def project(folder: Path, hooks: tuple[str, str], hook: str, files: Mapping[str, str]) -> None:
    repository, revision = hooks
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    config = CONFIG.format(repository=repository, revision=revision, hook=hook)
    (folder / ".pre-commit-config.yaml").write_text(config)
    git(folder, "init", "-q")
    git(folder, "add", ".pre-commit-config.yaml")


def pre_commit(folder: Path, home: str) -> subprocess.CompletedProcess[str]:
    return run(folder, sys.executable, "-m", "pre_commit", "run", "--color", "never", PRE_COMMIT_HOME=home)


@pytest.mark.xdist_group("pre-commit")
def test_staged_files_are_judged_as_part_of_the_project(tmp_path: Path, hooks: tuple[str, str], home: str) -> None:
    files = {"app/__init__.py": "", "app/helper.py": HELPER, "app/route.py": ROUTE, "app/other.py": OTHER}
    project(tmp_path, hooks, "asynclint", files)
    git(tmp_path, "add", "app/__init__.py", "app/helper.py")
    git(tmp_path, "commit", "-q", "-m", "the helper, before")
    git(tmp_path, "add", "app/route.py")

    done = pre_commit(tmp_path, home)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "app/route.py:5:5: ASL201" in done.stdout
    assert "app/other.py" not in done.stdout, "only what is staged is reported"

    whole = run(tmp_path, sys.executable, "-m", "asynclint", "check", ".", "--output-format", "json")
    found = [item for item in json.loads(whole.stdout)["diagnostics"] if item["filename"] == "app/route.py"]
    assert [f"{item['filename']}:{item['location']['row']}: {item['message']}" for item in found] == [
        line.replace(":5: ASL201", ":", 1) for line in done.stdout.splitlines() if line.startswith("app/route.py")
    ]


@pytest.mark.xdist_group("pre-commit")
def test_options_are_passed_on_and_the_baseline_is_left_alone(
    tmp_path: Path, hooks: tuple[str, str], home: str
) -> None:
    project(tmp_path, hooks, "asynclint", {"app/old.py": TASK})
    assert run(tmp_path, sys.executable, "-m", "asynclint", "baseline", "create").returncode == 0
    (tmp_path / "app/new.py").write_text(TASK)
    config = tmp_path / ".pre-commit-config.yaml"
    config.write_text(f"{config.read_text()}        args: [--fix, --baseline, .asynclint-baseline.json]\n")
    git(tmp_path, "add", "--all")

    done = pre_commit(tmp_path, home)

    assert "files were modified by this hook" in done.stdout, done.stdout + done.stderr
    assert "fixed 1 finding in 1 file" in done.stdout
    assert "background_tasks.add(task)" in (tmp_path / "app/new.py").read_text()
    assert (tmp_path / "app/old.py").read_text() == TASK
    git(tmp_path, "add", "--all")
    assert pre_commit(tmp_path, home).returncode == 0


@pytest.mark.xdist_group("pre-commit")
def test_clean_files_pass(tmp_path: Path, hooks: tuple[str, str], home: str) -> None:
    project(tmp_path, hooks, "asynclint", {"app/helper.py": HELPER, "app/other.py": OTHER})
    git(tmp_path, "add", "app/helper.py")

    done = pre_commit(tmp_path, home)

    assert (done.returncode, "Passed" in done.stdout) == (0, True), done.stdout + done.stderr


@pytest.mark.xdist_group("pre-commit")
def test_excluded_files_are_left_out_though_they_are_staged(tmp_path: Path, hooks: tuple[str, str], home: str) -> None:
    exclude = '[tool.asynclint]\nextend-exclude = ["app"]\n'
    project(tmp_path, hooks, "asynclint", {"app/other.py": OTHER, "pyproject.toml": exclude})
    git(tmp_path, "add", "--all")

    done = pre_commit(tmp_path, home)

    assert (done.returncode, "Passed" in done.stdout) == (0, True), done.stdout + done.stderr


@pytest.mark.xdist_group("pre-commit")
def test_the_whole_project_is_checked_whatever_is_staged(tmp_path: Path, hooks: tuple[str, str], home: str) -> None:
    project(tmp_path, hooks, "asynclint-full", {"app/other.py": OTHER})

    done = pre_commit(tmp_path, home)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "app/other.py:5:5: ASL201" in done.stdout

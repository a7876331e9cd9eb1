"""Every name of a library that is installed here exists there."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from asynclint.knowledge.tables import read_table

SCRIPT = Path(__file__).parents[2] / "scripts" / "check_catalogue.py"
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
COMMON = (
    "boto3",
    "celery",
    "elasticsearch",
    "openai",
    "pika",
    "psycopg",
    "pymongo",
    "PyMySQL",
    "redis",
    "requests",
    "SQLAlchemy",
    "stripe",
)
"""Distributions of the `dev` extra that are there to be looked at, and nothing else, each in the recorded release."""


def recorded(distribution: str) -> str:
    return next(version for _package, name, version in read_table("libraries") if name == distribution)


def test_the_tables_agree_with_the_installed_libraries() -> None:
    """Newer releases are passed over: what they changed is for whoever runs the script, not a mistake made here."""
    checked = subprocess.run([sys.executable, str(SCRIPT), "--recorded"], capture_output=True, text=True, check=False)

    assert checked.stdout == ""
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("distribution", COMMON)
def test_the_commonest_libraries_are_looked_at(distribution: str) -> None:
    extra = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]["dev"]
    pins = {name.partition("[")[0]: version for name, _, version in (line.partition("==") for line in extra)}

    assert pins[distribution] == recorded(distribution)


@pytest.mark.parametrize("distribution", COMMON)
def test_the_commonest_libraries_are_installed_as_recorded(distribution: str) -> None:
    try:
        installed = importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        installed = None
    if installed != recorded(distribution) and "CI" not in os.environ:
        pytest.skip(f"{distribution} {installed} is installed: `pip install -e '.[dev]'` brings the recorded release")

    assert installed == recorded(distribution)


def test_the_script_prints_what_has_vanished(tmp_path: Path) -> None:
    """`json` stands in for a library whose next release drops a name."""
    program = (
        "import sys, runpy, json; del json.load; sys.argv = ['check_catalogue.py', 'json'];"
        f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    )
    checked = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path)

    assert "blocking_calls: json.load: no 'load'" in checked.stdout
    assert checked.returncode == 1


def test_another_release_than_the_recorded_one_is_passed_over_on_request(tmp_path: Path) -> None:
    """`click` stands in for a library whose next release drops a name."""
    program = (
        "import sys, runpy, click, importlib.metadata as metadata; del click.prompt;"
        "metadata.version = lambda name, known=metadata.version: '999' if name == 'click' else known(name);"
        "sys.argv = ['check_catalogue.py', 'click', *sys.argv[1:]];"
        f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    )
    command = [sys.executable, "-c", program]
    always = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    on_request = subprocess.run([*command, "--recorded"], capture_output=True, text=True, check=False, cwd=tmp_path)

    assert "blocking_calls: click.prompt: no 'prompt'" in always.stdout
    assert "click.prompt" not in on_request.stdout
    assert on_request.stderr == ""


def test_the_script_says_which_libraries_are_missing() -> None:
    listed = subprocess.run([sys.executable, str(SCRIPT), "--missing"], capture_output=True, text=True, check=True)

    assert all(line.startswith(("not installed: ", "checked against ")) for line in listed.stdout.splitlines())

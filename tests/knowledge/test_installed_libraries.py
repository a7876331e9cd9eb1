"""Every name of a library that is installed here exists there."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "check_catalogue.py"
COMMON = (
    "boto3",
    "celery",
    "elasticsearch",
    "openai",
    "pika",
    "psycopg",
    "pymongo",
    "pymysql",
    "redis",
    "requests",
    "sqlalchemy",
    "stripe",
)
"""Distributions of the `dev` extra that are there to be looked at, and nothing else."""


def test_the_tables_agree_with_the_installed_libraries() -> None:
    checked = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=False)

    assert checked.stdout == ""
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("distribution", COMMON)
def test_the_commonest_libraries_are_looked_at(distribution: str) -> None:
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        if "CI" in os.environ:
            raise
        pytest.skip(f"{distribution} is not installed: `pip install -e '.[dev]'` with a package index at hand")


def test_the_script_prints_what_has_vanished(tmp_path: Path) -> None:
    """`json` stands in for a library whose next release drops a name."""
    program = (
        "import sys, runpy, json; del json.load; sys.argv = ['check_catalogue.py', 'json'];"
        f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    )
    checked = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path)

    assert "blocking_calls: json.load: no 'load'" in checked.stdout
    assert checked.returncode == 1


def test_the_script_says_which_libraries_are_missing() -> None:
    listed = subprocess.run([sys.executable, str(SCRIPT), "--missing"], capture_output=True, text=True, check=True)

    assert all(line.startswith(("not installed: ", "checked against ")) for line in listed.stdout.splitlines())

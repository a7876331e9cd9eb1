"""One blocking call reached from many routes, in the formats for people and for programs."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

ROUTES = 14
HEAD = """\
import requests
from fastapi import FastAPI, Request

app = FastAPI()


def fetch() -> bytes:
    return requests.get("https://example.org").content
"""
ROUTE = """

@app.post("/{number}")
async def route_{number}(request: Request) -> bytes:
    return await request.body() + fetch()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").touch()
    routes = "".join(ROUTE.format(number=number) for number in range(ROUTES))
    (tmp_path / "app.py").write_text(HEAD + routes)
    return tmp_path


def output(project: Path, output_format: str, *options: str) -> str:
    command = [sys.executable, "-m", "asynclint", "check", "--output-format", output_format, *options]
    done = subprocess.run(command, cwd=project, capture_output=True, encoding="utf-8", check=False, timeout=60)
    assert done.returncode == 1, done.stderr
    return done.stdout


def test_the_full_report_shows_the_cause_once(project: Path) -> None:
    text = output(project, "full")
    assert text.count("`requests.get` blocks the thread") == 1
    lines = text.splitlines()
    start = lines.index("  also reached from:")
    assert lines[start + 1 : start + 10] == [
        *(f"    app.py:{13 + 5 * number}:35  in route_{number}" for number in range(1, 9)),
        f"    … and {ROUTES - 9} more; --verbose lists all",
    ]


def test_verbose_lists_every_place(project: Path) -> None:
    text = output(project, "full", "--verbose")
    assert all(f"  in route_{number}\n" in text for number in range(ROUTES))
    assert "--verbose lists all" not in text


def test_the_other_formats_have_every_finding(project: Path) -> None:
    assert len(output(project, "concise").splitlines()) == ROUTES
    findings = json.loads(output(project, "json"))["diagnostics"]
    assert len(findings) == ROUTES
    assert len({item["cause"] for item in findings}) == 1

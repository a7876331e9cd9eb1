"""`asynclint routes`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.cli.test_command_line import asynclint, imported

if TYPE_CHECKING:
    from pathlib import Path

MAIN = """\
from fastapi import FastAPI

from api import router

app = FastAPI()
app.include_router(router, prefix="/api")


@app.on_event("startup")
async def warm_up(): ...
"""
API = """\
import time

from fastapi import APIRouter, BackgroundTasks

router = APIRouter(prefix="/jobs")


@router.get("/{job}")
async def read(job: int):
    return wait()


@router.post("")
def create(tasks: BackgroundTasks):
    tasks.add_task(report)


def wait():
    time.sleep(1)


def report(): ...
"""


@pytest.fixture
def service(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "main.py").write_text(MAIN)
    (tmp_path / "api.py").write_text(API)
    return tmp_path


def test_the_table(service: Path) -> None:
    done = asynclint(service, "routes")
    assert done.stdout == (
        "METHOD  PATH             RUNS IN  HANDLER\n"
        "GET     /api/jobs/{job}  loop     read     api.py:9\n"
        "    └─ ASL201 blocking-sleep: `time.sleep` blocks the event loop: api.py:10 calls `wait` → api.py:19\n"
        "POST    /api/jobs        worker   create   api.py:14\n"
        "\n"
        "Background functions\n"
        "RUNS IN  HANDLER\n"
        "worker   report   api.py:22\n"
        "\n"
        "Startup handlers\n"
        "RUNS IN  HANDLER\n"
        "loop     warm_up  main.py:10\n"
    )
    assert done.stderr == (
        "read 2 files: 2 routes, 1 background function, 1 other entry point; 1 of them blocks the event loop\n"
    )
    assert done.returncode == 0


def test_json(service: Path) -> None:
    done = asynclint(service, "routes", "--output-format", "json", "-q", "api.py")
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert report["files"] == 1
    assert report["errors"] == []
    read, create, job = report["entry_points"]
    assert read == {
        "kind": "route",
        "methods": ["GET"],
        "path": "/api/jobs/{job}",
        "path_known": True,
        "handler": "read",
        "filename": "api.py",
        "location": {"row": 9, "column": 11},
        "runs_on": "loop",
        "blocking": {
            "code": "ASL201",
            "name": "blocking-sleep",
            "call": "time.sleep",
            "runs_on": "loop",
            "chain": [
                {"filename": "api.py", "location": {"row": 10, "column": 12}, "message": "calls `wait`"},
                {
                    "filename": "api.py",
                    "location": {"row": 19, "column": 5},
                    "message": "`time.sleep` blocks the thread",
                },
            ],
        },
    }
    assert (create["runs_on"], create["blocking"]) == ("worker", None)
    assert (job["kind"], job["path"], job["methods"]) == ("background", None, [])


def test_what_could_not_be_read_is_said_and_makes_the_code_2(service: Path) -> None:
    (service / "broken.py").write_text("def (:\n")
    done = asynclint(service, "routes")
    assert done.returncode == 2
    assert "/api/jobs/{job}" in done.stdout
    assert done.stderr.startswith("error: broken.py:1:")
    assert asynclint(service, "routes", "nowhere").returncode == 2
    assert asynclint(service, "routes", "nowhere").stdout == ""


def test_files_are_left_out_as_check_leaves_them_out(service: Path) -> None:
    (service / "pyproject.toml").write_text('[tool.asynclint]\nextend-exclude = ["main.py"]\n')
    done = asynclint(service, "routes")
    assert "…/jobs/{job}" in done.stdout
    assert "warm_up" not in done.stdout
    assert "warm_up" in asynclint(service, "routes", "--isolated").stdout


def test_a_project_without_routes(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "plain.py").write_text("x = 1\n")
    done = asynclint(tmp_path, "routes")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "read 1 file: no routes\n")


def test_its_help_imports_little() -> None:
    assert imported(["routes", "--help"], "libcst", "rich", "asyncio", "multiprocessing") == []

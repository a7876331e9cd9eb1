"""Projects that mean harm: nothing of theirs runs, and nothing of theirs is an order to whoever reads a report."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_BOMB = "import pathlib\npathlib.Path(__file__).with_name('RAN').touch()\nraise SystemExit('ran')\n"
_BAD = "import time\n\n\nasync def f():\n    time.sleep(1)\n"


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "asynclint", *arguments]
    environment = {**os.environ, "PYTHONPATH": "", "PYTHONSAFEPATH": "1"}
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, env=environment)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A project in which everything that a tool may be tempted to import leaves a trace."""
    names = ("conftest.py", "setup.py", "sitecustomize.py", "asynclint.py", "click.py", "libcst.py", "rich/__init__.py",
             "pkg/__init__.py", "msgspec/__init__.py", "asynclint_plugin.py", "manage.py", "pkg/__main__.py")  # fmt: skip
    for name in names:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(_BOMB)
    (tmp_path / "pkg/app.py").write_text(f"import conftest, setup, pkg\n{_BAD}")
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "conftest"\nbackend-path = ["."]\n[tool.asynclint]\n'
        'select = ["ALL"]\n[tool.pytest.ini_options]\naddopts = "-p conftest"\n'
    )
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "-j2", "."),
        ("check", "--exhaustive", "--no-cache", "."),
        ("check", "--diff", "--unsafe-fixes", "."),
        ("check", "--explain", "pkg/app.py:6", "."),
        ("routes", "."),
        ("config", "show"),
    ],
)
def test_nothing_of_the_project_runs(hostile: Path, arguments: tuple[str, ...]) -> None:
    _run(hostile, *arguments)
    assert list(hostile.rglob("RAN")) == []
    assert list(hostile.rglob("__pycache__")) == []


def test_it_is_checked_all_the_same(hostile: Path) -> None:
    done = _run(hostile, "check", "--output-format=json", ".")
    found = [(item["filename"], item["code"]) for item in json.loads(done.stdout)["diagnostics"]]
    assert ("pkg/app.py", "ASL201") in found


@pytest.mark.parametrize(
    "settings", ['select = ["nonsense"]\nplugins = ["conftest"]', 'extend = "conftest.py"', "x = ["]
)
def test_a_configuration_names_no_code(hostile: Path, settings: str) -> None:
    (hostile / "pyproject.toml").unlink()
    (hostile / ".asynclint.toml").write_text(settings + "\n")
    assert _run(hostile, "check", ".").returncode == 2
    assert list(hostile.rglob("RAN")) == []


_ORDERS = "\x1b]0;owned\x07\x1b[2J ::error file=x::owned ##[group]x ##vso[task.setvariable variable=x]y <script>alert(1)</script> `rm` \u202e\u200b\x9b31m"


@pytest.fixture
def speaking(tmp_path: Path) -> Path:
    """A project whose names, source lines and comments are orders."""
    (tmp_path / "pyproject.toml").touch()
    for name in (
        "::error::owned.py",
        "<img src=x onerror=alert(1)>.py",
        "a\n::error::b.py",
        "\x1b[31mred.py",
        "%0A::warning::.py",
    ):
        (tmp_path / name).write_text(
            f"import time\n\n\nasync def f():\n    time.sleep(1)  # {_ORDERS.replace(chr(12), '')}\n"
        )
    (tmp_path / "broken.py").write_text(f"async def (:  # {_ORDERS}\n")
    (tmp_path / "noqa.py").write_text(
        f"x = 1  # noqa: ASL101 - {_ORDERS}\ny = 1  # asynclint: {_ORDERS}\nz = 1  # noqa: ASL9{chr(0x202E)}\n"
    )
    return tmp_path


_UNPRINTABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e]")


@pytest.mark.parametrize("output_format", ["concise", "full", "github"])
def test_no_order_reaches_a_terminal_or_a_build_server(speaking: Path, output_format: str) -> None:
    done = _run(speaking, "check", "--no-cache", "--color=never", f"--output-format={output_format}", ".")
    assert done.returncode == 2
    for text in (done.stdout.decode(), done.stderr.decode()):
        assert _UNPRINTABLE.search(text) is None
        assert re.search(r"##(?:vso)?\[", text) is None
    lines = [*done.stdout.decode().splitlines(), *done.stderr.decode().splitlines()]
    commands = [line for line in lines if line.lstrip().startswith("::")]
    if output_format == "github":
        assert all(re.match(r"::(?:error|warning|notice) (?:title|file)=", line) for line in commands)
        assert len([line for line in lines if "ASL201" in line]) == 5
    else:
        assert commands == []


def test_no_markup_reaches_a_page_or_a_document(speaking: Path) -> None:
    page = _run(speaking, "check", "--no-cache", "--output-format=html", ".").stdout.decode()
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
    ET.fromstring(_run(speaking, "check", "--no-cache", "--output-format=junit", ".").stdout)
    for output_format in ("json", "sarif", "gitlab"):
        json.loads(_run(speaking, "check", "--no-cache", f"--output-format={output_format}", ".").stdout)


def test_a_link_to_a_folder_outside_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/m.py").write_text(_BAD)
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").touch()
    (project / "a.py").write_text("x = 1\n")
    (project / "inner").symlink_to(tmp_path / "outside")
    done = _run(project, "check", "--fix", "--unsafe-fixes", "--output-format=json", ".")
    assert (done.returncode, json.loads(done.stdout)["diagnostics"]) == (0, [])
    assert (tmp_path / "outside/m.py").read_text() == _BAD


def test_a_fix_does_not_write_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "victim.py").write_text(_BAD)
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").touch()
    (project / "m.py").symlink_to(tmp_path / "victim.py")
    _run(project, "check", "--fix", "--unsafe-fixes", ".")
    assert (tmp_path / "victim.py").read_text() == _BAD


def test_no_source_in_the_package_can_unpickle_what_others_wrote() -> None:
    from asynclint import run  # noqa: PLC0415 - only to find the package

    package = os.path.dirname(os.path.dirname(run.__file__))
    users = []
    for folder, _, files in os.walk(package):
        for name in files:
            if name.endswith(".py"):
                with open(f"{folder}/{name}", encoding="utf-8") as file:
                    if re.search(
                        r"pickle\.loads?\(|marshal\.loads?\(|\beval\(|\bexec\(|yaml\.load\(|shelve", file.read()
                    ):
                        users.append(name)
    assert users == ["forking.py"]  # which reads a pipe from its own child

"""An error of ours in one rule on one file: named, kept for the developers, and everything else is reported."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_BROKEN_RULE = """\
import dataclasses, sys
from asynclint.rulekit import discovery
from asynclint.run import checks, planning

def broken(module):
    if module.module.source.display == "b.py":
        raise {error}
    yield from check(module)

rules = discovery.all_rules()
index, rule = next((i, rule) for i, rule in enumerate(rules) if rule.code == "ASL201")
check = rule.check
rules = (*rules[:index], dataclasses.replace(rule, check=broken), *rules[index + 1:])
for module in list(sys.modules.values()):
    if module and module.__name__.startswith("asynclint") and hasattr(module, "all_rules"):
        module.all_rules = lambda: rules

from asynclint.cli.app import run_command_line
sys.exit(run_command_line(sys.argv[1:]))
"""

_SOURCE = "import time\nimport requests\n\n\nasync def f():\n    time.sleep(1)\n    requests.get('x')\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").touch()
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(_SOURCE)
    return tmp_path


def run_broken(folder: Path, *options: str, error: str = 'KeyError("the defect")') -> subprocess.CompletedProcess[str]:
    script = _BROKEN_RULE.format(error=error)
    command = [sys.executable, "-c", script, "check", "--output-format=json", *options, "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_rule_and_the_file_are_named_and_all_else_is_reported(project: Path) -> None:
    done = run_broken(project)
    assert done.returncode == 2
    assert "error: b.py: rule ASL201 blocking-sleep failed: KeyError: 'the defect' (" in done.stderr
    found = [(item["filename"], item["code"]) for item in json.loads(done.stdout)["diagnostics"]]
    assert found == [("a.py", "ASL201"), ("a.py", "ASL202"), ("b.py", "ASL202")]


def test_a_report_for_the_developers_is_in_the_cache_folder(project: Path) -> None:
    done = run_broken(project)
    (file,) = (project / ".asynclint_cache").glob("internal-error-*.txt")
    assert f".asynclint_cache/{file.name}" in done.stderr
    text = file.read_text()
    assert "KeyError: 'the defect'" in text
    assert "rule ASL201 blocking-sleep failed" in text
    assert "Traceback" in text
    assert (project / ".asynclint_cache/.gitignore").read_text() == "*\n"
    run_broken(project)
    assert len(list((project / ".asynclint_cache").glob("internal-error-*"))) == 1


def test_without_a_cache_nothing_is_written(project: Path) -> None:
    done = run_broken(project, "--no-cache")
    assert done.returncode == 2
    assert not (project / ".asynclint_cache").exists()
    assert "report for the developers" not in done.stderr


def test_a_link_in_the_place_of_the_cache_folder_is_not_followed(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (project / ".asynclint_cache").symlink_to(elsewhere)
    done = run_broken(project)
    assert done.returncode == 2
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("error", ["RecursionError()", "MemoryError()", 'OSError(5, "x")', "AssertionError()"])
def test_any_kind_of_error_is_caught(project: Path, error: str) -> None:
    done = run_broken(project, error=error)
    assert (done.returncode, len(json.loads(done.stdout)["diagnostics"])) == (2, 3)
    assert "rule ASL201 blocking-sleep failed" in done.stderr


def test_a_text_with_control_characters_in_the_error_is_shown_escaped(project: Path) -> None:
    done = run_broken(project, error=r'ValueError("\x1b[31m\n::error::x")')
    assert "\x1b" not in done.stderr
    assert not any(line.startswith("::") for line in done.stderr.splitlines())

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
    if module.module.display == "b.py":
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


_BROKEN_PART = """\
import sys
from asynclint.run import analysis

def broken(*arguments, **_):
    if {where}:
        raise KeyError("the defect")
    return whole(*arguments)

whole = analysis.{part}
analysis.{part} = broken

from asynclint.cli.app import run_command_line
sys.exit(run_command_line(sys.argv[1:]))
"""


def _run_with_broken_part(folder: Path, part: str, where: str, *options: str) -> subprocess.CompletedProcess[str]:
    script = _BROKEN_PART.format(part=part, where=where)
    command = [sys.executable, "-c", script, "check", *options, "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "part", ["filter_suppressed", "unresolved_calls", "excess", "check_module", "with_fingerprints"]
)
def test_what_breaks_on_a_file_beside_the_rules_keeps_no_other_from_being_checked(project: Path, part: str) -> None:
    where = "'b.py' in str(getattr(arguments[0], 'module', arguments[0]).display)"
    if part == "excess":
        where = "arguments[0].display == 'b.py'"
    if part == "with_fingerprints":
        where = "arguments[0] and arguments[0][0].location.path == 'b.py'"
    done = _run_with_broken_part(project, part, where, "-v", "--output-format=json")
    assert done.returncode == 2
    assert "error: b.py: it" in done.stderr
    assert "KeyError: 'the defect'" in done.stderr
    found = [item["code"] for item in json.loads(done.stdout)["diagnostics"] if item["filename"] == "a.py"]
    assert found == ["ASL201", "ASL202"]


def test_a_project_that_cannot_be_linked_is_named_and_others_are_checked(project: Path) -> None:
    other = project / "other"
    other.mkdir()
    (other / "asynclint.toml").write_text("root = true\n")
    (other / "c.py").write_text(_SOURCE)
    where = "arguments[0].root.endswith('other')"
    done = _run_with_broken_part(project, "_linked", where, "--output-format=json")
    assert done.returncode == 2
    message = "error: other: the project could not be linked, so nothing in it was checked: KeyError: 'the defect' ("
    assert message in done.stderr
    report = json.loads(done.stdout)
    assert {item["filename"] for item in report["diagnostics"]} == {"a.py", "b.py"}
    assert report["summary"]["files"] == 2
    for output_format in ("full", "github", "sarif", "junit", "gitlab", "html"):
        done = _run_with_broken_part(project, "_linked", where, f"--output-format={output_format}")
        assert (done.returncode, message in done.stderr) == (2, True), output_format
    assert _run_with_broken_part(project, "_linked", "False").returncode == 1


def test_what_a_rule_found_before_it_broke_is_reported(project: Path) -> None:
    script = _BROKEN_RULE.replace("raise {error}\n", "yield next(check(module))\n        raise {error}\n")
    command = [sys.executable, "-c", script.format(error="KeyError(1)"), "check", "--output-format=json", "."]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    found = [(item["filename"], item["code"]) for item in json.loads(done.stdout)["diagnostics"]]
    assert found == [("a.py", "ASL201"), ("a.py", "ASL202"), ("b.py", "ASL201"), ("b.py", "ASL202")]


def test_a_text_with_control_characters_in_the_error_is_shown_escaped(project: Path) -> None:
    done = run_broken(project, error=r'ValueError("\x1b[31m\n::error::x")')
    assert "\x1b" not in done.stderr
    assert not any(line.startswith("::") for line in done.stderr.splitlines())

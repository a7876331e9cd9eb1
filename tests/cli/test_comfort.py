"""Completion, counts, versions, and how much is said."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from asynclint import __version__

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine

SCRIPT = Path(sysconfig.get_path("scripts")) / "asynclint"
BAD = "import time\n\n\nasync def f():\n    time.sleep(1)\n    open('x')\n    time.sleep(2)\n"


# --------------------------------------------------------------------------------------------------------------
# Completion


def completed(shell: str, *words: str) -> list[str]:
    """What is offered for the last of the words, asked for as the scripts of click do."""
    environment = {**os.environ, "_ASYNCLINT_COMPLETE": f"{shell}_complete"}
    if shell == "fish":
        environment |= {"COMP_WORDS": " ".join(words[:-1]), "COMP_CWORD": words[-1]}
    else:
        environment |= {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run([SCRIPT], env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_rules_are_offered_by_code_and_name() -> None:
    assert completed("bash", "asynclint", "rule", "blocking-sl") == ["plain,blocking-sleep"]
    assert completed("bash", "asynclint", "rule", "asl201") == ["plain,ASL201"]
    assert completed("bash", "asynclint", "check", "--select", "ASL101,blocking-sl") == ["plain,ASL101,blocking-sleep"]
    assert completed("bash", "asynclint", "baseline", "create", "--ignore", "blocking-sl") == ["plain,blocking-sleep"]


def test_zsh_and_fish_show_what_a_rule_is_about() -> None:
    assert completed("zsh", "asynclint", "rule", "ASL201")[:2] == ["plain", "ASL201"]
    (offered,) = completed("fish", "asynclint", "rule", "ASL201")
    assert offered.startswith("plain,ASL201\t")
    assert "sleeps" in offered


def test_commands_options_and_formats_are_offered() -> None:
    assert completed("bash", "asynclint", "che") == ["plain,check"]
    assert "plain,--diff-base" in completed("bash", "asynclint", "check", "--diff")
    assert completed("bash", "asynclint", "check", "--output-format", "sa") == ["plain,sarif"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_script_of_a_shell_is_printed(command_line: CommandLine, shell: str) -> None:
    done = command_line("completion", shell)
    assert (done.code, done.err) == (0, "")
    assert "_ASYNCLINT_COMPLETE" in done.out
    assert f"{shell}_complete" in done.out


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_takes_the_script() -> None:
    script = (
        f'eval "$({SCRIPT} completion bash)"; COMP_WORDS=(asynclint rule blocking-sl); COMP_CWORD=2; '
        '_asynclint_completion asynclint; echo "${COMPREPLY[@]}"'
    )
    path = f"{SCRIPT.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("blocking-sleep\n", "")


def test_an_unknown_shell_is_refused(command_line: CommandLine) -> None:
    assert command_line("completion", "tcsh").code == 2


# --------------------------------------------------------------------------------------------------------------
# Counts


def test_findings_are_counted(project: Path, command_line: CommandLine) -> None:
    (project / "m.py").write_text(BAD)
    done = command_line("check", "--statistics")
    assert done.code == 1
    assert done.out == "2  ASL201  blocking-sleep  (2 with a fix)\n1  ASL204  blocking-file-io\n"
    assert done.err == "checked 1 file, 3 findings\n"


def test_reports_in_files_are_written_beside_the_counts(project: Path, command_line: CommandLine) -> None:
    (project / "m.py").write_text(BAD)
    done = command_line("check", "--statistics", "--output-format", "json=out.json")
    assert done.out.startswith("2  ASL201")
    assert json.loads((project / "out.json").read_text())["summary"]["diagnostics"] == 3
    assert command_line("check", "--statistics", "-o", "out.txt").out == done.out
    assert len((project / "out.txt").read_text().splitlines()) == 3


def test_nothing_is_counted_where_there_is_nothing(project: Path, command_line: CommandLine) -> None:
    (project / "m.py").write_text("x = 1\n")
    assert command_line("check", "--statistics").out == ""


@pytest.mark.parametrize("arguments", [("--output-format", "json"), ("--diff",)])
def test_counts_do_not_take_the_place_of_data(
    project: Path, command_line: CommandLine, arguments: tuple[str, ...]
) -> None:
    (project / "m.py").write_text(BAD)
    done = command_line("check", "--statistics", *arguments)
    assert (done.code, done.out) == (2, "")


def test_phases_and_rules_are_timed(project: Path, command_line: CommandLine) -> None:
    (project / "m.py").write_text(BAD)
    done = command_line("check", "--timings", "--select", "ASL201,ASL204")
    *lines, last = done.err.splitlines()
    names = [line.partition(" s  ")[2] for line in lines if " s  " in line]
    assert names[:6] == ["planning", "reading", "linking", "comparing", "saving", "checking"]
    assert sorted(names[6:]) == ["ASL201  blocking-sleep", "ASL204  blocking-file-io"]
    assert "        1    files parsed" in lines
    assert last == "checked 1 file, 3 findings"


# --------------------------------------------------------------------------------------------------------------
# Version


def test_the_version(command_line: CommandLine) -> None:
    assert command_line("version").out == f"asynclint {__version__}\n"
    assert json.loads(command_line("version", "--output-format", "json").out) == {"asynclint": __version__}


def test_what_a_report_of_a_defect_should_say(project: Path, command_line: CommandLine) -> None:
    (project / "asynclint.toml").touch()
    said = command_line("version", "--verbose").out
    assert said.startswith(f"asynclint: {__version__}\npython: ")
    about = json.loads(command_line("version", "--verbose", "--output-format", "json").out)
    assert about["configuration"] == f"{project}/asynclint.toml"
    assert about["repository"] is None
    assert set(about["libraries"]) == {"click", "libcst", "msgspec", "rich"}
    assert None not in about["libraries"].values()


# --------------------------------------------------------------------------------------------------------------
# How much is said


def test_quiet_and_verbose(project: Path, command_line: CommandLine) -> None:
    (project / "m.py").write_text(BAD)
    quiet = command_line("check", "-q")
    assert (quiet.code, quiet.err, len(quiet.places)) == (1, "", 3)
    verbose = command_line("check", "-v")
    assert verbose.out == quiet.out
    assert verbose.err.splitlines()[0] == "configuration: none"
    assert verbose.err.splitlines()[-1].startswith("checked 1 file, 3 findings, 0 unresolved calls, ")
    assert command_line("check", "-q", "-v").code == 2


def test_suppressions_can_be_set_aside(project: Path, command_line: CommandLine) -> None:
    (project / "m.py").write_text("# asynclint: ignore-file[ASL201]\n" + BAD + "    x = 1  # noqa: ASL999\n")
    assert command_line("check").places == ["m.py:7", "m.py:9"]
    assert command_line("check", "--ignore-suppressions").places == ["m.py:6", "m.py:7", "m.py:8"]


def test_a_fix_can_be_a_failure(project: Path, command_line: CommandLine) -> None:
    text = "x = 1  # noqa: ASL201\n"
    (project / "m.py").write_text(text)
    assert command_line("check", "--fix").code == 0
    (project / "m.py").write_text(text)
    done = command_line("check", "--fix", "--exit-non-zero-on-fix")
    assert (done.code, done.out) == (1, "")
    assert command_line("check", "--fix", "--exit-non-zero-on-fix").code == 0
    assert command_line("check", "--exit-non-zero-on-fix").code == 2


# --------------------------------------------------------------------------------------------------------------
# Baselines


def test_fixed_entries_of_a_baseline_can_be_a_failure(project: Path, command_line: CommandLine) -> None:
    file = project / "m.py"
    file.write_text(BAD)
    command_line("baseline", "create")
    strict = ("check", "--baseline", ".asynclint-baseline.json", "--baseline-strict")
    assert command_line(*strict).code == 0
    file.write_text(BAD.replace("    time.sleep(2)\n", ""))
    assert command_line(*strict[:-1]).code == 0
    done = command_line(*strict, "--quiet")
    assert (done.code, done.err) == (1, "1 baseline entry is fixed; run asynclint baseline update\n")
    assert command_line(*strict, "--exit-zero").code == 0
    pruned = command_line("baseline", "prune")
    assert (pruned.code, pruned.err) == (0, "removed 1 from .asynclint-baseline.json, 2 left\n")
    assert command_line(*strict).code == 0
    assert command_line("check", "--baseline-strict").code == 2


def test_pruning_takes_the_options_of_an_update(project: Path, command_line: CommandLine) -> None:
    (project / "m.py").write_text(BAD)
    command_line("baseline", "create", "--file", "b.json")
    (project / "m.py").write_text("x = 1\n")
    assert command_line("baseline", "prune", "m.py", "--file", "b.json", "-q").err == ""
    assert json.loads((project / "b.json").read_text())["entries"] == []

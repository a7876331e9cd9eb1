"""`action.yml` and the recipes of docs/ci.md: valid for their services, and the commands in them do as they say."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"<!-- ([\w-]+) -->\n```yaml\n(.*?)```", DOCS, re.DOTALL)
BAD = "import time\n\n\nasync def f() -> None:\n    time.sleep(1)\n"


def assert_valid(file: Path, schema: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_action_is_valid() -> None:
    assert_valid(ROOT / "action.yml", "github-actions")


def test_no_expression_reaches_a_script() -> None:
    for step in _steps():
        assert "${{" not in step.get("run", "")


def test_every_recipe_is_found() -> None:
    assert [kind for kind, _ in BLOCKS] == ["github-workflow", "github-workflow", "gitlab-ci", "azure-pipelines"]


@pytest.mark.parametrize(("kind", "text"), BLOCKS)
def test_the_recipes_are_valid(kind: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "recipe.yml"
    file.write_text(text)
    assert_valid(file, {"github-workflow": "github-workflows"}.get(kind, kind))


def test_the_inputs_named_exist() -> None:
    inputs = _action()["inputs"]
    for kind, text in BLOCKS:
        steps = yaml.safe_load(text)["jobs"]["asynclint"]["steps"] if kind == "github-workflow" else []
        for step in steps:
            if step["uses"].startswith("<owner>"):
                assert set(step["with"]) <= set(inputs)
    assert re.findall(r"^\| `([\w-]+)` \|", DOCS, re.MULTILINE) == list(inputs)


@pytest.mark.parametrize(
    ("kind", "key", "file"), [("gitlab-ci", "script", "json"), ("azure-pipelines", "script", "xml")]
)
def test_the_commands_write_what_is_read(kind: str, key: str, file: str, tmp_path: Path) -> None:
    (text,) = [text for name, text in BLOCKS if name == kind]
    (command,) = re.findall(rf"(?:- |{key}: )(asynclint check .*)", text)
    (tmp_path / "bad.py").write_text(BAD)
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(command)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    (written,) = tmp_path.glob(f"*.{file}")
    assert written.name in text.split(command)[1]
    assert "ASL201" in written.read_text()


@pytest.mark.parametrize(
    ("source", "arguments", "code", "uploads"),
    [(BAD, "", "1", True), ("x = 1\n", "", "0", True), ("x = (\n", "", "2", True), (BAD, "--selct ASL1", "2", False)],
)
def test_the_action_reports_and_then_fails(
    source: str, arguments: str, code: str, uploads: bool, tmp_path: Path
) -> None:
    repository, runner = tmp_path / "repository", tmp_path / "runner"
    repository.mkdir()
    runner.mkdir()
    (runner / "asynclint-action").symlink_to(ROOT / "src")
    (repository / "bad.py").write_text(source)
    (repository / "click.py").write_text("raise SystemExit('a module of the repository was run')\n")
    outputs, summary = runner / "outputs", runner / "summary"
    environment = {
        **os.environ,
        "PYTHON": sys.executable,
        "RUNNER_TEMP": str(runner),
        "GITHUB_OUTPUT": str(outputs),
        "GITHUB_STEP_SUMMARY": str(summary),
        "PATHS": "bad.py .",
        "ARGS": arguments,
        "CATEGORY": "service",
    }
    (check,) = (step for step in _steps() if step.get("id") == "check")
    (fail,) = (step for step in _steps() if step.get("name") == "Fail on findings")
    done = _bash(check["run"], repository, environment)
    assert done.returncode == 0, done.stderr
    written = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    assert written["exit-code"] == code
    assert ("sarif-file" in written) == uploads
    if uploads:
        run = json.loads(Path(written["sarif-file"]).read_text())["runs"][0]
        assert run["automationDetails"]["id"] == "service/"
        assert summary.read_text().startswith("## asynclint")
    assert str(_bash(fail["run"], repository, {**environment, "CODE": written["exit-code"]}).returncode) == code


def _bash(script: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """As the runner of GitHub Actions starts bash."""
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _action() -> Any:
    return yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


def _steps() -> Any:
    return _action()["runs"]["steps"]

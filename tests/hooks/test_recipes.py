"""The recipes in the README: what they name exists, and the command in them does what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _block(title: str) -> object:
    section = README.split(f"\n## {title}\n", 1)[1]
    found = re.search(r"```yaml\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return yaml.safe_load(found[1])


def test_the_hooks_named_exist() -> None:
    hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    recipe = _block("pre-commit")
    assert isinstance(recipe, dict)
    assert {hook["id"] for repository in recipe["repos"] for hook in repository["hooks"]} <= hooks
    assert hooks == {"asynclint", "asynclint-full"}


def test_the_command_of_the_workflow_writes_what_is_uploaded(tmp_path: Path) -> None:
    recipe = _block("GitHub Actions")
    assert isinstance(recipe, dict)
    steps = recipe["jobs"]["asynclint"]["steps"]
    (command,) = [step["run"] for step in steps if step.get("run", "").startswith("asynclint")]
    (upload,) = [step["with"]["sarif_file"] for step in steps if "upload-sarif" in step.get("uses", "")]
    (tmp_path / "bad.py").write_text("import time\n\n\nasync def f() -> None:\n    time.sleep(1)\n")

    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(command)], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error ")
    assert '"ASL201"' in (tmp_path / upload).read_text(encoding="utf-8")

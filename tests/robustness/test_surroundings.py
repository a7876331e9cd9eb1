"""Where a run begins: in a folder that is gone, where nothing can be written, and ended before it has begun."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_BAD = "import time\n\n\nasync def f():\n    time.sleep(1)\n"


@pytest.mark.skipif(sys.platform == "win32", reason="a folder in use cannot be removed there")
@pytest.mark.parametrize(
    "command",
    [
        "check", "check --no-cache .", "check -v /", "check -", "routes", "clean",
        "baseline create", "baseline update", "config show", "config validate", "version --verbose",
    ],
)  # fmt: skip
def test_a_working_folder_that_was_removed_is_said(tmp_path: Path, command: str) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'rmdir ../gone && exec "{sys.executable}" -P -m asynclint {command}'
    done = subprocess.run(
        ["/bin/sh", "-c", script], cwd=gone, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    said = "error: the working folder cannot be found: no such file or directory\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_where_nothing_can_be_written_a_run_needs_no_temporary_folder(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "m.py").write_text(_BAD)
    script = (
        "import tempfile, sys\n"
        "def refuse(): raise FileNotFoundError(2, 'No usable temporary directory found')\n"
        "tempfile._get_default_tempdir = refuse\n"
        "from asynclint.__main__ import main\n"
        "main()\n"
    )
    for arguments in (["check"], ["check", "--no-cache", "."], ["routes"], ["config", "show"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (done.returncode, "error" in done.stderr) == (int(arguments[0] == "check"), False), done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals there")
@pytest.mark.parametrize("module", ["click", "asynclint.cli.app", "asynclint.cli.streams", "asynclint.cli.check"])
def test_a_run_interrupted_while_it_starts_says_nothing_of_where(tmp_path: Path, module: str) -> None:
    script = (
        "import os, signal, sys\n"
        "from asynclint.__main__ import main\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {module!r}: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "check", "--no-cache"],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": ""},
    )  # fmt: skip
    assert (done.returncode, done.stderr.strip()) in ((-signal.SIGINT, ""), (130, "interrupted"))

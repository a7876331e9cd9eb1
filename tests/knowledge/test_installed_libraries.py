"""Every name of a library that is installed here exists there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "check_catalogue.py"


def test_the_tables_agree_with_the_installed_libraries() -> None:
    checked = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=False)

    assert checked.stdout == ""
    assert checked.returncode == 0, checked.stderr


def test_the_script_says_which_libraries_are_missing() -> None:
    listed = subprocess.run([sys.executable, str(SCRIPT), "--missing"], capture_output=True, text=True, check=True)

    assert all(line.startswith(("not installed: ", "checked against ")) for line in listed.stdout.splitlines())

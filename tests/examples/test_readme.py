"""The output in the README is a real one: what is shown there is what a run of today says, word for word."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_output_shown_is_real() -> None:
    script = ROOT / "scripts" / "readme_output.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")

"""Colour as the console script decides it, on a terminal and off it."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

SCRIPT = str(Path(sysconfig.get_path("scripts")) / "asynclint")
COLOUR = b"\x1b["
FULL = ("--output-format", "full")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "bad.py").write_text("import time\n\n\nasync def f():\n    time.sleep(1)\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def environment(**variables: str) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if "COLOR" not in name}
    return others | {"TERM": "xterm", **variables}


def piped(*arguments: str, **variables: str) -> bytes:
    command = [SCRIPT, "check", *arguments]
    return subprocess.run(command, env=environment(**variables), capture_output=True, check=False, timeout=60).stdout


def on_terminal(*arguments: str, **variables: str) -> bytes:
    import pty  # noqa: PLC0415 - Windows has none

    ours, theirs = pty.openpty()
    command = [SCRIPT, "check", *arguments]
    process = subprocess.Popen(command, env=environment(**variables), stdout=theirs, stderr=subprocess.DEVNULL)
    os.close(theirs)
    shown = b""
    try:
        while data := os.read(ours, 4096):
            shown += data
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    process.wait(timeout=60)
    return shown


@pytest.mark.parametrize(
    ("arguments", "variables", "coloured"),
    [
        ((), {}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"CLICOLOR_FORCE": "1"}, True),
        ((), {"FORCE_COLOR": "0"}, False),
        ((), {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ((), {"NO_COLOR": "", "FORCE_COLOR": "1"}, True),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
    ],
)
def test_into_a_pipe(arguments: tuple[str, ...], variables: dict[str, str], *, coloured: bool) -> None:
    out = piped(*FULL, *arguments, **variables)
    assert b"ASL201" in out
    assert (COLOUR in out) == coloured


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_on_a_terminal(variables: dict[str, str], *, coloured: bool) -> None:
    out = on_terminal(**variables)
    assert b"high confidence" in out, "the full report is shown on a terminal"
    assert (COLOUR in out) == coloured


@pytest.mark.parametrize("name", ["concise", "json", "json-lines", "sarif", "github", "gitlab", "junit", "html"])
def test_formats_for_programs_never(name: str) -> None:
    assert COLOUR not in piped("--output-format", name, "--color", "always", FORCE_COLOR="1")

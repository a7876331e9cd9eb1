"""Standard streams that are closed or full: no run looks better than it was, and none ends in an internal error."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full")

_BAD = "import time\n\n\nasync def f():\n    time.sleep(1)\n"
_CHECK = "check --no-cache --output-format=concise"
_CLOSED = "error: cannot write to standard output: it is closed\n"
_NOWHERE = "error: cannot write /dev/stdout: no space left on device\n"
_FULL = "error: cannot write to standard output: no space left on device\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "good.py").write_text("x = 1\n")
    (tmp_path / "bad.py").write_text(_BAD)
    (tmp_path / "broken.py").write_text("x = (\n")
    return tmp_path


def _run(folder: Path, command: str) -> tuple[int, str, str]:
    script = f'exec "{sys.executable}" -m asynclint {command}'
    done = subprocess.run(
        ["/bin/sh", "-c", script], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (f"{_CHECK} bad.py >/dev/full", 2, _FULL),
        (f"{_CHECK} bad.py >&-", 2, _CLOSED),
        (f"{_CHECK} bad.py 1</dev/null", 2, _CLOSED),
        (f"{_CHECK} bad.py >&- 2>&-", 2, ""),
        (f"{_CHECK} bad.py <&- >&- 2>&-", 2, ""),
        (f"{_CHECK} -q bad.py -o /dev/stdout >&-", 2, _NOWHERE),
        (f"{_CHECK} bad.py -o out.txt >&-", 1, "checked 1 file, 1 finding\n"),
        (f"{_CHECK} good.py >&-", 0, "checked 1 file, 0 findings\n"),
        (f"{_CHECK} good.py >/dev/full", 0, "checked 1 file, 0 findings\n"),
        (f"{_CHECK} --diff --unsafe-fixes bad.py -q >&-", 2, _CLOSED),
        (f"{_CHECK} --statistics bad.py -q >/dev/full", 2, _FULL),
        (f"{_CHECK} --show-files . >&-", 2, _CLOSED),
        (f"{_CHECK} --explain bad.py:5 >&-", 2, _CLOSED),
        ("check --output-format=json good.py >&-", 2, _CLOSED),
        ("routes --output-format=json -q good.py >/dev/full", 2, _FULL),
        ("config show >&-", 2, _CLOSED),
        ("config list >/dev/full", 2, _FULL),
        ("rule ASL101 >&-", 2, _CLOSED),
        ("rules >/dev/full", 2, _FULL),
        ("completion bash >&-", 2, _CLOSED),
        ("version --verbose >&-", 2, _CLOSED),
        ("--version >/dev/full", 2, _FULL),
        ("--help >&-", 2, _CLOSED),
        ("check --help >/dev/full", 2, _FULL),
    ],
)  # fmt: skip
def test_a_report_that_cannot_be_written_is_an_error(folder: Path, command: str, code: int, said: str) -> None:
    assert _run(folder, command) == (code, "", said)


@pytest.mark.parametrize("stderr", ["2>/dev/full", "2>&-", "2</dev/null"])
@pytest.mark.parametrize(
    ("command", "code", "lines"),
    [
        (f"{_CHECK} good.py", 0, 0),
        (f"{_CHECK} bad.py", 1, 1),
        (f"{_CHECK} -v --timings bad.py", 1, 1),
        (f"{_CHECK} broken.py bad.py", 2, 1),
        (f"{_CHECK} --nonsense", 2, 0),
        (f"{_CHECK} --select=nonsense bad.py", 2, 0),
        (f"{_CHECK} --fix --unsafe-fixes bad.py", 0, 0),
        ("config validate", 0, 0),
        ("clean", 0, 0),
    ],
)
def test_what_cannot_be_said_changes_no_verdict(folder: Path, command: str, code: int, lines: int, stderr: str) -> None:
    found, out, _ = _run(folder, f"{command} {stderr}")
    assert (found, out.count("\n")) == (code, lines)


@pytest.mark.parametrize("stderr", ["2>/dev/full", "2>&-"])
def test_nothing_of_what_is_said_gets_into_a_file(folder: Path, stderr: str) -> None:
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert _run(folder, f"check broken.py bad.py -o out.txt >&- {stderr} <&-")[0] == 2
    after = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    assert after.pop("out.txt").startswith(b"bad.py:5:5: ASL201")
    assert after == before


@pytest.mark.parametrize("stdin", ["<&-", "0>/dev/null"])
def test_standard_input_that_cannot_be_read_is_an_error(folder: Path, stdin: str) -> None:
    assert _run(folder, f"check - {stdin}") == (2, "", "error: cannot read standard input: it is closed\n")
    said = "error: the list of files in standard input cannot be read: it is closed\n"
    assert _run(folder, f"check --files-from - {stdin}") == (2, "", said)
    assert _run(folder, f"{_CHECK} -q bad.py {stdin}")[0] == 1


@pytest.mark.parametrize("command", ["--help", "check --help", "--version", "rules", f"{_CHECK} -q good.py"])
def test_a_reader_that_has_gone_away_is_no_finding(folder: Path, command: str) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [sys.executable, "-m", "asynclint", *command.split()],
        cwd=folder, stdout=write_end, stderr=subprocess.PIPE, check=False, timeout=60,
    )  # fmt: skip
    os.close(write_end)
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_interrupted_run_that_cannot_say_so(folder: Path) -> None:
    os.mkfifo(folder / "list")
    with Path("/dev/full").open("wb") as full:
        run = subprocess.Popen(
            [sys.executable, "-m", "asynclint", "check", "--files-from=list"], cwd=folder, stderr=full
        )
        with (folder / "list").open("wb"):  # opens as soon as the other end is being read
            run.send_signal(signal.SIGINT)
            assert run.wait(timeout=60) == 130


@pytest.mark.parametrize("may_leave", [True, False])
@pytest.mark.parametrize(
    ("redirected", "code", "written"),
    [("", 1, "xy"), (">/dev/full", 2, "y"), ("2>/dev/full", 1, "x"), (">/dev/full 2>/dev/full", 2, "")],
)
def test_what_is_left_at_the_end_is_written_or_counts(
    tmp_path: Path, redirected: str, code: int, written: str, may_leave: bool
) -> None:
    (tmp_path / "left.py").write_text(
        "import sys\nfrom asynclint import __main__ as command\nfrom asynclint.cli import app\n"
        "def run(arguments):\n    sys.stdout.write('x'), sys.stderr.write('y')\n    return 1\n"
        f"app.run_command_line = run\ncommand._may_leave_at_once = lambda: {may_leave}\ncommand.main()\n"
    )
    script = f'unset PYTHONUNBUFFERED; exec "{sys.executable}" left.py {redirected}'
    done = subprocess.run(["/bin/sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (code, written)

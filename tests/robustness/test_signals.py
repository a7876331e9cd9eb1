"""Ctrl-C and SIGTERM end a run with all its workers, and nothing half-written is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

_LONG_ENOUGH = 60
"""Seconds to wait for what comes in any case, on a busy machine too."""


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _is_alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def _has_worked(pid: int) -> bool:
    """Whether a process has used processor time of its own (proc_pid_stat(5), `utime`)."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11]) > 0
    except OSError:
        return False


def _wait(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + _LONG_ENOUGH
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.01)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").touch()
    body = "".join(
        f"async def f{i}(a, b):\n    x = await g(a + {i}, [b, {{'c': a}}])\n    return x\n" for i in range(60)
    )
    for number in range(450):
        (tmp_path / f"m{number}.py").write_text(body)
    return tmp_path


def _started(folder: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "asynclint", "check", "-j2", "--exhaustive", "--no-cache", *options, "."]
    return subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True, start_new_session=True)


@pytest.mark.parametrize(
    ("number", "code", "said", "to_group"),
    [
        (signal.SIGINT, 130, "interrupted", True),
        (signal.SIGINT, 130, "interrupted", False),
        (signal.SIGTERM, 143, "terminated", True),
        (signal.SIGTERM, 143, "terminated", False),
    ],
)
def test_a_signal_while_files_are_read(
    project: Path, number: signal.Signals, code: int, said: str, to_group: bool
) -> None:
    before = sorted(project.iterdir())
    run = _started(project, "--output-format=json", "-o", "out.json")
    _wait(lambda: len(_children(run.pid)) >= 2, "no workers")
    workers = _children(run.pid)
    _wait(lambda: all(map(_has_worked, workers)), "workers do nothing")
    (os.killpg if to_group else os.kill)(run.pid, number)
    _, errors = run.communicate(timeout=_LONG_ENOUGH)
    assert (run.returncode, errors.split()[-1]) == (code, said)
    assert "Traceback" not in errors
    _wait(lambda: not any(_is_alive(pid) for pid in workers), "workers live on")
    assert sorted(project.iterdir()) == before, "it ended with its work undone, and left nothing"


def test_workers_end_when_their_parent_is_killed(project: Path) -> None:
    run = _started(project)
    _wait(lambda: len(_children(run.pid)) >= 2, "no workers")
    workers = _children(run.pid)
    run.kill()
    run.communicate()
    _wait(lambda: not any(_is_alive(pid) for pid in workers), "workers live on")


def test_files_of_a_killed_worker_are_read_all_the_same(project: Path) -> None:
    for file in list(project.glob("m*.py"))[250:]:
        file.write_text("")
    run = _started(project, "-q", "--select=ASL201", "--output-format=json", "-o", "out.json")
    _wait(lambda: len(_children(run.pid)) >= 2, "no workers")
    os.kill(_children(run.pid)[0], signal.SIGKILL)
    _, errors = run.communicate(timeout=4 * _LONG_ENOUGH)
    assert (run.returncode, errors) == (0, "")
    assert '"files": 450' in (project / "out.json").read_text().replace('"files":450', '"files": 450')


_HALVES = """\
import os, sys, time
from asynclint.cli import app
from asynclint.project import forking

def work(items):
    os.write(1, f"{{os.getpid()}}\\n".encode())
    {act}
    return len(items)

def main(*_, **__):
    print(forking.in_halves(work, list(range(1000)), [forking.LITTLE] * 1000, parallel=True), flush=True)

app.main.invoke = main
sys.exit(app.run_command_line(["version"]))
"""


def _halves(act: str) -> tuple[subprocess.Popen[str], list[int]]:
    command = [sys.executable, "-c", _HALVES.format(act=act)]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert run.stdout is not None
    return run, [int(run.stdout.readline()), int(run.stdout.readline())]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_halves_are_checked(number: signal.Signals, code: int) -> None:
    run, pids = _halves("time.sleep(60)")
    sent = time.monotonic()
    os.kill(run.pid, number)
    run.communicate(timeout=2 * _LONG_ENOUGH)
    assert time.monotonic() - sent < 30
    assert run.returncode == code
    assert not any(_is_alive(pid) for pid in pids)


def test_the_half_of_a_killed_child_is_checked_all_the_same() -> None:
    run, pids = _halves("time.sleep(2)")
    (child,) = (pid for pid in pids if pid != run.pid)
    os.kill(child, signal.SIGKILL)
    out, errors = run.communicate(timeout=_LONG_ENOUGH)
    assert out.splitlines()[-1] == "[500, 500]", errors


@pytest.mark.parametrize(("name", "code", "said"), [("SIGTERM", 143, "terminated"), ("SIGINT", 130, "interrupted")])
def test_a_signal_whose_exception_python_drops_ends_the_run_all_the_same(name: str, code: int, said: str) -> None:
    script = (
        "import os, signal, sys, time\n"
        "from asynclint.cli import app\n"
        "class Dropping:\n"
        f"    def __del__(self): os.kill(os.getpid(), signal.{name})\n"
        "def main(*_, **__):\n"
        "    Dropping()\n"
        f"    time.sleep({_LONG_ENOUGH})\n"
        "app.main.main = main\n"
        "sys.exit(app.run_command_line([]))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (code, f"{said}\n")

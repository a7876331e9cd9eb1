"""Runs that are killed, and files that others change while they are checked."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from asynclint.config.settings import Settings
from asynclint.run.fixes import fix

if TYPE_CHECKING:
    from collections.abc import Iterator

BEFORE = b"""\
import asyncio


async def work() -> None:
    await asyncio.sleep(1)


async def start() -> None:
    asyncio.create_task(work())
"""
AFTER = b"""\
import asyncio

background_tasks = set()


async def work() -> None:
    await asyncio.sleep(1)


async def start() -> None:
    task = asyncio.create_task(work())
    background_tasks.add(task)
    task.add_done_callback(background_tasks.discard)
"""

WRITER = """
import itertools, sys
from asynclint.source.replacing import replace_text

texts = [bytes([letter]) * 300_000 + b"\\n" for letter in b"xy"]
print(flush=True)
for turn in itertools.count():
    replace_text(sys.argv[1], texts[turn % 2], texts[1 - turn % 2])
"""


def test_a_file_is_old_or_new_when_its_writer_is_killed_at_random(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"x" * 300_000 + b"\n")
    left: set[bytes] = set()
    for _ in range(20):
        if file.read_bytes()[:1] == b"y":
            file.write_bytes(b"x" * 300_000 + b"\n")
        with subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(random.uniform(0, 0.03))
            writer.kill()
        text = file.read_bytes()
        assert text in {letter * 300_000 + b"\n" for letter in (b"x", b"y")}
        left.add(text[:1])
    assert left == {b"x", b"y"}
    assert all(path.suffix == ".tmp" for path in tmp_path.iterdir() if path != file)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").touch()
    for number in range(60):
        (tmp_path / f"m{number:02}.py").write_bytes(BEFORE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _texts(project: Path) -> Iterator[bytes]:
    return (path.read_bytes() for path in sorted(project.glob("*.py")))


def test_a_killed_run_leaves_whole_files_and_the_next_one_ends_the_work(project: Path) -> None:
    command = [sys.executable, "-m", "asynclint", "check", "--fix", "--quiet"]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        while run.poll() is None and next(_texts(project)) == BEFORE:
            time.sleep(0.0002)
        run.kill()
    assert set(_texts(project)) <= {BEFORE, AFTER}
    assert next(_texts(project)) == AFTER
    done = subprocess.run(command, cwd=project, check=False, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert set(_texts(project)) == {AFTER}


class Neighbour:
    """Does something to a file once it was read, as somebody with an editor does."""

    def __init__(self, path: str, text: bytes | None) -> None:
        self.path, self.text = Path(path), text
        self.done = False

    def __call__(self, stage: str, _done: int, _total: int) -> None:
        if stage == "checking" and not self.done:
            self.done = True
            if self.text is None:
                self.path.unlink()
            else:
                self.path.write_bytes(self.text)


@pytest.mark.parametrize("text", [BEFORE + b"\n# mine\n", b"", b"\xff", AFTER, None])
def test_what_others_write_meanwhile_stays(project: Path, text: bytes | None) -> None:
    neighbour = Neighbour("m07.py", text)
    fixed = fix(["."], Settings(jobs=1), unsafe=False, write=True, progress=neighbour)
    assert neighbour.done
    others = [path for path in sorted(project.glob("*.py")) if path.name != "m07.py"]
    assert {path.read_bytes() for path in others} == {AFTER}
    assert not Path("m07.py").exists() if text is None else Path("m07.py").read_bytes() == text
    (error,) = fixed.report.errors
    assert (error.code, error.filename) == ("not-fixed", "m07.py")
    assert error.message.startswith("not fixed: the file ")
    assert len(fixed.made) == len(fixed.changes) == len(others)
    left = {item.location.path for item in fixed.report.diagnostics}
    assert left == (set() if text is None else {"m07.py"})


def test_a_touched_file_is_still_the_same(project: Path) -> None:
    (project / "m07.py").chmod(0o640)
    fixed = fix(["."], Settings(jobs=1), unsafe=False, write=True, progress=Neighbour("m07.py", BEFORE))
    assert not fixed.report.errors
    assert set(_texts(project)) == {AFTER}
    assert (project / "m07.py").stat().st_mode & 0o777 == 0o640

"""`check --fix`, `--unsafe-fixes` and `--diff`, as people call them."""

from __future__ import annotations

import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from asynclint.caching.folder import CACHE_FOLDER

if TYPE_CHECKING:
    from pathlib import Path

SAFE = """\
import asyncio


async def work() -> None:
    await asyncio.sleep(1)


async def start() -> None:
    asyncio.create_task(work())
"""
FIXED = """\
import asyncio

background_tasks = set()


async def work() -> None:
    await asyncio.sleep(1)


async def start() -> None:
    task = asyncio.create_task(work())
    background_tasks.add(task)
    task.add_done_callback(background_tasks.discard)
"""
UNSAFE = """\
import requests


async def page(url: str) -> str:
    return requests.get(url).text
"""
UNSAFE_FIXED = """\
import asyncio
import requests


async def page(url: str) -> str:
    return (await asyncio.to_thread(requests.get, url)).text
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "safe.py").write_text(SAFE)
    (tmp_path / "unsafe.py").write_text(UNSAFE)
    return tmp_path


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "asynclint", "check", "--output-format", "concise", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, encoding="utf-8", check=False, timeout=60)


def test_without_the_option_nothing_is_changed(project: Path) -> None:
    run(project)
    assert (project / "safe.py").read_text() == SAFE


def test_safe_fixes_are_applied_and_the_rest_is_reported(project: Path) -> None:
    done = run(project, "--fix")
    assert (project / "safe.py").read_text() == FIXED
    assert (project / "unsafe.py").read_text() == UNSAFE
    assert done.stdout.startswith("unsafe.py:5:12: ASL202 ")
    assert done.stderr == "fixed 1 finding in 1 file\nchecked 2 files, 1 finding\n"
    assert done.returncode == 1


def test_unsafe_fixes_are_applied_when_asked_for(project: Path) -> None:
    done = run(project, "--fix", "--unsafe-fixes")
    assert (project / "safe.py").read_text() == FIXED
    assert (project / "unsafe.py").read_text() == UNSAFE_FIXED
    assert (done.stdout, done.returncode) == ("", 0)
    again = run(project, "--fix", "--unsafe-fixes")
    assert again.stderr.startswith("fixed 0 findings in 0 files\n")


def test_unsafe_fixes_alone_say_what_is_missing(project: Path) -> None:
    done = run(project, "--unsafe-fixes")
    assert done.returncode == 2
    assert "--unsafe-fixes" in done.stderr
    assert "--diff" in done.stderr


def test_a_diff_is_shown_and_nothing_changed(project: Path) -> None:
    done = run(project, "--diff")
    assert done.returncode == 1
    assert done.stderr == "would fix 1 finding in 1 file\nchecked 2 files, 1 finding\n"
    assert (project / "safe.py").read_text() == SAFE
    applied = subprocess.run(
        ["git", "apply"], cwd=project, input=done.stdout, capture_output=True, encoding="utf-8", check=False
    )
    assert applied.returncode == 0, applied.stderr
    assert (project / "safe.py").read_text() == FIXED
    assert run(project, "--diff").returncode == 0
    assert run(project, "--diff", "--unsafe-fixes").returncode == 1
    assert run(project, "--diff", "--unsafe-fixes", "--exit-zero").returncode == 0


def test_fix_and_diff_together_write_nothing(project: Path) -> None:
    assert run(project, "--fix", "--diff").returncode == 1
    assert (project / "safe.py").read_text() == SAFE


def test_only_the_files_asked_for_are_changed(project: Path) -> None:
    (project / "other.py").write_text(SAFE)
    run(project, "--fix", "other.py")
    assert (project / "other.py").read_text() == FIXED
    assert (project / "safe.py").read_text() == SAFE


def test_rules_that_are_off_fix_nothing(project: Path) -> None:
    done = run(project, "--fix", "--ignore", "ASL101", "safe.py")
    assert (project / "safe.py").read_text() == SAFE
    assert done.returncode == 0


def test_what_is_in_the_baseline_is_left_alone(project: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "asynclint", "baseline", "create", "--file", "known.json"],
        cwd=project,
        capture_output=True,
        check=False,
    )
    assert made.returncode == 0
    (project / "new.py").write_text(SAFE)
    old = run(project, "--diff", "--baseline", "known.json", "safe.py", "unsafe.py", "--unsafe-fixes")
    assert (old.stdout, old.returncode) == ("", 0)
    done = run(project, "--fix", "--unsafe-fixes", "--baseline", "known.json")
    assert done.stderr == "fixed 1 finding in 1 file\nchecked 3 files, 0 findings, 2 in baseline\n"
    assert (done.stdout, done.returncode) == ("", 0)
    assert (project / "new.py").read_text() == FIXED
    assert (project / "safe.py").read_text() == SAFE
    assert (project / "unsafe.py").read_text() == UNSAFE


@pytest.mark.parametrize(
    ("arguments", "place"), [(("sarif=out.sarif",), "out.sarif"), (("json",), "`json`"), (("full", "-o", "x"), "x")]
)
def test_nobody_waits_for_a_report_of_a_diff(project: Path, arguments: tuple[str, ...], place: str) -> None:
    command = [sys.executable, "-m", "asynclint", "check", "--diff", "--output-format", *arguments]
    done = subprocess.run(command, cwd=project, capture_output=True, encoding="utf-8", check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(f"--diff writes a diff in place of a report, so {place} would hold none\n")
    assert sorted(path.name for path in project.iterdir()) == ["pyproject.toml", "safe.py", "unsafe.py"]


def test_read_only_files_and_links_are_left_alone(project: Path) -> None:
    (project / "safe.py").chmod(0o444)
    (project / "there").mkdir()
    (project / "there" / "real.txt").write_text(SAFE)
    (project / "link.py").symlink_to(project / "there" / "real.txt")
    done = run(project, "--fix", "safe.py", "link.py")
    assert done.returncode == 2
    assert "error: link.py: not fixed: the file is a symbolic link; fix the file that it leads to" in done.stderr
    assert "error: safe.py: not fixed: the file is read-only" in done.stderr
    assert (project / "safe.py").read_text() == (project / "link.py").read_text() == SAFE
    assert (project / "link.py").is_symlink()
    assert run(project, "--diff", "safe.py").returncode == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\xef\xbb\xbf" + SAFE.encode(), b"\xef\xbb\xbf" + FIXED.encode()),
        (SAFE.replace("\n", "\r\n").encode(), FIXED.replace("\n", "\r\n").encode()),
        (b"# coding: latin-1\n# \xe9\n" + SAFE.encode(), b"# coding: latin-1\n# \xe9\n" + FIXED.encode()),
        (SAFE.rstrip().encode(), FIXED.rstrip().encode()),
    ],
    ids=["bom", "crlf", "latin-1", "no newline at the end"],
)
def test_the_bytes_around_a_fix_stay_as_they_are(project: Path, before: bytes, after: bytes) -> None:
    path = project / "safe.py"
    path.write_bytes(before)
    path.chmod(0o750)
    assert run(project, "--fix", "safe.py").returncode == 0
    assert path.read_bytes() == after
    assert stat.S_IMODE(path.stat().st_mode) == 0o750
    names = {item.name for item in project.iterdir()} - {CACHE_FOLDER}
    assert names == {"pyproject.toml", "safe.py", "unsafe.py"}

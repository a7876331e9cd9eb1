"""Unified diffs."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from asynclint.fixing.diff import unified_diff

if TYPE_CHECKING:
    from pathlib import Path


def test_changes_are_shown() -> None:
    assert unified_diff("a.py", "one\ntwo\n", "one\nthree\n").splitlines() == [
        "--- a.py",
        "+++ a.py",
        "@@ -1,2 +1,2 @@",
        " one",
        "-two",
        "+three",
    ]


def test_no_changes_no_diff() -> None:
    assert unified_diff("a.py", "one\n", "one\n") == ""


def test_line_ends_are_kept() -> None:
    assert "\n-two\r\n+three\r\n" in unified_diff("a.py", "one\r\ntwo\r\n", "one\r\nthree\r\n")
    assert unified_diff("a.py", "a\fb\nc", "a\fb\nd").endswith(
        " a\fb\n-c\n\\ No newline at end of file\n+d\n\\ No newline at end of file\n"
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a b.py", "a b.py\t"),
        ("naïve.py", "naïve.py"),
        ('q".py', '"q\\042.py"'),
        ("back\\slash.py", '"back\\134slash.py"'),
        ("\x1b[31m\n::error::x.py", '"\\033[31m\\012::error::x.py"'),
        ("##vso[x]y.py", '"\\043\\043vso[x]y.py"'),
        ("caf\udce9 \u202e.py", '"caf\\351 \\342\\200\\256.py"'),
    ],
)
def test_names_are_written_as_git_writes_them(tmp_path: Path, name: str, shown: str) -> None:
    diff = unified_diff(name, "one\n", "two\n")
    assert diff.splitlines()[:2] == [f"--- {shown}", f"+++ {shown}"]
    (tmp_path / name).write_text("one\n")
    subprocess.run(["git", "apply"], cwd=tmp_path, input=diff.encode(), check=True)
    assert (tmp_path / name).read_text() == "two\n"

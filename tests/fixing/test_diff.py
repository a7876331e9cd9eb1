"""Unified diffs."""

from __future__ import annotations

from asynclint.fixing.diff import unified_diff


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

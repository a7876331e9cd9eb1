"""`asynclint check --add-noqa`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import CommandLine

HEAD = "import time\nasync def f():\n"


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("time.sleep(1)", "time.sleep(1)  # noqa: ASL201"),
        ("time.sleep(1)   ", "time.sleep(1)  # noqa: ASL201   "),
        ("time.sleep(1)  # é 😀", "time.sleep(1)  # é 😀  # noqa: ASL201"),
        ("time.sleep(1)  # type: ignore", "time.sleep(1)  # type: ignore  # noqa: ASL201"),
        ("time.sleep(1)  # noqa: E501", "time.sleep(1)  # noqa: E501, ASL201"),
        ("time.sleep(1)  # noqa:E501,W291 why", "time.sleep(1)  # noqa:E501,W291,ASL201 why"),
        ("time.sleep(1)  # asynclint: ignore[ASL101]", None),
        (
            "x = [\n        time.sleep(1),\n        time.sleep(2),\n    ]",
            "x = [\n        time.sleep(1),  # noqa: ASL201\n        time.sleep(2),\n    ]",
        ),
        (
            "x = [\n        time.sleep(1),\n    ]  # noqa: E501",
            "x = [\n        time.sleep(1),\n    ]  # noqa: E501, ASL201",
        ),
        (
            "x = '''\n''', time.sleep(1), '''\n'''",
            "x = '''\n''', time.sleep(1), '''\n'''  # noqa: ASL201",
        ),
        ("x = 1, time.sleep(1), \\\n        2", "x = 1, time.sleep(1), \\\n        2  # noqa: ASL201"),
        ("x = '''\n# noqa: E501\n''', time.sleep(1)", "x = '''\n# noqa: E501\n''', time.sleep(1)  # noqa: ASL201"),
        ("x = f'''{time.sleep(1)}\n'''", "x = f'''{time.sleep(1)}\n'''  # noqa: ASL201"),
        ("time.sleep(1); open('x')", "time.sleep(1); open('x')  # noqa: ASL201, ASL204"),
        ("if time.sleep(1):\n        pass", "if time.sleep(1):  # noqa: ASL201\n        pass"),
    ],
)
def test_a_comment_is_written_on_the_statement_and_nothing_else_changes(
    project: Path, command_line: CommandLine, before: str, after: str | None, line_end: str
) -> None:
    file = project / "m.py"
    file.write_bytes(f"{HEAD}    {before}\n".replace("\n", line_end).encode())
    file.chmod(0o640)
    after = before + "  # noqa: ASL201" if after is None else after
    done = command_line("check", "--add-noqa", ".")
    assert file.read_bytes() == f"{HEAD}    {after}\n".replace("\n", line_end).encode()
    assert file.stat().st_mode & 0o777 == 0o640
    assert [line.split()[1] for line in done.out.splitlines()] == (["ASL001"] if "ignore[" in before else [])
    assert command_line("check", "--ignore", "ASL001").out == ""


def test_the_last_row_may_lack_its_end_and_the_file_its_encoding(project: Path, command_line: CommandLine) -> None:
    (project / "m.py").write_bytes(f"# coding: latin-1\n# é\n{HEAD}    time.sleep(1)".encode("latin-1"))
    (project / "n.py").write_bytes(f"\ufeff{HEAD}    time.sleep(1)".encode())
    done = command_line("check", "--add-noqa=für immer")
    assert (done.code, done.out) == (0, "")
    assert done.err == "silenced 2 findings in 2 files\nchecked 2 files, 0 findings, 2 suppressed\n"
    assert (project / "m.py").read_bytes().endswith("time.sleep(1)  # noqa: ASL201 für immer".encode("latin-1"))
    assert (project / "n.py").read_bytes().endswith("time.sleep(1)  # noqa: ASL201 für immer".encode())


def test_the_value_is_taken_after_an_equals_sign_only(project: Path, command_line: CommandLine) -> None:
    (project / "m.py").write_text(f"{HEAD}    time.sleep(1)\n")
    (project / "n.py").write_text(f"{HEAD}    time.sleep(1)\n")
    assert command_line("check", "--add-noqa", "m.py").code == 0
    assert "noqa: ASL201\n" in (project / "m.py").read_text()
    assert "noqa" not in (project / "n.py").read_text()


@pytest.mark.parametrize(
    ("reason", "comment"),
    [("runs once", "ASL201 runs once"), ("PR12 says so", "ASL201 -- PR12 says so"), (" ", "ASL201")],
)
def test_the_reason_is_none_of_the_codes(project: Path, command_line: CommandLine, reason: str, comment: str) -> None:
    (project / "m.py").write_text(f"{HEAD}    time.sleep(1)\n")
    command_line("check", f"--add-noqa={reason}")
    assert (project / "m.py").read_text() == f"{HEAD}    time.sleep(1)  # noqa: {comment}\n"


@pytest.mark.parametrize("reason", ["a # noqa", "two\nlines", "\x1b[31m"])
def test_a_reason_that_is_no_comment_is_refused(project: Path, command_line: CommandLine, reason: str) -> None:
    (project / "m.py").write_text(f"{HEAD}    time.sleep(1)\n")
    done = command_line("check", f"--add-noqa={reason}")
    assert (done.code, "a reason is one line without `#`" in done.err) == (2, True)


@pytest.mark.parametrize("other", ["--fix", "--diff"])
def test_it_goes_with_no_other_change(project: Path, command_line: CommandLine, other: str) -> None:  # noqa: ARG001
    assert command_line("check", "--add-noqa", other).code == 2


def test_what_is_reported_is_what_is_silenced(project: Path, command_line: CommandLine) -> None:
    text = f"{HEAD}    time.sleep(1)\n    open('x')\n"
    (project / "m.py").write_text(text + "    y = 1  # noqa: ASL101\n")
    done = command_line("check", "--add-noqa", "--select", "ASL204,ASL101,ASL001")
    assert (done.code, done.places) == (1, ["m.py:5"])
    assert (project / "m.py").read_text() == (
        f"{HEAD}    time.sleep(1)\n    open('x')  # noqa: ASL204\n    y = 1  # noqa: ASL101\n"
    )


def test_what_cannot_be_written_is_said_and_the_rest_is_written(project: Path, command_line: CommandLine) -> None:
    (project / "m.py").write_text(f"{HEAD}    time.sleep(1)\n")
    (project / "elsewhere.txt").write_text(f"{HEAD}    time.sleep(1)\n")
    (project / "link.py").symlink_to("elsewhere.txt")
    (project / "broken.py").write_text("x = (\n")
    done = command_line("check", "--add-noqa")
    assert done.code == 2
    assert done.places == ["link.py:3"]
    assert "error: link.py: not fixed: the file is a symbolic link" in done.err
    assert "noqa" in (project / "m.py").read_text()

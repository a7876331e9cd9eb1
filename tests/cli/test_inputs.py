"""What `asynclint check` is given: standard input, lists of files, folders without any."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import CommandLine

BAD = b"import time\n\n\nasync def f():\n    time.sleep(1)\n"


# --------------------------------------------------------------------------------------------------------------
# Standard input


def test_a_text_on_standard_input(project: Path, command_line: CommandLine) -> None:  # noqa: ARG001
    done = command_line("check", "-", stdin=BAD)
    assert (done.code, done.places, done.err) == (1, ["-:5"], "checked 1 file, 1 finding\n")
    assert command_line("check", "-", stdin=b"x = 1\n").code == 0


def test_it_stands_in_the_place_of_a_file_of_the_project(project: Path, command_line: CommandLine) -> None:
    (project / "helper.py").write_text("import time\n\n\ndef help():\n    time.sleep(1)\n")
    (project / "app").mkdir()
    (project / "app" / "main.py").write_text("x = 1\n")
    text = b"import helper\n\n\nasync def f():\n    helper.help()\n"
    assert command_line("check", "-", "--stdin-filename", "app/main.py", stdin=text).places == ["app/main.py:5"]
    assert command_line("check", "-", "--stdin-filename", "app/new.py", stdin=text).places == ["app/new.py:5"]
    assert command_line("check", "-", "--stdin-filename", "app/main.py", stdin=b"").code == 0
    assert (project / "app" / "main.py").read_text() == "x = 1\n"


def test_its_name_decides_which_settings_hold(project: Path, command_line: CommandLine) -> None:
    (project / "pyproject.toml").write_text(
        '[tool.asynclint]\nextend-exclude = ["generated/"]\n[tool.asynclint.per-file-ignores]\n"scripts/" = ["ASL2"]\n'
    )
    assert command_line("check", "-", "--stdin-filename", "scripts/x.py", stdin=BAD).code == 0
    assert command_line("check", "-", "--stdin-filename", "app/x.py", stdin=BAD).code == 1
    excluded = command_line("check", "-", "--stdin-filename", "generated/x.py", "--force-exclude", stdin=BAD)
    assert (excluded.code, excluded.err) == (0, "checked 0 files, 0 findings\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"x = (\n", "m.py:1:5: "),
        (b"\xff\n", "m.py: is not valid UTF-8 (line 1)"),
        (b"x\0\n", "m.py: holds a NUL byte (line 1)"),
        (b"#" * (2**22 + 1), "m.py: has 4,194,305 bytes, more than the limit of 4,194,304"),
    ],
)
def test_what_cannot_be_read_is_an_error(
    project: Path,  # noqa: ARG001
    command_line: CommandLine,
    text: bytes,
    message: str,
) -> None:
    done = command_line("check", "-", "--stdin-filename", "m.py", stdin=text)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {message}")


@pytest.mark.parametrize(
    "arguments",
    [
        ("-", "m.py"),
        ("--stdin-filename", "m.py"),
        ("m.py", "--stdin-filename", "m.py"),
        ("-", "--fix"),
        ("-", "--diff"),
        ("-", "--add-noqa"),
        ("-", "--files-from", "-"),
        ("m.py", "--files-from", "-"),
    ],
)
def test_contradictions_are_refused(project: Path, command_line: CommandLine, arguments: tuple[str, ...]) -> None:
    (project / "m.py").write_bytes(BAD)
    done = command_line("check", *arguments, stdin=BAD)
    assert (done.code, done.out, "Error: " in done.err) == (2, "", True)


# --------------------------------------------------------------------------------------------------------------
# Lists of files


@pytest.mark.parametrize("separator", [b"\n", b"\r\n", b"\0"])
@pytest.mark.parametrize("from_file", [True, False])
def test_a_list_of_files(project: Path, command_line: CommandLine, separator: bytes, *, from_file: bool) -> None:
    names = [b"a.py", "naïve 😀.py".encode(), b"-"]
    for name in (*names, b"z.py"):
        (project / os.fsdecode(name)).write_bytes(BAD)
    listed = separator.join((*names, b""))
    (project / "list.txt").write_bytes(listed)
    done = command_line("check", "--files-from", "list.txt" if from_file else "-", stdin=b"" if from_file else listed)
    assert (done.code, done.places) == (1, ["-:5", "a.py:5", "naïve 😀.py:5"])


def test_a_list_with_a_missing_file(project: Path, command_line: CommandLine) -> None:
    (project / "a.py").write_bytes(BAD)
    done = command_line("check", "--files-from", "-", stdin=b"a.py\nb.py\n")
    assert (done.code, done.places) == (2, ["a.py:5"])
    assert "error: b.py: there is no such file or folder\n" in done.err


def test_an_empty_list_is_not_the_working_folder(project: Path, command_line: CommandLine) -> None:
    (project / "a.py").write_bytes(BAD)
    done = command_line("check", "--files-from", "-")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: the list of files in standard input names no file (--allow-empty makes that no error)\n"
    allowed = command_line("check", "--files-from", "-", "--allow-empty")
    assert (allowed.code, allowed.out, allowed.err) == (0, "", "checked 0 files, 0 findings\n")


@pytest.mark.parametrize("name", ["nowhere", ".", "a\0b"])
def test_a_list_that_cannot_be_read(project: Path, command_line: CommandLine, name: str) -> None:  # noqa: ARG001
    done = command_line("check", "--files-from", name)
    assert done.code == 2
    assert done.err.startswith("error: the list of files in ")


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="needs a device without end")  # noqa: PTH110
def test_a_list_without_end(project: Path, command_line: CommandLine) -> None:  # noqa: ARG001
    done = command_line("check", "--files-from", "/dev/zero")
    assert (done.code, done.err) == (2, "error: the list of files in /dev/zero has more than 256 MB\n")


# --------------------------------------------------------------------------------------------------------------
# Nothing


def test_an_empty_folder_is_an_error_unless_it_is_allowed(project: Path, command_line: CommandLine) -> None:
    (project / "empty").mkdir()
    assert command_line("check", "empty").code == 2
    allowed = command_line("check", "empty", "--allow-empty")
    assert (allowed.code, allowed.err) == (0, "checked 0 files, 0 findings\n")
    assert command_line("check", "nowhere", "--allow-empty").code == 2


def test_files_are_listed(project: Path, command_line: CommandLine) -> None:
    (project / "b").mkdir()
    for name in ("b/a.py", "a.py", "c.txt", ".gitignored.py"):
        (project / name).write_bytes(BAD)
    (project / "node_modules").mkdir()
    (project / "node_modules" / "x.py").touch()
    done = command_line("check", "--show-files")
    assert (done.code, done.out, done.err) == (0, ".gitignored.py\na.py\nb/a.py\n", "")
    missing = command_line("check", "--show-files", "a.py", "nowhere")
    assert (missing.code, missing.out) == (2, "a.py\n")
    assert missing.err == "error: nowhere: there is no such file or folder\n"


def test_what_is_passed_over_is_said_with_its_reason(project: Path, command_line: CommandLine) -> None:
    for name in ("a.py", "out/x.py", "dist/x.py", "node_modules/x.py", "env/pyvenv.cfg", "old.py", "gen/x.py"):
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).touch()
    (project / ".git").mkdir()
    (project / ".gitignore").write_text("out/\n")
    (project / "pyproject.toml").write_text("[tool.asynclint]\nextend-exclude = ['old.py', 'gen/']\n")
    done = command_line("check", "--show-files", "-v")
    assert (done.code, done.out) == (0, "a.py\n")
    assert done.err.splitlines() == [
        ".git is left out by its name",
        "dist holds what was built, by its name",
        "env is a virtual environment",
        "gen is left out by the configuration",
        "node_modules is left out by its name",
        "old.py is left out by the configuration",
        "out is ignored by git",
    ]
    assert command_line("check", "--show-files", "-v", "--force-exclude", "old.py").err.splitlines() == [
        "old.py is left out by the configuration"
    ]


def test_what_git_ignores_can_be_asked_for(project: Path, command_line: CommandLine) -> None:
    (project / ".git").mkdir()
    (project / ".gitignore").write_text("ignored.py\n")
    (project / "ignored.py").write_bytes(BAD)
    (project / "a.py").write_text("x = 1\n")
    assert command_line("check").code == 0
    assert command_line("check", "--no-respect-gitignore").places == ["ignored.py:5"]


@pytest.mark.parametrize("command", ["check", "routes", "clean", "config validate", "baseline create"])
def test_an_empty_path_is_not_the_working_folder(project: Path, command_line: CommandLine, command: str) -> None:
    (project / "a.py").write_bytes(BAD)
    done = command_line(*command.split(), "")
    assert (done.code, done.out) == (2, "")
    assert "an empty path names nothing; give `.` for the working folder" in done.err

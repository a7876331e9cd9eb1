"""`asynclint clean`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import CommandLine

BAD = "import time\n\n\nasync def f():\n    time.sleep(1)\n"


def test_what_a_run_kept_is_removed(project: Path, command_line: CommandLine) -> None:
    (project / "sub").mkdir()
    (project / "sub/a.py").write_text(BAD)
    assert command_line("check").code == 1
    cache = project / ".asynclint_cache"
    assert cache.is_dir()
    done = command_line("clean", "sub/a.py")
    assert (done.code, done.out, done.err) == (0, "", ".asynclint_cache: removed\n")
    assert not cache.exists()
    assert command_line("clean").err == ".asynclint_cache: there is none\n"
    assert command_line("check").code == 1


def test_what_asynclint_did_not_make_is_left(project: Path, command_line: CommandLine) -> None:
    (project / "mine").mkdir()
    (project / "mine/notes.txt").touch()
    (project / ".asynclint_cache").symlink_to("mine")
    done = command_line("clean")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: .asynclint_cache: is no folder that asynclint made")
    assert (project / "mine/notes.txt").exists()

"""`asynclint check --diff-base`, in real git repositories."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from asynclint.cli.app import run_command_line

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "import time\n\n\nasync def f():\n"
OLD = HEAD + "    time.sleep(1)\n"
IDENTITY = (
    "-c",
    "user.name=a",
    "-c",
    "user.email=a@b.c",
    "-c",
    "commit.gpgsign=false",
    "-c",
    "init.defaultBranch=main",
)


def git(folder: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    command = ["git", *IDENTITY, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    (root / "pyproject.toml").touch()
    (root / "old.py").write_text(OLD)
    git(root, "init", "--quiet")
    commit(root, "first")
    git(root, "branch", "base")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def changed(capsys: pytest.CaptureFixture[str]) -> Checker:
    return Checker(capsys)


class Checker:
    """Places of the findings, as `file:row`, after a check against `base`; remembers code and standard error."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.code = 0
        self.err = ""

    def __call__(self, *arguments: str, base: str = "base") -> list[str]:
        self.code = run_command_line(["check", "--diff-base", base, *arguments])
        out, self.err = self._capsys.readouterr()
        return [":".join(line.split(":")[:2]) for line in out.splitlines()]


def test_nothing_changed(changed: Checker) -> None:
    assert changed() == []
    assert (changed.code, changed.err) == (0, "checked 1 file, 0 findings, 1 not on changed lines\n")


@pytest.mark.parametrize("staged", ["committed", "staged", "in the working tree"])
def test_findings_on_changed_lines(folder: Path, changed: Checker, staged: str) -> None:
    (folder / "old.py").write_text("# more\n" + OLD + "    x = 1\n    time.sleep(2)\n")
    if staged != "in the working tree":
        git(folder, "add", "--all")
    if staged == "committed":
        commit(folder, "second")
    assert changed() == ["old.py:8"]
    assert changed.code == 1


def test_since_the_merge_base_and_not_since_the_tip(folder: Path, changed: Checker) -> None:
    git(folder, "checkout", "--quiet", "base")
    (folder / "old.py").write_text("x = 1\n")
    commit(folder, "meanwhile")
    git(folder, "checkout", "--quiet", "main")
    assert changed() == []


def test_new_files_count_whole_untracked_and_ignored_ones_too(folder: Path, changed: Checker) -> None:
    (folder / "new.py").write_text(OLD)
    (folder / ".gitignore").write_text("generated.py\n")
    (folder / "generated.py").write_text(OLD)
    assert changed() == ["new.py:5"]
    assert changed("generated.py") == ["generated.py:5"]


def test_a_renamed_file_is_no_new_one(folder: Path, changed: Checker) -> None:
    (folder / "package").mkdir()
    (folder / "old.py").rename(folder / "package" / "renamed.py")
    with (folder / "package" / "renamed.py").open("a") as file:
        file.write("    time.sleep(2)\n")
    assert changed() == ["package/renamed.py:6"]
    git(folder, "add", "--all")
    assert changed() == ["package/renamed.py:6"]


def test_a_copy_is_a_new_file(folder: Path, changed: Checker) -> None:
    (folder / "copy.py").write_text(OLD)
    assert changed() == ["copy.py:5"]


def test_the_whole_project_is_judged_and_a_changed_cause_counts(folder: Path, changed: Checker) -> None:
    (folder / "helper.py").write_text("import time\n\n\ndef help():\n    pass\n")
    (folder / "old.py").write_text("import helper\n\n\nasync def f():\n    helper.help()\n")
    commit(folder, "second")
    git(folder, "branch", "--force", "base")
    assert changed() == []
    (folder / "helper.py").write_text("import time\n\n\ndef help():\n    time.sleep(1)\n")
    assert changed() == ["old.py:5"]


@pytest.mark.parametrize("start", [".", "package"])
def test_line_ends_encodings_and_folders_make_no_change(
    folder: Path, changed: Checker, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "package").mkdir()
    (folder / "package" / "é.py").write_bytes(("# coding: latin-1\n# é\n" + OLD).encode("latin-1"))
    commit(folder, "second")
    git(folder, "branch", "--force", "base")
    text = ("# coding: latin-1\n# é\n" + OLD + "    time.sleep(2)\n").replace("\n", "\r\n")
    (folder / "package" / "é.py").write_bytes(text.encode("latin-1"))
    monkeypatch.chdir(folder / start)
    assert changed(".") == [f"{'package/' if start == '.' else ''}é.py:8"]


def test_with_fixes_comments_and_a_baseline(folder: Path, changed: Checker) -> None:
    (folder / "old.py").write_text(OLD + "    time.sleep(2)\n    time.sleep(3)\n")
    run_command_line(["baseline", "create", "--quiet"])
    (folder / "old.py").write_text(OLD + "    time.sleep(2)\n    time.sleep(3)\n    time.sleep(4)\n")
    assert changed("--baseline", ".asynclint-baseline.json") == ["old.py:8"]
    assert changed("--add-noqa=known") == []
    assert (folder / "old.py").read_text() == OLD + "".join(
        f"    time.sleep({number})  # noqa: ASL201 known\n" for number in (2, 3, 4)
    )
    (folder / "old.py").write_text(OLD + "    time.sleep(5)\n")
    changed("--fix", "--unsafe-fixes")
    assert (folder / "old.py").read_text() == OLD.replace(
        "import time", "import asyncio\nimport time"
    ) + "    await asyncio.sleep(5)\n"


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("nowhere", "the repository knows no `nowhere`; name a branch, tag or commit that is fetched"),
        ("--output=x", "the repository knows no `--output=x`"),
        ("", "the repository knows no ``"),
        ("HEAD:old.py", "the repository knows no `HEAD:old.py`"),
        ("alone", "`alone` and the present commit have no commit in common; a shallow clone needs"),
    ],
)
def test_a_base_that_cannot_be_used_is_refused(folder: Path, changed: Checker, base: str, message: str) -> None:
    git(folder, "checkout", "--quiet", "--orphan", "alone")
    commit(folder, "alone")
    git(folder, "checkout", "--quiet", "main")
    assert changed(base=base) == []
    assert changed.code == 2
    assert changed.err.startswith(f"error: cannot compare with --diff-base: {message}")
    assert changed.err.count("\n") == 1


def test_without_a_repository_or_a_commit(tmp_path: Path, changed: Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "m.py").write_text(OLD)
    monkeypatch.chdir(tmp_path)
    assert changed() == []
    assert (changed.code, changed.err) == (2, "error: cannot compare with --diff-base: . is in no git repository\n")
    git(tmp_path, "init", "--quiet")
    changed(base="HEAD")
    assert (changed.code, changed.err) == (
        2,
        "error: cannot compare with --diff-base: the repository has no commit yet\n",
    )


def test_nothing_of_the_repository_is_run(folder: Path, changed: Checker, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o755)
    for name in ("post-index-change", "post-checkout", "reference-transaction", "pre-auto-gc"):
        hook = folder / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(trap.read_text())
        hook.chmod(0o755)
    for key in (
        "core.fsmonitor",
        "diff.external",
        "diff.x.textconv",
        "diff.x.command",
        "filter.x.clean",
        "filter.x.smudge",
        "filter.x.process",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "gpg.program",
        "alias.cat-file",
    ):
        git(folder, "config", key, f"!{trap}" if key.startswith("alias") else str(trap))
    (folder / ".gitattributes").write_text("*.py diff=x filter=x\n")
    (folder / "old.py").write_text(OLD + "    time.sleep(2)\n")
    assert changed() == ["old.py:6"]
    assert not (tmp_path / "sprung").exists()


def test_variables_of_a_hook_do_not_lead_elsewhere(
    folder: Path, changed: Checker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", "nowhere")
    (folder / "old.py").write_text(OLD + "    time.sleep(2)\n")
    assert changed() == ["old.py:6"]

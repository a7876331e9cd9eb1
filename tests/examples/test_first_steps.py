"""The way of a new user, as the README and the pages have it: every command, in its order, on a copy of the shop."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SCRIPT = str(Path(sysconfig.get_path("scripts")) / "asynclint")
PAGES = sorted((ROOT / "docs").glob("*.md"))


def commands_of(text: str) -> list[list[str]]:
    return [
        shlex.split(line, comments=True)[1:]
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
        if line.startswith("asynclint ")
    ]


COMMANDS = commands_of(README)
INLINE = [shlex.split(text)[1:] for text in re.findall(r"`(asynclint check [^`]*--add-noqa=[^`]*)`", README)]


@pytest.fixture
def service(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    shutil.copytree(ROOT / "examples" / "shop", folder)
    for name in ("src", "tests", "app"):  # the folders that the README and the pages name
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "routes.py").write_text("x = 1\n" * 50)
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    for arguments in (
        ("init", "-q"),
        ("add", "-A"),
        ("commit", "-qm", "x"),
        ("update-ref", "refs/remotes/origin/main", "HEAD"),
    ):
        subprocess.run(["git", *identity, *arguments], cwd=folder, check=True)
    return folder


def test_the_commands_are_there() -> None:
    assert {"check", "rule", "rules", "routes", "baseline", "version"} <= {command[0] for command in COMMANDS}
    assert len(INLINE) == 1


def test_each_works(service: Path) -> None:
    for command in (*COMMANDS, *INLINE):
        done = run(service, command)
        assert done.returncode in (0, 1), (command, done.stderr)
        assert "rror:" not in done.stderr, (command, done.stderr)
    last = run(service, ["check"])
    assert (last.returncode, last.stdout) == (0, ""), "everything is fixed or silenced"


@pytest.mark.parametrize(
    "page", [page for page in PAGES if commands_of(page.read_text(encoding="utf-8"))], ids=lambda page: page.stem
)
def test_each_on_a_page_works(page: Path, service: Path) -> None:
    for command in commands_of(page.read_text(encoding="utf-8")):
        done = run(service, command)
        assert done.returncode in (0, 1), (command, done.stderr)
        assert "rror:" not in done.stderr, (command, done.stderr)


def run(folder: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB")}
    return subprocess.run(
        [SCRIPT, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )

"""Whatever lies in a folder is read as Python would, or named as unreadable; a full disk loses nothing."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BODY = "import time\n\n\nasync def f():\n    time.sleep(1)\n"
READ = {
    "latin.py": b"# -*- coding: latin-1 -*-\nx = '\xe9'\n" + BODY.encode(),
    "bom.py": b"\xef\xbb\xbf" + BODY.encode(),
    "crlf.py": BODY.replace("\n", "\r\n").encode(),
    "cr.py": BODY.replace("\n", "\r").encode(),
    "form_feed.py": BODY.replace("\n\n\n", "\n\x0c\n").encode(),
    "tabs.py": BODY.replace("    ", "\t").encode(),
    "no_end.py": BODY.rstrip().encode(),
    "hidden.py": f"# \u202e\u200b\n{BODY}".encode(),
    "stub.pyi": BODY.encode(),
    "new\nline.py": BODY.encode(),
    "quote'\".py": BODY.encode(),
    "colon:3:4.py": BODY.encode(),
    "per%20cent.py": BODY.encode(),
    "caf\udce9.py": BODY.encode(),
}
"""Names of files, and bytes that hold one finding in their fourth row or later."""
UNREADABLE = {
    "nul.py": b"x = 1\0\n",
    "surrogate.py": "x = '\ud800'\n".encode("utf-8", "surrogatepass"),
    "not_utf8.py": b"x = '\xe9'\n",
    "codec.py": b"# coding: hex\nx = 1\n",
    "wide.py": BODY.encode("utf-16"),
}


def _check(folder: Path, *options: str, before: Callable[[], None] | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "asynclint", "check", *options, "."]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=120, preexec_fn=before)


def test_every_form_is_read_or_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    for name, data in (READ | UNREADABLE).items():
        with open(os.fsencode(tmp_path) + b"/" + os.fsencode(name), "wb") as file:
            file.write(data)
    (tmp_path / "empty.py").touch()
    (tmp_path / "folder.py").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "device.py").symlink_to("/dev/zero")
    (tmp_path / "nowhere.py").symlink_to("nothing")
    (tmp_path / "loop.py").symlink_to("loop.py")
    done = _check(tmp_path, "--output-format=json")
    report = json.loads(done.stdout)
    assert done.returncode == 2
    assert len(report["diagnostics"]) == len(READ)
    assert {item["code"] for item in report["diagnostics"]} == {"ASL201"}
    named = {item["filename"] for item in report["errors"]}
    assert named >= {*UNREADABLE, "pipe.py", "device.py", "nowhere.py"}
    assert not named.intersection({"empty.py", "folder.py", "stub.pyi"})


def test_a_file_without_end_is_not_read_in_any_run(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "a.py").write_text(BODY)
    with (tmp_path / "m.py").open("wb") as sparse:
        sparse.truncate(2**40)
    for _ in range(2):
        done = _check(tmp_path)
        assert (done.returncode, done.stdout.count(b"ASL201"), done.stderr.count(b"m.py: has 1,099,511")) == (2, 1, 1)


def test_modules_that_import_each_other_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    for number in range(500):
        source = (
            f"from m{(number + 1) % 500} import *\nimport m{(number + 7) % 500}\ndef f{number}(): f{number + 1}()\n"
        )
        (tmp_path / f"m{number}.py").write_text(source)
    (tmp_path / "top.py").write_text("from m0 import f0\nasync def g():\n    f0()\n")
    done = _check(tmp_path, "--no-cache")
    assert (done.returncode, done.stdout) == (0, b"")


@pytest.mark.parametrize("head", ["from {0} import *", "from {0} import Missing"])
def test_a_name_that_modules_have_from_each_other_in_a_circle(tmp_path: Path, head: str) -> None:
    (tmp_path / "pyproject.toml").touch()
    route = "@app.get('/')\nasync def f(a: Missing, b: 'list[Missing]'): a.go()\n"
    body = f"from fastapi import FastAPI\napp = FastAPI()\n{route}"
    for this, other in (("m", "n"), ("n", "m")):
        (tmp_path / f"{this}.py").write_text(f"{head.format(other)}\n{body}")
    done = _check(tmp_path, "--no-cache", "--select=ASL1,ASL2,ASL3,ASL4", "--ignore=ASL213")
    assert (done.returncode, done.stdout, b"error" in done.stderr) == (0, b"", False)


def test_modules_that_import_all_of_each_other(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    stars = "".join(f"from m{number} import *\n" for number in range(25))
    for number in range(25):
        (tmp_path / f"m{number}.py").write_text(f"{stars}async def g{number}():\n    nowhere()\n    g{number + 1}()\n")
    done = _check(tmp_path, "--no-cache", "--select=ASL2")
    assert (done.returncode, done.stdout) == (0, b"")


def test_a_full_disk_under_a_report_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "m.py").write_text(BODY)
    done = _check(tmp_path, "--no-cache", "-o", "/dev/full")
    assert (done.returncode, b"no space left on device" in done.stderr) == (2, True)


def _no_room() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


@pytest.mark.parametrize("options", [("--fix", "--unsafe-fixes"), ("-o", "out.json"), ()])
def test_where_nothing_more_can_be_written_all_stays_as_it_was(tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "pyproject.toml").touch()
    source = BODY + "# " + "x" * 200 + "\n"
    (tmp_path / "m.py").write_text(source)
    done = _check(tmp_path, "--output-format=json", *options, before=_no_room)
    assert b"Traceback" not in done.stderr
    assert (tmp_path / "m.py").read_text() == source
    assert not (tmp_path / "out.json").exists()
    assert done.returncode == (2 if options else 1)
    left = [file.name for file in tmp_path.rglob("*.tmp")]
    assert left == []

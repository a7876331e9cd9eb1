"""The installed console script in every situation that has an exit code: its code, standard output, standard error."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import NamedTuple

import pytest

SCRIPT = Path(sysconfig.get_path("scripts")) / "asynclint"

GOOD = b"x = 1\n"
BAD = b"import time\n\n\nasync def f():\n    time.sleep(1)\n"
FINDING = (
    "bad.py:5:5: ASL201 `time.sleep` blocks the event loop: while it waits, every other request of this worker waits "
    "too; use `asyncio.sleep`\n"
)
LATIN = b"# -*- coding: latin-1 -*-\nimport time\nasync def f():\n    x = '\xe9'; time.sleep(1)\n"

CLEAN = "checked 1 file, 0 findings\n"
FOUND = "checked 1 file, 1 finding\n"


class Case(NamedTuple):
    """A situation: files, arguments, and what is expected; `…` in the standard error stands for any text."""

    name: str
    files: dict[str, bytes]
    arguments: tuple[str, ...]
    code: int
    out: str
    err: str


UNPARSED = "error: broken.py:1:5: …; if this is not meant to be Python, leave it out with …\n"
CASES = (
    Case("clean", {"good.py": GOOD}, (), 0, "", CLEAN),
    Case("findings", {"bad.py": BAD}, (), 1, FINDING, FOUND),
    Case("a note only", {"bad.py": BAD}, ("--config", "severity.ASL201='note'"), 0, FINDING, FOUND),
    Case("findings below the level", {"bad.py": BAD}, ("--fail-level", "never"), 0, FINDING, FOUND),
    Case("findings with --exit-zero", {"bad.py": BAD}, ("--exit-zero",), 0, FINDING, FOUND),
    Case("quiet", {"bad.py": BAD}, ("-q",), 1, FINDING, ""),
    Case(
        "a syntax error",
        {"broken.py": b"x = (\n", "bad.py": BAD},
        (),
        2,
        FINDING,
        UNPARSED + "checked 1 file (1 could not be parsed), 1 finding\n",
    ),
    Case("errors are said though quiet", {"broken.py": b"x = (\n"}, ("-q",), 2, "", UNPARSED),
    Case(
        "a syntax error with --exit-zero",
        {"broken.py": b"x = (\n"},
        ("--exit-zero", "--fail-level", "never"),
        2,
        "",
        UNPARSED + "checked 0 files (1 could not be parsed), 0 findings\n",
    ),
    Case(
        "a syntax error though no rule is selected for it",
        {"broken.py": b"x = (\n"},
        ("--select", "ASL101"),
        2,
        "",
        UNPARSED + "checked 0 files (1 could not be parsed), 0 findings\n",
    ),
    Case(
        "a missing path",
        {"bad.py": BAD},
        ("nowhere", "bad.py"),
        2,
        FINDING,
        "error: nowhere: there is no such file or folder\nchecked 1 file (1 error), 1 finding\n",
    ),
    Case(
        "a file that cannot be decoded",
        {"latin.py": b"x = '\xe9'\n"},
        (),
        2,
        "",
        "error: latin.py: is not valid UTF-8 (line 1) and declares no other encoding\n"
        "checked 0 files (1 could not be read), 0 findings\n",
    ),
    Case(
        "a NUL byte",
        {"nul.py": b"x = 1\n\0\n"},
        (),
        2,
        "",
        "error: nul.py: holds a NUL byte (line 2)\nchecked 0 files (1 could not be read), 0 findings\n",
    ),
    Case(
        "a declared encoding is read",
        {"bad.py": LATIN},
        (),
        1,
        FINDING.replace("bad.py:5:5", "bad.py:4:14"),
        FOUND,
    ),
    Case(
        "an unknown rule",
        {"bad.py": BAD},
        ("--select", "blocking-slep"),
        2,
        "",
        "error: unknown rule `blocking-slep`; did you mean `blocking-sleep`?\n",
    ),
    Case(
        "an unknown key of the configuration",
        {"bad.py": BAD, "asynclint.toml": b"ignore = []\nfail-levl = 'error'\n"},
        (),
        2,
        "",
        "error: asynclint.toml:2: unknown key `fail-levl`; did you mean `fail-level`?\n",
    ),
    Case(
        "a broken configuration",
        {"bad.py": BAD, "asynclint.toml": b"ignore = [\n\nx = 1\n"},
        (),
        2,
        "",
        "error: asynclint.toml:3:…\n…\n…^\n",
    ),
    Case(
        "an unknown option",
        {"bad.py": BAD},
        ("--selct", "ASL1"),
        2,
        "",
        "Usage: asynclint check [OPTIONS] [PATHS]...\n…\nError: No such option '--selct'. …--select…\n",
    ),
    Case(
        "an unknown word for an option",
        {"bad.py": BAD},
        ("--fail-level", "warn"),
        2,
        "",
        "Usage: …\nError: Invalid value for '--fail-level': 'warn' is not one of … Did you mean `warning`?\n",
    ),
    Case(
        "an empty folder",
        {"empty/readme.txt": b""},
        ("empty",),
        2,
        "",
        "error: empty: there are no Python files in this folder (or all are excluded)\n"
        "checked 0 files (1 error), 0 findings\n",
    ),
    Case(
        "an empty folder that is allowed",
        {"empty/readme.txt": b""},
        ("empty", "--allow-empty"),
        0,
        "",
        "checked 0 files, 0 findings\n",
    ),
    Case(
        "all given files are excluded, as of a hook",
        {"bad.py": BAD, "asynclint.toml": b"exclude = ['bad.py']\n"},
        ("--force-exclude", "bad.py"),
        0,
        "",
        "checked 0 files, 0 findings\n",
    ),
    Case(
        "a report that cannot be written",
        {"bad.py": BAD},
        ("--output-format", "json=nowhere/out.json"),
        2,
        "",
        "error: cannot write nowhere/out.json: its folder does not exist\n",
    ),
    Case(
        "a baseline that is missing",
        {"bad.py": BAD},
        ("--baseline", "b.json"),
        2,
        "",
        "error: cannot use the baseline b.json: there is no such file; `asynclint baseline create --file b.json` "
        "makes it\n",
    ),
)


def start(folder: Path, *arguments: str, **options: object) -> subprocess.Popen[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("ASYNCLINT") and "COLOR" not in name
    }
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [str(SCRIPT), *arguments],
        cwd=folder,
        env=environment | {"PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def is_like(text: str, pattern: str) -> bool:
    """Whether the text has the parts of the pattern between its `…`, in their order and from end to end."""
    first, *others = pattern.split("…")
    if not text.startswith(first):
        return False
    place = len(first)
    for part in others[:-1]:
        place = text.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return text.endswith(others[-1]) and len(text) - len(others[-1]) >= place if others else text == first


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_code_and_streams(tmp_path: Path, case: Case) -> None:
    (tmp_path / "pyproject.toml").touch()
    for name, data in case.files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    process = start(tmp_path, "check", *case.arguments)
    out, err = process.communicate(timeout=60)
    assert out == case.out
    assert is_like(err, case.err), err
    assert process.returncode == case.code
    assert "Traceback" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such pipes")
def test_a_reader_that_goes_away(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "bad.py").write_bytes(BAD + b"    time.sleep(1)\n" * 900)
    process = start(tmp_path, "check")
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == FINDING
    process.stdout.close()
    assert process.stderr.read() == "checked 1 file, 901 findings\n"
    process.stderr.close()
    assert process.wait(timeout=60) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_an_interrupted_run(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    os.mkfifo(tmp_path / "list")
    process = start(tmp_path, "check", "--files-from", "list")
    with (tmp_path / "list").open("wb"):  # opens as soon as the other end is being read
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err.strip()) == (130, "interrupted")

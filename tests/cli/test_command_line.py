"""The program as people start it: bad input, streams, and what is imported for little questions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from asynclint import __version__
from asynclint.cli.app import main

GOOD = "import asyncio\n\n\nasync def f():\n    await asyncio.sleep(1)\n"
BAD = "import time\n\n\nasync def f():\n    time.sleep(1)\n"


def asynclint(cwd: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "asynclint", *map(str, arguments)]
    environment = {key: value for key, value in os.environ.items() if not key.endswith(("COLOR", "COLOR_FORCE"))}
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False, timeout=60
    )


def imported(arguments: list[str], *modules: str) -> list[str]:
    script = (
        "import sys\n"
        "from asynclint.cli.app import run_command_line\n"
        f"code = run_command_line({arguments!r})\n"
        f"print(code, *(name for name in {modules!r} if name in sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    code, *found = done.stderr.split()
    assert code == "0"
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["version"],
        ["--help"],
        ["rule", "ASL201"],
        ["rule", "blocking-sleep", "--output-format", "markdown"],
        ["rule", "--all", "--output-format", "json"],
        ["rules"],
        ["config", "list"],
        ["config", "list", "select"],
        ["check", "--help"],
        ["baseline", "--help"],
    ],
)
def test_little_questions_import_little(arguments: list[str]) -> None:
    others = ("libcst", "rich", "click.shell_completion")
    standard = ("asyncio", "multiprocessing", "concurrent.futures", "subprocess", "tempfile", "tomllib")
    ours = ("asynclint.rules", "asynclint.semantics", "asynclint.project", "asynclint.flow", "asynclint.run")
    assert imported(arguments, *others, *standard, *ours) == []


@pytest.mark.parametrize("words", ["asynclint rule blocking-s", "asynclint check --select ASL101,blocking-s"])
def test_completing_a_rule_imports_none(words: str) -> None:
    *_, last = words.split()
    script = (
        "import sys\n"
        "from asynclint.cli.app import run_command_line\n"
        "try:\n"
        "    run_command_line([])\n"
        "finally:\n"
        "    print(*sys.modules, file=sys.stderr)\n"
    )
    asked = {"_ASYNCLINT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    done = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | asked, capture_output=True, encoding="utf-8", check=False
    )
    found = [line.partition(",")[2] for line in done.stdout.splitlines()]
    assert f"{last.removesuffix('blocking-s')}blocking-sleep" in found
    assert {"libcst", "rich", "msgspec", "asynclint.rules", "asynclint.project"}.isdisjoint(done.stderr.split())


def test_the_list_of_commands_says_what_they_say(tmp_path: Path) -> None:
    listed = " ".join(asynclint(tmp_path, "--help").stdout.split())
    with click.Context(main) as context:
        for name in main.list_commands(context):
            command = main.get_command(context, name)
            assert command is not None
            assert f" {name} {command.get_short_help_str(limit=200)}" in listed


def test_the_version_is_said(tmp_path: Path) -> None:
    assert asynclint(tmp_path, "--version").stdout == f"asynclint, version {__version__}\n"


def test_clean_and_flawed_code(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    clean = asynclint(tmp_path, "check")
    assert (clean.returncode, clean.stdout, clean.stderr) == (0, "", "checked 1 file, 0 findings\n")
    (tmp_path / "bad.py").write_text(BAD)
    flawed = asynclint(tmp_path, "check")
    assert flawed.returncode == 1
    assert flawed.stdout.startswith("bad.py:5:5: ASL201 ")
    assert flawed.stderr == "checked 2 files, 1 finding\n"
    assert asynclint(tmp_path, "check", "good.py").returncode == 0


@pytest.mark.parametrize(
    ("head", "column"),
    [
        ("", 5),
        ("# coding: latin-1\n", 5),
        ("s = 'naïve 😀'; ", 5),
        ("\ufeff", 5),
        ("\x0c\n", 5),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_places_are_right_whatever_stands_before(tmp_path: Path, head: str, column: int, line_end: str) -> None:
    text = (head + BAD).replace("\n", line_end)
    (tmp_path / "bad.py").write_bytes(text.encode("latin-1" if "latin-1" in head else "utf-8"))
    row = text.count("\n")
    assert asynclint(tmp_path, "check", ".").stdout.startswith(f"bad.py:{row}:{column}: ASL201 ")


def test_columns_count_code_points_and_tabs_are_one(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import time\nasync def f():\n\tx = 'naïve 😀'; time.sleep(1)\n", encoding="utf-8")
    found = json.loads(asynclint(tmp_path, "check", "--output-format", "json").stdout)["diagnostics"][0]
    assert found["location"] == {"row": 3, "column": 17}
    assert found["end_location"] == {"row": 3, "column": 30}


def deeply_nested() -> str:
    return "x = " + "(" * 3000 + ")" * 3000 + "\n"


@pytest.mark.parametrize(
    ("name", "content", "code", "message"),
    [
        ("bad.py", b"def f(:\n    pass\n", "ASL010", ""),
        ("template.py", b"import {{ name }}\n{% if x %}\n", "ASL010", ""),
        ("deep.py", deeply_nested().encode(), "ASL010", "nested too deeply"),
        ("nul.py", b"x = 1\n\0", "ASL011", "holds a NUL byte (line 2)"),
        ("latin.py", b"s = '\xef'\n", "ASL011", "is not valid UTF-8 (line 1)"),
        ("cookie.py", b"# coding: klingon\n", "ASL011", "unknown encoding `klingon`"),
        ("huge.py", b"#" * (4 * 2**20 + 1), "ASL011", "more than the limit of 4,194,304"),
    ],
)
def test_a_file_that_cannot_be_checked_is_named_and_the_others_are_checked(
    tmp_path: Path, name: str, content: bytes, code: str, message: str
) -> None:
    (tmp_path / "other.py").write_text(BAD)
    (tmp_path / name).write_bytes(content)
    done = asynclint(tmp_path, "check", "--output-format", "json", "--exit-zero")
    assert done.returncode == 2
    written = json.loads(done.stdout)
    assert [(error["code"], error["filename"]) for error in written["errors"]] == [(code, name)]
    assert message in written["errors"][0]["message"]
    assert [item["filename"] for item in written["diagnostics"]] == ["other.py"]
    error, coverage = done.stderr.splitlines()
    assert error.startswith(f"error: {name}")
    assert "1 could not be" in coverage
    alone = asynclint(tmp_path, "check", "other.py")
    assert (alone.returncode, alone.stderr) == (1, "checked 1 file, 1 finding\n")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("nowhere.py", "there is no such file or folder"),
        ("empty", "there are no Python files in this folder (or all are excluded)"),
        ("loop", "is a loop of symbolic links"),
        ("pipe.py", "is a pipe, no file"),
    ],
)
def test_a_path_that_cannot_be_checked_is_named_and_the_others_are_checked(
    tmp_path: Path, given: str, message: str
) -> None:
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "empty").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe.py")
    done = asynclint(tmp_path, "check", given, "bad.py")
    assert done.returncode == 2
    assert done.stdout.startswith("bad.py:5:5: ASL201 ")
    assert done.stderr.splitlines()[0] == f"error: {given}: {message}"


def test_an_unknown_rule_is_refused_before_anything_is_checked(tmp_path: Path) -> None:
    done = asynclint(tmp_path, "check", "--select", "ASL20,blocking-slep", "--ignore", "ASL9")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "error: unknown rule `blocking-slep`; did you mean `blocking-sleep`?",
        next(line for line in done.stderr.splitlines() if "`ASL9`" in line),
    ]


def test_a_folder_that_contains_itself_is_named_and_the_rest_is_checked(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "again").symlink_to(".")
    done = asynclint(tmp_path, "check")
    assert done.returncode == 2
    assert "error: again: is a link back to a folder around it" in done.stderr
    assert done.stdout.startswith("bad.py:")


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / f"bad{number}.py").write_text(BAD)
    command = [sys.executable, "-m", "asynclint", "check", "--output-format", "full"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read().decode() == "checked 60 files, 60 findings\n"
        assert process.wait() == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    "arguments", [["rules"], ["check"], ["check", "--output-format", "sarif"], ["check", "--diff"]]
)
def test_standard_output_that_takes_nothing_is_one_line(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "a.py").write_text("import asyncio\n\n\nasync def f():\n    asyncio.create_task(f())\n")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "asynclint", *arguments, *(["-q"] if "check" in arguments else [])],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (2, "error: cannot write to standard output: no space left on device\n")


@pytest.mark.parametrize("arguments", [["rules"], ["rule", "ASL201"], ["check", "--output-format", "full"]])
def test_output_survives_a_narrow_encoding(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "bad.py").write_text(BAD)
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "asynclint", *arguments]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode in (0, 1)
    assert done.stdout.isascii()
    assert done.stdout
    assert b"Traceback" not in done.stderr

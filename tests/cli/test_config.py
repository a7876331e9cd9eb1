"""Configuration on the command line: `check` as configured, and `asynclint config`."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from asynclint.cli.app import run_command_line
from asynclint.config.options import OPTIONS

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "pyproject.toml": '[tool.asynclint]\nfail-level = "error"\n',
    "a.py": "import time\n\nasync def f():\n    time.sleep(1)\n",
    "b.py": "async def f():\n    open('x').read()\n",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(tmp_path, FILES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def asynclint(capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(capsys)


class Runner:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, list[str], list[str]]:
        code = run_command_line(list(arguments))
        out, err = self._capsys.readouterr()
        return code, out.splitlines(), err.splitlines()


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def configure(folder: Path, text: str) -> None:
    write(folder, {"pyproject.toml": f"[tool.asynclint]\n{text}\n"})


def test_mistakes_end_the_run_with_2(folder: Path, asynclint: Runner) -> None:
    configure(folder, 'selct = []\nfail-level = "bad"')
    write(folder, {"sub/asynclint.toml": "x = 1\n", "sub/c.py": ""})
    lines = [
        "error: pyproject.toml:2: unknown key `selct`; did you mean `select`?",
        'error: pyproject.toml:3: `fail-level`: "bad" is not "error", "warning", "note" or "never"',
    ]
    below = "error: sub/asynclint.toml:1: unknown key `x`; `asynclint config list` shows all"
    assert asynclint("config", "show") == (2, [], lines)
    for command in (["check"], ["config", "validate"], ["baseline", "create"]):
        assert asynclint(*command) == (2, [], [*lines, below])
    assert asynclint("check", "--isolated")[0] == 1
    assert asynclint("check", "sub") == (2, [], [below])


def test_broken_syntax_is_shown(folder: Path, asynclint: Runner) -> None:
    configure(folder, "select = [,]")
    assert asynclint("check") == (
        2,
        [],
        ["error: pyproject.toml:2:11: invalid value", "  | select = [,]", "  |           ^"],
    )


def test_of_a_long_broken_line_the_part_around_the_place_is_shown(folder: Path, asynclint: Runner) -> None:
    configure(folder, f"select = ['{'a' * 3_000}', ,{'b' * 3_000}]")
    code, _, (said, line, caret) = asynclint("check")
    assert (code, said) == (2, "error: pyproject.toml:2:3015: invalid value")
    assert line == f"  | …{'a' * 77}', ,{'b' * 79}…"
    assert line[caret.index("^")] == ","


@pytest.mark.parametrize(
    "text", ["exclude = [{}]", "ignore = [{}]", "blocking-calls = [{}]", "[tool.asynclint.severity]\n{}"]
)
def test_a_list_that_would_take_long(folder: Path, asynclint: Runner, text: str) -> None:
    entries = "\n".join(f"a{number} = 1" for number in range(5_001)) if "severity" in text else "'a'," * 5_001
    configure(folder, text.format(entries))
    key = text.partition(" ")[0].rpartition(".")[2].strip("]\n{}")
    code, _, said = asynclint("check")
    assert (code, said) == (2, [f"error: pyproject.toml:2: `{key}`: has more than 5,000 entries"])


@pytest.mark.parametrize(
    ("config", "arguments", "code"),
    [
        ('ignore = ["ASL201"]\nfail-level = "error"', (), 0),
        ('ignore = ["ASL201"]\nfail-level = "error"', ("--fail-level", "warning"), 1),
        ('ignore = ["ASL201"]\nfail-level = "error"', ("--config", "fail-level=warning"), 1),
        ('fail-level = "never"', (), 0),
        ('fail-level = "never"', ("--isolated",), 1),
        ("max-file-size = 40", (), 2),
        ('min-confidence = "high"', ("--min-confidence", "high"), 1),
    ],
)
def test_settings_of_the_run(
    folder: Path, asynclint: Runner, config: str, arguments: tuple[str, ...], code: int
) -> None:
    configure(folder, config)
    assert asynclint("check", *arguments)[0] == code


def test_the_form_of_the_report(folder: Path, asynclint: Runner) -> None:
    configure(folder, 'output-format = "json"')
    assert json.loads("".join(asynclint("check")[1]))["version"] == 1
    assert asynclint("check", "--output-format", "concise")[1][0].startswith("a.py:4:5: ASL201")
    asynclint("check", "-o", "out.json")
    assert json.loads((folder / "out.json").read_text())["version"] == 1
    code, out, _ = asynclint("check", "--diff")
    assert (code, out[:1]) in ((0, []), (1, ["--- a.py"]))


def test_unsafe_fixes(folder: Path, asynclint: Runner) -> None:
    before = (folder / "a.py").read_text()
    asynclint("check", "--fix", "--select", "ASL204")
    assert (folder / "a.py").read_text() == before
    configure(folder, 'extend-unsafe-fixes = ["ASL2"]')
    asynclint("check", "--fix")
    assert (folder / "a.py").read_text() == before
    configure(folder, 'extend-unsafe-fixes = ["ASL2"]\nunsafe-fixes = true')
    asynclint("check", "--fix", "--no-unsafe-fixes")
    assert (folder / "a.py").read_text() == before
    assert asynclint("check")[0] == 1  # it needs neither --fix nor --diff
    asynclint("check", "--fix")
    assert "await asyncio.sleep(1)" in (folder / "a.py").read_text()


def test_a_rule_that_may_not_be_fixed(folder: Path, asynclint: Runner) -> None:
    configure(folder, 'unfixable = ["blocking-sleep"]')
    before = (folder / "a.py").read_text()
    asynclint("check", "--fix", "--unsafe-fixes")
    assert (folder / "a.py").read_text() == before


def test_a_baseline(folder: Path, asynclint: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(folder, 'baseline = "ci/known.json"')
    (folder / "ci").mkdir()
    (message,) = asynclint("check")[2]
    assert message.startswith("error: cannot use the baseline ci/known.json: there is no such file")
    assert asynclint("baseline", "create") == (
        0,
        [],
        ["wrote 2 findings to ci/known.json; `check` compares with it"],
    )
    assert asynclint("check") == (0, [], ["checked 2 files, 0 findings, 2 in baseline"])
    monkeypatch.chdir(folder / "ci")
    assert asynclint("check", "..")[0] == 0


def test_excluded_files_of_a_hook(folder: Path, asynclint: Runner) -> None:
    configure(folder, 'extend-exclude = ["a.py"]')
    assert asynclint("check", "a.py")[0] == 1
    assert asynclint("check", "--force-exclude", "a.py") == (0, [], ["checked 0 files, 0 findings"])
    configure(folder, 'extend-exclude = ["a.py"]\nforce-exclude = true')
    assert asynclint("check", "a.py")[0] == 0


def test_the_environment_stands_between_files_and_options(
    folder: Path, asynclint: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, {"ci.toml": 'ignore = ["ASL201"]\n'})
    monkeypatch.setenv("ASYNCLINT_CONFIG", "ci.toml")
    monkeypatch.setenv("ASYNCLINT_FAIL_LEVEL", "never")
    assert asynclint("check")[0] == 0
    assert asynclint("check", "--fail-level", "warning")[1] == asynclint("check")[1]
    assert len(asynclint("check")[1]) == 1
    monkeypatch.delenv("ASYNCLINT_CONFIG")
    monkeypatch.setenv("ASYNCLINT_SELECT", "ASL204,ASL1")
    assert [line.split()[1] for line in asynclint("check")[1]] == ["ASL204"]
    monkeypatch.setenv("ASYNCLINT_ISOLATED", "1")
    monkeypatch.setenv("ASYNCLINT_OUTPUT_FORMAT", "concise")
    assert asynclint("config", "show")[1][0] == "# configuration: none"


def test_every_value_is_shown_with_where_it_was_said(folder: Path, asynclint: Runner) -> None:
    write(
        folder,
        {
            ".git/HEAD": "",
            "base.toml": 'extend-ignore = ["ASL1"]\nbaseline = "known.json"\n',
            "uv.lock": '[[package]]\nname = "fastapi"\nversion = "0.115.6"\n',
            "sub/asynclint.toml": 'extend = "../base.toml"\nextend-ignore = ["ASL204"]\nsrc = ["../lib"]\n',
            "lib/x.py": "",
            "sub/a.py": "",
        },
    )
    code, out, err = asynclint("config", "show", "sub/a.py", "--config", "fail-level=note")
    assert (code, err) == (0, [])
    assert out[0] == "# configuration: sub/asynclint.toml"
    assert "ASL201" in out[1]
    assert "ASL204" not in out[1]
    shown = {line.partition("  #")[0].rstrip(): line.rpartition("# ")[2] for line in out[2:]}
    assert shown["select = []"] == "default"
    assert shown['extend-ignore = ["ASL1", "ASL204"]'] == "sub/asynclint.toml:2, base.toml:1"
    assert shown['baseline = "known.json"'] == "base.toml:2"
    assert shown['src = ["lib"]'] == "sub/asynclint.toml:3"
    assert shown['fail-level = "note"'] == "--config"
    assert shown['fastapi-version = "0.115.6"'] == "uv.lock"
    assert shown['target-version = "newest"'] == "default"
    assert len(shown) == len(OPTIONS)


def test_settings_as_json(asynclint: Runner) -> None:
    code, out, _ = asynclint("config", "show", "--output-format", "json")
    shown = json.loads("\n".join(out))
    assert code == 0
    assert shown["configuration"] == "pyproject.toml"
    assert shown["settings"]["fail-level"] == {"value": "error", "origins": ["pyproject.toml:2"]}
    assert shown["settings"]["per-file-ignores"] == {"value": {}, "origins": []}
    assert shown["settings"]["fastapi-version"] == {"value": "newest", "origins": []}


def test_keys_are_listed_and_explained(asynclint: Runner) -> None:
    code, out, _ = asynclint("config", "list")
    assert code == 0
    assert [line.split()[0] for line in out] == [option.key for option in OPTIONS]
    code, out, _ = asynclint("config", "list", "severity")
    assert out[0] == "severity"
    assert "Default: {}" in out
    assert asynclint("config", "list", "severty") == (2, [], ["error: unknown key `severty`; did you mean `severity`?"])
    described = json.loads("\n".join(asynclint("config", "list", "--output-format", "json")[1]))
    assert {item["key"]: item["default"] for item in described}["honour-peer-noqa"] is True


def test_those_below_are_validated_too_and_all_mistakes_are_said(folder: Path, asynclint: Runner) -> None:
    write(folder, {"sub/asynclint.toml": "selct = []\n", "sub/app/x.py": "", "other/pyproject.toml": ""})
    write(
        folder, {"deep/er/asynclint.toml": "root = 1\n", "deep/er/y.py": "", "node_modules/asynclint.toml": "z = 1\n"}
    )
    code, out, err = asynclint("config", "validate", ".", "nowhere")
    assert (code, out) == (2, [])
    assert err == [
        "error: deep/er/asynclint.toml:1: `root`: 1 is not true or false",
        "error: sub/asynclint.toml:1: unknown key `selct`; did you mean `select`?",
        "error: nowhere: there is no such file or folder",
    ]


@pytest.mark.parametrize("command", [("config", "validate", "pipe.toml"), ("check", "--config", "pipe.toml", ".")])
def test_a_pipe_is_no_valid_configuration(folder: Path, asynclint: Runner, command: tuple[str, ...]) -> None:
    os.mkfifo(folder / "pipe.toml")
    assert asynclint(*command) == (2, [], ["error: pipe.toml: is no regular file"])


def test_files_are_validated(folder: Path, asynclint: Runner) -> None:
    write(folder, {"good.toml": 'extend = "pyproject.toml"\n', "bad.toml": "x = 1\n", "empty/pyproject.toml": ""})
    assert asynclint("config", "validate") == (0, [], ["pyproject.toml: valid"])
    assert asynclint("config", "validate", "good.toml") == (0, [], ["good.toml: valid", "pyproject.toml: valid"])
    assert asynclint("config", "validate", "bad.toml")[0] == 2
    assert asynclint("config", "validate", "--isolated") == (0, [], ["no configuration; the defaults hold"])
    assert asynclint("config", "validate", "gone.toml") == (
        2,
        [],
        ["error: gone.toml: there is no such file or folder"],
    )


def test_the_version_shown_is_that_of_the_run(folder: Path, asynclint: Runner) -> None:
    write(folder, {"sub/asynclint.toml": 'fastapi-version = "0.110"\n', "sub/c.py": ""})
    assert any(line.endswith("# sub/asynclint.toml:1") for line in asynclint("config", "show", "a.py")[1])
    configure(folder, 'fastapi-version = "<0.110"')
    (line,) = (line for line in asynclint("config", "show")[1] if line.startswith("fastapi-version"))
    assert line.split() == ["fastapi-version", "=", '"<0.110"', "#", "pyproject.toml:2"]

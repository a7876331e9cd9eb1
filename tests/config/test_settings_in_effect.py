"""Each setting changes what a run does; nothing is accepted and ignored."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
from tests.config.conftest import found

from asynclint.config.config import Config
from asynclint.config.configurations import Configurations
from asynclint.config.options import OPTIONS
from asynclint.config.settings import Settings, SettingsError
from asynclint.core.diagnostic import Applicability, Confidence, Severity
from asynclint.report.formats import Format
from asynclint.rulekit.descriptions import described_rules

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.config.conftest import CheckProject

SLEEP = "import time\n\nasync def f():\n    time.sleep(1)\n"
READ = "async def f():\n    open('x').read()\n"


def test_every_key_is_a_field_and_every_field_a_key() -> None:
    assert [field.name for field in dataclasses.fields(Config)] == [option.field for option in OPTIONS]


def test_the_formats_are_those_that_there_are() -> None:
    (option,) = (option for option in OPTIONS if option.key == "output-format")
    assert option.kind.schema() == {"enum": [item.value for item in Format]}


@pytest.mark.parametrize(
    ("config", "settings", "expected"),
    [
        ("", {}, ["a.py:4 ASL201", "b.py:2 ASL204"]),
        ('select = ["ASL201"]', {}, ["a.py:4 ASL201"]),
        ('ignore = ["ASL2"]', {}, []),
        ('ignore = ["ASL2"]\nselect = ["ASL204"]', {}, ["b.py:2 ASL204"]),
        ('extend-ignore = ["blocking-sleep"]', {}, ["b.py:2 ASL204"]),
        ('select = ["ASL1"]\nextend-select = ["ASL204"]', {}, ["b.py:2 ASL204"]),
        ('ignore = ["ASL201"]', {"select": ("ASL2",)}, ["b.py:2 ASL204"]),
        ('ignore = ["ASL201"]', {"select": ("ASL201",)}, ["a.py:4 ASL201"]),
        ('select = ["ASL204"]', {"select": ("ASL201",)}, ["a.py:4 ASL201"]),
        ('ignore = ["ASL201"]', {"ignore": ("ASL204",)}, []),
        ('select = ["ASL201"]', {"isolated": True}, ["a.py:4 ASL201", "b.py:2 ASL204"]),
        ("", {"config": ("ignore=ASL204",)}, ["a.py:4 ASL201"]),
    ],
)
def test_which_rules_are_on(
    check_project: CheckProject, config: str, settings: dict[str, object], expected: list[str]
) -> None:
    chosen = dataclasses.replace(Settings(jobs=1), **settings)  # type: ignore[arg-type]
    assert found(check_project({"a.py": SLEEP, "b.py": READ}, config, chosen)) == expected


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('"a.py" = ["ASL2"]', ["sub/a.py"]),
        ('"/a.py" = ["ASL2"]', ["sub/a.py", "sub/deep/a.py"]),
        ('"sub/" = ["blocking-sleep"]', ["a.py"]),
        ('"sub/*.py" = ["ALL"]', ["a.py", "sub/deep/a.py"]),
        ('"sub/**/*.py" = ["ALL"]', ["a.py"]),
        ('"!sub/" = ["ALL"]', ["sub/a.py", "sub/deep/a.py"]),
        ('"*.py" = ["ASL204"]', ["a.py", "sub/a.py", "sub/deep/a.py"]),
    ],
)
def test_rules_that_are_off_in_some_files(check_project: CheckProject, table: str, expected: list[str]) -> None:
    files = {"a.py": SLEEP, "sub/a.py": SLEEP, "sub/deep/a.py": SLEEP}
    if table.startswith('"a.py"'):
        expected = []
    for key in ("per-file-ignores", "extend-per-file-ignores"):
        report = check_project(files, f"[tool.asynclint.{key}]\n{table}\n")
        assert [item.location.path for item in report.diagnostics] == expected


def test_a_suppression_of_a_rule_that_is_off_is_not_unused(check_project: CheckProject) -> None:
    files = {"a.py": "x = 1  # noqa: ASL201\n"}
    assert found(check_project(files)) == ["a.py:1 ASL001"]
    assert found(check_project(files, 'per-file-ignores = {"a.py" = ["ASL201"]}')) == []


def test_settings_of_folders_inside_a_project(check_project: CheckProject) -> None:
    files = {"a.py": SLEEP, "sub/a.py": SLEEP, "sub/asynclint.toml": 'ignore = ["ASL201"]\n'}
    assert found(check_project(files)) == ["a.py:4 ASL201"]
    files["sub/asynclint.toml"] = 'igore = ["ASL201"]\n'
    with pytest.raises(SettingsError, match="unknown key `igore`"):
        check_project(files)


@pytest.mark.parametrize(
    ("table", "severities"),
    [
        ("", ["error", "warning", "note"]),
        ('ASL2 = "note"', ["note", "note", "note"]),
        ('ASL204 = "error"', ["error", "error", "note"]),
        ('ASL2 = "error"\nblocking-file-io = "warning"', ["error", "warning", "note"]),
        ('ALL = "warning"', ["warning", "warning", "note"]),
    ],
)
def test_severities(check_project: CheckProject, table: str, severities: list[str]) -> None:
    text = f"{SLEEP}    open('x').read()\n    import os\n    os.stat('x')\n"
    report = check_project({"a.py": text}, f"[tool.asynclint.severity]\n{table}\n")
    assert [item.severity for item in report.diagnostics] == [Severity(item) for item in severities]


def test_confidence(check_project: CheckProject) -> None:
    functions = "".join(f"def f{number}():\n    f{number + 1}()\n\n" for number in range(5))
    files = {"a.py": f"import time\n\n{functions}def f5():\n    time.sleep(1)\n\nasync def g():\n    f0()\n"}
    assert [item.confidence for item in check_project(files).diagnostics] == [Confidence.MEDIUM]
    assert found(check_project(files, 'min-confidence = "high"')) == []
    stricter = Settings(jobs=1, min_confidence=Confidence.HIGH)
    assert found(check_project(files, 'min-confidence = "low"', stricter)) == []


def test_codes_of_other_tools(check_project: CheckProject) -> None:
    files = {"a.py": SLEEP.replace("(1)", "(1)  # noqa: ASYNC251")}
    assert found(check_project(files)) == []
    assert found(check_project(files, "honour-peer-noqa = false")) == ["a.py:4 ASL201"]
    asked = Settings(jobs=1, honour_peer_noqa=True)
    assert found(check_project(files, "honour-peer-noqa = false", asked)) == []


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("", ["a.py", "build_tools/a.py", "gen/a.py", "gen/deep/x_pb2.py"]),
        ('extend-exclude = ["gen"]', ["a.py", "build_tools/a.py"]),
        ('extend-exclude = ["*_pb2.py", "/a.py"]', ["build_tools/a.py", "gen/a.py"]),
        ('extend-exclude = ["gen/deep/"]', ["a.py", "build_tools/a.py", "gen/a.py"]),
        ('exclude = ["gen"]', [".venv/a.py", "a.py", "build_tools/a.py"]),
    ],
)
def test_what_is_left_out(check_project: CheckProject, config: str, expected: list[str]) -> None:
    paths = (".venv/a.py", "a.py", "build_tools/a.py", "gen/a.py", "gen/deep/x_pb2.py")
    report = check_project(dict.fromkeys(paths, SLEEP), config)
    assert [item.location.path for item in report.diagnostics] == expected
    assert report.checked == set(expected)


def test_a_file_given_by_name_is_left_out_only_on_demand(check_project: CheckProject) -> None:
    files = {"gen/a.py": SLEEP, ".venv/a.py": SLEEP}
    config = 'extend-exclude = ["gen"]'
    given = ("gen/a.py", ".venv/a.py")
    assert check_project(files, config, paths=given).files == 2
    report = check_project(files, config, Settings(jobs=1, force_exclude=True), paths=given)
    assert (report.files, report.errors) == (0, ())


def test_what_git_ignores(check_project: CheckProject) -> None:
    files = {".git/HEAD": "", ".gitignore": "out/\n", "out/a.py": SLEEP, "a.py": SLEEP}
    assert found(check_project(files)) == ["a.py:4 ASL201"]
    assert found(check_project(files, "respect-gitignore = false")) == ["a.py:4 ASL201", "out/a.py:4 ASL201"]
    files |= {"sub/asynclint.toml": "respect-gitignore = true\n", "sub/.gitignore": "b.py\n", "sub/b.py": SLEEP}
    assert "sub/b.py" not in check_project(files, "respect-gitignore = false").checked


def test_a_template_is_told_how_to_be_left_out(check_project: CheckProject) -> None:
    files = {"sub/asynclint.toml": "", "templates/t.py": "{{ x }} =\n", "sub/deep/t.py": "{{ y }} =\n"}
    report = check_project(files)
    assert [error.message.rpartition("; ")[2] for error in report.errors] == [
        'if this is not meant to be Python, leave it out with `extend-exclude = ["deep/t.py"]`',
        'if this is not meant to be Python, leave it out with `extend-exclude = ["templates/t.py"]`',
    ]
    assert not check_project(files, 'extend-exclude = ["templates/t.py", "sub/"]', paths=("templates",)).diagnostics


def test_import_roots(check_project: CheckProject) -> None:
    files = {
        "libs/python/shared.py": "import time\n\ndef wait():\n    time.sleep(1)\n",
        "service/app/__init__.py": "",
        "service/app/main.py": "from shared import wait\n\nasync def f():\n    wait()\n",
    }
    assert found(check_project(files)) == []
    assert found(check_project(files, 'src = ["libs/python"]')) == ["service/app/main.py:4 ASL201"]


@pytest.mark.parametrize(
    ("config", "applicabilities"),
    [
        ("", ["safe", "unsafe"]),
        ('unfixable = ["ASL2"]', ["display", "display"]),
        ('fixable = ["ASL1"]', ["display", "display"]),
        ('fixable = ["ASL201"]\nunfixable = ["ASL2"]', ["safe", "unsafe"]),
        ('fixable = ["ASL2"]\nunfixable = ["ASL201"]', ["display", "display"]),
        ('extend-safe-fixes = ["blocking-sleep"]', ["safe", "safe"]),
        ('extend-unsafe-fixes = ["ASL2"]', ["unsafe", "unsafe"]),
        ('extend-unsafe-fixes = ["ASL2"]\nextend-safe-fixes = ["ASL2"]', ["unsafe", "unsafe"]),
    ],
)
def test_fixes(check_project: CheckProject, config: str, applicabilities: list[str]) -> None:
    text = """\
        import time
        from fastapi import FastAPI

        app = FastAPI()

        @app.get("/")
        async def route():
            time.sleep(1)

        async def other(a):
            a.append(1)
            time.sleep(1)
            a.append(2)
        """
    report = check_project({"a.py": text}, config)
    expected = [Applicability(item) for item in applicabilities]
    assert [item.fixes[0].applicability for item in report.diagnostics] == expected


def test_what_folders_declare_counts_for_the_project(check_project: CheckProject) -> None:
    files = {
        "app.py": "import legacy, native\n\nasync def f():\n    legacy.fetch()\n    native.fetch()\n",
        "sub/asynclint.toml": 'blocking-calls = ["legacy.fetch"]\nsrc = ["lib"]\n',
        "sub/lib/helper.py": "import time\n\ndef wait():\n    time.sleep(1)\n",
        "sub/app/__init__.py": "",
        "sub/app/main.py": "from helper import wait\n\nasync def f():\n    wait()\n",
    }
    config = 'blocking-calls = ["native.fetch"]'
    expected = ["app.py:4 ASL207", "app.py:5 ASL207"]
    assert found(check_project(files, config)) == [*expected, "sub/app/main.py:4 ASL201"]
    assert found(check_project(files, config, paths=("app.py",))) == expected


@pytest.mark.parametrize(
    ("config", "nested", "expected"),
    [
        ("", [], None),
        ('fastapi-version = "0.100"', ["0.110"], "0.100"),
        ("", ["0.110"], "0.110"),
        ("", ["<0.110", "0.105"], "<0.110"),
        ("", ["<0.110", ">=0.105"], ">=0.105"),
    ],
)
def test_the_version_of_a_project_of_several(
    write: Callable[[dict[str, str]], Path], config: str, nested: list[str], expected: str | None
) -> None:
    files = {f"sub{place}/asynclint.toml": f'fastapi-version = "{text}"\n' for place, text in enumerate(nested)}
    folder = str(write({"pyproject.toml": f"[tool.asynclint]\n{config}\n", **files}))
    configurations = Configurations(folder, described_rules())
    folders = [folder, *(f"{folder}/sub{place}" for place in range(len(nested)))]
    assert configurations.for_project(folder, folders).fastapi_version == expected

"""Reading configuration files: what is wrong with them, where, and what they may not do."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from asynclint.config.configurations import Configurations
from asynclint.config.settings import SettingsError
from asynclint.core.diagnostic import Severity
from asynclint.rulekit.descriptions import described_rules

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from asynclint.config.configurations import Resolved

    Write = Callable[[dict[str, str]], Path]

RULES = described_rules()
NAMES = '"module.Class.method" or "package.*"'


def resolved(folder: Path, *given: str, isolated: bool = False, within: str = "") -> Resolved:
    configurations = Configurations(str(folder), RULES, given, isolated=isolated)
    found = configurations.for_folder(f"{folder}/{within}".rstrip("/"))
    configurations.refuse_problems()
    return found


def problems(folder: Path, *given: str, within: str = "") -> list[str]:
    with pytest.raises(SettingsError) as error:
        resolved(folder, *given, within=within)
    return [line.replace(str(folder), "FOLDER") for line in error.value.problems]


def test_everything_that_is_wrong_is_said_at_once_with_its_line(write: Write) -> None:
    folder = write(
        {
            "pyproject.toml": """\
                [project]
                name = "x"

                [tool.asynclint]
                selct = ["ASL1"]
                select = [
                    "ASL101",  # fine
                    "ASL99",
                    3,
                ]
                fail-level = "errors"
                honour-peer-noqa = "yes"
                max-file-size = 0
                fastapi-version = "new"
                exclude = "build"
                src = ["nope"]
                blocking-calls = ["a.*", {name = "x.y", replacment = "z", rule = "ASL500"}, 4, "a b"]
                offload-functions = ["pool.run", {name = "pool.in_pool", rule = "ASL201"}, {replacement = "x"}]
                background-runners = ["jobs.*"]
                severity = { ASL204 = "warn", ASL99 = "note" }

                [tool.asynclint.per-file-ignores]
                "tests/" = ["discarded-tsk"]
                "../x" = []
                """
        }
    )
    assert problems(folder) == [
        "pyproject.toml:5: unknown key `selct`; did you mean `select`?",
        "pyproject.toml:8: `select`: unknown rule `ASL99`; did you mean `ASL309`?",
        "pyproject.toml:9: `select`: 3 is not a text",
        'pyproject.toml:11: `fail-level`: "errors" is not "error", "warning", "note" or "never"; did you mean `error`?',
        'pyproject.toml:12: `honour-peer-noqa`: "yes" is not true or false',
        "pyproject.toml:13: `max-file-size`: 0 is not a positive whole number",
        'pyproject.toml:14: `fastapi-version`: "new" is no version, such as "1.2" or ">=1.2,<2"',
        'pyproject.toml:15: `exclude`: "build" is not a list',
        "pyproject.toml:16: `src`: there is no folder `nope`",
        "pyproject.toml:17: `blocking-calls`: unknown key `replacment`; did you mean `replacement`?",
        "pyproject.toml:17: `blocking-calls`: `ASL500` is no rule of blocking calls (ASL201 to ASL209)",
        "pyproject.toml:17: `blocking-calls`: 4 is neither a name nor a table with a `name`",
        f'pyproject.toml:17: `blocking-calls`: "a b" is no dotted name or glob, such as {NAMES}',
        "pyproject.toml:18: `offload-functions`: unknown key `rule`; name and replacement are known",
        "pyproject.toml:18: `offload-functions`: this table has no `name`",
        "pyproject.toml:19: `background-runners`: the last part of `jobs.*` must be a plain name",
        'pyproject.toml:20: `severity`: "warn" is not "error", "warning" or "note"; did you mean `warning`?',
        "pyproject.toml:20: `severity`: unknown rule `ASL99`; did you mean `ASL309`?",
        "pyproject.toml:23: `per-file-ignores`: unknown rule `discarded-tsk`; did you mean `discarded-task`?",
        "pyproject.toml:24: `per-file-ignores`: the pattern `../x` reaches out of its folder, so it can match nothing",
    ]


def test_broken_syntax_is_shown_with_a_caret(write: Write) -> None:
    folder = write({"pyproject.toml": "[tool.asynclint]\nselect = = 1\n"})
    (message,) = problems(folder)
    assert message == "pyproject.toml:2:10: invalid value\n  | select = = 1\n  |          ^"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"select = ['\xff']", "asynclint.toml: is not UTF-8"),
        (b"[tool.asynclint]\n", "asynclint.toml:1: unknown key `tool`; only pyproject.toml needs `[tool.asynclint]`"),
        (b"select = [", "asynclint.toml:1: "),
    ],
)
def test_files_that_are_none(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "asynclint.toml").write_bytes(content)
    (found,) = problems(tmp_path)
    assert found.startswith(message)


def test_the_nearest_file_decides_alone(write: Write) -> None:
    folder = write(
        {
            "pyproject.toml": '[tool.asynclint]\nignore = ["ASL1"]\nfail-level = "error"\n',
            "service/asynclint.toml": 'ignore = ["ASL2"]\n',
            "service/api/pyproject.toml": "[project]\nname = 'api'\n",
            "other/pyproject.toml": "not toml at all",
        }
    )
    assert resolved(folder).config.ignore == ("ASL1",)
    assert resolved(folder, within="other").config.ignore == ("ASL1",)
    nested = resolved(folder, within="service/api/v1")
    assert nested.config.ignore == ("ASL2",)
    assert nested.config.fail_level == "warning"
    assert nested.origins("ignore") == ("service/asynclint.toml:1",)
    assert nested.origins("fail-level") == ()


def test_a_file_of_its_own_comes_before_pyproject(write: Write) -> None:
    folder = write({"pyproject.toml": '[tool.asynclint]\nignore = ["ASL1"]\n', "asynclint.toml": "ignore = []\n"})
    assert resolved(folder).origins("ignore") == ("asynclint.toml:1",)
    write({".asynclint.toml": "\nignore = []\n"})
    assert resolved(folder).origins("ignore") == (".asynclint.toml:2",)


def test_extending_replaces_and_adds_up(write: Write) -> None:
    folder = write(
        {
            ".git/HEAD": "",
            "pyproject.toml": '[tool.asynclint]\nselect = ["ASL1"]\nextend-ignore = ["ASL101"]\nfail-level = "note"\n',
            "service/asynclint.toml": 'extend = "../pyproject.toml"\nselect = ["ASL2"]\nextend-ignore = ["ASL204"]\n',
        }
    )
    found = resolved(folder, within="service")
    assert found.config.select == ("ASL2",)
    assert found.config.extend_ignore == ("ASL101", "ASL204")
    assert found.config.fail_level == "note"
    assert found.origins("extend-ignore") == ("service/asynclint.toml:3", "pyproject.toml:3")
    assert found.origins("select") == ("service/asynclint.toml:2",)


def test_patterns_belong_to_the_folder_of_their_file(write: Write) -> None:
    folder = write(
        {
            "pyproject.toml": '[tool.asynclint]\nextend-exclude = ["/gen/"]\n',
            "service/asynclint.toml": 'extend = "../pyproject.toml"\nextend-exclude = ["/gen/", "*_pb2.py"]\n',
        }
    )
    above, beside, *_ = resolved(folder, within="service").config.extend_exclude
    assert above.matches(f"{folder}/gen/a.py")
    assert not above.matches(f"{folder}/service/gen/a.py")
    assert beside.matches(f"{folder}/service/gen/a.py")
    assert not beside.matches(f"{folder}/gen/a.py")


def test_a_cycle_is_reported(write: Write) -> None:
    folder = write({"asynclint.toml": 'extend = "b.toml"\n', "b.toml": '\nextend = "asynclint.toml"\n'})
    assert problems(folder) == [
        "b.toml:2: `extend` leads back: asynclint.toml extends b.toml extends asynclint.toml",
    ]


def test_a_folder_is_no_file(write: Write) -> None:
    folder = write({"asynclint.toml": 'extend = "sub"\n', "sub/x.py": ""})
    assert problems(folder) == ["sub: is a folder"]


CONFIG_NAMES = (".asynclint.toml", "asynclint.toml", "pyproject.toml")


@pytest.mark.parametrize("name", CONFIG_NAMES)
@pytest.mark.parametrize("place", ["", "sub/"])
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("pipe", "is no regular file"),
        ("folder", "is a folder"),
        ("dangling", "is a symbolic link to nothing"),
        ("loop", "is a loop of symbolic links"),
        ("device", "is a link out of the project; name its target to read it: --config FILE"),
        ("link", "is a link out of the project; name its target to read it: --config FILE"),
        ("large", "has more than 16 MB"),
    ],
)
def test_what_has_the_name_of_a_configuration_and_is_none_is_said(
    write: Write, name: str, place: str, kind: str, reason: str
) -> None:
    folder = write({"outside.toml": "x = = 1\n", "project/.git/HEAD": "", "project/sub/m.py": ""}) / "project"
    file = folder / place / name
    targets = {"dangling": "nothing", "loop": name, "device": "/dev/zero", "link": str(folder.parent / "outside.toml")}
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    elif kind == "large":
        with file.open("wb") as sparse:
            sparse.truncate(2**31)
    else:
        file.symlink_to(targets[kind])
    assert problems(folder, within="sub") == [f"{place}{name}: {reason}"]
    assert resolved(folder, isolated=True, within="sub").file is None


@pytest.mark.parametrize("name", CONFIG_NAMES)
def test_a_configuration_may_be_a_link_inside_of_the_project(write: Write, name: str) -> None:
    table = "[tool.asynclint]\n" if name == "pyproject.toml" else ""
    folder = write({"pyproject.toml": "", "shared/x.toml": f'{table}fail-level = "error"\n', "sub/m.py": ""})
    (folder / "sub" / name).symlink_to("../shared/x.toml")
    assert resolved(folder, within="sub").config.fail_level == "error"


def test_a_missing_file_to_extend_is_reported(write: Write) -> None:
    folder = write({"asynclint.toml": 'extend = "b.toml"\n', "c/pyproject.toml": "", "c/asynclint.toml": ""})
    assert problems(folder) == ["b.toml: cannot be read: no such file or directory"]
    write({"asynclint.toml": 'extend = "c/pyproject.toml"\n'})
    assert problems(folder) == ["c/pyproject.toml:1: `[tool.asynclint]` is missing"]


@pytest.mark.parametrize("key", ["extend", "baseline"])
@pytest.mark.parametrize("path", ["../outside.toml", "/etc/passwd", "link/x.toml", "a/../../x"])
def test_a_file_cannot_lead_out_of_the_project(write: Write, key: str, path: str) -> None:
    folder = write({"outside.toml": "", "project/.git/HEAD": "", "project/asynclint.toml": f'{key} = "{path}"\n'})
    (folder / "project/link").symlink_to(folder)
    where = f"project/asynclint.toml:1: `{key}`: `{path}` lies outside of the project (FOLDER/project)"
    assert problems(folder, within="project") == [f"{where}; only the command line may name such a path"]


def test_the_command_line_may_name_any_file(write: Write) -> None:
    folder = write({"outside.toml": 'fail-level = "note"\n', "project/asynclint.toml": 'ignore = ["ASL1"]\n'})
    found = resolved(folder / "project", "../outside.toml", 'baseline = "../b.json"')
    assert found.config.fail_level == "note"
    assert found.config.ignore == ()
    assert found.config.baseline == f"{folder}/b.json"


def test_settings_on_the_command_line_come_first(write: Write) -> None:
    folder = write({"asynclint.toml": 'fail-level = "note"\nextend-ignore = ["ASL1"]\n'})
    assert resolved(folder, "ignore=ASL101, ASL2").config.ignore == ("ASL101", "ASL2")
    found = resolved(folder, "fail-level=error", 'extend-ignore=["ASL2"]', "severity.ASL201='note'")
    assert found.config.fail_level == "error"
    assert found.config.extend_ignore == ("ASL1", "ASL2")
    assert found.config.severity == (("ASL201", Severity.NOTE),)
    assert found.origins("fail-level") == ("--config",)


def test_mistakes_on_the_command_line(write: Write) -> None:
    folder = write({"a.toml": "", "b.toml": ""})
    assert problems(folder, "fail-levl=error", "select=3", "extend='a.toml'", "a.toml", "b.toml") == [
        "--config: unknown key `fail-levl`; did you mean `fail-level`?",
        "--config: `select`: 3 is not a list",
        "--config: unknown key `extend`; to read a file, name it itself: --config FILE",
        "--config: b.toml: one file at a time; the other is FOLDER/a.toml",
    ]
    assert problems(folder, "missing.toml") == ["missing.toml: cannot be read: no such file or directory"]


def test_isolated_reads_no_file(write: Write) -> None:
    folder = write({"asynclint.toml": "selct = 1\n"})
    assert resolved(folder, isolated=True).file is None
    assert resolved(folder, "fail-level=error", isolated=True).config.fail_level == "error"


def test_another_version_is_refused(write: Write) -> None:
    folder = write({"asynclint.toml": 'required-version = ">=99"\n'})
    (message,) = problems(folder)
    assert message.startswith("asynclint.toml:1: asynclint >=99 is required here, and this is ")
    write({"asynclint.toml": 'required-version = ">=0.0.1"\n'})
    assert resolved(folder).config.required_version == ">=0.0.1"


@pytest.mark.parametrize(
    ("content", "is_read"),
    [
        (b"[tool.asynclint]\nx = = 1\n", True),
        (b"[ tool . 'asynclint' ]\nx = = 1\n", True),
        (b"tool.asynclint.select = = 1\n", True),
        (b"[tool.asynclint]\nx = '\xff'\n", True),
        (b"[project]\ndependencies = ['asynclint'\n", False),
        (b"[project]\nname = = 1\n", False),
    ],
)
def test_a_broken_pyproject_matters_only_if_it_is_about_asynclint(
    tmp_path: Path, content: bytes, *, is_read: bool
) -> None:
    (tmp_path / "pyproject.toml").write_bytes(content)
    configurations = Configurations(str(tmp_path), RULES)
    assert (configurations.for_folder(str(tmp_path)).file is not None) == is_read
    if is_read:
        with pytest.raises(SettingsError, match="pyproject"):
            configurations.refuse_problems()

"""`asynclint baseline` and `asynclint check --baseline`."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from asynclint.caching.folder import CACHE_FOLDER
from asynclint.cli.app import run_command_line

FILE = ".asynclint-baseline.json"
HEAD = "import time\nasync def f():\n"
OLD = HEAD + "    time.sleep(1)\n    time.sleep(2)\n"
ON_BASELINE = ("check", "--baseline", FILE)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "a.py").write_text(OLD)
    (tmp_path / "b.py").write_text(HEAD + "    time.sleep(3)\n")
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


def entries(folder: Path) -> list[tuple[str, str]]:
    return [(item["path"], item["code"]) for item in json.loads((folder / FILE).read_text())["entries"]]


def test_what_is_in_the_baseline_is_not_reported(folder: Path, asynclint: Runner) -> None:
    assert asynclint("baseline", "create") == (0, [], [f"wrote 3 findings to {FILE}; check with --baseline {FILE}"])
    assert entries(folder) == [("a.py", "ASL201"), ("a.py", "ASL201"), ("b.py", "ASL201")]
    assert asynclint(*ON_BASELINE) == (0, [], ["checked 2 files, 0 findings, 3 in baseline"])


def test_entries_survive_moved_lines_and_another_working_folder(
    folder: Path, asynclint: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    asynclint("baseline", "create")
    (folder / "a.py").write_text(
        "# é\n\n" + OLD.replace("    time.sleep(2)", "\n    x = 1\n    time.sleep(2)  # moved")
    )
    code, out, _ = asynclint(*ON_BASELINE)
    assert code == 1  # the text of the row changed with the comment
    assert len(out) == 1
    (folder / "a.py").write_bytes(("\n\n" + OLD).replace("\n", "\r\n").encode())
    assert asynclint(*ON_BASELINE)[0] == 0
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    assert asynclint("check", "--baseline", f"../{FILE}", "..")[0] == 0


def test_new_findings_are_reported(folder: Path, asynclint: Runner) -> None:
    asynclint("baseline", "create")
    (folder / "a.py").write_text(HEAD + "    time.sleep(0.5)\n" + OLD.removeprefix(HEAD))
    code, out, err = asynclint(*ON_BASELINE, "--output-format", "json")
    assert (code, err) == (1, ["checked 2 files, 1 finding, 3 in baseline"])
    written = json.loads("\n".join(out))
    assert written["summary"]["baselined"] == 3
    assert [item["location"]["row"] for item in written["diagnostics"]] == [3]


def test_fixed_entries_are_announced_and_taken_out_by_update(folder: Path, asynclint: Runner) -> None:
    asynclint("baseline", "create")
    (folder / "a.py").write_text(HEAD + "    time.sleep(4)\n")
    (folder / "b.py").unlink()
    announced = "3 baseline entries are fixed; run asynclint baseline update"
    assert asynclint(*ON_BASELINE)[2] == [announced, "checked 1 file, 1 finding"]
    assert asynclint(*ON_BASELINE, "--quiet")[2] == []
    done = asynclint("baseline", "update")
    assert done == (0, [], [f"removed 3 from {FILE}, 0 left; 1 finding not in it"])
    assert entries(folder) == []
    assert asynclint(*ON_BASELINE)[0] == 1


def test_entries_follow_a_renamed_file(folder: Path, asynclint: Runner) -> None:
    asynclint("baseline", "create")
    (folder / "b.py").rename(folder / "c.py")
    assert asynclint(*ON_BASELINE) == (0, [], ["checked 2 files, 0 findings, 3 in baseline"])
    assert asynclint("baseline", "update") == (0, [], [f"removed 0 from {FILE}, 3 left"])
    assert [path for path, _ in entries(folder)] == ["a.py", "a.py", "c.py"]


def test_a_part_of_the_project_says_nothing_of_the_rest(folder: Path, asynclint: Runner) -> None:
    asynclint("baseline", "create")
    (folder / "b.py").write_text("x = 1\n")
    assert asynclint(*ON_BASELINE, "a.py")[2] == ["checked 1 file, 0 findings, 2 in baseline"]
    assert asynclint(*ON_BASELINE, "--select", "ASL101")[2] == ["checked 2 files, 0 findings"]
    assert asynclint("baseline", "update", "a.py")[2] == [f"removed 0 from {FILE}, 3 left"]
    assert asynclint(*ON_BASELINE)[2][0] == "1 baseline entry is fixed; run asynclint baseline update"


def test_another_file_is_named_in_what_to_run(folder: Path, asynclint: Runner) -> None:
    assert asynclint("baseline", "create", "--file", "known.json")[0] == 0
    (folder / "b.py").write_text("x = 1\n")
    line = "1 baseline entry is fixed; run asynclint baseline update --file known.json"
    assert asynclint("check", "--baseline", "known.json")[2][0] == line
    assert asynclint("baseline", "update", "--file", "known.json")[0] == 0
    assert asynclint("check", "--baseline", "known.json")[2] == ["checked 2 files, 0 findings, 2 in baseline"]


def test_suppressed_findings_are_not_in_the_baseline(folder: Path, asynclint: Runner) -> None:
    (folder / "a.py").write_text(OLD.replace("(1)", "(1)  # noqa: ASL201"))
    asynclint("baseline", "create", "a.py")
    assert len(entries(folder)) == 1
    assert asynclint(*ON_BASELINE, "a.py")[2] == ["checked 1 file, 0 findings, 1 suppressed, 1 in baseline"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "there is no such file; `asynclint baseline create --file known.json` makes it"),
        ("{", "it is not JSON"),
        ('{"version": 1, "tool": "other"}', "it is not a baseline of asynclint"),
        ('{"version": 9, "tool": "asynclint"}', "it has version 9, of a newer asynclint; this one reads version 1"),
    ],
)
@pytest.mark.parametrize("command", [("check", "--baseline"), ("baseline", "update", "--file")])
def test_a_baseline_that_cannot_be_used_is_refused(
    folder: Path, asynclint: Runner, command: tuple[str, ...], content: str | None, reason: str
) -> None:
    if content is not None:
        (folder / "known.json").write_text(content)
    assert asynclint(*command, "known.json") == (2, [], [f"error: cannot use the baseline known.json: {reason}"])


def test_a_folder_is_no_baseline(folder: Path, asynclint: Runner) -> None:
    (folder / "sub").mkdir()
    assert asynclint("check", "--baseline", "sub")[::2] == (2, ["error: cannot use the baseline sub: it is a folder"])
    assert asynclint("baseline", "create", "--file", "sub")[::2] == (2, ["error: cannot write sub: it is a folder"])


@pytest.mark.parametrize("command", [("check", "--baseline"), ("baseline", "create", "--file")])
@pytest.mark.parametrize("name", ["", "-"])
def test_a_baseline_needs_a_name(asynclint: Runner, command: tuple[str, ...], name: str) -> None:
    assert asynclint(*command, name) == (2, [], [f"error: a baseline needs the name of a file, and `{name}` is none"])


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device without an end")
@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("check", "--baseline"), "it has more than 64 MB"),
        (("baseline", "update", "--file"), "it is no regular file"),
        (("baseline", "create", "--file"), "it is no regular file"),
    ],
)
def test_a_device_is_no_baseline(asynclint: Runner, command: tuple[str, ...], reason: str) -> None:
    refusal = f"error: cannot use the baseline /dev/zero: {reason}"
    assert asynclint(*command, "/dev/zero") == (2, [], [refusal])


def test_create_does_not_overwrite_what_is_no_baseline(folder: Path, asynclint: Runner) -> None:
    code, _, err = asynclint("baseline", "create", "--file", "pyproject.toml")
    assert (code, err) == (2, ["error: cannot use the baseline pyproject.toml: it is not JSON"])
    assert (folder / "pyproject.toml").read_text() == ""
    assert asynclint("baseline", "create", "--file", "none/x.json")[::2] == (
        2,
        ["error: cannot write none/x.json: its folder does not exist"],
    )


def test_nothing_is_written_unless_everything_was_checked(folder: Path, asynclint: Runner) -> None:
    asynclint("baseline", "create")
    before = (folder / FILE).read_bytes()
    (folder / "b.py").write_text("def (:\n")
    for command in ("create", "update"):
        code, _, err = asynclint("baseline", command)
        assert code == 2
        assert err[0].startswith("error: b.py:1")
        assert err[1] == "the baseline was not written, because not everything could be checked"
    assert (folder / FILE).read_bytes() == before
    assert asynclint(*ON_BASELINE)[0] == 2
    left = {path.name for path in folder.iterdir()} - {CACHE_FOLDER}
    assert left == {FILE, "a.py", "b.py", "pyproject.toml"}


def test_an_unknown_rule_is_refused(asynclint: Runner) -> None:
    code, _, err = asynclint("baseline", "create", "--select", "blocking-slep")
    assert (code, err) == (2, ["error: unknown rule `blocking-slep`; did you mean `blocking-sleep`?"])


def test_honouring_peers_can_be_turned_off(folder: Path, asynclint: Runner) -> None:
    (folder / "a.py").write_text(HEAD + "    time.sleep(1)  # noqa: ASYNC251\n")
    assert asynclint("check", "a.py")[0] == 0
    assert asynclint("check", "--no-honour-peer-noqa", "a.py")[0] == 1


@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize("command", ["create", "update"])
@pytest.mark.parametrize("given", [(), ("--file", "named.json")])
def test_no_baseline_is_written_through_a_link_out_of_the_project(
    folder: Path, asynclint: Runner, command: str, given: tuple[str, ...], is_there: bool
) -> None:
    name = given[-1] if given else FILE
    other = folder.parent / "elsewhere.json"
    if is_there:
        asynclint("baseline", "create", "a.py", "--file", str(other))
        (folder / "a.py").write_text(HEAD)
    before = other.read_bytes() if is_there else None
    (folder / name).symlink_to(other)
    reason = f"error: cannot write {name}: it is, or is behind, a link out of the project; name its target"
    assert asynclint("baseline", command, ".", *given) == (2, [], [reason])
    assert (other.read_bytes() if other.exists() else None) == before
    other.unlink(missing_ok=True)


@pytest.mark.parametrize("kind", ["link", "dangling", "pipe", "folder", "socket"])
def test_a_configured_baseline_is_a_file_of_the_project(folder: Path, asynclint: Runner, kind: str) -> None:
    asynclint("baseline", "create", ".", "--file", "../elsewhere.json")
    reasons = {
        "link": f"pyproject.toml:2: `baseline`: `base.json` lies outside of the project ({folder}); "
        "only the command line may name such a path",
        "dangling": "cannot use the baseline base.json: it is a symbolic link to nothing",
        "pipe": "cannot use the baseline base.json: it is no regular file",
        "folder": "cannot use the baseline base.json: it is a folder",
        "socket": "cannot use the baseline base.json: it is no regular file",
    }
    (folder / "pyproject.toml").write_text('[tool.asynclint]\nbaseline = "base.json"\n')
    put_in_place(folder / "base.json", kind, "../elsewhere.json")
    assert asynclint("check", ".") == (2, [], [f"error: {reasons[kind]}"])
    if kind == "link":
        assert asynclint("check", "--isolated", "--baseline", "base.json", ".")[:2] == (0, [])


def put_in_place(path: Path, kind: str, target: str) -> None:
    """Something that is no file of the project, in the place of one."""
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
    else:
        path.symlink_to(target if kind == "link" else "nothing")


def test_a_baseline_that_became_a_link_is_not_written_through(
    folder: Path, asynclint: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.parent / "victim.json").write_text("precious")

    def checked(*_: object) -> tuple[str, ...]:
        (folder / FILE).symlink_to("../victim.json")
        return ()

    monkeypatch.setattr("asynclint.cli.baseline.baseline_of", checked)
    monkeypatch.setattr("asynclint.cli.baselines.as_text", lambda _: "{}")
    reason = f"error: cannot write {FILE}: it is, or is behind, a link out of the project; name its target"
    assert asynclint("baseline", "create", ".") == (2, [], [reason])
    assert (folder.parent / "victim.json").read_text() == "precious"

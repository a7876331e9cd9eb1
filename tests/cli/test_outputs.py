"""Where reports go: several formats, files, and paths that cannot be written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from click.testing import CliRunner, Result

import asynclint
from asynclint.caching.folder import CACHE_FOLDER
from asynclint.cli import outputs, reporting
from asynclint.cli.app import main
from asynclint.report import formats

SCHEMA = json.loads((Path(__file__).parents[1] / "report" / "sarif-schema-2.1.0.json").read_text())
VALIDATOR = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker())

GOOD = "import asyncio\n\n\nasync def f():\n    await asyncio.sleep(1)\n"
BAD = "import time\n\n\nasync def f():\n    time.sleep(1)\n"
CONCISE = "bad.py:5:5: ASL201 "


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    (tmp_path / "bad.py").write_text(BAD)
    return tmp_path


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", "--quiet", *arguments])


def sarif_run(path: Path) -> Any:
    written = json.loads(path.read_text())
    VALIDATOR.validate(written)
    return written["runs"][0]


def only_files(folder: Path, *names: str) -> bool:
    found = {path.name for path in folder.iterdir()} - {CACHE_FOLDER}
    return found == {"bad.py", *names}


def test_several_reports_are_written_in_one_run(folder: Path) -> None:
    result = invoke("--output-format", "sarif=out.sarif", "--output-format", "json=out.json", "--output-format", "full")
    assert result.exit_code == 1
    assert result.stdout.startswith("ASL201 blocking-sleep")
    assert [item["ruleId"] for item in sarif_run(folder / "out.sarif")["results"]] == ["ASL201"]
    assert json.loads((folder / "out.json").read_text())["summary"]["diagnostics"] == 1
    assert only_files(folder, "out.sarif", "out.json")


def test_a_single_report_goes_to_the_file_of_o(folder: Path) -> None:
    result = invoke("--output-format", "sarif", "-o", "out.sarif")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "")
    assert len(sarif_run(folder / "out.sarif")["results"]) == 1
    invoke("-o", "out.txt")
    assert (folder / "out.txt").read_text().startswith(CONCISE)
    assert invoke("--output-format", "concise=-").stdout.startswith(CONCISE)
    assert invoke("-o", "-").stdout.startswith(CONCISE)


def test_a_file_is_written_without_findings_and_with_errors(folder: Path) -> None:
    (folder / "bad.py").write_text(GOOD)
    (folder / "out.sarif").write_text("what was there before")
    assert invoke("--output-format", "sarif=out.sarif").exit_code == 0
    run = sarif_run(folder / "out.sarif")
    assert (run["results"], run["invocations"][0]["executionSuccessful"]) == ([], True)
    assert invoke("nowhere.py", "--output-format", "sarif=out.sarif").exit_code == 2
    (invocation,) = sarif_run(folder / "out.sarif")["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    assert len(invocation["toolExecutionNotifications"]) == 1


def test_files_are_coloured_only_when_told_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in invoke("--output-format", "full").stdout
    invoke("--output-format", "full=out.txt")
    assert "\x1b[" not in (folder / "out.txt").read_text()
    invoke("--output-format", "full=out.txt", "--color", "always")
    assert "\x1b[" in (folder / "out.txt").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--output-format", "sarif", "--output-format", "json"),
            "`sarif` and `json` would both go to standard output",
        ),
        (("--output-format", "sarif=a", "--output-format", "json=./a"), "two reports would go to a"),
        (("--output-format", "sarif=a", "-o", "b"), "-o is for one --output-format"),
        (("--output-format", "sarif", "--output-format", "json=a", "-o", "b"), "-o is for one --output-format"),
        (("--output-format", "sarif="), "names no file after the `=`"),
        (("--output-format", "sarrif=a"), "is not one of 'full'"),
        (("--output-format", "sarif", "-o", ""), "-o names no file"),
    ],
)
def test_outputs_that_clash_are_refused_before_anything_is_checked(
    folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert only_files(folder)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("nowhere/out.sarif", "its folder does not exist"),
        ("bad.py/out.sarif", "what should be its folder is a file"),
        (".", "it is a folder"),
        ("bad.py", "it is Python source, which a report would replace"),
        ("x" * 300, "file name too long"),
        ("nul\0", "there is a null byte in its name"),
    ],
)
def test_a_path_that_cannot_be_written_is_one_line_and_nothing_is_written(folder: Path, file: str, reason: str) -> None:
    result = invoke("--output-format", "json=other.json", "--output-format", f"sarif={file}")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: cannot write ")
    assert result.stderr.endswith(f": {reason}\n")
    assert result.stderr.count("\n") == 1
    assert only_files(folder)


@pytest.mark.parametrize("given", ["out.sarif", "folder/out.sarif"])
def test_a_read_only_place_is_refused(folder: Path, given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "folder").mkdir()
    (folder / "out.sarif").write_text("before")
    monkeypatch.setattr(os, "access", lambda *_: False)
    result = invoke("--output-format", f"sarif={given}")
    assert result.exit_code == 2
    assert result.stderr.endswith("is read-only\n")
    assert (folder / "out.sarif").read_text() == "before"


def test_when_one_of_two_files_fails_neither_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "one.json").write_text("before")
    write = outputs._write

    def disk_full(path: Path, text: str, mode: str) -> None:
        write(path, text[:10], mode)
        if "two.sarif" in path.name:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(outputs, "_write", disk_full)
    result = invoke(
        *("--output-format", "json=one.json", "--output-format", "sarif=two.sarif"), "--output-format=concise"
    )
    assert result.exit_code == 2
    assert result.stderr == "error: cannot write two.sarif: no space left on device\n"
    assert result.stdout.startswith(CONCISE)
    assert (folder / "one.json").read_text() == "before"
    assert only_files(folder, "one.json")


def test_links_modes_and_devices_are_kept(folder: Path) -> None:
    (folder / "real.json").write_text("before")
    (folder / "real.json").chmod(0o640)
    (folder / "link.json").symlink_to("real.json")
    assert invoke("--output-format", "json=link.json", "--output-format", "sarif=/dev/null").exit_code == 1
    assert (folder / "link.json").is_symlink()
    assert json.loads((folder / "real.json").read_text())["version"] == 1
    assert (folder / "real.json").stat().st_mode & 0o777 == 0o640
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("mark", ["pyproject.toml", ".git", ""])
@pytest.mark.parametrize(("name", "link"), [("out.json", "out.json"), ("sub/out.json", "sub")])
@pytest.mark.parametrize("is_there", [False, True])
def test_no_report_is_written_through_a_link_of_the_project_that_leads_out_of_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, mark: str, name: str, link: str, is_there: bool
) -> None:
    project = folder / "project"
    project.mkdir()
    if mark:
        (project / mark).touch()
    (folder / "elsewhere").mkdir()
    victim = folder / "elsewhere" / "out.json"
    if is_there:
        victim.write_text("precious")
    (project / link).symlink_to("../elsewhere" if link == "sub" else "../elsewhere/out.json")
    (project / "good.py").write_text(GOOD)
    monkeypatch.chdir(project)
    done = invoke("good.py", "--output-format", f"json={name}")
    assert (done.exit_code, "a link out of the project; name its target" in done.stderr) == (2, True)
    assert (victim.read_text() if victim.exists() else None) == ("precious" if is_there else None)
    assert invoke("good.py", "--output-format", "json=../elsewhere/out.json").exit_code == 0
    assert json.loads(victim.read_text())["version"] == 1


def test_what_is_above_a_folder_behind_a_link_is_not_of_the_project(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "elsewhere/sub").mkdir(parents=True)
    (folder / "elsewhere/out.json").write_text("precious")
    project = folder / "project"
    project.mkdir()
    (project / "pyproject.toml").touch()
    (project / "good.py").write_text(GOOD)
    (project / "link").symlink_to("../elsewhere/sub")
    monkeypatch.chdir(project)
    done = invoke("good.py", "--output-format", "json=link/../out.json")
    assert (done.exit_code, "a link out of the project" in done.stderr) == (2, True)
    assert (folder / "elsewhere/out.json").read_text() == "precious"


def test_a_report_that_became_a_link_is_not_written_through(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder.parent / "victim.json").write_text("precious")
    render = formats.render

    def linking(*arguments: Any, **options: Any) -> str:
        (folder / "out.json").symlink_to("../victim.json")
        return render(*arguments, **options)

    monkeypatch.setattr(reporting, "render", linking)
    done = invoke("--output-format", "json=out.json")
    assert (done.exit_code, "a link out of the project" in done.stderr) == (2, True)
    assert (folder.parent / "victim.json").read_text() == "precious"


def test_a_pipe_is_written_through_its_name(folder: Path) -> None:
    command = [sys.executable, "-m", "asynclint", "check", "-q", "--output-format", "json", "-o", "/dev/stdout"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert json.loads(done.stdout)["summary"]["diagnostics"] == 1


def test_the_category_of_sarif_is_chosen(folder: Path) -> None:
    invoke("--output-format", "sarif=out.sarif")
    assert sarif_run(folder / "out.sarif")["automationDetails"] == {"id": "asynclint/"}
    invoke("--output-format", "sarif=out.sarif", "--sarif-category", "api")
    assert sarif_run(folder / "out.sarif")["automationDetails"] == {"id": "api/"}


def test_sarif_of_odd_files_is_valid_and_relative_to_the_repository(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".git").mkdir()
    below = folder / "sub dir"
    below.mkdir()
    odd = os.fsencode(below) + b"/na\xefve %:#.py"
    Path(os.fsdecode(odd)).write_bytes("\ufeff".encode() + BAD.replace("    time", "\t'ï😀'; time").encode())
    (folder / "link.py").symlink_to(os.fsdecode(odd))
    monkeypatch.chdir(below)
    for given in (".", "../link.py"):
        assert invoke(given, "--output-format", "sarif=../out.sarif").exit_code == 1
        (result,) = sarif_run(folder / "out.sarif")["results"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "sub%20dir/na%EFve%20%25%3A%23.py"
        assert place["region"] == {"startLine": 5, "startColumn": 8, "endLine": 5, "endColumn": 21}
        assert set(result["partialFingerprints"]) == {"primaryLocationLineHash", "asynclint/v1"}


def test_json_of_odd_files_can_be_read_by_strict_readers(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/na\xefve.py")).write_text(BAD)
    text = invoke("--output-format", "json").stdout
    assert msgspec.json.decode(text)
    causes = [item["cause"] for item in json.loads(text)["diagnostics"]]
    assert all(cause.encode() for cause in causes)


def test_what_github_will_not_show_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "shortfalls", lambda *_: ("less is shown",))
    result = invoke("--output-format", "sarif=out.sarif")
    assert (result.exit_code, result.stderr) == (1, "warning: less is shown\n")


def test_annotations_come_with_a_summary_of_the_step(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "summary.md").write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    invoke("--output-format", "concise")
    assert (folder / "summary.md").read_text() == "before\n"
    result = invoke("--output-format", "github")
    assert result.stdout.startswith("::error title=ASL201 blocking-sleep,file=bad.py,line=5,col=5,")
    assert (folder / "summary.md").read_text().startswith("before\n## asynclint\n")


def test_a_summary_that_cannot_be_written_is_a_warning(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder))
    result = invoke("--output-format", "github")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"warning: cannot append the summary to {folder}: ")


def test_the_wheel_does_not_carry_the_schema() -> None:
    assert not list(Path(asynclint.__file__).parent.rglob("*schema*"))


def test_the_page_for_a_browser_has_the_findings_and_the_routes(folder: Path) -> None:
    (folder / "app.py").write_text(
        "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/slow')\nasync def slow() -> None: ...\n"
    )
    assert invoke("--output-format", "html=report.html").exit_code == 1
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    assert [(item["code"], item["severity"]) for item in data["findings"]] == [("ASL201", "error")]
    assert [(route["path"], route["thread"]) for route in data["routes"]] == [("/slow", "loop")]

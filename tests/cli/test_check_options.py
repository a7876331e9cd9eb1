"""What `asynclint check` makes of its options and of a report; the run itself is replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

import asynclint.run.checks
from asynclint.caching.folder import CACHE_FOLDER
from asynclint.cli.app import main, run_command_line
from asynclint.cli.coverage import coverage_line, error_line
from asynclint.cli.terminal import wants_colour, write_out
from asynclint.config.settings import Settings
from asynclint.core.diagnostic import CheckError, Confidence, Diagnostic, Report, Severity
from asynclint.core.span import Location, Position, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

PLACE = Location("app/a.py", Span(0, 1), Position(3, 7), Position(3, 8), ("x = 1",))
MISSING = CheckError("missing-path", "nowhere", "there is no such file or folder")


def report(*severities: str, errors: tuple[CheckError, ...] = ()) -> Report:
    diagnostics = tuple(
        Diagnostic("ASL201", "blocking-sleep", Severity(severity), Confidence.HIGH, "it blocks", PLACE)
        for severity in severities
    )
    return Report(diagnostics, errors, files=2, suppressed=0, unresolved_calls=5, rules=())


class FakeRun:
    """Stands in for the pipeline and remembers what it was asked."""

    def __init__(self) -> None:
        self.result = report()
        self.paths: Sequence[str] = ()
        self.settings = Settings()

    def __call__(self, paths: Sequence[str], settings: Settings, _progress: object) -> Report:
        self.paths, self.settings = paths, settings
        return self.result


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> FakeRun:
    fake = FakeRun()
    monkeypatch.setattr(asynclint.run.checks, "check", fake)
    return fake


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", *arguments])


@pytest.mark.parametrize(
    ("severities", "errors", "options", "code"),
    [
        ((), (), (), 0),
        (("note",), (), (), 0),
        (("note", "warning"), (), (), 1),
        (("error",), (), (), 1),
        (("note",), (), ("--fail-level", "note"), 1),
        (("warning",), (), ("--fail-level", "error"), 0),
        (("error",), (), ("--fail-level", "never"), 0),
        (("error",), (), ("--exit-zero",), 0),
        ((), (MISSING,), (), 2),
        (("error",), (MISSING,), (), 2),
        ((), (MISSING,), ("--exit-zero", "--fail-level", "never"), 2),
    ],
)
def test_the_exit_code_says_what_was_found_and_what_was_not_checked(
    run: FakeRun, severities: tuple[str, ...], errors: tuple[CheckError, ...], options: tuple[str, ...], code: int
) -> None:
    run.result = report(*severities, errors=errors)
    assert invoke(*options).exit_code == code


def test_without_options_the_working_folder_is_checked(run: FakeRun) -> None:
    invoke()
    assert run.paths == (".",)
    assert run.settings == Settings(use_cache=True)


def test_options_become_settings(run: FakeRun) -> None:
    invoke(
        *("a.py", "b", "--select", "ASL1, blocking-sleep", "--select", "ASL301", "--ignore", "ASL101", "-j", "3"),
        *("--isolated", "--no-cache", "--exhaustive", "--exit-zero", "--fail-level", "error"),
    )
    assert run.paths == ("a.py", "b")
    assert run.settings == Settings(
        select=("ASL1", "blocking-sleep", "ASL301"),
        ignore=("ASL101",),
        fail_level=Severity.ERROR,
        exit_zero=True,
        isolated=True,
        exhaustive=True,
        use_cache=False,
        jobs=3,
    )


def test_data_goes_to_stdout_and_talk_to_stderr(run: FakeRun) -> None:
    syntax_error = CheckError("ASL010", "app/b\x1b.py", "invalid syntax", PLACE)
    run.result = report("error", errors=(syntax_error, MISSING))
    result = invoke()
    assert result.stdout == "app/a.py:3:7: ASL201 it blocks\n"
    assert result.stderr == (
        "error: app/b\\x1b.py:3:7: invalid syntax\n"
        "error: nowhere: there is no such file or folder\n"
        "checked 2 files (1 could not be parsed, 1 further error), 1 finding\n"
    )


def test_quiet_leaves_findings_and_errors(run: FakeRun) -> None:
    run.result = report("error", errors=(MISSING,))
    result = invoke("-q")
    assert result.stdout
    assert result.stderr == "error: nowhere: there is no such file or folder\n"


def test_full_is_shown_where_asked_for_and_coloured_where_asked_for(run: FakeRun) -> None:
    run.result = report("error")
    assert "  3 | x = 1\n" in invoke("--output-format", "full").stdout
    assert "\x1b[" not in invoke("--output-format", "full").stdout
    assert "\x1b[" in invoke("--output-format", "full", "--color", "always").stdout
    assert "\x1b[" not in invoke("--output-format", "json", "--color", "always").stdout


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5"])
def test_a_wrong_number_of_jobs_is_a_usage_error(run: FakeRun, jobs: str) -> None:
    result = invoke("--jobs", jobs)
    assert result.exit_code == 2
    assert "neither a positive number nor `auto`" in result.stderr
    assert run.paths == ()


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [(("--selct", "ASL1"), "--select"), (("--fail-level", "warn"), "'warning'"), (("--output-format", "x"), "'full'")],
)
def test_usage_errors_end_with_2_and_a_hint(run: FakeRun, arguments: tuple[str, ...], hint: str) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert hint in result.stderr
    assert run.paths == ()


def test_the_last_line_counts_honestly() -> None:
    unreadable = CheckError("ASL011", "b.py", "is gone")
    assert coverage_line(report(), verbose=False, seconds=1) == "checked 2 files, 0 findings"
    assert coverage_line(report("note", errors=(unreadable,)), verbose=True, seconds=1.26) == (
        "checked 2 files (1 could not be read), 1 finding, 5 unresolved calls, 1.3 s"
    )
    assert coverage_line(report(errors=(MISSING,)), verbose=False, seconds=1) == "checked 2 files (1 error), 0 findings"
    assert error_line(unreadable) == "error: b.py: is gone"


@pytest.mark.parametrize(
    ("choice", "environment", "terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colour_follows_the_option_then_the_environment_then_the_terminal(
    choice: str, environment: dict[str, str], terminal: bool, expected: bool
) -> None:
    class Stream:
        def isatty(self) -> bool:
            return terminal

    stream: Any = Stream()
    assert wants_colour(choice, stream, environment) is expected


def test_an_output_that_cannot_say_everything_gets_escapes(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    with open(1, "w", encoding="ascii", closefd=False) as stream:
        monkeypatch.setattr("sys.stdout", stream)
        write_out("└─ naïve 😀\n")
    assert capfdbinary.readouterr().out == b"`- na\\xefve \\U0001f600\n"


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    def fail_with(error: BaseException) -> None:
        def fail(*_: object) -> Report:
            raise error

        monkeypatch.setattr(asynclint.run.checks, "check", fail)

    return fail_with


def test_an_interrupted_run_ends_with_130(
    failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    failing(KeyboardInterrupt())
    assert run_command_line(["check"]) == 130
    assert capsys.readouterr().err.split("\n")[-2] == "interrupted"


def test_a_defect_of_ours_is_one_line_unless_more_is_asked_for(
    failing: Callable[[BaseException], None],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    failing(KeyError("x"))
    assert run_command_line(["check"]) == 2
    line, hint, _ = capsys.readouterr().err.split("\n")
    assert line == "error: internal error: KeyError: 'x' (-v shows where)"
    (kept,) = (tmp_path / CACHE_FOLDER).glob("internal-error-*.txt")
    assert f"a report for the developers is in {CACHE_FOLDER}/{kept.name}" in hint
    assert run_command_line(["check", "--verbose"]) == 2
    assert "Traceback" in capsys.readouterr().err

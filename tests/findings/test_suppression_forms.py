"""`ignore-next`, `ignore-file`, `disable` and `enable`, and the reasons of suppressions, through the whole pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asynclint.config.settings import Settings
from asynclint.findings.directives import Vocabulary, read_directives
from asynclint.findings.reach import Reach
from asynclint.run.checks import check
from asynclint.run.fixes import fix
from asynclint.source.comments import read_comments

if TYPE_CHECKING:
    from pathlib import Path

    from asynclint.core.diagnostic import Report

HEAD = "import time\nasync def f():\n"
SLEEP = "    time.sleep(1)\n"
WITH_REASONS = Settings(select=("ASL004",))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def checked(folder: Path, text: str, settings: Settings | None = None, line_end: str = "\n") -> Report:
    (folder / "m.py").write_bytes(text.replace("\n", line_end).encode())
    report = check(["m.py"], settings or Settings())
    assert report.errors == ()
    return report


def places(report: Report) -> list[tuple[str, int]]:
    return [(item.code, item.location.start.row) for item in report.diagnostics]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("text", "found", "suppressed"),
    [
        (f"{HEAD}    # asynclint: ignore-next[ASL201] why\n{SLEEP}{SLEEP}", [("ASL201", 5)], 1),
        (f"{HEAD}    # asynclint: ignore-next\n\n    # more\n{SLEEP}", [], 1),
        (f"{HEAD}    # asynclint: ignore-next blocking-sleep why\n{SLEEP}", [], 1),
        (f"{HEAD}    x = 1  # asynclint: ignore-next[ASL2]\n{SLEEP}", [], 1),
        (f"{HEAD}    # asynclint: Ignore-Next[ASL201]\n    x = [\n        time.sleep(1),\n    ]\n", [], 1),
        (f"{HEAD}    x = [\n        1,  # asynclint: ignore-next[ASL201]\n    ]\n{SLEEP}", [], 1),
        (f"# asynclint: ignore-file[blocking-sleep] a script\n{HEAD}{SLEEP}{SLEEP}", [], 2),
        (f"{HEAD}{SLEEP}{SLEEP}# asynclint: ignore-file", [], 2),
        (f"{HEAD}{SLEEP}    # asynclint: disable[ASL201]\n{SLEEP}{SLEEP}", [("ASL201", 3)], 2),
        (
            f"{HEAD}    # asynclint: disable[ASL201] why\n{SLEEP}    # asynclint: enable[ASL201]\n{SLEEP}",
            [("ASL201", 6)],
            1,
        ),
        (f"{HEAD}    # asynclint: disable[ASL2]\n{SLEEP}    # asynclint: enable\n{SLEEP}", [("ASL201", 6)], 1),
        (f"{HEAD}    # asynclint: disable\n{SLEEP}    # asynclint: enable[ASL201]\n{SLEEP}", [("ASL201", 6)], 1),
        (f"{HEAD}    time.sleep(1)  # asynclint: disable[ASL201]\n{SLEEP}", [], 2),
        (f"{HEAD}    if 1:\n        # asynclint: disable[ASL201]\n    {SLEEP}{SLEEP}", [("ASL201", 6)], 1),
        (f"{HEAD}    # asynclint: disable[ASL201]\n    if 1:\n    {SLEEP}async def g():\n{SLEEP}", [("ASL201", 7)], 1),
        (f"# asynclint: disable[ASL201]\n{HEAD}{SLEEP}# asynclint: enable[ASL201]\n{HEAD}{SLEEP}", [("ASL201", 8)], 1),
    ],
)
def test_where_a_suppression_reaches(
    folder: Path, text: str, found: list[tuple[str, int]], suppressed: int, line_end: str
) -> None:
    report = checked(folder, text, line_end=line_end)
    assert (places(report), report.suppressed) == (found, suppressed)


def test_the_next_statement_of_a_decorator_is_what_it_decorates() -> None:
    data = b"# asynclint: ignore-next[ASL201]\n@first\n@second\ndef g():\n    pass\n"
    comments = read_comments(data)
    reach = Reach(data, comments, read_directives(data, comments.comments, Vocabulary(())))
    rows = data.splitlines(keepends=True)
    starts = [sum(map(len, rows[:row])) + 5 for row in range(1, 5)]
    assert [len([*reach.speaking_for(start, "ASL201")]) for start in starts] == [1, 1, 1, 0]


@pytest.mark.parametrize(
    ("text", "message", "left"),
    [
        (
            "# asynclint: ignore-next[ASL201]\nx = 1\n",
            "`ASL201` silences nothing on the next statement; remove it",
            "x = 1\n",
        ),
        ("x = 1\n# asynclint: ignore-next[ASL201]\n", "`ASL201` silences nothing on the next statement", "x = 1\n"),
        ("# asynclint: ignore-file[ASL201] x\nx = 1\n", "`ASL201` silences nothing in this file", "x = 1\n"),
        (
            "# asynclint: ignore-file[ASL201, ASL101] x\n" + HEAD + SLEEP,
            "`ASL101` silences nothing in this file",
            "# asynclint: ignore-file[ASL201] x\n" + HEAD + SLEEP,
        ),
        ("# asynclint: ignore-file\nx = 1\n", "this comment silences nothing; remove it", "x = 1\n"),
        (
            "# asynclint: disable[ASL201]\nx = 1\n# asynclint: enable[ASL201]\ny = 1\n",
            "`ASL201` silences nothing in the statements that follow; remove it",
            "x = 1\ny = 1\n",
        ),
        ("# asynclint: enable\nx = 1\n", "this comment ends no `disable` before it; remove it", "x = 1\n"),
        (
            HEAD + "    # asynclint: disable[ASL201]\n" + SLEEP + "# asynclint: enable[ASL201]\n",
            "",
            None,
        ),
    ],
)
def test_what_reaches_nothing_is_reported_and_removed(folder: Path, text: str, message: str, left: str | None) -> None:
    text = f"import sys\nimport os\n{text}"
    report = checked(folder, text)
    if left is None:
        assert report.diagnostics == ()
        return
    (found,) = report.diagnostics
    assert found.code == "ASL001"
    assert found.message.startswith(message)
    fix(["m.py"], Settings(), unsafe=False, write=True)
    assert (folder / "m.py").read_text() == f"import sys\nimport os\n{left}"


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("asynclint: ignore-nxt[ASL201]", "`asynclint: ignore-nxt` is unknown, so this comment says nothing; did you"),
        ("asynclint: disabled[ASL201]", "`asynclint: disabled` is unknown, so this comment says nothing; did you mean"),
        ("asynclint: sieve[ASL201]", "`asynclint: sieve` is unknown, so this comment says nothing; there are `ignore`"),
        ("asynclint: ignore-file[ASL20]", ""),
        ("asynclint: disable[blocking-slep]", "unknown rule `blocking-slep`; did you mean `blocking-sleep`?"),
    ],
)
def test_what_is_misspelt_is_reported(folder: Path, comment: str, message: str) -> None:
    found = checked(folder, f"x = 1  # {comment}\n").diagnostics
    if message:
        assert [item.code for item in found] == ["ASL002"]
        assert found[0].message.startswith(message)


@pytest.mark.parametrize("form", ["ignore-file", "ignore-next", "disable", "ignore"])
def test_their_own_remarks_are_silenced_by_name_only(folder: Path, form: str) -> None:
    everything = Settings(select=("ALL",))
    text = f"# asynclint: {form}[ASL003, ASL004] here\n{{}} x = 1  # asynclint: ignore\n"
    if form == "ignore":
        text = "x = 1  # asynclint: ignore  # asynclint: ignore[ASL003, ASL004] here\n"
    assert places(checked(folder, text.replace("{} ", ""), everything))[0][0] == "ASL001"
    assert len(places(checked(folder, text.replace("{} ", ""), everything))) == 1


@pytest.mark.parametrize(
    "comment",
    [
        "noqa: ASL201 runs once",
        "noqa: E501, ASL201 -- runs once",
        "noqa: ASL201  # runs once",
        "runs once # noqa: ASL201",
        "noqa: ASL201 # type: ignore # runs once",
        "noqa",
        "noqa: E501",
        "noqa: RUF006",
        "asynclint: ignore[ASL201] runs once",
        "asynclint: ignore[ASL201]: ö",
        "asynclint: ignore ASL201 runs once",
        "asynclint: ignore runs once",
        "asynclint: ignore-file[ASL201] runs once",
        "asynclint: enable[ASL201]",
        "types are checked elsewhere  # noqa: ASL201",
    ],
)
def test_a_reason_is_any_words(folder: Path, comment: str) -> None:
    assert places(checked(folder, f"{HEAD}    time.sleep(1)  # {comment}\n", WITH_REASONS)) == []


@pytest.mark.parametrize(
    "comment",
    [
        "noqa: ASL201",
        "noqa: E501, ASL201",
        "noqa: ASL201 # type: ignore[attr-defined]",
        "noqa: ASL201 # pragma: no cover",
        "noqa: ASL201 --",
        "asynclint: ignore[ASL201]",
        "asynclint: ignore ASL201",
        "asynclint: ignore",
        "asynclint: ignore-next[ASL201]",
        "asynclint: ignore-file[ASL201]",
        "asynclint: disable[ASL201]",
        "asynclint: ignore[ASL201] # noqa: ASL202 because",
    ],
)
def test_without_one_the_comment_is_reported(folder: Path, comment: str) -> None:
    found = places(checked(folder, f"{HEAD}    time.sleep(1)  # {comment}\n", WITH_REASONS))
    assert found == ([("ASL004", 3)] if "because" not in comment else [])


def test_the_setting_turns_the_rule_on(folder: Path) -> None:
    text = f"{HEAD}    time.sleep(1)  # noqa: ASL201\n"
    assert places(checked(folder, text)) == []
    assert places(checked(folder, text, Settings(config=("require-suppression-reason=true",)))) == [("ASL004", 3)]
    (folder / "pyproject.toml").write_text("[tool.asynclint]\nrequire-suppression-reason = true\n")
    assert places(checked(folder, text)) == [("ASL004", 3)]
    (folder / "pyproject.toml").write_text('[tool.asynclint]\nrequire-suppression-reason = true\nignore = ["ASL004"]\n')
    assert places(checked(folder, text)) == []

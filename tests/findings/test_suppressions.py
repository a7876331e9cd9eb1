"""Suppressions on real findings, through the whole pipeline."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from asynclint.config.settings import Settings
from asynclint.core.diagnostic import Applicability
from asynclint.findings.suppression_rules import SUPPRESSION_RULES
from asynclint.knowledge.peer_codes import PEER_CODES
from asynclint.rulekit.discovery import all_rules
from asynclint.run.checks import check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from asynclint.core.diagnostic import Diagnostic, Report
    from asynclint.semantics.module_context import ModuleContext

HEAD = "import asyncio, time, requests\nasync def g(*a): ...\nasync def f():\n"
SLEEP = "    time.sleep(1)"


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


def codes(report: Report) -> list[str]:
    return [item.code for item in report.diagnostics]


def fixed(folder: Path, diagnostic: Diagnostic) -> str:
    (fix,) = diagnostic.fixes
    (edit,) = fix.edits
    data = (folder / "m.py").read_bytes()
    return (data[: edit.span.start] + edit.content.encode() + data[edit.span.end :]).decode()


STATEMENTS = [
    "time.sleep(1)  # noqa: ASL201",
    "time.sleep(1)  # NOQA:asl201",
    "time.sleep(1)  #noqa : ASL201",
    "time.sleep(1)  # noqa: E501, ASL201 for a reason",
    "time.sleep(1)  # noqa: E501 ASL201",
    "time.sleep(1)  # noqa: blocking-sleep",
    "time.sleep(1)  # noqa: ASL2",
    "time.sleep(1)  # noqa",
    "time.sleep(1)  # noqa because",
    "time.sleep(1)  # type: ignore # noqa: ASL201",
    "time.sleep(1)  # 😀 naïve  # noqa: ASL201",
    "time.sleep(1)  # asynclint: ignore[blocking-sleep] a reason",
    "time.sleep(1)  #asynclint:ignore[ASL201]",
    "time.sleep(1)  # Asynclint: Ignore [ ASL201 , ASL2 ]",
    "time.sleep(1)  # asynclint: ignore[ASL201",
    "time.sleep(1)  # asynclint: ignore",
    "time.sleep(1)  # asynclint: ignore ASL201, ASL2 nobody waits",
    "time.sleep(1)  # asynclint: ignore(blocking-sleep) nobody waits",
    "time.sleep(1)  # asynclint: ignore: asl201",
    "time.sleep(1)  # asynclint: ignore (py311 is slow)",
    "time.sleep(1)  # asynclint: ignore nobody waits # noqa: E501",
    "time.sleep(  # noqa: ASL201\n        1,\n    )",
    "time.sleep(\n        # noqa: ASL201\n        1,\n    )",
    "time.sleep(\n        1,  # noqa: ASL201\n    )",
    "time.sleep(\n        1,\n    )  # noqa: ASL201",
    "é = [\n        '#',\n        time.sleep(1),\n        f'{g!r:#>9}',  # noqa: ASL201\n    ]",
    "x = '''\n# a string\n''', time.sleep(1)  # noqa: ASL201",
    "x = 1, \\\n        time.sleep(1)  # noqa: ASL201",
    "if time.sleep(1):  # noqa: ASL201\n        pass",
    "while (\n        time.sleep(1)\n    ):  # noqa: ASL201\n        pass",
    "if True: time.sleep(1)  # noqa: ASL201",
    "async def inner():\n        time.sleep(1)  # noqa: ASL201\n    await inner()",
    "time.sleep(1); x = 1  # noqa: ASL201",
]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_comment_on_any_line_of_the_statement_silences(folder: Path, statement: str, line_end: str) -> None:
    report = checked(folder, f"{HEAD}    {statement}\n", line_end=line_end)
    assert (codes(report), report.suppressed) == ([], 1)


@pytest.mark.parametrize("statement", [item for item in STATEMENTS if "noqa: ASL201" in item])
@pytest.mark.parametrize("after", ["", "\n    x = 1\n", "\n\n\nx = 1\n", "\r\n    x = 1"])
@pytest.mark.parametrize("code", ["", ": ASYNC251"])
def test_so_does_one_that_does_not_speak_of_us(folder: Path, statement: str, after: str, code: str) -> None:
    """Where no comment does, only those that may stand on the line of a finding are looked at."""
    report = checked(folder, f"{HEAD}    {statement.replace(': ASL201', code)}{after}")
    assert (codes(report), report.suppressed) == ([], 1)


def test_comments_on_other_statements_are_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asynclint.findings.suppressions.read_comments", None)
    around = "    x = 1  # noqa: ASYNC251\n"
    assert codes(checked(folder, f"{HEAD}{around}{SLEEP}\n{around}\n\n{around.strip()}\n")) == ["ASL201"]


@pytest.mark.parametrize(
    "body",
    [
        "time.sleep(1)\n    # noqa: E501",
        "# noqa\n    time.sleep(1)",
        "x = '# noqa'; time.sleep(1)",
        "time.sleep(1)  # noqa: E501",
        "time.sleep(1)  # noqa: because I say so",
        "time.sleep(1)  # noqa: broad-except",
        "time.sleep(1)  # noqas",
        "time.sleep(1)  # flake8: noqa",
        "time.sleep(1)  # asynclint: ignored",
        "time.sleep(1)  # asynclint ignore",
        "if g:  # noqa\n        time.sleep(1)",
        "x = [\n        1,  # noqa\n    ]\n    time.sleep(1)",
        "f'''\n# noqa {time.sleep(1)}'''",
    ],
)
def test_other_comments_do_not(folder: Path, body: str) -> None:
    report = checked(folder, f"{HEAD}    {body}\n")
    assert (codes(report), report.suppressed) == (["ASL201"], 0)


def test_headers_and_decorators_are_statements_of_their_own(folder: Path) -> None:
    header = "    for x in (\n        time.sleep(1),\n    ):"
    assert codes(checked(folder, f"{HEAD}{header}  # noqa: ASL201\n        pass\n")) == []
    assert codes(checked(folder, f"{HEAD}{header}\n        pass  # noqa\n")) == ["ASL201"]
    decorated = "    @print  # noqa: ASL201\n    async def g():  # noqa: ASL201\n        time.sleep(1)\n"
    assert codes(checked(folder, f"{HEAD}{decorated}")) == ["ASL001", "ASL001", "ASL201"]


@pytest.mark.parametrize(
    ("comment", "statement"),
    [
        ("RUF006", "asyncio.create_task(g())"),
        ("ASYNC300", "asyncio.create_task(g())"),
        ("S7502", "asyncio.create_task(g())"),
        ("E501,ruf006", "asyncio.create_task(g())"),
        ("ASYNC251", "time.sleep(1)"),
        ("ASYNC210", "requests.get('x')"),
        ("ASYNC230", "open('x')"),
        ("ASYNC220", "__import__; import subprocess; subprocess.run('x')"),
        ("ASYNC250", "input()"),
    ],
)
def test_codes_of_peers_silence_the_rule_of_the_same_meaning(folder: Path, comment: str, statement: str) -> None:
    text = f"{HEAD}    {statement}  # noqa: {comment}\n"
    assert codes(checked(folder, text)) == []
    assert len(codes(checked(folder, text, Settings(honour_peer_noqa=False)))) == 1


def test_codes_of_peers_are_never_unused_and_silence_nothing_else(folder: Path) -> None:
    assert codes(checked(folder, f"{HEAD}    x = 1  # noqa: RUF006, ASYNC251, E501\n")) == []
    assert codes(checked(folder, f"{HEAD}{SLEEP}  # noqa: RUF006\n")) == ["ASL201"]
    assert codes(checked(folder, f"{HEAD}{SLEEP}  # noqa: ASYNC251, ASL201\n")) == []


@pytest.mark.parametrize("comment", ["asynclint: ignore ASL101", "asynclint: ignore(discarded-task)", "noqa: ASL20l"])
def test_a_list_without_brackets_is_no_blanket(folder: Path, comment: str) -> None:
    assert "ASL201" in codes(checked(folder, f"{HEAD}    time.sleep(1)  # {comment}\n"))


def test_the_codes_that_peers_codes_stand_for_exist() -> None:
    known = {rule.code for rule in all_rules()}
    assert set().union(*PEER_CODES.values()) <= known


@pytest.mark.parametrize(
    ("line", "place", "message", "left"),
    [
        ("x = 1  # noqa: ASL201", (4, 12), "`ASL201` silences nothing on this statement; remove it", "x = 1"),
        ("x = 1\t# é 😀 # noqa: ASL201", (4, 17), "`ASL201` silences nothing", "x = 1\t# é 😀"),
        ("x = 1  # noqa: ASL201 # type: int", (4, 12), "`ASL201` silences nothing", "x = 1  # type: int"),
        ("x = 1  # noqa: ASL201 is fine", (4, 12), "`ASL201` silences nothing", "x = 1  # is fine"),
        ("x = 1  # noqa: E501,ASL201,W291", (4, 25), "`ASL201` silences nothing", "x = 1  # noqa: E501,W291"),
        ("x = 1  # noqa: ASL201, E501 hm", (4, 20), "`ASL201` silences nothing", "x = 1  # noqa: E501 hm"),
        ("x = 1  # noqa: ASL201, ASL101", (4, 12), "`ASL201` and `ASL101` silence nothing", "x = 1"),
        ("x = 1  # noqa: ASL010", (4, 12), "`ASL010` silences nothing", "x = 1"),
        ("x = 1  # asynclint: ignore[ASL2] no reason", (4, 12), "`ASL2` silences nothing", "x = 1"),
        ("x = 1  # asynclint: ignore(ASL2) no reason", (4, 12), "`ASL2` silences nothing", "x = 1"),
        (
            "time.sleep(1)  # asynclint: ignore ASL201, ASL202 why",
            (4, 48),
            "`ASL202` silences nothing",
            "time.sleep(1)  # asynclint: ignore ASL201 why",
        ),
        ("x = 1  # asynclint: ignore[]", (4, 12), "this comment silences nothing; remove it", "x = 1"),
        (
            "x = 1\n    # noqa: ASL201\n    y = 2",
            (5, 5),
            "this comment is on no line of a statement",
            "x = 1\n    y = 2",
        ),
        ("x = [\n        # noqa: ASL101\n    ]", (5, 9), "`ASL101` silences nothing", "x = [\n    ]"),
        (
            "time.sleep(1)  # noqa: ASL201, ASL202",
            (4, 36),
            "`ASL202` silences nothing",
            "time.sleep(1)  # noqa: ASL201",
        ),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_code_that_silences_nothing_is_reported_with_a_fix(
    folder: Path, line: str, place: tuple[int, int], message: str, left: str, line_end: str
) -> None:
    (found,) = checked(folder, f"{HEAD}    {line}\n", line_end=line_end).diagnostics
    assert (found.code, found.location.start, found.symbol) == ("ASL001", place, "f")
    assert found.message.startswith(message)
    assert found.fixes[0].applicability.value == "safe"
    after = fixed(folder, found)
    assert after == f"{HEAD}    {left}\n".replace("\n", line_end)
    assert codes(checked(folder, after)) == []


@pytest.mark.parametrize(
    "comment", ["asynclint: ignore[blocking-sleep] nobody waits", "asynclint: ignore", "noqa: E501, ASL201"]
)
def test_a_comment_above_its_statement_is_to_be_moved_and_not_removed(folder: Path, comment: str) -> None:
    remark, finding = checked(folder, f"{HEAD}    # {comment}\n    # more\n    time.sleep(1)\n").diagnostics
    assert (remark.code, remark.fixes, finding.code) == ("ASL001", (), "ASL201")
    assert remark.message == (
        "this comment stands above the statement, so it silences nothing; put it on a line of the statement"
        + (", or write `ignore-next`" if comment.startswith("asynclint") else "")
    )


def test_an_own_row_at_the_top_stays_so_that_no_coding_cookie_moves(folder: Path) -> None:
    (found,) = checked(folder, "# noqa: ASL201\n\n# coding: latin-1\n").diagnostics
    assert fixed(folder, found) == "\n\n# coding: latin-1\n"


def test_the_last_row_may_lack_its_end(folder: Path) -> None:
    (found,) = checked(folder, "x = 1\ny = 2\n# noqa: ASL201").diagnostics
    assert fixed(folder, found) == "x = 1\ny = 2\n"


@pytest.mark.parametrize(
    ("settings", "comment", "found"),
    [
        (Settings(ignore=("ASL202",)), "noqa: ASL202", []),
        (Settings(ignore=("ASL202",)), "noqa: ASL2", []),
        (Settings(ignore=("ASL202",)), "asynclint: ignore", []),
        (Settings(ignore=("ASL202",)), "noqa: ASL101", ["ASL001"]),
        (Settings(ignore=("ASL001",)), "noqa: ASL101", []),
        (Settings(select=("ASL1",)), "noqa: ASL101", []),
        (Settings(), "asynclint: ignore", ["ASL001"]),
        (Settings(), "noqa", []),
        (Settings(), "noqa: ASL101, ASL001", []),
        (Settings(), "asynclint: ignore[unused-suppression, ASL101]", []),
        (Settings(), "noqa: ASL001", []),
        (Settings(select=("ALL",)), "noqa", ["ASL003"]),
        (Settings(select=("ALL",)), "asynclint: ignore", ["ASL001", "ASL003", "ASL004"]),
    ],
)
def test_only_rules_that_ran_are_judged(folder: Path, settings: Settings, comment: str, found: list[str]) -> None:
    assert codes(checked(folder, f"x = 1  # {comment}\n", settings)) == found


def test_a_rule_that_broke_on_the_file_is_not_judged(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: ModuleContext) -> Iterator[Diagnostic]:
        raise RuntimeError

    rules = tuple(dataclasses.replace(rule, check=broken) if rule.code == "ASL201" else rule for rule in all_rules())
    monkeypatch.setattr("asynclint.run.analysis.all_rules", lambda: rules)
    (folder / "m.py").write_text("x = 1  # noqa: ASL201\ny = 1  # noqa: ASL202\n")
    assert [item.location.start.row for item in check(["m.py"], Settings()).diagnostics] == [2]


@pytest.mark.parametrize(
    ("comment", "message", "written"),
    [
        ("noqa: ASL999", "unknown rule `ASL999`; ", None),
        ("noqa: E501, ASL0201", "unknown rule `ASL0201`; did you mean `ASL201`?", None),
        ("asynclint: ignore[discarded-tsk]", "unknown rule `discarded-tsk`; did you mean `disca", "discarded-task"),
        ("asynclint: ignore[ naïve thing ]", "unknown rule `naïve thing`; `asynclint rules` lists them", None),
        ("asynclint: ignore[E501]", "unknown rule `E501`; ", None),
        ("asynclint: ignore[RUF006]", "`RUF006` is a code of another tool; the rule is called `d", "discarded-task"),
        ("asynclint: ignore ASL999", "unknown rule `ASL999`; ", None),
        ("noqa: ASL20l", "unknown rule `ASL20l`; did you mean `ASL2", None),
    ],
)
def test_an_unknown_code_is_reported_with_the_nearest_one(
    folder: Path, comment: str, message: str, written: str | None
) -> None:
    (found,) = checked(folder, f"x = 1  # {comment}\n").diagnostics
    assert found.code == "ASL002"
    fixes = [(fix.applicability, fix.edits[0].content) for fix in found.fixes]
    assert fixes == ([] if written is None else [(Applicability.UNSAFE, written)])
    assert found.message.startswith(message)
    start, end = found.location.start.column - 1, found.location.end.column - 1
    assert f"`{found.location.lines[0][start:end]}`" in found.message


def test_a_blanket_says_what_it_silenced(folder: Path) -> None:
    report = checked(folder, f"{HEAD}{SLEEP}  # noqa\n", Settings(select=("ALL",)))
    assert [item.message for item in report.diagnostics] == [
        "this comment silences all rules; name what it is there for: ASL201"
    ]


def test_the_counts_are_of_findings(folder: Path) -> None:
    report = checked(folder, f"{HEAD}    time.sleep(time.sleep(1))  # noqa: ASL201\n{SLEEP}\n")
    assert (codes(report), report.suppressed) == (["ASL201"], 2)


@pytest.mark.parametrize("info", SUPPRESSION_RULES, ids=lambda info: info.name)
def test_the_examples_of_the_rules_do_as_they_say(folder: Path, info: object) -> None:
    (rule,) = (item for item in SUPPRESSION_RULES if item is info)
    ((bad, good),) = rule.examples
    settings = Settings(select=("ALL",), ignore=())
    assert rule.code in codes(checked(folder, bad, settings))
    assert codes(checked(folder, good, settings)) == []

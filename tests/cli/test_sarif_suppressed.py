"""`check --sarif-suppressed`: what comments and the baseline keep back, marked so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft4Validator

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine

SCHEMA = json.loads((Path(__file__).parents[1] / "report" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
SOURCE = """\
import asyncio, time, requests


async def f():
    time.sleep(1)  # noqa: ASL201 - runs before the server starts
    requests.get("u")  # asynclint: ignore[blocking-http]
    time.sleep(2)  # asynclint: ignore[blocking-sleep] a {test} of [it](1)  # type: ignore
    time.sleep(3)
    requests.get("v")
    asyncio.create_task(asyncio.sleep(1))  # noqa: RUF006, E501 kept elsewhere
"""
SARIF = ("check", "--output-format", "sarif")


@pytest.fixture
def app(project: Path) -> Path:
    (project / "a.py").write_text(SOURCE)
    return project


def results(command_line: CommandLine, *arguments: str) -> dict[int, dict[str, Any]]:
    """By row."""
    done = command_line(*SARIF, *arguments)
    written = json.loads(done.out)
    Draft4Validator(SCHEMA).validate(written)
    found = written["runs"][0]["results"]
    return {item["locations"][0]["physicalLocation"]["region"]["startLine"]: item for item in found}


@pytest.mark.usefixtures("app")
def test_nothing_of_it_is_there_by_itself(command_line: CommandLine) -> None:
    found = results(command_line)
    assert sorted(found) == [8, 9]
    assert not any("suppressions" in item for item in found.values())


@pytest.mark.usefixtures("app")
def test_comments_are_given_as_the_reason(command_line: CommandLine) -> None:
    found = results(command_line, "--sarif-suppressed")
    assert {row: item["suppressions"] for row, item in sorted(found.items())} == {
        5: [{"kind": "inSource", "status": "accepted", "justification": "runs before the server starts"}],
        6: [{"kind": "inSource", "status": "accepted"}],
        7: [{"kind": "inSource", "status": "accepted", "justification": "a {test} of [it](1)"}],
        8: [],
        9: [],
        10: [{"kind": "inSource", "status": "accepted", "justification": "kept elsewhere"}],
    }
    assert not any("baselineState" in item for item in found.values())


def test_what_the_baseline_knows_is_unchanged(app: Path, command_line: CommandLine) -> None:
    assert command_line("baseline", "create", "--select", "ASL201").code == 0
    found = results(command_line, "--baseline", ".asynclint-baseline.json", "--sarif-suppressed")
    assert {row: item["baselineState"] for row, item in sorted(found.items()) if row in (5, 8, 9)} == {
        5: "new",
        8: "unchanged",
        9: "new",
    }
    assert found[8]["suppressions"] == [{"kind": "external", "status": "accepted"}]
    assert sorted(results(command_line, "--baseline", ".asynclint-baseline.json")) == [9]
    assert app.joinpath("a.py").read_text() == SOURCE


@pytest.mark.usefixtures("app")
def test_the_rest_of_the_run_is_the_same(command_line: CommandLine) -> None:
    plain, marked = command_line(*SARIF), command_line(*SARIF, "--sarif-suppressed")
    assert (plain.code, plain.err) == (marked.code, marked.err)
    assert plain.err == "checked 1 file, 2 findings, 4 suppressed\n"


@pytest.mark.usefixtures("app")
def test_without_sarif_it_makes_no_sense(command_line: CommandLine) -> None:
    done = command_line("check", "--sarif-suppressed")
    assert (done.code, done.out) == (2, "")
    assert done.err.endswith("Error: --sarif-suppressed is about a SARIF report; add --output-format sarif\n")

"""`asynclint rule` and `asynclint rules`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from asynclint.cli.app import main, run_command_line
from asynclint.rulekit.discovery import all_rules
from asynclint.rulekit.page import markdown_page


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize("wanted", ["ASL201", "blocking-sleep", "asl201", "Blocking_Sleep"])
def test_a_rule_is_explained_by_code_and_by_name(wanted: str) -> None:
    result = invoke("rule", wanted)
    assert result.exit_code == 0
    assert result.stdout.startswith("ASL201 blocking-sleep\nerror, high confidence\n")
    assert "# expect:" not in result.stdout
    assert result.stderr == ""


def test_codes_of_errors_are_explained_too() -> None:
    assert invoke("rule", "ASL010").stdout.startswith("ASL010 syntax-error\n")
    assert invoke("rule", "unreadable-file").exit_code == 0


def test_a_rule_is_described_as_json() -> None:
    described = json.loads(invoke("rule", "ASL201", "--output-format", "json").stdout)
    assert (described["code"], described["name"]) == ("ASL201", "blocking-sleep")


def test_all_rules_are_explained_in_every_form() -> None:
    names = [rule.name for rule in all_rules()]
    text = invoke("rule", "--all").stdout
    assert all(f" {name}\n" in text for name in names)
    markdown = invoke("rule", "--all", "--output-format", "markdown").stdout
    assert all(f"# {name} (ASL" in markdown for name in names)
    assert {item["name"] for item in json.loads(invoke("rule", "--all", "--output-format", "json").stdout)} > set(names)
    assert invoke("rule", "ASL201", "--output-format", "markdown").stdout == markdown_page(
        next(rule.info for rule in all_rules() if rule.code == "ASL201")
    )
    assert invoke("rules", "--output-format", "markdown").stdout.startswith("- `ASL001` `unused-suppression`: ")


@pytest.mark.parametrize("arguments", [("rule",), ("rule", "ASL201", "--all")])
def test_either_a_rule_or_all(arguments: tuple[str, ...]) -> None:
    assert invoke(*arguments).exit_code == 2


def test_an_unknown_rule_is_refused_with_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["rule", "blocking-slep"]) == 2
    assert capsys.readouterr() == ("", "error: unknown rule `blocking-slep`; did you mean `blocking-sleep`?\n")


def test_all_rules_are_listed_in_order() -> None:
    lines = invoke("rules").stdout.splitlines()
    codes = [line.split()[0] for line in lines]
    assert codes == sorted(
        ["ASL001", "ASL002", "ASL003", "ASL004", "ASL010", "ASL011", *(rule.code for rule in all_rules())]
    )
    assert [item["code"] for item in json.loads(invoke("rules", "--output-format", "json").stdout)] == codes


def test_an_unknown_command_is_refused_with_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["chek"]) == 2
    assert "Did you mean 'check'?" in capsys.readouterr().err

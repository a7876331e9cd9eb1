"""`asynclint rule` and `asynclint rules`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from asynclint.cli.refusal import Refusal
from asynclint.cli.terminal import write_out
from asynclint.config.selection import find_rule
from asynclint.config.settings import SettingsError
from asynclint.findings.suppression_rules import SUPPRESSION_RULES
from asynclint.findings.unchecked import UNCHECKED
from asynclint.report.rule_page import page, page_json, table, table_json

if TYPE_CHECKING:
    from asynclint.core.diagnostic import RuleInfo

_output_format = click.option(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the output.",
)


@click.command()
@click.argument("wanted", metavar="RULE")
@_output_format
def rule(wanted: str, output_format: str) -> None:
    """Explain a rule, given by code or name."""
    try:
        found = find_rule(described_rules(), wanted)
    except SettingsError as error:
        raise Refusal(error) from None
    write_out(page_json(found) if output_format == "json" else page(found))


@click.command()
@_output_format
def rules(output_format: str) -> None:
    """List all rules."""
    described = described_rules()
    write_out(table_json(described) if output_format == "json" else table(described))


def described_rules() -> tuple[RuleInfo, ...]:
    """Every code a report may carry, sorted."""
    from asynclint.rulekit.discovery import all_rules  # noqa: PLC0415 - `--version` and `--help` need no rule

    infos = (*(item.info for item in all_rules()), *SUPPRESSION_RULES, *UNCHECKED)
    return tuple(sorted(infos, key=lambda info: info.code))

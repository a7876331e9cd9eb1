"""`asynclint rule` and `asynclint rules`."""

from __future__ import annotations

import click

from asynclint.cli.completion import complete_rule
from asynclint.cli.refusal import Refusal
from asynclint.cli.terminal import write_out
from asynclint.cli.words import Words
from asynclint.config.selection import find_rule
from asynclint.config.settings import SettingsError
from asynclint.report.rule_page import page, page_json, table, table_json
from asynclint.rulekit.descriptions import described_rules

_FORMATS = ("text", "markdown", "json")
_output_format = click.option(
    "--output-format",
    type=Words(_FORMATS),
    default="text",
    show_default=True,
    help="Form of the output.",
)


@click.command()
@click.argument("wanted", metavar="RULE", required=False, shell_complete=complete_rule)
@click.option("--all", "every", is_flag=True, help="Explain all rules.")
@_output_format
def rule(*, wanted: str | None, every: bool, output_format: str) -> None:
    """Explain a rule, given by code or name."""
    if (wanted is None) != every:
        raise click.UsageError("give a RULE, or --all")
    described = described_rules()
    if wanted is not None:
        try:
            described = (find_rule(described, wanted),)
        except SettingsError as error:
            raise Refusal(error) from None
    if output_format == "json":
        write_out(page_json(described[0]) if wanted is not None else table_json(described))
    elif output_format == "markdown":
        from asynclint.rulekit.page import markdown_page  # noqa: PLC0415 - the other forms need none of it

        write_out("\n".join(map(markdown_page, described)))
    else:
        write_out("\n\n".join(map(page, described)))


@click.command()
@_output_format
def rules(output_format: str) -> None:
    """List all rules."""
    described = described_rules()
    if output_format == "json":
        write_out(table_json(described))
    elif output_format == "markdown":
        write_out("".join(f"- `{info.code}` `{info.name}`: {info.summary}\n" for info in described))
    else:
        write_out(table(described))

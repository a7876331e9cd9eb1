"""The commands together, and what happens when one ends otherwise than planned."""

from __future__ import annotations

import traceback

import click

from asynclint import __version__
from asynclint.cli.check import NOT_CHECKED, check
from asynclint.cli.rules import rule, rules
from asynclint.cli.terminal import say

INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="asynclint")
def main() -> None:
    """Find async-task misuse in FastAPI and asyncio code."""


main.add_command(check)
main.add_command(rule)
main.add_command(rules)


def run_command_line(arguments: list[str]) -> int:
    """Run a command and return the exit code; nothing but a code comes out of it, and no traceback."""
    try:
        code = main.main(arguments, prog_name="asynclint", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return NOT_CHECKED
    except click.Abort:  # Ctrl-C
        say("interrupted")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last place where a defect of ours can be told from one of the user
        if "-v" in arguments or "--verbose" in arguments:
            traceback.print_exc()
        say(f"error: internal error: {type(error).__name__}: {error} (-v shows where)")
        return NOT_CHECKED
    return code if isinstance(code, int) else 0

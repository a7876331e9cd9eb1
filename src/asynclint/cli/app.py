"""The commands together, and what happens when one ends otherwise than planned."""

from __future__ import annotations

import importlib

import click

from asynclint import __version__
from asynclint.cli.exit_codes import INTERRUPTED, NOT_CHECKED
from asynclint.cli.terminal import say

_MODULES = {
    "baseline": "baseline",
    "check": "check",
    "config": "config",
    "routes": "routes",
    "rule": "rules",
    "rules": "rules",
}
"""Where each command is, a name in a module of this package."""


class _Commands(click.Group):
    """Imports a command when it is called for: `--version` needs none."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name in _MODULES:
            return _load(cmd_name)
        self.commands = {name: _load(name) for name in _MODULES}  # among these click looks for the nearest
        return None


def _load(name: str) -> click.Command:
    module = importlib.import_module(f"asynclint.cli.{_MODULES[name]}")
    command: click.Command = getattr(module, name)
    return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="asynclint")
def main() -> None:
    """Find async-task misuse in FastAPI and asyncio code."""


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
        if {"-v", "--verbose"}.intersection(arguments):
            _print_traceback()
        say(f"error: internal error: {type(error).__name__}: {error} (-v shows where)")
        return NOT_CHECKED
    return code if isinstance(code, int) else 0


def _print_traceback() -> None:
    import traceback  # noqa: PLC0415 - 6 ms, for what never happens

    traceback.print_exc()

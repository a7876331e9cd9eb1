"""The commands together, and what happens when one ends otherwise than planned."""

from __future__ import annotations

import importlib
import io
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import click

from asynclint import __version__
from asynclint.cli.exit_codes import INTERRUPTED, NOT_CHECKED, TERMINATED
from asynclint.cli.streams import UnwritableOutput, checked_streams
from asynclint.cli.terminal import say
from asynclint.report.printable import harmless_row, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_COMMANDS = {
    "baseline": ("baseline", "Keep the findings of today apart from new ones."),
    "check": ("check", "Check files and folders (default: the working folder)."),
    "clean": ("clean", "Remove what earlier runs kept of projects."),
    "completion": ("completion", "Print the script that completes commands, options and rules."),
    "config": ("config", "Show, list and validate settings."),
    "routes": ("routes", "List what FastAPI calls, where it runs, and what blocks there."),
    "rule": ("rules", "Explain a rule, given by code or name."),
    "rules": ("rules", "List all rules."),
    "version": ("version", "Say which version this is."),
}
"""For each command the module of this package it is in, and what it does, so that a list of them imports none."""


class _Commands(click.Group):
    """Imports a command when it is called for: `--version` needs none."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name in _COMMANDS:
            return _load(cmd_name)
        self.commands = {name: _load(name) for name in _COMMANDS}  # among these click looks for the nearest
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_text) for name, (_, help_text) in _COMMANDS.items()])


def _load(name: str) -> click.Command:
    module = importlib.import_module(f"asynclint.cli.{_COMMANDS[name][0]}")
    command: click.Command = getattr(module, name)
    return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="asynclint")
def main() -> None:
    """Find async-task misuse in FastAPI and asyncio code."""


def run_command_line(arguments: list[str]) -> int:
    """Run a command and return the exit code; nothing but a code comes out of it, and no traceback."""
    with checked_streams():
        return _run(arguments)


def _run(arguments: list[str]) -> int:
    try:
        with _ending_on_request():
            code = main.main(arguments, prog_name="asynclint", standalone_mode=False)
    except UnwritableOutput as error:
        say(f"error: {error.message}")
        return NOT_CHECKED
    except click.ClickException as error:
        _show(error, arguments)
        return NOT_CHECKED
    except (click.Abort, KeyboardInterrupt):  # Ctrl-C, which click makes the former of
        say("interrupted")
        return INTERRUPTED
    except _Terminated:
        say("terminated")
        return TERMINATED
    except Exception as error:  # noqa: BLE001 - the last place where a defect of ours can be told from one of the user
        if {"-v", "--verbose"}.intersection(arguments):
            _print_traceback()
        _say_internal_error(error, keep="--no-cache" not in arguments)
        return NOT_CHECKED
    return code if isinstance(code, int) else 0


def _show(error: click.ClickException, arguments: list[str]) -> None:
    """Say what is wrong with a command line; it quotes arguments, which may be names of files made by anybody."""
    shown = io.StringIO()
    error.show(shown)
    text = shown.getvalue()
    for argument in sorted(filter(None, arguments), key=len, reverse=True):
        text = text.replace(argument, printable(argument))
    rows = (harmless_row(row) for row in text.split("\n"))  # click quotes some arguments, so they were not found
    click.echo("\n".join(rows), nl=False, err=True)


class _Terminated(BaseException):
    """SIGTERM came. Like Ctrl-C it unwinds the stack, so that workers are stopped and temporary files removed."""


@contextmanager
def _ending_on_request() -> Iterator[None]:
    """Have SIGTERM end the run as Ctrl-C does, unless whoever started us has other plans with it."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    ours = os.getpid()

    def terminate(number: int, _frame: FrameType | None) -> None:
        if os.getpid() != ours:  # a worker that was forked and has not yet set its own
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        raise _Terminated

    signal.signal(signal.SIGTERM, terminate)
    before = sys.unraisablehook
    sys.unraisablehook = _sending_again(before)
    try:
        yield
    finally:
        sys.unraisablehook = before
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _sending_again(otherwise: Callable[[Any], object]) -> Callable[[Any], None]:
    """A hook that sends a signal anew whose exception came up where Python drops it: in a `__del__`, or a callback."""

    def send_again(dropped: Any) -> None:
        number = _SIGNALS.get(dropped.exc_type)
        if number is None:
            otherwise(dropped)
            return
        # From another thread, a little later: here its exception would be dropped again.
        timer = threading.Timer(0.01, os.kill, (os.getpid(), number))
        timer.daemon = True
        timer.start()

    return send_again


_SIGNALS: Final = {_Terminated: signal.SIGTERM, KeyboardInterrupt: signal.SIGINT}


def _say_internal_error(error: Exception, *, keep: bool) -> None:
    import traceback  # noqa: PLC0415 - 6 ms, for what never happens

    from asynclint.cli.configuration import working_folder  # noqa: PLC0415 - as above
    from asynclint.cli.crash_reports import say_report  # noqa: PLC0415 - as above

    what = f"internal error: {type(error).__name__}: {error}"
    say(f"error: {what} (-v shows where)")
    if keep:
        with suppress(click.ClickException):  # there is no working folder any more
            say_report(what, "".join(traceback.format_exception(error)), working_folder())


def _print_traceback() -> None:
    import traceback  # noqa: PLC0415 - 6 ms, for what never happens

    traceback.print_exc()

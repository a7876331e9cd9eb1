"""`asynclint routes`."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from asynclint.cli.configuration import PREFIX, config_of_run, config_options
from asynclint.cli.coverage import counted, error_line
from asynclint.cli.exit_codes import NOT_CHECKED
from asynclint.cli.named_paths import named
from asynclint.cli.progress import ProgressBar
from asynclint.cli.refusal import Refusal
from asynclint.cli.terminal import say, wants_colour, write_out
from asynclint.cli.words import Words
from asynclint.config.settings import Settings, SettingsError
from asynclint.core.entry_point import Thread
from asynclint.report.route_table import render_json, render_text

if TYPE_CHECKING:
    from asynclint.core.entry_point import EntryPoints

_COUNTED = {"route": "route", "websocket": "websocket", "background": "background function"}


@click.command(context_settings={"auto_envvar_prefix": PREFIX})
@click.argument("paths", nargs=-1, metavar="[PATHS]...", callback=named)
@click.option(
    "--output-format",
    type=Words(["text", "json"]),
    default="text",
    show_default=True,
    allow_from_autoenv=False,  # the variable is that of `check`, whose formats are others
    help="Form of the output.",
)
@click.option("--force-exclude", is_flag=True, help="Leave out excluded files even if they are given by name.")
@config_options
@click.option("-q", "--quiet", is_flag=True, help="No summary; the table and errors only.")
@click.option("-v", "--verbose", is_flag=True, help="With tracebacks of internal errors.")
@click.option("--color", type=Words(["auto", "always", "never"]), default="auto", help="Colour the table.")
@click.pass_context
def routes(ctx: click.Context, /, paths: tuple[str, ...], **options: Any) -> None:
    """List what FastAPI calls, where it runs, and what blocks there.

    Routes, websockets, background functions, lifespan and middleware of files and folders (default: the working
    folder), each with its whole path, its handler, whether that runs on the event loop or in a worker thread, and the
    worst blocking call under it. Those of tests are listed only where nothing but tests is asked for.

    Exit code: 0 everything was read, 2 something was not.
    """
    paths = paths or (".",)
    config = config_of_run(paths, options)
    settings = Settings(
        isolated=options["isolated"],
        force_exclude=options["force_exclude"] or config.force_exclude,
        max_file_size=config.max_file_size,
        config=options["config"],
    )
    found = _read(paths, settings, show_progress=not options["quiet"])
    if options["output_format"] == "json":
        write_out(render_json(found))
    else:
        columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        write_out(render_text(found, columns=columns, colour=wants_colour(options["color"], sys.stdout, os.environ)))
    for error in found.errors:
        say(error_line(error))
    if not options["quiet"]:
        say(_summary(found))
    ctx.exit(NOT_CHECKED if found.errors else 0)


def _read(paths: tuple[str, ...], settings: Settings, *, show_progress: bool) -> EntryPoints:
    from asynclint.run.questions import entry_points  # noqa: PLC0415 - `--help` needs none of it

    try:
        with ProgressBar(wanted=show_progress) as progress:
            return entry_points(paths, settings, progress)
    except SettingsError as error:
        raise Refusal(error) from None


def _summary(found: EntryPoints) -> str:
    """Such as `read 47 files: 23 routes, 1 websocket, 2 other entry points; 3 of them block the event loop`."""
    counts = Counter(_COUNTED.get(entry.kind, "other entry point") for entry in found.entries)
    parts = [counted(counts[what], what) for what in (*_COUNTED.values(), "other entry point") if counts[what]]
    blocking = sum(entry.blocking is not None and entry.blocking.thread is Thread.LOOP for entry in found.entries)
    tail = f"; {blocking} of them block{'s' if blocking == 1 else ''} the event loop" if found.entries else ""
    return f"read {counted(found.files, 'file')}: {', '.join(parts) or 'no routes'}{tail}"

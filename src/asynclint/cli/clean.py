"""`asynclint clean`."""

from __future__ import annotations

import os
import shutil

import click

from asynclint.caching.folder import cache_folder_of
from asynclint.cli.configuration import config_options, configurations, working_folder
from asynclint.cli.exit_codes import NOT_CHECKED
from asynclint.cli.named_paths import named
from asynclint.cli.terminal import say
from asynclint.source.paths import absolute, display
from asynclint.source.roots import ProjectRoots

_TAG = "CACHEDIR.TAG"


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATHS]...", callback=named)
@click.option("--cache-dir", metavar="FOLDER", help="As it was given to `check`.")
@config_options
@click.pass_context
def clean(ctx: click.Context, /, paths: tuple[str, ...], cache_dir: str | None, **options: object) -> None:
    """Remove what earlier runs kept of projects.

    These are the projects of files and folders (default: the working folder).

    Exit code: 0 nothing is left, 2 something could not be removed.
    """
    cwd = working_folder()
    given = [absolute(path, cwd) for path in paths or (".",)]
    roots = ProjectRoots(cwd, configurations(dict(options)).declares_root, given)
    failed = False
    chosen = None if cache_dir is None else absolute(cache_dir, cwd)
    for folder in sorted({cache_folder_of(roots.of(path), chosen) for path in given}):
        shown = display(folder, cwd)
        if not os.path.lexists(folder):
            say(f"{shown}: there is none")
            continue
        reason = _why_not_removed(folder)
        failed = failed or reason is not None
        say(f"{shown}: removed" if reason is None else f"error: {shown}: {reason}")
    ctx.exit(NOT_CHECKED if failed else 0)


def _why_not_removed(folder: str) -> str | None:
    """Removes a cache; what stood in the way, None where nothing did."""
    if os.path.islink(folder) or not os.path.isfile(f"{folder}/{_TAG}"):  # noqa: PTH113, PTH114 - paths are texts here
        return f"is no folder that asynclint made: it has no {_TAG}"
    try:
        shutil.rmtree(folder)
    except OSError as error:
        return f"cannot be removed: {error.strerror or error}".lower()
    return None

"""PATHS as commands take them."""

from __future__ import annotations

import click


def named(_ctx: click.Context, _param: click.Parameter, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The paths as they are. Raises click.BadParameter for one without a name: `"$FILES"` where nothing was put in it.

    It would mean the working folder, which nobody asked for.
    """
    if "" in paths:
        raise click.BadParameter("an empty path names nothing; give `.` for the working folder")
    return paths

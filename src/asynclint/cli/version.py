"""`asynclint version`."""

from __future__ import annotations

import platform
import sys
from typing import TypedDict

import click

from asynclint import __version__
from asynclint.cli.configuration import configurations, working_folder
from asynclint.cli.terminal import write_out
from asynclint.cli.words import Words
from asynclint.report.json_text import json_text
from asynclint.report.printable import printable
from asynclint.source.boundaries import git_root
from asynclint.source.roots import ProjectRoots

_LIBRARIES = ("click", "libcst", "msgspec", "rich")


class About(TypedDict):
    """What a report of a defect should say; None stands for what is not there."""

    asynclint: str
    python: str
    platform: str
    encodings: str
    libraries: dict[str, str | None]
    working_folder: str
    project: str
    configuration: str | None
    repository: str | None


@click.command()
@click.option(
    "-v", "--verbose", is_flag=True, help="Also Python, libraries and configuration, for a report of a defect."
)
@click.option("--output-format", type=Words(["text", "json"]), default="text", show_default=True, help="Form.")
def version(*, verbose: bool, output_format: str) -> None:
    """Say which version this is."""
    if output_format == "json":
        write_out(json_text(_about() if verbose else {"asynclint": __version__}))
    elif verbose:
        write_out("".join(f"{name.replace('_', ' ')}: {_shown(value)}\n" for name, value in _about().items()))
    else:
        write_out(f"asynclint {__version__}\n")


def _about() -> About:
    cwd = working_folder()
    known = configurations({"config": (), "isolated": False})
    return {
        "asynclint": __version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": platform.platform(),
        "encodings": f"file names {sys.getfilesystemencoding()}, standard output {sys.stdout.encoding}",
        "libraries": {name: _library(name) for name in _LIBRARIES},
        "working_folder": cwd,
        "project": ProjectRoots(cwd, known.declares_root, (cwd,)).of_folder(cwd),
        "configuration": known.for_folder(cwd).file,
        "repository": git_root(cwd),
    }


def _library(name: str) -> str | None:
    from importlib import metadata  # noqa: PLC0415 - 40 ms, for `--verbose` only

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(item)}" for name, item in value.items())
    return "none" if value is None else printable(str(value))

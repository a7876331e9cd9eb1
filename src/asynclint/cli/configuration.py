"""What the configuration of a project adds to the options of a command."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from asynclint.cli.refusal import Refusal
from asynclint.config.settings import SettingsError
from asynclint.source.paths import absolute, display

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from asynclint.config.config import Config
    from asynclint.config.configurations import Configurations, Resolved

PREFIX = "ASYNCLINT"
"""Environment variables: `ASYNCLINT_FAIL_LEVEL` stands for `--fail-level`."""


class _ConfigType(click.ParamType[str]):
    """A file or KEY=VALUE; in the environment, several are separated as in PATH."""

    name = "config"
    envvar_list_splitter = os.pathsep

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value:
            self.fail("neither a file nor KEY=VALUE", param, ctx)
        return str(value)


def config_options(command: Callable[..., None]) -> Callable[..., None]:
    """`--config` and `--isolated`."""
    named = click.option(
        "--config",
        type=_ConfigType(),
        multiple=True,
        metavar="FILE|KEY=VALUE",
        help="Read this file in place of those of the project, or set one key, as in 'fail-level=error'; repeatable.",
    )
    isolated = click.option("--isolated", is_flag=True, help="Read no asynclint configuration.")
    return named(isolated(command))


def configurations(options: dict[str, Any]) -> Configurations:
    """Those that the options lead to."""
    from asynclint.config.configurations import Configurations  # noqa: PLC0415 - as above
    from asynclint.rulekit.descriptions import described_rules  # noqa: PLC0415 - `--help` needs none of it

    return Configurations(working_folder(), described_rules(), options["config"], isolated=options["isolated"])


def config_of_run(paths: Sequence[str], options: dict[str, Any]) -> Config:
    """What holds for the run as a whole: what all paths have in common, else what holds in the working folder.

    Raises Refusal with everything that is wrong.
    """
    known = configurations(options)
    resolved = _of_run(known, paths)
    if known.problems:
        for path in paths:  # all mistakes are said at once, those further down too
            for folder in folders_of(absolute(path, working_folder()), known):
                known.for_folder(folder)
        raise Refusal(SettingsError(known.problems))
    return resolved.config


def folders_of(path: str, known: Configurations) -> list[str]:
    """An absolute folder and those below it that hold source; of a file, its own."""
    from asynclint.config.exclusion import Exclusion  # noqa: PLC0415 - `--help` needs none of it
    from asynclint.source.discovery import discover  # noqa: PLC0415 - as above

    if not posixpath.isdir(path):
        return [posixpath.dirname(path)]
    exclusion = Exclusion(known)
    found = discover((path,), working_folder(), exclusion, exclusion.respects_gitignore).files
    return [path, *sorted({posixpath.dirname(file) for file in found})]


def config_file_of_run(paths: Sequence[str], options: dict[str, Any]) -> str | None:
    """The file that `config_of_run` reads, as people see it; None where there is none."""
    file = _of_run(configurations(options), paths).file
    return None if file is None else display(file, working_folder())


def _of_run(known: Configurations, paths: Sequence[str]) -> Resolved:
    """What the paths have in common, else what holds in the working folder."""
    cwd = working_folder()
    found = {id(resolved): resolved for resolved in (known.for_path(absolute(path, cwd)) for path in paths)}
    return next(iter(found.values())) if len(found) == 1 else known.for_folder(cwd)


def working_folder() -> str:
    """The absolute working folder. Raises Refusal where it was removed."""
    try:
        return absolute(".", str(Path.cwd()))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Refusal(SettingsError((f"the working folder cannot be found: {why}",))) from None

"""`asynclint check --add-noqa`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.cli.coverage import counted
from asynclint.cli.progress import ProgressBar
from asynclint.cli.refusal import Refusal
from asynclint.cli.terminal import say
from asynclint.config.settings import SettingsError

if TYPE_CHECKING:
    from asynclint.cli.narrowing import Narrowing
    from asynclint.config.settings import Settings
    from asynclint.core.diagnostic import Report


def silence(paths: tuple[str, ...], settings: Settings, narrowing: Narrowing, reason: str, *, quiet: bool) -> Report:
    """Write the comments, say how many, and return the report of what is left."""
    from asynclint.run.fixes import add_noqa  # noqa: PLC0415 - `--help` needs none of it

    try:
        with ProgressBar(wanted=not quiet) as progress:
            done = add_noqa(paths, settings, reason, progress=progress, wanted=narrowing.findings)
    except SettingsError as error:
        raise Refusal(error) from None
    if not quiet:
        say(f"silenced {counted(done.count, 'finding')} in {counted(len(done.changes), 'file')}")
    return done.report

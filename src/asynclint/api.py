"""What other programs may rely on: these names stay, and mean the same, from one minor version to the next."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from asynclint.config.settings import Settings, SettingsError
from asynclint.core.diagnostic import CheckError, Diagnostic, Report
from asynclint.run.checks import check

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CheckError", "Diagnostic", "Report", "Settings", "SettingsError", "check_paths"]


def check_paths(
    paths: Iterable[str | os.PathLike[str]] = (".",),
    settings: Settings = Settings(),  # noqa: B008 - it is frozen
) -> Report:
    """Check files and folders as `asynclint check` does, with the configuration files that it finds.

    Nothing is printed or written. What could not be checked is among the `errors` of the report: without any, every
    file was checked. Raises SettingsError where the settings or a configuration file make no sense.
    """
    return check([os.fspath(path) for path in paths], settings)

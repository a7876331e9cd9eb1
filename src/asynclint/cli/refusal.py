"""Settings that make no sense, as click wants to hear of them."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import click

from asynclint.cli.exit_codes import NOT_CHECKED
from asynclint.cli.terminal import say

if TYPE_CHECKING:
    from asynclint.config.settings import SettingsError


class Refusal(click.ClickException):
    """Nothing is run; every problem is said in a line of its own."""

    exit_code = NOT_CHECKED

    def __init__(self, error: SettingsError) -> None:
        super().__init__(str(error))
        self.problems = error.problems

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002 - click's signature
        for problem in self.problems:
            for line in f"error: {problem}".split("\n"):  # a broken file is shown where it breaks
                say(line)

"""Settings that make no sense, as click wants to hear of them."""

from __future__ import annotations

from typing import IO, Any

import click

from asynclint.cli.exit_codes import NOT_CHECKED
from asynclint.cli.terminal import say
from asynclint.config.settings import FRAME, SettingsError


class Refusal(click.ClickException):
    """Nothing is run; every problem is said in a line of its own."""

    exit_code = NOT_CHECKED

    def __init__(self, error: SettingsError) -> None:
        super().__init__(str(error))
        self.problems = error.problems

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002 - click's signature
        for problem in self.problems:
            first, *shown = problem.split(FRAME)
            say(f"error: {first}")
            for line in shown:
                say(FRAME.lstrip("\n") + line)

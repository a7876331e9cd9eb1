"""Parameters of `asynclint check` that click does not know by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator


_DIGITS = 10
"""Of a number that is out of all reason."""


class Jobs(click.ParamType[int | None]):
    """A number of processes, or `auto`."""

    name = "jobs"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value == "auto" or value is None:
            return None
        if isinstance(value, str) and value.isdecimal() and len(value) < _DIGITS and int(value) > 0:
            return int(value)
        return self.fail(f"{value!r} is neither a positive number nor `auto`", param, ctx)


class Reason(click.ParamType[str]):
    """Words that can stand in a comment."""

    name = "reason"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip()
        if "#" in text or not text.isprintable():
            self.fail("a reason is one line without `#`", param, ctx)
        return text


class CheckCommand(click.Command):
    """Takes `--add-noqa` without a value: click itself would take the path after it for one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(_with_value(args)))


def _with_value(arguments: list[str]) -> Iterator[str]:
    options = True
    for argument in arguments:
        options = options and argument != "--"
        yield "--add-noqa=" if options and argument == "--add-noqa" else argument

"""Options that take one of several words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable


class Words(click.Choice[str]):
    """One of several words; of a wrong one, the nearest is named."""

    def __init__(self, words: Iterable[str]) -> None:
        super().__init__(tuple(words))

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        from asynclint.config.selection import nearest  # noqa: PLC0415 - for mistakes only

        hint = nearest(str(value), self.choices)
        message = super().get_invalid_choice_message(value, ctx)
        return f"{message} {hint[:1].upper()}{hint[1:]}".rstrip()

"""How a table says which argument of a call is a callable."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallableParameter:
    """The parameter that takes the callable: its 0-based position (None: keyword only) and its name, if it has one."""

    index: int | None
    keyword: str | None = None

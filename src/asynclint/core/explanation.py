"""What is known of a line of code, as `asynclint check --explain` shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asynclint.core.diagnostic import ChainStep
    from asynclint.core.span import Location


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence, and the steps of the way that shows it, if there is one."""

    text: str
    chain: tuple[ChainStep, ...] = ()


@dataclass(frozen=True, slots=True)
class ExplainedCall:
    """A call of the line: its text, how its names were resolved, and what that means for the thread."""

    text: str
    resolution: tuple[Statement, ...]
    consequence: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A line. `symbol` is the function around it, "" for a module's own code.

    `contexts` say where that runs, `findings` what the rules have to say of the line and what becomes of that.
    """

    location: Location
    symbol: str
    contexts: tuple[Statement, ...]
    calls: tuple[ExplainedCall, ...]
    findings: tuple[Statement, ...]

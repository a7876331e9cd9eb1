"""What the configuration says of suppressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asynclint.findings.directives import Vocabulary


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for the suppressions of a run: the words it knows, the codes that are on, whose codes count."""

    vocabulary: Vocabulary
    enabled: frozenset[str]
    honour_peers: bool = True

"""Bounds on the work that one file may cause, so that none can hold up a run.

They count what is in the source and never seconds: what is reported must not depend on the machine.
"""

from __future__ import annotations

from typing import Final

MOST_FINDINGS: Final = 1_000
"""Of one rule in one file. Whoever gets so many excludes the file or the rule."""

MOST_PAIRS: Final = 250_000
"""Of a place that binds a name and one that reads it, in one function: such as five hundred of each."""

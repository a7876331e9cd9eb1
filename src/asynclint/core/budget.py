"""Bounds on the work that one file may cause, so that none can hold up a run.

They count what is in the source and never seconds: what is reported must not depend on the machine.
"""

from __future__ import annotations

from typing import Final

MOST_FINDINGS: Final = 1_000
"""Of one rule in one file. Whoever gets so many excludes the file or the rule."""

MOST_PAIRS: Final = 250_000
"""Of a place that binds a name and one that reads it, in one function: such as five hundred of each."""

MOST_STEPS: Final = 10_000_000
"""Of a call and a statement of one function: of what is called at many places, the way on from each is followed. Of
38,000 files, none has more than 6 million, and that was generated."""

MOST_ASYNC_STEPS: Final = 2_500_000
"""The same of an async function, where each call may be one that rules look into. None of those files has 170,000."""

MOST_IN_A_COMMENT: Final = 50
"""Suppressions: each is held against all others there."""

MOST_TRIPLES: Final = 10_000_000
"""Of an `enable` and two `disable` of a file: for each `disable` it is asked what each `enable` ends beside it."""

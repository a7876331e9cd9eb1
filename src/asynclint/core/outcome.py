"""What came of one file."""

from __future__ import annotations

from dataclasses import dataclass

from asynclint.core.diagnostic import CheckError, Diagnostic  # noqa: TC001 - decoders read the annotations


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a file was found to hold, in the order of its report, and what of it was not checked.

    `checked`: it was read and parsed. `suppressed` findings were silenced by comments, `unresolved_calls` are those on
    the event loop of which it is not known what they call.
    """

    diagnostics: tuple[Diagnostic, ...] = ()
    errors: tuple[CheckError, ...] = ()
    checked: bool = True
    suppressed: int = 0
    unresolved_calls: int = 0

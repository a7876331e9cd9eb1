"""Findings, the edits that mend them, and the errors that say what was not checked."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from asynclint.core.span import Location  # noqa: TC001 - decoders of what is kept read the annotations

if TYPE_CHECKING:
    from asynclint.core.span import Span


class Severity(enum.Enum):
    """How bad a finding is; the values are the words of SARIF and of `--fail-level`."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return _SEVERITY_RANK[self]


_SEVERITY_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


class Confidence(enum.Enum):
    """How sure a rule is of a finding."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Applicability(enum.Enum):
    """SAFE keeps the behaviour of code that was right; UNSAFE states the evident intent; DISPLAY is only shown."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY = "display"


@dataclass(frozen=True, slots=True)
class ChainStep:
    """One step of the way from a finding to its cause: what happens at `location`."""

    location: Location
    message: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces the text of `location` by `content`; an empty range inserts."""

    location: Location
    content: str

    @property
    def span(self) -> Span:
        return self.location.span


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits of one file that belong together, and what applying them does, in one line."""

    applicability: Applicability
    message: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding of a rule.

    `chain` leads from the finding to its cause, nearest step first. `cause` is a key that findings with the
    same root share. `fixes` are ordered best first. `fingerprint` stays the same when lines move; it is
    set by the `findings` layer and empty before. `symbol` is the qualified name of the function the finding is in.
    """

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    message: str
    location: Location
    symbol: str = ""
    chain: tuple[ChainStep, ...] = ()
    cause: str = ""
    fixes: tuple[Fix, ...] = ()
    url: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class CheckError:
    """Something that was not checked as asked: one line for people, naming the file and the way out.

    `code` is a rule code where one exists (ASL010 syntax error, ASL011 unreadable file), else a short word
    such as `missing-path`, `empty-folder`, `internal-error`. `location` is None where no place is known. `details` is
    for the developers of asynclint, over many lines: where an internal error happened.
    """

    code: str
    filename: str
    message: str
    location: Location | None = None
    details: str = ""


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """All that a report or a page needs to know of a rule."""

    code: str
    name: str
    summary: str
    rationale: str
    severity: Severity
    confidence: Confidence
    default: bool
    url: str
    fix_safety: str
    examples: tuple[tuple[str, str], ...]
    """(bad, good) pairs of source."""
    timeline: str = ""
    """Lanes of time, a line each, in which two requests or tasks show what happens."""
    limits: tuple[str, ...] = ()
    """What the rule does not see, a sentence each."""
    settings: tuple[str, ...] = ()
    """Keys of the configuration that change what the rule knows."""
    guide: str = ""
    """Markdown for the page of the rule, sections of its own."""


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file that a report speaks of.

    `shown` is its name in locations, `path` the absolute one with symbolic links resolved and `/` between its parts,
    `data` its text as UTF-8 without BOM.
    """

    shown: str
    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that is not reported: a comment silences it, for a `reason` or without; or the baseline knows it."""

    diagnostic: Diagnostic
    is_known: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a run, ready to be written in any format.

    `files` is how many were read and parsed, `checked` how they are shown. `suppressed` findings were silenced by a
    comment, `baselined` ones stand in the baseline, `unchanged` ones on lines that a change left as they were; none of
    these are among the `diagnostics`. `unresolved_calls` are those in the code of these files that runs on the event
    loop, of which it is not known what they call. `is_compared`: there is a baseline, so what is left is new.
    `suppressions` has what comments and the baseline keep back, where that was asked for.

    `sources` are the files in which the diagnostics have places, for formats that ask more of a file than its name.
    `timings` are seconds by phase, and by code of a rule; where two processes worked at once, those of both together.
    `counters` say how much was done: files read, modules from the cache, statements parsed.
    `working_folder` and `repository` are absolute: shown names are relative to the first, and the second is the root
    of the repository around it, or the same folder where there is none.
    """

    diagnostics: tuple[Diagnostic, ...]
    errors: tuple[CheckError, ...]
    files: int
    suppressed: int
    unresolved_calls: int
    rules: tuple[RuleInfo, ...]
    checked: frozenset[str] = frozenset()
    baselined: int = 0
    unchanged: int = 0
    sources: tuple[SourceText, ...] = ()
    working_folder: str = "/"
    repository: str = "/"
    is_compared: bool = False
    suppressions: tuple[Suppressed, ...] = ()
    timings: tuple[tuple[str, float], ...] = field(default=(), compare=False, repr=False)
    counters: tuple[tuple[str, int], ...] = field(default=(), compare=False, repr=False)

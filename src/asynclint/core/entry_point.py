"""Where a framework enters the program, as `asynclint routes` shows it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asynclint.core.diagnostic import ChainStep, CheckError
    from asynclint.core.span import Location


class Thread(enum.Enum):
    """Where a body runs."""

    LOOP = "loop"
    WORKER = "worker"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class BlockingPath:
    """The worst blocking call under an entry point: `call`, the rule of its kind, the thread it holds up, the way.

    `chain` begins in the entry point's own function and ends at the call.
    """

    code: str
    name: str
    call: str
    thread: Thread
    chain: tuple[ChainStep, ...]


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """A function that the framework calls.

    `kind` is a word such as `route` or `startup`. `methods` and `path` are those of routes: a method is `?` where it
    is not known, and where the path is not `path_known`, a part of it is `<expression>` or `…`. `location` is the
    handler's name, or its registration where the handler is no function of the project.
    """

    kind: str
    methods: tuple[str, ...]
    path: str
    path_known: bool
    handler: str
    location: Location
    thread: Thread
    blocking: BlockingPath | None


@dataclass(frozen=True, slots=True)
class EntryPoints:
    """All entry points of the files asked for, and what was not read."""

    entries: tuple[EntryPoint, ...]
    errors: tuple[CheckError, ...]
    files: int

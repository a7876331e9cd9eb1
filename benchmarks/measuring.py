"""One run of a command: how long it took, and how much memory all of its processes held at once."""

from __future__ import annotations

import resource
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

INTERVAL = 0.05
"""Seconds between two looks at the memory."""


@dataclass(frozen=True)
class Run:
    """`seconds` by the wall clock, `cpu_seconds` of all processes, `peak_mb` their greatest sum (0 where unknown)."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    exit_code: int


def measured(command: Sequence[str], folder: Path) -> Run:
    """Run a command in a folder; what it prints is thrown away."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = _Peak(process.pid)
    peak.start()
    exit_code = process.wait()
    seconds = time.perf_counter() - started
    peak.over.set()
    peak.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return Run(seconds, used, peak.kilobytes / 1000, exit_code)


class _Peak(threading.Thread):
    """Looks at a process and all below it until it is told that they are over."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.kilobytes = 0
        self._pid = pid

    def run(self) -> None:
        while not self.over.wait(INTERVAL):
            self.kilobytes = max(self.kilobytes, sum(map(_proportional_set_size, _family(self._pid))))


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _proportional_set_size(pid: int) -> int:
    """In kB: memory that processes share counts once for all of them together."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)

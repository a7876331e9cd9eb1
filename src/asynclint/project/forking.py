"""Two halves of a job at once, where the operating system can fork: the child has all that the parent has linked."""

from __future__ import annotations

import os
import pickle
import signal
from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")

LITTLE = 1_000_000
"""Bytes of source below which a second process costs more than it saves."""


def in_halves(
    work: Callable[[Sequence[Item]], Result], items: Sequence[Item], sizes: Sequence[int], *, parallel: bool
) -> list[Result]:
    """The results of `work` on the halves of `items`, in order; one result where nothing is split.

    The halves are about equal by the `sizes` of the items, in bytes, for which time is taken: their numbers say little.

    `work` must not depend on what other items were worked on. The second half runs in a forked child; should that
    fail in any way, this process does its half as well, so the outcome is the same.
    """
    if not parallel or len(items) < 2 or sum(sizes) < LITTLE or not hasattr(os, "fork"):
        return [work(items)]
    middle = _middle(sizes)
    try:
        reading, writing, child = _forked()
    except OSError:  # as many processes or open files as there may be
        return [work(items)]
    if child == 0:
        _be_child(work, items[middle:], reading, writing)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            first = work(items[:middle])
            data = pipe.read()
    except BaseException:  # Ctrl-C above all: nobody wants to wait for work that is under way
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    _, status = os.waitpid(child, 0)
    second: Result = pickle.loads(data) if status == 0 and data else work(items[middle:])  # noqa: S301 - our own child
    return [first, second]


def _forked() -> tuple[int, int, int]:
    """Both ends of a pipe, and the child that shares it, which is 0 in the child. Raises OSError."""
    reading, writing = os.pipe()
    try:
        return reading, writing, os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        raise


def _middle(sizes: Sequence[int]) -> int:
    """The place that leaves half of the whole before it, and at least one item on either side."""
    before = list(accumulate(sizes))
    return min(bisect_left(before, before[-1] / 2) + 1, len(sizes) - 1)


def _be_child(work: Callable[[Sequence[Item]], Result], items: Sequence[Item], reading: int, writing: int) -> None:
    """Never returns: a child that ran on would do the parent's work twice."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent answers it, and ends this process
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(work(items), pipe, protocol=pickle.HIGHEST_PROTOCOL)
        status = 0
    finally:
        os._exit(status)

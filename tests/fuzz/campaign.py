"""A long run of generated and broken modules: `make fuzz`. What goes wrong is saved for the tests."""

from __future__ import annotations

import argparse
import hashlib
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NoReturn

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.fuzz.judging import judge  # noqa: E402 - the path is needed
from tests.fuzz.programs import broken, configuration, module  # noqa: E402 - as above

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

FAILURES = HERE / "failures"
BATCH = 25
"""Modules in a project."""
_LONGEST = 60
"""Seconds for a batch; a tenth of one is usual."""


def seeds(extra: Path | None = None) -> list[str]:
    """The fixtures of this project, and the modules under another folder."""
    roots = [HERE.parent / "fixtures", HERE.parents[1] / "examples", *([extra] if extra else [])]
    files = sorted(file for root in roots for file in root.rglob("*.py") if file.stat().st_size < 20_000)
    return [file.read_text(encoding="utf-8", errors="replace") for file in files]


def batch(number: int, known: Sequence[str]) -> tuple[dict[str, bytes], str]:
    """The modules of a number, and their configuration."""
    random = Random(number)
    sources: dict[str, bytes] = {}
    for place in range(BATCH):
        generated = random.random() < 0.5
        data = module(random).encode() if generated else broken(random, known)
        if generated and random.random() < 0.3:
            data = broken(random, [data.decode()])
        sources[f"m{place}.py"] = data
    return sources, configuration(random) if random.random() < 0.2 else ""


def _overdue(_number: int, _frame: FrameType | None) -> NoReturn:
    raise TimeoutError("a batch takes too long")


def campaign(first: int, seconds: float, known: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Judge batches from a number on, for so long; yields the numbers of those that failed, with the reason."""
    signal.signal(signal.SIGALRM, _overdue)
    end = time.monotonic() + seconds
    number = first
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end:
            sources, config = batch(number, known)
            signal.alarm(_LONGEST)
            try:
                judge(Path(folder), sources, config, fixes=number % 5 == 0)
            except Exception:  # noqa: BLE001 - whatever it is, it is what we are after
                yield number, traceback.format_exc()
            finally:
                signal.alarm(0)
            number += 1
    print(f"{(number - first) * BATCH} modules, batches {first} to {number - 1}")


def _smallest(sources: dict[str, bytes], config: str) -> dict[str, bytes]:
    """A single module that fails by itself, if there is one."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in sources.items():
            try:
                judge(Path(folder), {name: data}, config, fixes=True)
            except Exception:  # noqa: BLE001 - as above
                return {name: data}
    return sources


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=int(time.time()), help="number of the first batch")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seeds", type=Path, help="a folder with more modules to break")
    parser.add_argument("--save", action="store_true", help="save what fails under tests/fuzz/failures")
    options = parser.parse_args()
    known = seeds(options.seeds)
    failed = 0
    for number, reason in campaign(options.first, options.seconds, known):
        failed += 1
        print(f"batch {number}:\n{reason}", flush=True)
        if options.save:
            for data in _smallest(*batch(number, known)).values():
                name = hashlib.blake2b(data, digest_size=4).hexdigest()
                FAILURES.mkdir(exist_ok=True)
                (FAILURES / f"{name}.py.txt").write_bytes(data)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
